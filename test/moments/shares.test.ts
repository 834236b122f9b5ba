import { describe, expect, it } from 'vitest';
import { buildDesign } from '../../src/formula/design.ts';
import { PASS_BLOCKS } from '../../src/moments/entry-pass.ts';
import { runPass, SumOfShares, shareCount } from '../../src/moments/shares.ts';
import { SparseMoments } from '../../src/moments/sparse.ts';
import type { PassSums, SumsPass } from '../../src/types/entry-pass.ts';
import { arrayDifference } from '../lmm/comparison.ts';
import { frame, label } from '../lmm/frames.ts';
import { TestRandom } from '../lmm/random.ts';
import { TOLERANCE } from '../tolerance.ts';
import { memorySource } from './memory-source.ts';

const CELLS = 90;
const GENES = 8;

function passOf(formula: string): { pass: SumsPass; counts: number[][] } {
  const random = new TestRandom(5);
  const table = frame({
    donor: Array.from({ length: CELLS }, (_, i) => label('d', i % 5)),
    stim: Array.from({ length: CELLS }, (_, i) => (i % 2 ? 'stim' : 'ctrl')),
    age: random.normals(CELLS),
  });
  const counts = Array.from({ length: GENES }, () =>
    Array.from({ length: CELLS }, () => (random.uniform() > 0.4 ? 0 : 1 + random.integer(50))),
  );
  const pass: SumsPass = {
    kind: 'sums',
    matrix: { path: 'matrix', layers: [] },
    rows: CELLS,
    target: 1e4,
    totals: null,
    responses: GENES,
    place: Int32Array.from({ length: GENES }, (_, g) => g),
    partOf: new Int16Array(CELLS),
    rowOf: Int32Array.from({ length: CELLS }, (_, i) => i),
    parts: [new SparseMoments(buildDesign(formula, table)).part],
  };
  return { pass, counts };
}

describe('shares of a matrix', () => {
  it.each(['~ stim + (1 | donor)', '~ age + (1 | donor)'])(
    'add up to its sums, whichever comes first: %s',
    async (formula) => {
      const { pass, counts } = passOf(formula);
      const cut = (part: number, of: number) => {
        const [from, to] = [part, part + 1].map((k) => Math.floor((CELLS * k) / of));
        return memorySource(
          counts.map((row) => row.map((value, i) => (i >= from && i < to ? value : 0))),
          {
            major: 'row',
            whole: true,
            entries: 40,
          },
        );
      };
      const whole = await runPass(cut(0, 1), pass, {});
      const shares: PassSums[] = [];
      for (let part = 0; part < 4; part++) shares.push(await runPass(cut(part, 4), pass, {}));
      // Small ones are copied while they wait, large ones stay where they are.
      const sumIn = (order: readonly number[], bytes = 1): PassSums => {
        const sum = new SumOfShares(4, bytes);
        for (const part of order) void sum.add(part, structuredClone(shares[part]));
        return sum.result;
      };
      const inOrder = sumIn([0, 1, 2, 3]);
      for (const order of [
        [3, 2, 1, 0],
        [1, 0, 3, 2],
        [2, 0, 1, 3],
      ])
        for (const bytes of [1, 2 ** 30]) expect(sumIn(order, bytes)).toEqual(inOrder);
      if (inOrder.kind !== 'sums' || whole.kind !== 'sums') throw new Error('no sums');
      expect(inOrder.filled).toEqual(whole.filled);
      expect(inOrder.parts[0].expressed).toEqual(whole.parts[0].expressed);
      inOrder.parts[0].sums.forEach((values, k) => {
        expect(arrayDifference(values, whole.parts[0].sums[k])).toBeLessThan(TOLERANCE.streamedMoments);
      });
    },
  );

  it('are given to sources that read shares, as many as the entries make', async () => {
    const { pass, counts } = passOf('~ stim + (1 | donor)');
    expect(shareCount(pass, 1000)).toBe(1);
    expect(shareCount(pass, 1e9)).toBe(16);
    const source = memorySource(counts, { major: 'row', whole: true, entries: 40 });
    const asked: unknown[] = [];
    const divisible = {
      ...source,
      entries: 3 * 2 ** 22,
      divisible: true,
      blocks: (options: object = {}) => {
        asked.push(options);
        return source.blocks({});
      },
    };
    await runPass(divisible, pass, {});
    expect(asked).toEqual([0, 1, 2].map((part) => ({ ...PASS_BLOCKS, share: { part, of: 3 }, signal: undefined })));
  });
});
