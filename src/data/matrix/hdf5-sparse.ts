import { FitError } from '../../errors.ts';
import type { MatrixBlock, PassOptions } from '../../types/responses.ts';
import { Pace } from './cell-blocks.ts';
import { SlabReader } from './hdf5-slab.ts';
import { type Hdf5Tree, type Numbers, TYPE_CLASS } from './hdf5-tree.ts';
import { DEFAULT_MAX_ENTRIES } from './runs.ts';

/** A compressed sparse matrix in a group with `data`, `indices` and `indptr`. */
export interface SparseLayout {
  readonly tree: Hdf5Tree;
  /** Name of the group. */
  readonly group: string;
  readonly major: MatrixBlock['major'];
  readonly majorCount: number;
  readonly minorCount: number;
  /** Index among the selected features per minor index, -1 to drop; absent when all are kept. */
  readonly position?: Int32Array;
  /** Words for an entry in messages. */
  readonly describe: (major: number, minor: number) => string;
}

/**
 * Compares the lengths of the three datasets with the shape.
 *
 * @returns the number of stored entries.
 * @throws FitError `DataError`, `unreadable`, naming the dataset that disagrees.
 */
export function checkSparse(layout: SparseLayout): number {
  const { tree, group } = layout;
  const data = tree.dataset(`${group}/data`);
  const indices = tree.dataset(`${group}/indices`);
  const indptr = tree.dataset(`${group}/indptr`);
  for (const dataset of [indices, indptr]) {
    if (dataset.metadata.type !== TYPE_CLASS.integer) {
      throw tree.corrupt(`dataset '${dataset.path.slice(1)}' of ${tree.path} does not hold whole numbers`);
    }
  }
  const entries = tree.length(data);
  const pointers = tree.length(indptr);
  if (tree.length(indices) !== entries) {
    throw tree.corrupt(
      `'${group}/indices' of ${tree.path} has ${tree.length(indices)} elements, '${group}/data' has ${entries}`,
    );
  }
  if (pointers !== layout.majorCount + 1) {
    throw tree.corrupt(
      `'${group}/indptr' of ${tree.path} has ${pointers} elements; the shape asks for ${layout.majorCount + 1}`,
    );
  }
  const last = tree.numbers(indptr, pointers - 1, pointers)[0];
  if (last !== entries) {
    throw tree.corrupt(
      `'${group}/indptr' of ${tree.path} ends at ${last}, but '${group}/data' has ${entries} elements`,
    );
  }
  return entries;
}

/**
 * One pass over the matrix in blocks of whole runs; a run longer than `maxEntries` stands alone. Stored zeros and dropped
 * features are left out.
 *
 * @throws FitError `DataError`: `unreadable` for indices out of range or repeated; without it for values that are not finite.
 */
export async function* sparseBlocks(layout: SparseLayout, options: PassOptions = {}): AsyncGenerator<MatrixBlock> {
  const { tree, group, majorCount } = layout;
  const maxEntries = Math.max(1, options.maxEntries ?? DEFAULT_MAX_ENTRIES);
  const pace = new Pace(options.signal);
  const pointers = new SlabReader(tree, tree.dataset(`${group}/indptr`)).read(0, majorCount + 1);
  checkPointers(layout, pointers);
  const data = new SlabReader(tree, tree.dataset(`${group}/data`));
  const indices = new SlabReader(tree, tree.dataset(`${group}/indices`));
  // Last major index with an entry at each minor index, to find repeats in runs that are not sorted.
  const last = new Int32Array(layout.minorCount).fill(-1);
  for (let first = 0; first < majorCount; ) {
    await pace.turn();
    let stop = first + 1;
    while (stop < majorCount && pointers[stop + 1] - pointers[first] <= maxEntries) stop++;
    const [from, to] = [pointers[first], pointers[stop]];
    if (to > from)
      yield finish(
        layout,
        { first, pointers: pointers.slice(first, stop + 1), missing: options.missing === true },
        indices.read(from, to),
        data.read(from, to),
        last,
      );
    first = stop;
  }
}

function checkPointers(layout: SparseLayout, pointers: Numbers): void {
  for (let k = 0; k < pointers.length; k++) {
    const before = k === 0 ? 0 : pointers[k - 1];
    if (k === 0 ? pointers[0] !== 0 : pointers[k] < before) {
      throw layout.tree.corrupt(
        `'${layout.group}/indptr' of ${layout.tree.path} is not increasing from 0 (element ${k})`,
      );
    }
  }
}

/** Checks the entries of some runs and drops zeros and unselected features; overwrites `values`. */
function finish(
  layout: SparseLayout,
  { first, pointers, missing }: { readonly first: number; readonly pointers: Numbers; readonly missing: boolean },
  indices: Numbers,
  values: Numbers,
  last: Int32Array,
): MatrixBlock {
  const { minorCount, position } = layout;
  const runs = pointers.length - 1;
  const base = pointers[0];
  const majors = new Int32Array(runs);
  const cuts = new Int32Array(runs + 1);
  const kept = new Int32Array(indices.length);
  let count = 0;
  for (let k = 0; k < runs; k++) {
    const major = first + k;
    majors[k] = major;
    const stop = pointers[k + 1] - base;
    for (let e = pointers[k] - base; e < stop; e++) {
      const minor = indices[e];
      const value = values[e];
      if (!(minor >= 0 && minor < minorCount)) throw outOfRange(layout, base + e, minor);
      if (last[minor] === major) throw repeated(layout, major, minor);
      last[minor] = major;
      if (value - value !== 0 && !(missing && Number.isNaN(value))) throw notFinite(layout, major, minor, value);
      const index = position === undefined ? minor : position[minor];
      if (index < 0 || value === 0) continue;
      kept[count] = index;
      values[count++] = value;
    }
    cuts[k + 1] = count;
  }
  const all = count === kept.length;
  return {
    major: layout.major,
    majors,
    pointers: cuts,
    indices: all ? kept : kept.slice(0, count),
    values: all ? values : values.slice(0, count),
    whole: true,
  };
}

function outOfRange(layout: SparseLayout, entry: number, minor: number): FitError {
  return layout.tree.corrupt(
    `'${layout.group}/indices' of ${layout.tree.path} has ${minor} at element ${entry}, outside 0 to ${layout.minorCount - 1}`,
  );
}

function repeated(layout: SparseLayout, major: number, minor: number): FitError {
  const { tree, group } = layout;
  return new FitError('DataError', `'${group}' of ${tree.path} has two entries for ${layout.describe(major, minor)}`, {
    path: tree.path,
    remedy: 'in Python, sum them: adata.X.sum_duplicates(), and save the file again',
  });
}

/** A value that no model can take, named by cell and feature. */
function notFinite(layout: SparseLayout, major: number, minor: number, value: number): FitError {
  const { tree, group } = layout;
  return new FitError(
    'DataError',
    `'${group}' of ${tree.path} has the value ${value} for ${layout.describe(major, minor)}`,
    {
      path: tree.path,
      remedy: 'values must be finite: mend them where the matrix was made, or read another layer',
      ...(Number.isNaN(value) ? { missing: true } : {}),
    },
  );
}
