import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { MomentBatch, Moments } from '../../src/moments/moments.ts';
import { completeMoments } from '../../src/moments/parts/complete-part.ts';
import { mergeParts } from '../../src/moments/parts/merge-parts.ts';
import type { MomentsPart, WholeDesign } from '../../src/moments/parts/part.ts';
import { deserialisePart, parseDesign, serialisePart } from '../../src/moments/parts/part-file.ts';
import type { InputOptions } from '../../src/prepare/data-options.ts';
import { partMoments } from '../../src/prepare/part-moments.ts';
import { prepareMoments } from '../../src/prepare/prepare-moments.ts';
import { readInput } from '../../src/prepare/read-input.ts';
import { wholeDesign } from '../../src/prepare/whole-design.ts';
import { diskFiles } from '../../src/reading/input-files.node.ts';
import { temporaryFolder } from '../data/matrix/collect.ts';
import { cellsOf, partOf, range, writeCells } from '../prepare/cell-files.ts';
import { TOLERANCE } from '../tolerance.ts';
import { evidenceLogLikelihood } from './family-likelihood.ts';

const folder = temporaryFolder();
const cells = cellsOf({ donors: 9, perDonor: 30, genes: 12 });
const CUTS = [0, 1, 30, 75, 110, 200, 270];
const PATHS = CUTS.slice(1).map((_, k) => join(folder, `part${k}.h5ad`));

beforeAll(async () => {
  for (const [k, path] of PATHS.entries()) await writeCells(path, partOf(cells, range(CUTS[k], CUTS[k + 1])));
});

async function formed(
  options: InputOptions,
  paths: readonly string[] = PATHS,
): Promise<{ whole: WholeDesign; parts: MomentsPart[]; run: Moments }> {
  const whole = await wholeDesign(paths, options, diskFiles);
  const parts: MomentsPart[] = [];
  for (const path of paths) parts.push(await partMoments(whole, path, { threads: 1 }, diskFiles));
  const input = await readInput(paths, options, diskFiles);
  try {
    return { whole, parts, run: (await prepareMoments(input, options)).moments };
  } finally {
    await input.close();
  }
}

const read = (part: MomentsPart, k: number) => ({ part, path: `${k}.moments` });

/** Joins parts two at a time, in an order that some numbers decide. */
function joined(parts: readonly MomentsPart[], seed: number): MomentsPart {
  const left = [...parts];
  for (let turn = seed; left.length > 1; turn = (turn * 7 + 3) % 101) {
    const [one] = left.splice(turn % left.length, 1);
    const [other] = left.splice((turn * 5) % left.length, 1);
    left.push(mergeParts([one, other].map(read)));
  }
  return left[0];
}

/** (X'X)^-1/2 aside: least-squares coefficients in the raw columns. */
function coefficients({ design: { p, r }, responses: { qty } }: MomentBatch, g: number): number[] {
  const b = Array.from(qty.subarray(g * p, (g + 1) * p));
  for (let i = p - 1; i >= 0; i--) {
    for (let j = i + 1; j < p; j++) b[i] -= r[i * p + j] * b[j];
    b[i] /= r[i * p + i];
  }
  return b;
}

/** Largest difference of two lists, relative to a scale. */
function difference(a: ArrayLike<number>, b: ArrayLike<number>, scale: number): number {
  expect(b.length).toBe(a.length);
  return Math.max(0, ...Array.from(a, (value, i) => Math.abs(value - b[i]) / scale));
}

