import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chunksWithin, packFits, unfittedRanges, unpackFits } from '../../src/fit/parts/packed-fits.ts';
import { emptyFits, type FitChunk } from '../../src/lmm/engine.ts';
import { deserialiseArrays, serialiseArrays } from '../../src/moments/array-file.ts';

const MAGIC = 'test 1\n';
const MODELS = 60;

/** Chunks of some batches, each response in at most one; every number of a fit tells whose it is. */
const chunkLists = fc
  .array(
    fc.record({
      batch: fc.nat(3),
      cut: fc.uniqueArray(fc.nat(MODELS), { minLength: 2, maxLength: 8 }),
      drawn: fc.boolean(),
    }),
    {
      maxLength: 4,
    },
  )
  .map((lists) =>
    lists
      .filter(({ batch }, i) => lists.findIndex((other) => other.batch === batch) === i)
      .flatMap(({ batch, cut, drawn }) => {
        const borders = [...cut].sort((a, b) => a - b);
        return borders.slice(1).flatMap((to, i) => (i % 3 === 2 ? [] : [chunkOf(batch, borders[i], to, drawn)]));
      }),
  );

function chunkOf(batch: number, from: number, to: number, drawn: boolean): FitChunk {
  const fits = emptyFits(to - from + 2, 1 + (batch % 2), batch, drawn);
  for (const column of Object.values(fits)) if (typeof column !== 'number') column.fill(200);
  for (let k = from; k < to; k++) {
    fits.sigma[1 + k - from] = 1000 * batch + k;
    fits.estimate.fill(1000 * batch + k, (1 + k - from) * fits.columns, (2 + k - from) * fits.columns);
    fits.status[1 + k - from] = k;
  }
  return { batch, from, fits, at: 1, count: to - from };
}

/** The numbers of each response that has some. */
function rowsOf(chunks: readonly FitChunk[]): Map<string, readonly number[]> {
  return new Map(
    chunks.flatMap(({ batch, from, fits, at, count }) =>
      Array.from({ length: count }, (_, i) => {
        const own = fits.estimate.subarray((at + i) * fits.columns, (at + i + 1) * fits.columns);
        return [
          `${batch} ${from + i}`,
          [fits.sigma[at + i], fits.status[at + i], fits.varianceP.length, ...own].map((x, j) =>
            j === 2 ? Math.sign(x) : x,
          ),
        ] as const;
      }),
    ),
  );
}

describe('fits that are packed', () => {
  it('come back from a file as they were, neighbours together', () => {
    fc.assert(
      fc.property(chunkLists, (chunks) => {
        const bytes = Buffer.concat([...serialiseArrays(MAGIC, packFits(chunks))]);
        const back = unpackFits(deserialiseArrays(MAGIC, bytes));
        expect(rowsOf(back)).toEqual(rowsOf(chunks));
        for (const { batch, from, count } of back) {
          expect(back.some((other) => other.batch === batch && other.from === from + count)).toBe(false);
        }
      }),
    );
  });

  it('are refused when a column is of another length or kind', () => {
    const good = packFits([chunkOf(1, 0, 5, true)]);
    expect(unpackFits(good)).toHaveLength(1);
    const [fits] = good.fits;
    for (const name of ['estimate', 'sigma', 'status', 'bootstrapBound', 'theta'] as const) {
      const short = { ...good, fits: [{ ...fits, [name]: fits[name].subarray(1) }] };
      expect(() => unpackFits(short), name).toThrow('the fits are damaged');
    }
    expect(() => unpackFits({ ...good, fits: [{ ...fits, status: new Int32Array(fits.count) }] })).toThrow('damaged');
    expect(() => unpackFits({ ...good, chunks: good.chunks.map((n) => n + 1) })).toThrow('the fits are damaged');
    expect(() => unpackFits({ ...good, chunks: [1] })).toThrow('the fits are damaged');
    expect(() => unpackFits({})).toThrow('the fits are damaged');
  });
});

describe('what is left to fit', () => {
  const ranges = [0, 1, 2, 3].map((batch) => ({ batch, from: 10 * batch, to: MODELS - batch }));

  it('is each response of the ranges that has no fit, once', () => {
    fc.assert(
      fc.property(chunkLists, (chunks) => {
        const held = chunksWithin(chunks, ranges);
        const open = unfittedRanges(ranges, chunks);
        expect(unfittedRanges(ranges, held)).toEqual(open);
        const places = open.flatMap(({ batch, from, to }) =>
          Array.from({ length: to - from }, (_, i) => `${batch} ${from + i}`),
        );
        const all = ranges.flatMap(({ batch, from, to }) =>
          Array.from({ length: to - from }, (_, i) => `${batch} ${from + i}`),
        );
        expect([...places, ...rowsOf(held).keys()].sort()).toEqual(all.sort());
        for (const [place, row] of rowsOf(held)) expect(rowsOf(chunks).get(place)).toEqual(row);
      }),
    );
  });
});
