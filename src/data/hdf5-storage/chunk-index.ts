/**
 * Where the chunks of an HDF5 data set lie (HDF5 File Format Specification 3.0, sections III.A.1 and VII): the B-tree of
 * version 1, and of the newer indices the single chunk and the fixed array. Others are left to the library.
 */

import { type ByteSource, Fields, NO_ADDRESS, NotSimpleError, requireSignature } from './bytes.ts';
import { CHECKSUM_BYTES, requireChecksum } from './checksum.ts';

/** A grid of chunks of the same shape over rows x columns, numbered row by row. */
export interface ChunkGrid {
  /** Chunks down and across. */
  readonly down: number;
  readonly across: number;
  /** Rows and columns of a chunk. */
  readonly rows: number;
  readonly columns: number;
  /** Dimensions of the data set: 1 or 2. */
  readonly rank: 1 | 2;
  /** Bytes of a chunk that is not packed. */
  readonly bytes: number;
}

/** Address, bytes and skipped filters of every chunk of a grid. */
export interface ChunkTable {
  readonly addresses: Float64Array;
  readonly sizes: Uint32Array;
  /** Bit k is set where filter k was not applied. */
  readonly masks: Uint32Array;
}

export function emptyTable({ down, across }: ChunkGrid): ChunkTable {
  const count = down * across;
  return {
    addresses: new Float64Array(count).fill(NO_ADDRESS),
    sizes: new Uint32Array(count),
    masks: new Uint32Array(count),
  };
}

/** The chunks of a B-tree of version 1. @throws NotSimpleError for one that contradicts itself */
export function chunksOfTree(bytes: ByteSource, address: number, grid: ChunkGrid): ChunkTable {
  const table = emptyTable(grid);
  const keyBytes = 8 + 8 * (grid.rank + 1);
  let nodes = 0;
  const visit = (at: number, level: number | null): void => {
    // Every node but the root has a sibling or a chunk of its own.
    if (++nodes > 2 * table.sizes.length + 2) throw new NotSimpleError('more nodes than chunks');
    const head = new Fields(bytes.read(at, 24));
    requireSignature(head, 'TREE');
    const [type, ownLevel, entries] = [head.number(1), head.number(1), head.number(2)];
    if (type !== 1 || (level !== null && ownLevel !== level)) throw new NotSimpleError('another kind of node');
    const fields = new Fields(bytes.read(at + 24, entries * (keyBytes + 8)));
    for (let k = 0; k < entries; k++) {
      const size = fields.number(4);
      const mask = fields.number(4);
      const row = fields.number(8);
      const column = grid.rank === 2 ? fields.number(8) : 0;
      fields.skip(8);
      const child = fields.number(8);
      if (ownLevel > 0) visit(child, ownLevel - 1);
      else place(table, grid, chunkOf(grid, row, column), child, size, mask);
    }
  };
  visit(address, null);
  return table;
}

function chunkOf(grid: ChunkGrid, row: number, column: number): number {
  if (row % grid.rows !== 0 || column % grid.columns !== 0) throw new NotSimpleError('a chunk off the grid');
  const [down, across] = [row / grid.rows, column / grid.columns];
  // A data set that was made smaller keeps chunks outside of it.
  return down < grid.down && across < grid.across ? down * grid.across + across : -1;
}

function place(table: ChunkTable, grid: ChunkGrid, at: number, address: number, size: number, mask: number): void {
  if (at < 0) return;
  if (at >= grid.down * grid.across || table.addresses[at] !== NO_ADDRESS) {
    throw new NotSimpleError('a chunk that stands twice');
  }
  table.addresses[at] = address;
  table.sizes[at] = size;
  table.masks[at] = mask;
}

/** The chunks of a fixed array: a header `FAHD` and one block of elements `FADB`, in pages where they are many. */
export function chunksOfFixedArray(bytes: ByteSource, address: number, grid: ChunkGrid): ChunkTable {
  const header = bytes.read(address, 24 + CHECKSUM_BYTES);
  const head = new Fields(header);
  requireSignature(head, 'FAHD');
  requireChecksum(header);
  const [version, filtered, entryBytes, pageBits] = [head.number(1), head.number(1), head.number(1), head.number(1)];
  const count = head.number(8);
  const block = head.number(8);
  const table = emptyTable(grid);
  // Of a data set that may grow, the array has room for all chunks that it may ever have.
  const fits = grid.rank === 1 ? count >= table.sizes.length : count === table.sizes.length;
  if (version !== 0 || filtered > 1 || !fits) throw new NotSimpleError('another fixed array');
  const sizeBytes = filtered === 1 ? entryBytes - 12 : 0;
  if (filtered === 1 ? sizeBytes < 1 || sizeBytes > 8 : entryBytes !== 8) throw new NotSimpleError('odd elements');
  const perPage = 2 ** pageBits;
  const pages = count > perPage ? Math.ceil(count / perPage) : 0;
  // Behind the prefix: the elements; or a bit for each page that is there, a checksum, and the pages, each with its checksum.
  const prefixBytes = 14 + (pages > 0 ? Math.ceil(pages / 8) : 0);
  const checkedPrefix = bytes.read(block, prefixBytes + (pages > 0 ? 0 : count * entryBytes) + CHECKSUM_BYTES);
  requireSignature(new Fields(checkedPrefix), 'FADB');
  requireChecksum(checkedPrefix);
  let at = block + prefixBytes + (pages > 0 ? CHECKSUM_BYTES : 0);
  for (let first = 0; first < table.sizes.length; first += perPage) {
    const elements = pages > 0 ? Math.min(perPage, count - first) : count;
    if (pages > 0) requireChecksum(bytes.read(at, elements * entryBytes + CHECKSUM_BYTES));
    const fields = new Fields(bytes.read(at, elements * entryBytes));
    for (let k = 0; k < elements; k++) {
      const chunk = fields.address();
      const size = filtered === 1 ? fields.number(sizeBytes) : grid.bytes;
      const mask = filtered === 1 ? fields.number(4) : 0;
      if (chunk !== NO_ADDRESS && first + k < table.sizes.length) place(table, grid, first + k, chunk, size, mask);
    }
    if (pages === 0) break;
    at += elements * entryBytes + CHECKSUM_BYTES;
  }
  return table;
}
