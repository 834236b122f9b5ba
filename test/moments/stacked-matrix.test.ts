import { describe, expect, it } from 'vitest';
import { fit as fitModels } from '../../src/fit.ts';
import { buildDesign } from '../../src/formula/design.ts';
import { accumulateMoments } from '../../src/moments/accumulate-moments.ts';
import { stackMatrices } from '../../src/moments/stacked-matrix.ts';
import type { MatrixSource } from '../../src/types/responses.ts';
import { arrayDifference } from '../lmm/comparison.ts';
import { frame, label } from '../lmm/frames.ts';
import { TestRandom } from '../lmm/random.ts';
import { TOLERANCE } from '../tolerance.ts';
import { type MemoryLayout, memorySource } from './memory-source.ts';

const ROWS = 150;
const CUTS = [0, 40, 41, 150];

/** Counts of 8 genes in 150 cells, with a table of the cells. */
function cells() {
  const random = new TestRandom(5);
  const counts = Array.from({ length: 8 }, (_, g) =>
    Array.from({ length: ROWS }, () => (random.uniform() < 0.1 + 0.1 * g ? 1 + random.integer(9) : 0)),
  );
  const table = frame({
    donor: Array.from({ length: ROWS }, (_, i) => label('d', Math.floor(i / 25))),
    stim: Array.from({ length: ROWS }, (_, i) => (i % 3 === 0 ? 'stim' : 'ctrl')),
    age: random.normals(ROWS),
  });
  return { counts, table };
}

/** The cells in three matrices; `genes` of each. */
function parts(counts: readonly (readonly number[])[], layout: MemoryLayout, genes?: readonly (readonly number[])[]) {
  return CUTS.slice(1).map((to, k) => async (): Promise<MatrixSource> => {
    const own = genes?.[k] ?? counts.map((_, g) => g);
    const source = memorySource(
      own.map((g) => counts[g].slice(CUTS[k], to)),
      layout,
    );
    return { ...source, path: `part${k}`, names: own.map((g) => `G${g}`) };
  });
}

const WHOLE = { major: 'row', whole: true, entries: 64 } as const;
const LAYOUTS = [
  WHOLE,
  { major: 'row', whole: false, entries: 7 },
  { major: 'response', whole: true, entries: 60 },
] as const;

describe('stacked matrices', () => {
  it.each(LAYOUTS)('give the moments of one matrix with their rows, $major, whole $whole', async (layout) => {
    const { counts, table } = cells();
    for (const formula of ['~ stim + (1 | donor)', '~ stim + age + (1 | donor)']) {
      for (const normalisation of ['none', 'log1p-cp10k'] as const) {
        const design = buildDesign(formula, table);
        const whole = await accumulateMoments(design, memorySource(counts, layout), { normalize: normalisation });
        const stack = await stackMatrices(parts(counts, layout));
        expect(stack).toMatchObject({ rows: ROWS, names: counts.map((_, g) => `G${g}`), notes: [] });
        const stacked = await accumulateMoments(design, stack, { normalize: normalisation });
        expect(stacked.names).toEqual(whole.names);
        const [a, b] = [whole, stacked].map(({ batches }) => batches[0].responses);
        for (const key of ['rss', 'qty', 'ztr', 'mean'] as const) {
          expect(arrayDifference(a[key], b[key]), `${formula} ${normalisation} ${key}`).toBeLessThan(
            TOLERANCE.stackedMoments,
          );
        }
        expect([...b.expressed]).toEqual([...a.expressed]);
      }
    }
  });

  it('match genes by id: those that all have, or all, zero where a matrix lacks them', async () => {
    const { counts, table } = cells();
    // Other orders, and gene 7 in the first matrix alone.
    const genes = [
      [7, 0, 1, 2, 3],
      [3, 2, 1, 0],
      [0, 1, 2, 3, 4],
    ];
    const design = buildDesign('~ stim + (1 | donor)', table);
    const shared = await stackMatrices(parts(counts, WHOLE, genes));
    expect(Array.from(shared.wanted ?? [], (g) => shared.names[g])).toEqual(['G0', 'G1', 'G2', 'G3']);
    expect(shared.notes).toEqual([expect.stringMatching(/^4 genes are in every file; 2 that some files lack/)]);
    const [whole, stacked] = await Promise.all([
      accumulateMoments(design, memorySource(counts.slice(0, 4), WHOLE)),
      accumulateMoments(design, shared),
    ]);
    expect(stacked.names).toEqual(['G0', 'G1', 'G2', 'G3']);
    expect(arrayDifference(stacked.batches[0].responses.rss, whole.batches[0].responses.rss)).toBeLessThan(
      TOLERANCE.stackedMoments,
    );
    const union = await stackMatrices(parts(counts, WHOLE, genes), { genes: 'union' });
    expect(union.notes).toEqual([expect.stringMatching(/^6 genes .* 2 of them in some files only/)]);
    const filled = counts[7].map((value, i) => (i < CUTS[1] ? value : 0));
    const [one, other] = await Promise.all([
      accumulateMoments(design, memorySource([filled], WHOLE)),
      accumulateMoments(design, union, { select: Int32Array.of(union.names.indexOf('G7')) }),
    ]);
    expect(arrayDifference(other.batches[0].responses.rss, one.batches[0].responses.rss)).toBeLessThan(
      TOLERANCE.stackedMoments,
    );
  });

  it('divide by the total of a cell over all genes of its own file', async () => {
    const { counts, table } = cells();
    const design = buildDesign('~ stim + (1 | donor)', table);
    const genes = [
      [0, 1, 2, 3, 4, 5, 6, 7],
      [0, 1, 2, 3, 4, 5, 6, 7],
      [0, 1, 2, 3],
    ];
    const stack = await stackMatrices(parts(counts, WHOLE, genes));
    const own = counts.map((row, g) => row.map((value, i) => (g > 3 && i >= CUTS[2] ? 0 : value)));
    const how = { normalize: 'log1p-cp10k' } as const;
    const select = Int32Array.of(0, 1, 2, 3);
    const [whole, stacked] = await Promise.all([
      accumulateMoments(design, memorySource(own, WHOLE), { ...how, select }),
      accumulateMoments(design, stack, how),
    ]);
    expect(stacked.names).toEqual(whole.names);
    expect(arrayDifference(stacked.batches[0].responses.rss, whole.batches[0].responses.rss)).toBeLessThan(
      TOLERANCE.stackedMoments,
    );
  });

  it('refuse matrices without a gene in common', async () => {
    const { counts } = cells();
    await expect(stackMatrices(parts(counts, WHOLE, [[0], [1], [2]]))).rejects.toThrow(/no gene is in all of/);
  });

  it('tell shared barcodes apart by the names of their matrices', async () => {
    const { counts } = cells();
    const stack = await stackMatrices(parts(counts, WHOLE), { samples: ['a', 'b', 'c'] });
    const names = await stack.rowNames();
    expect(new Set(names).size).toBe(ROWS);
    expect(names[41]).toBe('c_cell0');
  });

  it('are taken by fit()', async () => {
    const { counts, table } = cells();
    const options = { formula: '~ stim + (1 | donor)', obs: table, threads: 1 };
    const whole = await fitModels(memorySource(counts, WHOLE), options);
    const stacked = await fitModels(await stackMatrices(parts(counts, WHOLE)), options);
    expect(arrayDifference(stacked.table.criterion, whole.table.criterion)).toBeLessThan(TOLERANCE.streamedFit);
  });
});
