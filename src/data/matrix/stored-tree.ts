/**
 * A tree of groups and arrays that holds AnnData, whatever it is stored in: an HDF5 file or a zarr store. What the groups mean
 * stands in `anndata.ts` and `anndata-frame.ts` alone.
 */
import type { FitError } from '../../errors.ts';
import type { MatrixBlock } from '../../types/responses.ts';
import type { Numbers } from '../hdf5-storage/numbers.ts';
import type { StoredNumbers } from '../hdf5-storage/storage.ts';
import type { TextVisitor } from '../hdf5-storage/texts.ts';
import type { MatrixOptions } from '../input-files.ts';

/** What a file answers at once and a store when it has looked. */
export type Awaitable<T> = T | Promise<T>;

/** A group or an array; a dataset in the words of HDF5. */
export interface TreeEntity {
  readonly type: string;
  /** Names from the root on, `/obs/donor`. */
  readonly path: string;
}

/** What the elements of an array are. */
export type ElementKind = 'integer' | 'float' | 'boolean' | 'enumeration' | 'text' | 'other';

export type AttributeContent = string | number | (string | number)[] | undefined;

/** Parts of a compressed sparse matrix, as they are named in its group. */
export type SparsePart = 'data' | 'indices' | 'indptr';

/** A compressed sparse matrix in a group with `data`, `indices` and `indptr`. */
export interface SparseShape {
  /** Name of the group. */
  readonly group: string;
  readonly major: MatrixBlock['major'];
  readonly majorCount: number;
  readonly minorCount: number;
  /** Index among the selected features per minor index, -1 to drop; absent when all are kept. */
  readonly position?: Int32Array;
}

/** A matrix as plain data: where its numbers lie, or which store a thread opens for itself. */
export type StoredMatrix =
  | ({
      readonly kind: 'sparse';
      readonly path: string;
      readonly parts: Readonly<Record<SparsePart, StoredNumbers>>;
    } & SparseShape)
  | { readonly kind: 'dense'; readonly path: string; readonly dataset: string; readonly values: StoredNumbers }
  | { readonly kind: 'store'; readonly path: string; readonly options: MatrixOptions };

/** Rows of an array of one or two dimensions, read forwards for the best. */
export interface RowReader {
  /** Rows that are unpacked together: it pays to ask for multiples. */
  readonly rowsTogether: number;
  /**
   * Rows `from .. to`, row by row.
   *
   * @param into 'own' for an array that the next call overwrites
   * @throws FitError `DataError`, `unreadable`
   */
  read(from: number, to: number, into?: 'fresh' | 'own'): Promise<Numbers>;
}

/** An open tree whose failures become errors for the user: every read names the file and the array. */
export interface StoredTree {
  readonly path: string;
  /** The group or array of that name, undefined when there is none; the root for an empty name. */
  find(name: string): Awaitable<TreeEntity | undefined>;
  /** @throws FitError `DataError`, `unreadable`, when it is missing or no array */
  dataset(name: string): Awaitable<TreeEntity>;
  /** Names below a group. */
  keys(group: TreeEntity): Awaitable<string[]>;
  /** An attribute as a string, a number (1 for true), or a list of them; undefined when it is missing. */
  attribute(entity: TreeEntity, name: string): Awaitable<AttributeContent>;
  /** The same, when it is text. */
  text(entity: TreeEntity, name: string): Awaitable<string | undefined>;
  /** Lengths of an array by dimension; null where it has none. */
  shape(dataset: TreeEntity): readonly number[] | null;
  element(dataset: TreeEntity): ElementKind;
  /** Length of an array of one dimension. */
  length(dataset: TreeEntity): number;
  /** Elements `from .. to` along the first dimension of a numeric, boolean or enumerated array. */
  numbers(dataset: TreeEntity, from: number, to: number): Awaitable<Numbers>;
  /** All strings of an array of one dimension. */
  strings(dataset: TreeEntity): Awaitable<string[]>;
  /** Hands the strings of an array of one dimension over one by one. */
  visitStrings(dataset: TreeEntity, visitor: (text: string, index: number) => void): Awaitable<void>;
  /** The same by their bytes, UTF-8. */
  visitTextBytes(dataset: TreeEntity, visitor: TextVisitor): Awaitable<void>;
  /** Reads the numbers of an array row after row. */
  openRows(dataset: TreeEntity): Promise<RowReader>;
  /** How threads read a matrix, sparse or a dense array of that name, without this tree; null where they cannot. */
  storedMatrix(matrix: SparseShape | string): Promise<StoredMatrix | null>;
  /** An error about content that contradicts itself. */
  corrupt(message: string, remedy?: string): FitError;
}

export function isGroup(entity: TreeEntity): boolean {
  return entity.type === 'Group';
}

/** Name of an array as the user would write it. */
export function label(entity: TreeEntity): string {
  return entity.path.replace(/^\//, '');
}

/** A group of a tree as a tree of its own; paths in messages stay those of the whole. */
export function treeWithin(tree: StoredTree, group: string): StoredTree {
  const within = (name: string) => (name === '' ? group : `${group}/${name}`);
  return {
    path: tree.path,
    find: (name) => tree.find(within(name)),
    dataset: (name) => tree.dataset(within(name)),
    keys: (entity) => tree.keys(entity),
    attribute: (entity, name) => tree.attribute(entity, name),
    text: (entity, name) => tree.text(entity, name),
    shape: (dataset) => tree.shape(dataset),
    element: (dataset) => tree.element(dataset),
    length: (dataset) => tree.length(dataset),
    numbers: (dataset, from, to) => tree.numbers(dataset, from, to),
    strings: (dataset) => tree.strings(dataset),
    visitStrings: (dataset, visitor) => tree.visitStrings(dataset, visitor),
    visitTextBytes: (dataset, visitor) => tree.visitTextBytes(dataset, visitor),
    openRows: (dataset) => tree.openRows(dataset),
    storedMatrix: (matrix) =>
      tree.storedMatrix(typeof matrix === 'string' ? within(matrix) : { ...matrix, group: within(matrix.group) }),
    corrupt: (message, remedy) => tree.corrupt(message, remedy),
  };
}