/** What does not depend on the basis of X, of each response beside the size of its values. */
function worstDifference(one: MomentBatch, other: MomentBatch): number {
  const { n, p, q } = one.design;
  expect([other.design.n, other.design.p, other.design.q]).toEqual([n, p, q]);
  expect(other.design.factors.map(({ levels }) => levels)).toEqual(one.design.factors.map(({ levels }) => levels));
  let worst = 0;
  const worse = (value: number) => {
    if (!(value <= worst)) worst = value;
  };
  one.design.factors.forEach(({ ztz }, f) => {
    worse(difference(ztz, other.design.factors[f].ztz, n));
  });
  one.design.crosses.forEach((cross, c) => {
    expect([...other.design.crosses[c].columns]).toEqual([...cross.columns]);
    worse(difference(cross.values, other.design.crosses[c].values, n));
  });
  const spread = Math.max(...one.design.xtxCentred, 1);
  worse(difference(one.design.xtxCentred, other.design.xtxCentred, spread));
  worse(Math.abs(one.design.logDetW - other.design.logDetW) / n);
  expect([...other.responses.constant]).toEqual([...one.responses.constant]);
  expect([...other.responses.expressed]).toEqual([...one.responses.expressed]);
  for (let g = 0; g < one.responses.count; g++) {
    const { rss, qty, ztr, mean } = one.responses;
    let size = rss[g];
    for (let k = g * p; k < (g + 1) * p; k++) size += qty[k] ** 2;
    if (size === 0) continue;
    worse(Math.abs(rss[g] - other.responses.rss[g]) / size);
    worse(
      difference(
        ztr.subarray(g * q, (g + 1) * q),
        other.responses.ztr.subarray(g * q, (g + 1) * q),
        Math.sqrt(n * size),
      ),
    );
    worse(Math.abs(mean[g] - other.responses.mean[g]) / Math.sqrt(size / n));
    const b = coefficients(one, g);
    worse(difference(b, coefficients(other, g), Math.max(...b.map(Math.abs))));
  }
  return worst;
}

const GAUSSIAN: readonly [string, Omit<InputOptions, 'formula'> & { formula: string }][] = [
  ['strata', { formula: '~ stim + (1 | donor)', normalize: 'log1p-cp10k' }],
  ['several factors', { formula: '~ stim * batch + (1 | donor) + (1 | batch:donor)', normalize: 'log1p-cpm' }],
  ['a covariate by cell', { formula: '~ stim + age + (1 | donor)', normalize: 'log1p-cp10k' }],
  ['no fixed effects', { formula: '~ 0 + (1 | donor)', normalize: 'log1p-cp10k' }],
  ['slopes', { formula: '~ age + (age | donor) + (1 | batch)', normalize: 'log1p-cp10k' }],
  ['weights', { formula: '~ stim + age + (1 | donor)', normalize: 'log1p-cp10k', weights: 'w' }],
  ['an offset', { formula: '~ stim + (1 | donor)', normalize: 'log1p-cp10k', offset: 'depth' }],
  ['trained functions', { formula: '~ poly(age, 2) + scale(w) + (1 | donor)', normalize: 'log1p-cp10k' }],
  ['a mean of ten thousand standard deviations', { formula: '~ stim + age + (1 | donor)', responses: 'G00010' }],
];

describe('moments of parts', () => {
  it.each(GAUSSIAN)('join to those of one run in any order and tree, %s', async (_, options) => {
    const { parts, run } = await formed(options);
    const [batch] = run.batches;
    const all = completeMoments(mergeParts(parts.map(read)));
    expect(all.names).toEqual(run.names);
    expect(all.recipe).toEqual(run.recipe);
    expect(worstDifference(batch, all.batches[0])).toBeLessThan(TOLERANCE.stackedMoments);
    for (const seed of [1, 12, 35]) {
      const tree = completeMoments(joined(parts, seed));
      expect(worstDifference(batch, tree.batches[0])).toBeLessThan(TOLERANCE.stackedMoments);
    }
    // Parts that are given at once are added up in their own order.
    expect(completeMoments(mergeParts([...parts].reverse().map(read)))).toEqual(all);
  });

  it('keep the squares of a response whose mean is ten thousand times its standard deviation', async () => {
    const { parts, run } = await formed({ formula: '~ stim + age + (1 | donor)', responses: 'G00010' });
    const all = completeMoments(joined(parts, 5));
    const [a, b] = [run, all].map(({ batches }) => batches[0].responses.rss[0]);
    expect(Math.abs(a / b - 1)).toBeLessThan(TOLERANCE.stackedMoments);
  });

  it('survive their files', async () => {
    const { parts } = await formed({ formula: '~ stim + age + (1 | donor)', normalize: 'log1p-cp10k' });
    const bytes = Buffer.concat([...serialisePart(parts[3])]);
    const again = deserialisePart(bytes);
    expect(again?.whole).toEqual(JSON.parse(JSON.stringify(parts[3].whole)));
    expect(again?.splits).toEqual(parts[3].splits);
    expect(() => deserialisePart(bytes.subarray(0, bytes.length - 4))).toThrow(/truncated/);
    const other = { ...parts[3], files: [4] };
    expect(() => deserialisePart(Buffer.concat([...serialisePart(other)]))).toThrow(
      /other rows than those of its files/,
    );
  });

  it('know a design that was changed', async () => {
    const whole = await wholeDesign(PATHS, { formula: '~ stim + (1 | donor)' }, diskFiles);
    const text = JSON.stringify(whole);
    const path = join(folder, 'design.json');
    writeFileSync(path, text);
    expect(parseDesign(text, path)).toEqual(JSON.parse(text));
    expect(() => parseDesign(text.replace('"d3"', '"d33"'), path)).toThrow(/was changed/);
    expect(() => parseDesign('{}', path)).toThrow(/no design file/);
  });
});

