import { describe, expect, it } from 'vitest';
import { fitMoments } from '../../src/fit/fit-moments.ts';
import { buildDesign } from '../../src/formula/design.ts';
import { accumulateMoments } from '../../src/moments/accumulate-moments.ts';
import type { Moments } from '../../src/moments/moments.ts';
import { TARGET_TOTAL } from '../../src/moments/normalise.ts';
import { streamMoments } from '../../src/moments/stream.ts';
import { denseMoments } from '../../src/moments/table-moments.ts';
import type { Design } from '../../src/types/design.ts';
import { arrayDifference } from '../lmm/comparison.ts';
import { dense, frame, label } from '../lmm/frames.ts';
import { TestRandom } from '../lmm/random.ts';
import { TOLERANCE } from '../tolerance.ts';
import { memorySource } from './memory-source.ts';

const CELLS = 240;
const GENES = 12;

/** Cells of 6 donors, two conditions, a numeric covariate; counts of 12 genes, some all zero, some dense. */
function cells(seed: number) {
  const random = new TestRandom(seed);
  const donor = Array.from({ length: CELLS }, (_, i) => label('d', Math.floor(i / 40)));
  const batch = Array.from({ length: CELLS }, () => label('b', random.integer(3)));
  const stim = Array.from({ length: CELLS }, (_, i) => (i % 3 === 2 ? 'stim' : 'ctrl'));
  const age = random.normals(CELLS);
  const w = Array.from({ length: CELLS }, (_, i) => 1 + (i % 4));
  const o = Array.from({ length: CELLS }, (_, i) => 0.1 * (i % 5));
  const counts = Array.from({ length: GENES }, (_, g) =>
    Array.from({ length: CELLS }, () => (g === 3 || random.uniform() > 0.1 + 0.08 * g ? 0 : 1 + random.integer(40))),
  );
  return { random, table: frame({ donor, batch, stim, age, w, o }), counts };
}

function normalised(counts: readonly (readonly number[])[], target: number, totals?: ArrayLike<number>): number[][] {
  if (target === 0) return counts.map((row) => [...row]);
  const sums = totals ?? Array.from(counts[0], (_, i) => counts.reduce((sum, row) => sum + row[i], 0));
  return counts.map((row) => row.map((v, i) => (sums[i] > 0 ? Math.log1p((v * target) / sums[i]) : 0)));
}

/** Differences between two moments that must describe the same statistics, in any orthonormal bases. */
function expectSameFits(a: Moments, b: Moments): Promise<void> {
  return Promise.all([fitMoments(a, { threads: 1 }), fitMoments(b, { threads: 1 })]).then(([x, y]) => {
    expect([...x.table.status]).toEqual([...y.table.status]);
    for (const key of ['criterion', 'sigma', 'mean', 'r2Marginal'] as const) {
      expect(arrayDifference(known(x.table[key]), known(y.table[key])), key).toBeLessThan(TOLERANCE.streamedFit);
    }
    for (const key of ['estimate', 'standardError', 'df'] as const) {
      const bound = key === 'df' ? TOLERANCE.enginesDf : TOLERANCE.streamedFit;
      expect(arrayDifference(known(x.table.coefficients[key]), known(y.table.coefficients[key])), key).toBeLessThan(
        bound,
      );
    }
    expect([...x.table.expressed]).toEqual([...y.table.expressed]);
  });
}

const known = (values: Float64Array) => values.map((v) => (Number.isNaN(v) ? -1 : v));

