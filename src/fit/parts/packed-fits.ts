/** Fits of some responses as plain data, to be kept in files, and which responses are still to be fitted. */
import { copyFits, emptyFits, type FitChunk, type Fits } from '../../lmm/engine.ts';
import type { ResponseRange } from '../../moments/moment-shards.ts';

export interface PackedFits {
  /** For each chunk the numbers of batch and first response, the place in `fits`, the row there, and the number of rows. */
  readonly chunks: Int32Array;
  /** Fits of one shape (columns, parameters) each. */
  readonly fits: readonly Fits[];
}

const CHUNK_NUMBERS = 5;

/** Copies the rows of chunks out; neighbours in a batch become one chunk. */
export function packFits(chunks: readonly FitChunk[]): PackedFits {
  const shapes = new Map<string, FitChunk[]>();
  for (const chunk of [...chunks].sort((a, b) => a.batch - b.batch || a.from - b.from)) {
    const { columns, thetas } = chunk.fits;
    const shape = `${columns} ${thetas} ${isDrawn(chunk.fits)}`;
    const alike = shapes.get(shape);
    if (alike) alike.push(chunk);
    else shapes.set(shape, [chunk]);
  }
  const numbers: number[] = [];
  const fits = [...shapes.values()].map((alike, place) => {
    const { columns, thetas } = alike[0].fits;
    const count = alike.reduce((sum, chunk) => sum + chunk.count, 0);
    const packed = emptyFits(count, columns, thetas, isDrawn(alike[0].fits));
    let at = 0;
    let last: FitChunk | null = null;
    for (const chunk of alike) {
      copyFits(chunk, packed, at);
      const goesOn = last?.batch === chunk.batch && last.from + last.count === chunk.from;
      if (goesOn) numbers[numbers.length - 1] += chunk.count;
      else numbers.push(chunk.batch, chunk.from, place, at, chunk.count);
      at += chunk.count;
      last = chunk;
    }
    return packed;
  });
  return { chunks: Int32Array.from(numbers), fits };
}

/** Whether fits have columns of a bootstrap. */
function isDrawn({ varianceP }: Fits): boolean {
  return varianceP.length > 0;
}

/**
 * The chunks again.
 *
 * @throws RangeError for what is no {@link PackedFits}
 */
export function unpackFits(packed: unknown): FitChunk[] {
  const { chunks, fits } = packed as Partial<PackedFits>;
  if (!(chunks instanceof Int32Array && chunks.length % CHUNK_NUMBERS === 0 && Array.isArray(fits))) throw damaged();
  const all = fits as readonly unknown[];
  if (!all.every(isWhole)) throw damaged();
  return Array.from({ length: chunks.length / CHUNK_NUMBERS }, (_, i): FitChunk => {
    const [batch, from, place, at, count] = chunks.subarray(i * CHUNK_NUMBERS, (i + 1) * CHUNK_NUMBERS);
    const own = all[place] as Fits | undefined;
    if (!own || batch < 0 || from < 0 || at < 0 || count < 0 || at + count > own.count) throw damaged();
    return { batch, from, fits: own, at, count };
  });
}

const damaged = (): RangeError => new RangeError('the fits are damaged');

/** Whether all columns are there, of their kinds and lengths. */
function isWhole(value: unknown): value is Fits {
  if (typeof value !== 'object' || value === null) return false;
  const { count, columns, thetas, sigma, estimate, theta, varianceP } = value as Fits; // or anything else
  const sized = sigma?.length === count && estimate?.length === count * columns && theta?.length === count * thetas;
  if (!sized || varianceP === undefined) return false;
  const model = emptyFits(count, columns, thetas, varianceP.length > 0);
  return Object.entries(model).every(([name, wanted]: [string, unknown]) => {
    if (typeof wanted === 'number') return true; // looked at above
    const own: unknown = Reflect.get(value, name);
    return (
      own?.constructor === wanted?.constructor && Reflect.get(own ?? {}, 'length') === (wanted as Float64Array).length
    );
  });
}

/** What of some chunks lies in some ranges, at most one of a batch. */
export function chunksWithin(chunks: readonly FitChunk[], ranges: readonly ResponseRange[]): FitChunk[] {
  const rangeOf = new Map(ranges.map((range) => [range.batch, range]));
  return chunks.flatMap((chunk): FitChunk[] => {
    const range = rangeOf.get(chunk.batch);
    if (!range) return [];
    const from = Math.max(chunk.from, range.from);
    const count = Math.min(chunk.from + chunk.count, range.to) - from;
    return count > 0 ? [{ ...chunk, from, at: chunk.at + from - chunk.from, count }] : [];
  });
}

/** What of some ranges no chunk holds, in their order. */
export function unfittedRanges(ranges: readonly ResponseRange[], chunks: readonly FitChunk[]): ResponseRange[] {
  const held = new Map<number, FitChunk[]>();
  for (const chunk of [...chunks].sort((a, b) => a.from - b.from)) {
    const own = held.get(chunk.batch);
    if (own) own.push(chunk);
    else held.set(chunk.batch, [chunk]);
  }
  return ranges.flatMap(({ batch, from, to }) => {
    const open: ResponseRange[] = [];
    let next = from;
    for (const chunk of held.get(batch) ?? []) {
      if (chunk.from > next) open.push({ batch, from: next, to: Math.min(chunk.from, to) });
      next = Math.max(next, chunk.from + chunk.count);
      if (next >= to) break;
    }
    if (next < to) open.push({ batch, from: next, to });
    return open.filter((range) => range.from < range.to);
  });
}
