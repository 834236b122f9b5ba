import { FitError } from '../../errors.ts';
import type { MatrixBlock, PassOptions } from '../../types/responses.ts';
import type { Numbers } from '../hdf5-storage/numbers.ts';
import { Pace } from './cell-blocks.ts';
import { DEFAULT_MAX_ENTRIES } from './runs.ts';
import { label, type RowReader, type SparsePart, type SparseShape, type StoredTree } from './stored-tree.ts';

/** The file that a matrix is in, for messages. */
export interface MatrixFile {
  readonly path: string;
  /** An error about content that contradicts itself. */
  corrupt(message: string): FitError;
}

/** A compressed sparse matrix that is being read. */
export interface SparseLayout extends SparseShape {
  readonly file: MatrixFile;
  /** Words for an entry in messages. */
  readonly describe: (major: number, minor: number) => string;
  readonly open: (part: SparsePart) => Promise<RowReader>;
}

/**
 * Compares the lengths of the three datasets with the shape.
 *
 * @returns the number of stored entries.
 * @throws FitError `DataError`, `unreadable`, naming the dataset that disagrees.
 */
export async function checkSparse(tree: StoredTree, { group, majorCount }: SparseShape): Promise<number> {
  const data = await tree.dataset(`${group}/data`);
  const indices = await tree.dataset(`${group}/indices`);
  const indptr = await tree.dataset(`${group}/indptr`);
  for (const dataset of [indices, indptr]) {
    if (tree.element(dataset) !== 'integer') {
      throw tree.corrupt(`dataset '${label(dataset)}' of ${tree.path} does not hold whole numbers`);
    }
  }
  const entries = tree.length(data);
  const pointers = tree.length(indptr);
  if (tree.length(indices) !== entries) {
    throw tree.corrupt(
      `'${group}/indices' of ${tree.path} has ${tree.length(indices)} elements, '${group}/data' has ${entries}`,
    );
  }
  if (pointers !== majorCount + 1) {
    throw tree.corrupt(
      `'${group}/indptr' of ${tree.path} has ${pointers} elements; the shape asks for ${majorCount + 1}`,
    );
  }
  const last = (await tree.numbers(indptr, pointers - 1, pointers))[0];
  if (last !== entries) {
    throw tree.corrupt(
      `'${group}/indptr' of ${tree.path} ends at ${last}, but '${group}/data' has ${entries} elements`,
    );
  }
  return entries;
}

/**
 * One pass over the matrix, or a share of its runs, in blocks of whole runs; a run longer than `maxEntries` stands alone.
 * Stored zeros and dropped features are left out.
 *
 * @param pointersRead by {@link readPointers}, where they are at hand from another pass
 * @throws FitError `DataError`: `unreadable` for indices out of range or repeated; without it for values that are not finite.
 */
export async function* sparseBlocks(
  layout: SparseLayout,
  options: PassOptions = {},
  pointersRead: Promise<Numbers> = readPointers(layout),
): AsyncGenerator<MatrixBlock> {
  const maxEntries = Math.max(1, options.maxEntries ?? DEFAULT_MAX_ENTRIES);
  const into = options.reuse === true ? 'own' : 'fresh';
  const pace = new Pace(options.signal);
  const pointers = await pointersRead;
  const data = await layout.open('data');
  const indices = await layout.open('indices');
  const check = new RunCheck(layout, options.missing === true);
  const chunk = data.rowsTogether;
  /** Entries of a block: blocks within a large chunk need no copy of it, and a run that goes on in the next is one by itself. */
  const withinChunk = (entry: number): number => {
    return 2 * chunk < maxEntries ? maxEntries : Math.min(maxEntries, chunk - (entry % chunk));
  };
  const { part, of } = options.share ?? { part: 0, of: 1 };
  const end = runsBefore(pointers, (part + 1) / of);
  for (let first = runsBefore(pointers, part / of); first < end; ) {
    await pace.turn();
    const stop = runsTogether(pointers, first, end, into === 'own' ? withinChunk(pointers[first]) : maxEntries);
    const [from, to] = [pointers[first], pointers[stop]];
    if (to > from) {
      const runs = { first, pointers: pointers.subarray(first, stop + 1) };
      yield check.block(runs, await indices.read(from, to, into), await data.read(from, to, into));
    }
    first = stop;
  }
}