/** What does not depend on the basis of X: rss, fitted quantities, constants. */
function expectSameMoments(design: Design, a: Moments, b: Moments, bound: number = TOLERANCE.streamedMoments): void {
  const x = a.batches[0];
  const y = b.batches[0];
  expect([...x.responses.constant]).toEqual([...y.responses.constant]);
  expect([...x.responses.expressed]).toEqual([...y.responses.expressed]);
  expect(arrayDifference(x.responses.rss, y.responses.rss)).toBeLessThan(bound);
  expect(arrayDifference(x.responses.mean, y.responses.mean)).toBeLessThan(bound);
  expect(Math.abs(x.design.logDetW - y.design.logDetW)).toBeLessThan(1e-9);
  // Raw least-squares coefficients R^-1 Q'y do not depend on the signs of Q's columns.
  const { p } = x.design;
  const raw = (batch: typeof x, k: number) => {
    const out = Array.from(batch.responses.qty.subarray(k * p, (k + 1) * p));
    for (let i = p - 1; i >= 0; i--) {
      for (let j = i + 1; j < p; j++) out[i] -= batch.design.r[i * p + j] * out[j];
      out[i] /= batch.design.r[i * p + i];
    }
    return out;
  };
  for (let k = 0; k < x.responses.count; k++) {
    expect(arrayDifference(raw(x, k), raw(y, k)), design.formula).toBeLessThan(bound);
  }
}

const FORMULAS = [
  ['categorical, collapses', '~ stim + (1 | donor)', {}],
  ['several strata', '~ stim * batch + (1 | donor)', {}],
  ['crossed factors', '~ stim + (1 | donor) + (1 | batch)', {}],
  ['random slope of a factor', '~ stim + (stim | donor)', {}],
  ['numeric covariate', '~ stim + age + (1 | donor)', {}],
  ['covariate before a factor', '~ age + stim + (1 | donor) + (1 | batch)', {}],
  ['random slope of a covariate', '~ age + (age | donor)', {}],
  ['offset', '~ stim + (1 | donor)', { offset: 'o' }],
  ['weights', '~ stim + (1 | donor)', { weights: 'w' }],
  ['offset, weights and covariate', '~ age + (1 | donor)', { offset: 'o', weights: 'w' }],
] as const;

const LAYOUTS = [
  ['by row, whole', { major: 'row', whole: true, entries: 100 }],
  ['by row, in pieces', { major: 'row', whole: false, entries: 7 }],
  ['by response, whole', { major: 'response', whole: true, entries: 90 }],
  ['by response, in pieces', { major: 'response', whole: false, entries: 11 }],
] as const;

describe.each(FORMULAS)('streamed moments, %s', (_, formula, options) => {
  it.each(LAYOUTS)('%s', async (__, layout) => {
    for (const normalisation of ['none', 'log1p-cpm', 'log1p-cp10k'] as const) {
      const { table, counts, random } = cells(formula.length);
      const design = buildDesign(formula, table, options);
      if ('offset' in options) counts[3][50] = 2; // a gene never seen has a test of its own
      const source = memorySource(counts, { ...layout, shuffle: (count) => random.permutation(count) });
      const streamed = await accumulateMoments(design, source, { normalize: normalisation });
      const values = normalised(counts, TARGET_TOTAL[normalisation]);
      const direct = denseMoments(design, dense(Object.fromEntries(values.map((v, g) => [`G${g}`, v]))));
      expectSameMoments(design, streamed, direct);
      await expectSameFits(streamed, direct);
    }
  });
});

