/** What a comparison tells of its draws: by themselves where somebody listens, else as fits. */
import { expect, it } from 'vitest';
import { compare, readTable } from '../../src/doors/node.ts';
import { example } from '../cli/command.ts';

const FORMULAS = ['y ~ time + (1 | subject)', 'y ~ time + arm + (1 | subject)', 'y ~ 1 + (1 | subject)'];
const DRAWS = 100;
/** Each model inside the next larger one. */
const PAIRS = 2;

it('draws are told over all pairs, apart from fits', async () => {
  const table = await readTable(example('visits.csv'));
  const options = { formulas: FORMULAS, bootstrap: { draws: DRAWS, seed: 1 }, threads: 1 };
  const [draws, fits, together]: [number[][], number[][], number[][]] = [[], [], []];
  const apart = await compare(table, {
    ...options,
    onDraws: (...told) => void draws.push(told),
    onProgress: (_, ...told) => void fits.push(told),
  });
  expect(draws.at(-1)).toEqual([PAIRS * DRAWS, PAIRS * DRAWS]);
  expect(draws.every(([done, total], k) => total === PAIRS * DRAWS && done >= (draws[k - 1]?.[0] ?? 0))).toBe(true);
  expect(fits.some(([, total]) => total === PAIRS * DRAWS)).toBe(false);
  const plain = await compare(table, { ...options, onProgress: (_, ...told) => void together.push(told) });
  expect(together.at(-1)).toEqual([PAIRS * DRAWS, PAIRS * DRAWS]);
  expect(plain.tests).toEqual(apart.tests);
});
