/**
 * A matrix of an HDF5 file as plain data: where its numbers lie, so that threads can read shares of it without the HDF5 library
 * and without each other.
 */
import { FitError } from '../../errors.ts';
import type { MatrixBlock, MatrixSource, PassOptions } from '../../types/responses.ts';
import type { ChunkSource } from '../hdf5-storage/number-reader.ts';
import type { Numbers } from '../hdf5-storage/numbers.ts';
import { denseBlocks } from './dense-blocks.ts';
import { chunkRows } from './hdf5-rows.ts';
import type { Hdf5Tree } from './hdf5-tree.ts';
import { readPointers, sparseBlocks } from './sparse-blocks.ts';
import type { SparsePart, SparseShape, StoredMatrix } from './stored-tree.ts';

/** A matrix of a file or store that threads can open beside each other. */
export interface StoredMatrixSource extends MatrixSource {
  /** How threads read it; null where only the HDF5 library can. */
  stored(): Promise<StoredMatrix | null>;
}

/** A sparse matrix; null where only the library can read a part of it. */
export async function storedSparse(tree: Hdf5Tree, shape: SparseShape): Promise<StoredMatrix | null> {
  const { group } = shape;
  const find = (part: SparsePart) => tree.stored(tree.dataset(`${group}/${part}`));
  const [data, indices, indptr] = [await find('data'), await find('indices'), await find('indptr')];
  if (data === null || indices === null || indptr === null) return null;
  return { kind: 'sparse', path: tree.path, ...shape, parts: { data, indices, indptr } };
}

/** A dense matrix; null where only the library can read it. */
export async function storedDense(tree: Hdf5Tree, dataset: string): Promise<StoredMatrix | null> {
  const values = await tree.stored(tree.dataset(dataset));
  return values && { kind: 'dense', path: tree.path, dataset, values };
}

/** A matrix whose numbers lie in plain sight in an HDF5 file. */
export type Hdf5Matrix = Exclude<StoredMatrix, { readonly kind: 'store' }>;

/**
 * Passes over a stored matrix, or shares of it, one at a time: they read in the same memory. Entries have no names here: for words
 * about what is wrong with the matrix ask the source that it came from.
 */
export function storedBlocks(
  matrix: Hdf5Matrix,
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
  const reader = (part: SparsePart) => chunkRows(chunks, matrix.parts[part], { path, name: `${matrix.group}/${part}` });
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
