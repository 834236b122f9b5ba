import { describe, expect, it } from 'vitest';
import type { MomentFitOptions } from '../../src/fit/fit-moments.ts';
import { fit as fitTable } from '../../src/fit.ts';
import { frame, label } from './frames.ts';
import { TestRandom } from './random.ts';

const random = new TestRandom(1);
const rows = Array.from({ length: 40 }, (_, i) => i);
const table = frame({
  y: rows.map(() => random.normal()),
  x: rows.map(() => random.normal()),
  g: rows.map((i) => label('g', i % 8)),
});
const fitted = (bootstrap: unknown) =>
  // What callers in JavaScript may give.
  fitTable(table, {
    formula: 'y ~ x + (1 | g)',
    backend: 'cpu',
    bootstrap: bootstrap as MomentFitOptions['bootstrap'],
  });

describe('the options of a bootstrap', () => {
  it.each([
    [{ draws: 100, sead: 3 }, /no option 'sead'/, /did you mean 'seed'/],
    [{ draws: 100, confLevel: 0.95 }, /no option 'confLevel'/, /draws, seed, level/],
    [1000, /bootstrap 1000 is no set of options/, /draws: 1000/],
    [null, /bootstrap null is no set of options/, /draws: 1000/],
  ])('refuse %j', async (bootstrap, message, remedy) => {
    await expect(fitted(bootstrap)).rejects.toMatchObject({ tag: 'OptionError' });
    const error = (await fitted(bootstrap).catch((cause: unknown) => cause)) as Error & { fields: { remedy: string } };
    expect(error.message).toMatch(message);
    expect(error.fields.remedy).toMatch(remedy);
  });

  it('say what draws there can be', async () => {
    await expect(fitted({ seed: 3 })).rejects.toThrow('“bootstrap: undefined”: a whole number from 100 to 1000000');
  });

  it('say in the table which p-values are bounds', async () => {
    const { bootstrap } = (await fitted({ draws: 100, seed: 3, level: 0.9 })).table;
    expect([...(bootstrap?.coefficients.bound ?? [])]).toEqual([0, 0]);
  });
});