/** First entry of each run, and the end. @throws FitError `DataError`, `unreadable`, where they decrease */
export async function readPointers(layout: SparseLayout): Promise<Numbers> {
  const pointers = await (await layout.open('indptr')).read(0, layout.majorCount + 1);
  checkPointers(layout, pointers);
  return pointers;
}

/**
 * The end of the runs from `first` on that have at most so many entries together; at least one. By itself, as a loop in
 * {@link sparseBlocks} makes the engine optimise all that it calls, which takes longer than it ever runs.
 */
function runsTogether(pointers: Numbers, first: number, end: number, maxEntries: number): number {
  let stop = first + 1;
  while (stop < end && pointers[stop + 1] - pointers[first] <= maxEntries) stop++;
  return stop;
}

/** Runs that begin before a share of the entries: shares are cut by entries, at the ends of runs. */
function runsBefore(pointers: Numbers, share: number): number {
  const runs = pointers.length - 1;
  if (share >= 1) return runs;
  const entry = Math.floor(pointers[runs] * share);
  let [low, high] = [0, runs];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (pointers[middle] < entry) low = middle + 1;
    else high = middle;
  }
  return low;
}

function checkPointers(layout: SparseLayout, pointers: Numbers): void {
  for (let k = 0; k < pointers.length; k++) {
    const before = k === 0 ? 0 : pointers[k - 1];
    if (k === 0 ? pointers[0] !== 0 : pointers[k] < before) {
      throw layout.file.corrupt(
        `'${layout.group}/indptr' of ${layout.file.path} is not increasing from 0 (element ${k})`,
      );
    }
  }
}

/** Consecutive runs: `pointers` has the first entry of each and the end. */
interface Runs {
  readonly first: number;
  readonly pointers: Numbers;
}

/** Checks the entries of runs, and leaves out zeros and dropped features. */
class RunCheck {
  private readonly layout: SparseLayout;
  private readonly missing: boolean;
  /** Last major index with an entry at each minor index, to find repeats in runs that are not sorted. */
  private last: Int32Array | null = null;

  constructor(layout: SparseLayout, missing: boolean) {
    this.layout = layout;
    this.missing = missing;
  }

  /** The entries of some runs as a block; overwrites `values`, and `indices` where it can. */
  block(runs: Runs, indices: Numbers, values: Numbers): MatrixBlock {
    const { layout } = this;
    const count = runs.pointers.length - 1;
    const cuts = new Int32Array(count + 1);
    for (let k = 0; k <= count; k++) cuts[k] = runs.pointers[k] - runs.pointers[0];
    let zeros = 0;
    const bits = bitsOf(values);
    for (let k = 0; k < count; k++) {
      const sound =
        bits !== null && indices instanceof Int32Array
          ? zerosOf(indices, bits, cuts[k], cuts[k + 1], layout.minorCount)
          : NOT_SOUND;
      zeros += sound === NOT_SOUND ? this.run(runs, k, indices, values, cuts) : sound;
    }
    const majors = new Int32Array(count);
    for (let k = 0; k < count; k++) majors[k] = runs.first + k;
    const whole = { major: layout.major, majors, pointers: cuts, whole: true };
    const kept = indices instanceof Int32Array ? indices : Int32Array.from(indices);
    if (zeros === 0 && layout.position === undefined) return { ...whole, indices: kept, values };
    const left = compress(cuts, kept, values, layout.position);
    return { ...whole, indices: kept.subarray(0, left), values: values.subarray(0, left) };
  }

  /** Zeros in a run. */
  private run(runs: Runs, k: number, indices: Numbers, values: Numbers, cuts: Int32Array): number {
    const [from, to] = [cuts[k], cuts[k + 1]];
    const sound = isIncreasing(indices, from, to, this.layout.minorCount) && areFinite(values, from, to);
    if (!sound) this.entries(runs, k, indices, values);
    let zeros = 0;
    for (let e = from; e < to; e++) if (values[e] === 0) zeros++;
    return zeros;
  }

