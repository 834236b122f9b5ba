/**
 * How the elements of a data set are stored, as plain data: enough to read them in any thread without the HDF5 library (HDF5
 * File Format Specification 3.0, section IV.A.2.i, data layout messages of versions 3 and 4).
 */
import { type ByteSource, type Fields, NO_ADDRESS, NotSimpleError } from './bytes.ts';
import { type ChunkGrid, type ChunkTable, chunksOfFixedArray, chunksOfTree } from './chunk-index.ts';
import type { NumberKind } from './numbers.ts';
import { MESSAGE, readMessages } from './object-header.ts';

/** Filters that are undone without the library, by their numbers in HDF5. */
export const FILTER = { deflate: 1, shuffle: 2, fletcher32: 3 } as const;

/** What is known of a data set of one or two dimensions before its chunks are looked for. */
export interface StoredShape {
  readonly rows: number;
  /** 1 for a data set of one dimension. */
  readonly columns: number;
  readonly rank: 1 | 2;
  /** Bytes of an element. */
  readonly width: number;
  /** Rows and columns of a chunk; null for a data set in one piece. */
  readonly chunk: readonly [number, number] | null;
  /** Numbers of the filters, in the order in which they were applied. */
  readonly filters: readonly number[];
}

/** The same with its place in the file. */
export interface StoredData extends StoredShape {
  /** Address of a data set in one piece; else the chunks. */
  readonly address: number;
  readonly grid: ChunkGrid | null;
  readonly table: ChunkTable | null;
}

/** Elements that are numbers. */
export interface StoredNumbers extends StoredData {
  readonly kind: NumberKind;
}

const LAYOUT = { contiguous: 1, chunked: 2 } as const;
const INDEX = { single: 1, fixedArray: 3 } as const;
/** Most bytes of the chunks beside each other that are unpacked together, and of one packed chunk; the library cuts larger ones. */
const MOST_BAND_BYTES = 2 ** 28;

/** Dimensions of the chunks of a data set, from the messages of its header; null for one in one piece. */
export function chunkShape(message: Fields): number[] | null {
  const version = message.number(1);
  if (version !== 3 && version !== 4) throw new NotSimpleError('a layout of another version');
  const kind = message.number(1);
  if (kind === LAYOUT.contiguous) return null;
  if (kind !== LAYOUT.chunked) throw new NotSimpleError('another layout');
  if (version === 4) message.skip(1);
  const dimensions = message.number(1);
  if (version === 3) message.skip(8);
  const width = version === 3 ? 4 : message.number(1);
  // The last dimension is the bytes of an element.
  return Array.from({ length: dimensions }, () => message.number(width)).slice(0, -1);
}

/**
 * Finds the elements of a data set.
 *
 * @param address of its object header
 * @returns null where only the library can read it: another index, another filter, chunks that were never written, or
 *   structures that contradict each other
 */
export function findData<S extends StoredShape>(bytes: ByteSource, address: number, shape: S): (S & StoredData) | null {
  const known: readonly number[] = Object.values(FILTER);
  if (!shape.filters.every((filter) => known.includes(filter))) return null;
  // The memory of a filter holds one result.
  if (new Set(shape.filters).size < shape.filters.length) return null;
  try {
    const message = readMessages(bytes, address).one(MESSAGE.layout);
    const version = message.number(1);
    if (version !== 3 && version !== 4) return null;
    const kind = message.number(1);
    if (kind === LAYOUT.contiguous) return inOnePiece(bytes, message, shape);
    if (kind !== LAYOUT.chunked || shape.chunk === null) return null;
    const grid = gridOf(shape, shape.chunk, bytes.size);
    const table = version === 3 ? tableOfVersion3(bytes, message, grid) : tableOfVersion4(bytes, message, grid);
    if (table === null || !isWhole(table, bytes.size)) return null;
    return { ...shape, address: NO_ADDRESS, grid, table };
  } catch (error) {
    if (error instanceof NotSimpleError || error instanceof RangeError) return null;
    throw error;
  }
}

function inOnePiece<S extends StoredShape>(bytes: ByteSource, message: Fields, shape: S): (S & StoredData) | null {
  const address = message.address();
  const length = message.number(8);
  const whole = shape.rows * shape.columns * shape.width;
  if (address === NO_ADDRESS || length !== whole || address + length > bytes.size || shape.chunk !== null) return null;
  return { ...shape, address, grid: null, table: null };
}

function gridOf(
  { rows, columns, rank, width }: StoredShape,
  [chunkRows, chunkColumns]: readonly [number, number],
  fileBytes: number,
): ChunkGrid {
  const bytes = chunkRows * chunkColumns * width;
  const [down, across] = [Math.ceil(rows / chunkRows), Math.ceil(columns / chunkColumns)];
  if (!(bytes > 0 && across * bytes <= MOST_BAND_BYTES)) throw new NotSimpleError('a chunk of no such size');
  // Each has an address of eight bytes in its index: a table for more is not worth its memory.
  if (down * across > fileBytes / 8) throw new NotSimpleError('more chunks than the file holds');
  return {
    down,
    across,
    rows: chunkRows,
    columns: chunkColumns,
    rank,
    bytes,
  };
}

/** Dimensions of a chunk, the last one the bytes of an element. @throws NotSimpleError where they are not the grid's */
function checkDimensions(message: Fields, width: number, dimensions: number, grid: ChunkGrid): void {
  const found = Array.from({ length: dimensions }, () => message.number(width));
  const size = grid.bytes / grid.rows / grid.columns;
  const expected = grid.rank === 1 ? [grid.rows, size] : [grid.rows, grid.columns, size];
  if (found.join() !== expected.join()) throw new NotSimpleError('chunks of another shape');
}

function tableOfVersion3(bytes: ByteSource, message: Fields, grid: ChunkGrid): ChunkTable | null {
  const dimensions = message.number(1);
  const tree = message.address();
  checkDimensions(message, 4, dimensions, grid);
  return tree === NO_ADDRESS ? null : chunksOfTree(bytes, tree, grid);
}

function tableOfVersion4(bytes: ByteSource, message: Fields, grid: ChunkGrid): ChunkTable | null {
  const flags = message.number(1);
  // Chunks at the edges may be left unpacked.
  if ((flags & 1) !== 0) return null;
  const dimensions = message.number(1);
  checkDimensions(message, message.number(1), dimensions, grid);
  const index = message.number(1);
  if (index === INDEX.single) {
    const filtered = (flags & 2) !== 0;
    const size = filtered ? message.number(8) : grid.bytes;
    const mask = filtered ? message.number(4) : 0;
    const address = message.address();
    if (address === NO_ADDRESS || grid.down * grid.across !== 1) return null;
    return { addresses: Float64Array.of(address), sizes: Uint32Array.of(size), masks: Uint32Array.of(mask) };
  }
  if (index !== INDEX.fixedArray) return null;
  message.skip(1);
  const array = message.address();
  return array === NO_ADDRESS ? null : chunksOfFixedArray(bytes, array, grid);
}

/** Whether every chunk is there, inside of the file. */
function isWhole({ addresses, sizes }: ChunkTable, fileBytes: number): boolean {
  return addresses.every((address, k) => {
    return address !== NO_ADDRESS && sizes[k] > 0 && sizes[k] <= MOST_BAND_BYTES && address + sizes[k] <= fileBytes;
  });
}
