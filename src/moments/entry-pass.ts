/** Sums the entries of blocks of a matrix as a pass asks for it. */
import { FitError } from '../errors.ts';
import type { EntryPass, PassSums, SumsPass, ValueFacts } from '../types/entry-pass.ts';
import type { MatrixBlock } from '../types/responses.ts';
import { accumulatePart, type PartAccumulator } from './part-sums.ts';

/** Entries of a block: what they take stays in the cache of a processor between the checks and the sums. */
const BLOCK_ENTRIES = 1 << 17;

/** Options of every pass over blocks. */
export const PASS_BLOCKS = { maxEntries: BLOCK_ENTRIES, reuse: true } as const;

/** Values of a pass that are all looked at; after them one in so many. */
const LOOKED_AT = 20_000;
const SAMPLE = 50;
/** Small counts whose logarithm a cell remembers. */
const REMEMBERED = 32;

/** Makes arrays of zeros for sums: where other threads see them, for one. */
export type Allocate = (length: number) => Float64Array;

/** Sums entries, share after share in the same memory. */
export interface PassAccumulator {
  /**
   * The sums of some blocks, which the next call overwrites.
   *
   * @param onEntries told how many entries each block had
   * @throws FitError DataError for a negative count where counts are normalised
   */
  sum(blocks: AsyncIterable<MatrixBlock>, onEntries?: (count: number) => void): Promise<PassSums>;
}

/** What sums the entries of a pass. */
export function accumulatePass(
  pass: EntryPass,
  allocate: Allocate = (length) => new Float64Array(length),
): PassAccumulator {
  return pass.kind === 'totals' ? new RowTotals(allocate(pass.rows)) : new EntrySums(pass, allocate);
}

class RowTotals implements PassAccumulator {
  private readonly totals: Float64Array;

  constructor(totals: Float64Array) {
    this.totals = totals;
  }

  async sum(blocks: AsyncIterable<MatrixBlock>, onEntries?: (count: number) => void): Promise<PassSums> {
    const { totals } = this;
    totals.fill(0);
    for await (const { major, majors, pointers, indices, values } of blocks) {
      for (let k = 0; k < majors.length; k++) {
        for (let e = pointers[k]; e < pointers[k + 1]; e++)
          totals[major === 'row' ? majors[k] : indices[e]] += values[e];
      }
      onEntries?.(indices.length);
    }
    return { kind: 'totals', totals };
  }
}

/** The accumulators of a pass and the loop over runs: normalise, find the place, add. */
class EntrySums implements PassAccumulator {
  private readonly pass: SumsPass;
  private readonly parts: readonly PartAccumulator[];
  private readonly filled: Uint8Array;
  private facts: ValueFacts = { counts: true, largest: 0, seen: 0 };
  private readonly all: boolean;
  private readonly remembered = new Float64Array(REMEMBERED);
  private y = new Float64Array(0);
  private at = new Int32Array(0);

  constructor(pass: SumsPass, allocate: Allocate) {
    this.pass = pass;
    this.parts = pass.parts.map((part) => accumulatePart(part, pass.responses, allocate));
    this.filled = new Uint8Array(allocate(Math.ceil(pass.rows / 8)).buffer, 0, pass.rows);
    this.all = pass.place.every((g, k) => g === k);
  }

  async sum(blocks: AsyncIterable<MatrixBlock>, onEntries?: (count: number) => void): Promise<PassSums> {
    for (const part of this.parts) part.reset();
    this.filled.fill(0);
    this.facts = { counts: true, largest: 0, seen: 0 };
    for await (const block of blocks) {
      if (!this.add(block)) return { kind: 'no totals' };
      onEntries?.(block.indices.length);
    }
    const { facts, filled } = this;
    return { kind: 'sums', parts: this.parts.map((part) => part.result()), facts, filled };
  }

  /** False where the block comes before the totals of its rows are known. */
  private add(block: MatrixBlock): boolean {
    const byRow = block.major === 'row';
    if (this.pass.target > 0 && this.pass.totals === null && !(byRow && block.whole)) return false;
    this.inspect(block);
    if (byRow) this.addRows(block);
    else this.addResponses(block);
    return true;
  }