  /** Looks at every entry of a run by itself. */
  private entries({ first, pointers }: Runs, k: number, indices: Numbers, values: Numbers): void {
    const { layout } = this;
    const { minorCount } = layout;
    this.last ??= new Int32Array(minorCount).fill(-1);
    const { last } = this;
    const base = pointers[0];
    const major = first + k;
    for (let at = pointers[k]; at < pointers[k + 1]; at++) {
      const minor = indices[at - base];
      const value = values[at - base];
      if (!(minor >= 0 && minor < minorCount)) throw outOfRange(layout, at, minor);
      if (last[minor] === major) throw repeated(layout, major, minor);
      last[minor] = major;
      if (value - value !== 0 && !(this.missing && Number.isNaN(value))) throw notFinite(layout, major, minor, value);
    }
  }
}

/** Values of 32 bits by their bits. */
interface Bits {
  readonly bits: Int32Array;
  /** Bits that are all set in what is not finite; none of whole numbers. */
  readonly exponent: number;
  /** Added to these it is carried into the sign where all are set. */
  readonly carry: number;
  /** Bits of which a zero has none. */
  readonly magnitude: number;
}

/** Null for values of another width. */
function bitsOf(values: Numbers): Bits | null {
  if (values instanceof Int32Array) return { bits: values, exponent: 0, carry: 0, magnitude: -1 };
  if (!(values instanceof Float32Array)) return null;
  const bits = new Int32Array(values.buffer, values.byteOffset, values.length);
  return { bits, exponent: 0x7f800000, carry: 0x00800000, magnitude: 0x7fffffff };
}

const NOT_SOUND = -1;

/**
 * Zeros in a run; {@link NOT_SOUND} where indices do not increase from 0 to below `count`, or values are not finite. One loop without
 * branches: whatever is odd sets the sign of `odd`.
 */
function zerosOf(
  indices: Int32Array,
  { bits, exponent, carry, magnitude }: Bits,
  from: number,
  to: number,
  count: number,
): number {
  let previous = -1;
  let odd = 0;
  let zeros = 0;
  for (let e = from; e < to; e++) {
    const index = indices[e];
    const value = bits[e];
    odd |= (index - previous - 1) | index | ((value & exponent) + carry);
    zeros += (value & magnitude) === 0 ? 1 : 0;
    previous = index;
  }
  return odd < 0 || previous >= count ? NOT_SOUND : zeros;
}

/** Increasing indices lie between the first and the last and never repeat: one comparison each. */
function isIncreasing(indices: Numbers, from: number, to: number, count: number): boolean {
  let previous = -1;
  for (let e = from; e < to; e++) {
    const index = indices[e];
    if (!(index > previous)) return false;
    previous = index;
  }
  return previous < count;
}

function areFinite(values: Numbers, from: number, to: number): boolean {
  if (values instanceof Int32Array) return true;
  // A difference of a value from itself is 0 or, of infinity and NaN, NaN.
  let sum = 0;
  for (let e = from; e < to; e++) sum += values[e] - values[e];
  return sum === 0;
}

/** Moves the entries that stay to the front, run by run; returns how many they are. */
function compress(cuts: Int32Array, indices: Int32Array, values: Numbers, position: Int32Array | undefined): number {
  let count = 0;
  let e = 0;
  for (let k = 1; k < cuts.length; k++) {
    for (const stop = cuts[k]; e < stop; e++) {
      const value = values[e];
      const index = position === undefined ? indices[e] : position[indices[e]];
      if (index < 0 || value === 0) continue;
      indices[count] = index;
      values[count++] = value;
    }
    cuts[k] = count;
  }
  return count;
}

function outOfRange({ file, group, minorCount }: SparseLayout, entry: number, minor: number): FitError {
  return file.corrupt(
    `'${group}/indices' of ${file.path} has ${minor} at element ${entry}, outside 0 to ${minorCount - 1}`,
  );
}

function repeated({ file, group, describe }: SparseLayout, major: number, minor: number): FitError {
  return new FitError('DataError', `'${group}' of ${file.path} has two entries for ${describe(major, minor)}`, {
    path: file.path,
    remedy: 'in Python, sum them: adata.X.sum_duplicates(), and save the file again',
  });
}

/** A value that no model can take, named by cell and feature. */
function notFinite({ file, group, describe }: SparseLayout, major: number, minor: number, value: number): FitError {
  return new FitError('DataError', `'${group}' of ${file.path} has the value ${value} for ${describe(major, minor)}`, {
    path: file.path,
    remedy: 'values must be finite: mend them where the matrix was made, or read another layer',
    ...(Number.isNaN(value) ? { missing: true } : {}),
  });
}