describe('streamed moments', () => {
  it('are the same in several passes where memory is short, which the plan says', async () => {
    for (const formula of ['~ stim + (1 | donor)', '~ age + (1 | donor)']) {
      const { table, counts } = cells(7);
      const design = buildDesign(formula, table);
      const source = memorySource(counts, { major: 'row', whole: true, entries: 100 });
      const rows = design.rows;
      const run = (memory?: number) =>
        streamMoments(source, [{ design, matrixRows: rows }], { normalize: 'log1p-cp10k', memory });
      const whole = await run();
      const short = await run(0.001);
      expect(whole.plan[0]).not.toContain('passes');
      expect(short.plan[0]).toMatch(/; \d+ passes over the file/);
      expect(short.parts[0].responses).toEqual(whole.parts[0].responses);
      expect(short.notes).toEqual(whole.notes);
      await expect(run(1e-6)).rejects.toThrow(/one response need/);
    }
  });

  it('are the same with a given total of each cell, on some rows, for some responses', async () => {
    const { table, counts, random } = cells(40);
    const totals = Float64Array.from({ length: CELLS }, (_, i) => 500 + i);
    // The design's table is the matrix turned about and thinned: row i of the table is cell matrixRows[i].
    const matrixRows = random.permutation(CELLS).slice(0, 180);
    const pick = (name: string) => {
      const column = table.columns.get(name);
      if (column?.kind === 'numeric') return Array.from(matrixRows, (i) => column.values[i]);
      if (column?.kind === 'factor') return Array.from(matrixRows, (i) => column.levels[column.codes[i]]);
      throw new Error(name);
    };
    const design = buildDesign(
      '~ stim + age + (1 | donor)',
      frame({ donor: pick('donor'), stim: pick('stim'), age: pick('age') }),
    );
    const select = Int32Array.of(1, 4, 9);
    const streamed = await accumulateMoments(
      design,
      memorySource(counts, { major: 'response', whole: true, entries: 50 }),
      {
        normalize: 'log1p-cp10k',
        totals,
        matrixRows,
        select,
      },
    );
    const values = normalised(counts, 1e4, totals);
    const direct = denseMoments(
      design,
      dense(Object.fromEntries(Array.from(select, (g) => [`G${g}`, Array.from(matrixRows, (i) => values[g][i])]))),
    );
    expect(streamed.names).toEqual(['G1', 'G4', 'G9']);
    expectSameMoments(design, streamed, direct);
    await expectSameFits(streamed, direct);
  });

  it.each([
    ['categorical', '~ stim + (1 | donor)'],
    ['slopes of a factor', '~ stim + (stim | donor)'],
    ['covariate', '~ stim + age + (1 | donor)'],
    ['crossed', '~ stim * batch + (1 | donor) + (1 | batch)'],
  ])('of a large mean keep their digits in the centred pass: %s', async (_, formula) => {
    const { table, random } = cells(41);
    const stim = table.columns.get('stim');
    const shift = (i: number) => (stim?.kind === 'factor' && stim.codes[i] === 1 ? 1 : 0);
    const noise = Array.from({ length: 3 }, () => random.normals(CELLS));
    const values = [1e5, 1e6, 1e8].map((mean, g) => Array.from(noise[g], (v, i) => mean + v + shift(i)));
    const small = noise.map((v) => Array.from(v, (e, i) => e + shift(i)));
    const design = buildDesign(formula, table);
    const source = memorySource(values, { major: 'row', whole: true, entries: 100 });
    const streamed = await accumulateMoments(design, source);
    const direct = denseMoments(design, dense(Object.fromEntries(values.map((v, g) => [`G${g}`, v]))));
    expectSameMoments(design, streamed, direct, TOLERANCE.streamedLargeMean);
    // Against the response without its mean: what is left of the digits of y itself.
    const plain = await fitMoments(denseMoments(design, dense(Object.fromEntries(small.map((v, g) => [`G${g}`, v])))), {
      threads: 1,
    });
    const fitted = await fitMoments(streamed, { threads: 1 });
    const { names } = plain.table.coefficients;
    for (let m = 0; m < 3; m++) {
      const rounding = [1e-9, 1e-8, 1e-6][m]; // of a mean of 1e5, 1e6, 1e8 in float64, with a margin of 50
      for (let k = 1; k < names.length; k++) {
        const at = m * names.length + k;
        const se = plain.table.coefficients.standardError[at];
        expect(
          Math.abs(fitted.table.coefficients.estimate[at] - plain.table.coefficients.estimate[at]) / se,
        ).toBeLessThan(rounding);
      }
      expect(Math.abs(fitted.table.criterion[m] - plain.table.criterion[m])).toBeLessThan(CELLS * rounding);
    }
  });

  it('just below the limit of the centred pass still meet the bounds', async () => {
    const { table, random } = cells(42);
    const noise = random.normals(CELLS);
    for (const formula of ['~ stim + (1 | donor)', '~ stim + age + (1 | donor)']) {
      const design = buildDesign(formula, table);
      for (const mean of [1e2, 1e3, 5e3, 9e3, 9.9e3]) {
        const y = Array.from(noise, (v) => mean + v);
        const streamed = await accumulateMoments(
          design,
          memorySource([y], { major: 'row', whole: true, entries: 1e5 }),
        );
        const a = await fitMoments(streamed, { threads: 1 });
        const b = await fitMoments(denseMoments(design, dense({ y })), { threads: 1 });
        const difference = Math.abs(a.table.criterion[0] - b.table.criterion[0]);
        expect(difference, `mean ${mean}`).toBeLessThan(TOLERANCE.criterion.absolute);
        expect(Math.abs(a.table.sigma[0] / b.table.sigma[0] - 1)).toBeLessThan(TOLERANCE.sigma);
      }
    }
  });

  it('knows a constant from a response whose digits are gone', async () => {
    const { table } = cells(43);
    const design = buildDesign('~ stim + (1 | donor)', table);
    const values = [
      new Array(CELLS).fill(7.3),
      new Array(CELLS).fill(0),
      Array.from({ length: CELLS }, (_, i) => (i === 17 ? 1e-9 : 0)),
    ];
    const streamed = await accumulateMoments(
      design,
      memorySource(values, { major: 'response', whole: true, entries: 1e4 }),
    );
    expect([...streamed.batches[0].responses.constant]).toEqual([1, 1, 0]);
    const fits = await fitMoments(streamed, { threads: 1 });
    expect([...fits.table.status].map((s) => s === 1)).toEqual([true, true, false]);
  });

  it('treats a cell without counts as zeros', async () => {
    const { table, counts } = cells(44);
    for (const row of counts) for (let i = 10; i < 20; i++) row[i] = 0;
    const design = buildDesign('~ stim + (1 | donor)', table);
    for (const [, layout] of LAYOUTS) {
      const streamed = await accumulateMoments(design, memorySource(counts, layout), { normalize: 'log1p-cpm' });
      const values = normalised(counts, 1e6);
      await expectSameFits(
        streamed,
        denseMoments(design, dense(Object.fromEntries(values.map((v, g) => [`G${g}`, v])))),
      );
    }
  });

  it('warns of raw counts, and refuses negative counts', async () => {
    const { table, counts } = cells(45);
    const design = buildDesign('~ stim + (1 | donor)', table);
    const raw = await accumulateMoments(design, memorySource(counts, { major: 'row', whole: true, entries: 100 }));
    expect(raw.notes.some((note) => note.includes('raw counts'))).toBe(true);
    const negative = counts.map((row) => row.map((v) => -v));
    await expect(
      accumulateMoments(design, memorySource(negative, { major: 'row', whole: true, entries: 100 }), {
        normalize: 'log1p-cpm',
      }),
    ).rejects.toMatchObject({ tag: 'DataError' });
  });

  it('gives an unseen gene the same status with an offset as the dense door', async () => {
    const { table, counts } = cells(46);
    const design = buildDesign('~ stim + (1 | donor)', table, { offset: 'o' });
    const streamed = await accumulateMoments(design, memorySource(counts, { major: 'row', whole: true, entries: 100 }));
    const direct = denseMoments(design, dense(Object.fromEntries(counts.map((v, g) => [`G${g}`, v]))));
    const a = await fitMoments(streamed, { threads: 1 });
    const b = await fitMoments(direct, { threads: 1 });
    expect([...a.table.status]).toEqual([...b.table.status]);
  });
});
