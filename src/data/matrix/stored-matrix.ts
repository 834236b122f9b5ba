/**
 * A matrix of an HDF5 file as plain data: where its numbers lie, so that threads can read shares of it without the HDF5 library
 * and without each other.
 */
import { FitError } from '../../errors.ts';
import type { MatrixBlock, MatrixSource, PassOptions } from '../../types/responses.ts';
import type { ChunkSource } from '../hdf5-storage/number-reader.ts';
import type { Numbers } from '../hdf5-storage/numbers.ts';
import type { StoredNumbers } from '../hdf5-storage/storage.ts';
import { denseBlocks } from './hdf5-dense.ts';
import { chunkRows } from './hdf5-rows.ts';
import { readPointers, type SparseLayout, type SparsePart, sparseBlocks } from './hdf5-sparse.ts';
import type { Hdf5Tree } from './hdf5-tree.ts';

export type StoredMatrix =
  | ({
      readonly kind: 'sparse';
      readonly path: string;
      readonly parts: Readonly<Record<SparsePart, StoredNumbers>>;
    } & Pick<SparseLayout, 'group' | 'major' | 'majorCount' | 'minorCount' | 'position'>)
  | { readonly kind: 'dense'; readonly path: string; readonly dataset: string; readonly values: StoredNumbers };

/** A matrix of an HDF5 file. */
export interface Hdf5MatrixSource extends MatrixSource {
  /** Where its numbers lie; null where only the HDF5 library can read them. */
  stored(): Promise<StoredMatrix | null>;
}

/** A sparse matrix; null where only the library can read a part of it. */
export async function storedSparse(tree: Hdf5Tree, layout: SparseLayout): Promise<StoredMatrix | null> {
  const { group, major, majorCount, minorCount, position } = layout;
  const find = (part: SparsePart) => tree.stored(tree.dataset(`${group}/${part}`));
  const [data, indices, indptr] = [await find('data'), await find('indices'), await find('indptr')];
  if (data === null || indices === null || indptr === null) return null;
  const shape = { group, major, majorCount, minorCount, ...(position && { position }) };
  return { kind: 'sparse', path: tree.path, ...shape, parts: { data, indices, indptr } };
}

/** A dense matrix; null where only the library can read it. */
export async function storedDense(tree: Hdf5Tree, dataset: string): Promise<StoredMatrix | null> {
  const values = await tree.stored(tree.dataset(dataset));
  return values && { kind: 'dense', path: tree.path, dataset, values };
}

/**
 * Passes over a stored matrix, or shares of it, one at a time: they read in the same memory. Entries have no names here: for words about what is wrong with the matrix ask
 * the source that it came from.
 */
export function storedBlocks(
  matrix: StoredMatrix,
  chunks: ChunkSource,
): (pass: PassOptions) => AsyncIterable<MatrixBlock> {
  const { path } = matrix;
  const describe = (major: number, minor: number) => `entry ${major}, ${minor}`;
  if (matrix.kind === 'dense') {
    const { dataset, values } = matrix;
    const reader = chunkRows(chunks, values, { path, name: dataset });
    const open = async () => reader;
    const layout = { path, dataset, rows: values.rows, columns: values.columns, describe, open };
    return (pass) => denseBlocks(layout, pass);
  }
  const corrupt = (message: string) => new FitError('DataError', message, { path, unreadable: true });
  const reader = (part: SparsePart) =>
    chunkRows(chunks, matrix.parts[part], { path, name: `${matrix.group}/${part}` });
  const readers = { data: reader('data'), indices: reader('indices'), indptr: reader('indptr') };
  const open = async (part: SparsePart) => readers[part];
  const layout = { ...matrix, file: { path, corrupt }, describe, open };
  // Every share asks for them.
  let pointers: Promise<Numbers> | undefined;
  return (pass) => {
    pointers ??= readPointers(layout);
    return sparseBlocks(layout, pass, pointers);
  };
}