  private addRows({ majors, pointers, indices, values }: MatrixBlock): void {
    const { partOf, rowOf } = this.pass;
    for (let k = 0; k < majors.length; k++) {
      const row = majors[k];
      const [from, to] = [pointers[k], pointers[k + 1]];
      if (to > from) this.filled[row] = 1;
      const part = partOf[row];
      if (part < 0 || to === from) continue;
      const accumulator = this.parts[part];
      if (this.all && this.pass.target === 0) {
        accumulator.addRun(rowOf[row], indices, from, values, from, to - from);
        continue;
      }
      if (this.y.length < to - from) this.y = new Float64Array(2 * (to - from));
      if (!this.normalise(row, values, from, to)) continue;
      if (this.all) {
        accumulator.addRun(rowOf[row], indices, from, this.y, 0, to - from);
        continue;
      }
      const count = this.choose(indices, from, to);
      accumulator.addRun(rowOf[row], this.at, 0, this.y, 0, count);
    }
  }

  /** Puts the values of a row into `y`; false where it has no counts. */
  private normalise(row: number, values: MatrixBlock['values'], from: number, to: number): boolean {
    const { y, remembered } = this;
    const { target, totals } = this.pass;
    if (target === 0) {
      for (let e = from; e < to; e++) y[e - from] = values[e];
      return true;
    }
    let total = 0;
    let least = 0;
    for (let e = from; e < to; e++) {
      const value = values[e];
      total += value;
      if (value < least) least = value;
    }
    if (least < 0) throw negativeCount(least, this.pass.matrix);
    if (totals !== null) total = totals[row];
    const scale = target / total;
    if (!(scale > 0 && scale < Infinity)) return false;
    remembered.fill(0);
    for (let e = from; e < to; e++) {
      const count = values[e];
      const small = count | 0;
      if (small === count && small < REMEMBERED) {
        let log = remembered[small];
        if (log === 0) {
          log = Math.log1p(count * scale);
          remembered[small] = log;
        }
        y[e - from] = log;
      } else y[e - from] = Math.log1p(count * scale);
    }
    return true;
  }

  /** Moves the wanted responses of a run to the front of `y`, and their places into `at`; returns how many they are. */
  private choose(indices: Int32Array, from: number, to: number): number {
    if (this.at.length < this.y.length) this.at = new Int32Array(this.y.length);
    const { y, at } = this;
    const { place } = this.pass;
    let count = 0;
    for (let e = from; e < to; e++) {
      const g = place[indices[e]];
      if (g < 0) continue;
      at[count] = g;
      y[count++] = y[e - from];
    }
    return count;
  }

  private addResponses({ majors, pointers, indices, values }: MatrixBlock): void {
    const { filled } = this;
    const { partOf, rowOf, place, target, totals } = this.pass;
    for (let k = 0; k < majors.length; k++) {
      const g = place[majors[k]];
      for (let e = pointers[k]; e < pointers[k + 1]; e++) {
        const row = indices[e];
        const value = values[e];
        filled[row] = 1;
        const part = partOf[row];
        if (part < 0) continue;
        if (target > 0 && value < 0) throw negativeCount(value, this.pass.matrix);
        if (g < 0) continue;
        if (totals === null || target === 0) this.parts[part].add(rowOf[row], g, value);
        else if (target / totals[row] > 0)
          this.parts[part].add(rowOf[row], g, Math.log1p((value * target) / totals[row]));
      }
    }
  }

  /** Looks at some of the values: whole numbers or not, negative or not. */
  private inspect({ values }: MatrixBlock): void {
    const { facts } = this;
    const stride = facts.seen < LOOKED_AT ? 1 : SAMPLE;
    for (let e = 0; e < values.length; e += stride) {
      const value = values[e];
      facts.seen++;
      if (facts.counts && !(value >= 0 && Number.isInteger(value))) facts.counts = false;
      if (value > facts.largest) facts.largest = value;
    }
  }
}

/** The error for a negative value where counts are normalised. */
function negativeCount(value: number, { path, layers }: SumsPass['matrix']): FitError {
  const counts = layers.find((name) => /^(raw_?)?counts?$|^umi|^spliced$|^raw$/i.test(name));
  return new FitError('DataError', `${path} holds the negative value ${value}, which is no count`, {
    path,
    option: 'normalize',
    remedy:
      counts === undefined
        ? 'Leave out “normalize” for values that are normalised already.'
        : `The counts may be in another layer: “layer: ${counts}”. Leave out “normalize” for values that are normalised already.`,
  });
}