describe('pseudo-rows of parts', () => {
  const responses = ['G00004', 'G00007', 'G00009'].join();
  const binary = PATHS.map((path) => path.replace('part', 'binary'));
  const many = cellsOf({ donors: 9, perDonor: 900, genes: 12, seed: 3 });
  const manyPaths = PATHS.map((path) => path.replace('part', 'many'));

  beforeAll(async () => {
    for (const [k, path] of binary.entries()) {
      const own = partOf(cells, range(CUTS[k], CUTS[k + 1]));
      await writeCells(path, { ...own, counts: own.counts.map((value) => Math.min(1, value)) });
      await writeCells(manyPaths[k], partOf(many, range(30 * CUTS[k], 30 * CUTS[k + 1])));
    }
  });

  /** Largest difference of log likelihoods at points that names alone decide, relative to their size. */
  async function worstLikelihood(paths: readonly string[], options: InputOptions): Promise<number> {
    const { parts, run } = await formed(options, paths);
    const [one] = run.batches;
    let worst = 0;
    for (const seed of [1, 12]) {
      const all = completeMoments(joined(parts, seed));
      const [other] = all.batches;
      expect(all.names).toEqual(run.names);
      expect(other.design.family?.rows).toBe(one.design.family?.rows);
      expect(other.design.family?.counts).toEqual(one.design.family?.counts);
      expect([...other.responses.constant]).toEqual([...one.responses.constant]);
      all.names.forEach((_, g) => {
        const [a, b] = [one, other].map(({ design, responses: own }) => evidenceLogLikelihood(design, own, g));
        worst = Math.max(worst, Math.abs(a - b) / (1 + Math.abs(a)));
      });
    }
    return worst;
  }

  it.each([
    ['poisson', '~ stim + (1 | donor)', { offset: 'library', responses }],
    ['poisson', '~ stim + age + (1 | donor)', { offset: 'library', responses, weights: 'w' }],
    ['nbinom2', '~ stim + (1 | donor)', { offset: 'library', responses }],
    ['nbinom2', '~ stim + batch + (1 | donor)', { offset: 'depth', weights: 'w', responses }],
  ] as const)('of %s join to those of one run: %s', async (family, formula, options) => {
    expect(await worstLikelihood(PATHS, { formula, family, ...options })).toBeLessThan(TOLERANCE.stackedMoments);
  });

  it('of binomial join to those of one run', async () => {
    const options = { formula: '~ stim + (1 | donor)', family: 'binomial', responses } as const;
    expect(await worstLikelihood(binary, options)).toBeLessThan(TOLERANCE.stackedMoments);
  });

  it('have as few nodes of offsets as one run, where a stratum is in every part', async () => {
    const options = { formula: '~ stim + (1 | batch)', family: 'nbinom2', offset: 'library' } as const;
    expect(await worstLikelihood(manyPaths, options)).toBeLessThan(TOLERANCE.offsetNodes);
  });
});
