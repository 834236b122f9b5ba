/** Matrices and tables of formats that need a library to unpack, read in a thread of their own that can be ended. */
import { stat } from 'node:fs/promises';
import type { MatrixBlock, MatrixSource } from '../../types/responses.ts';
import type { Table } from '../../types/table.ts';
import type { MatrixOptions } from '../input-files.ts';
import { unreadable } from '../table/bytes.node.ts';
import type { ReaderCall, ReaderCalls } from './protocol.ts';
import { giveReader, type ReaderThread, takeReader } from './reader-thread.node.ts';

/** Asks the reader of one file. */
type Ask = <C extends ReaderCall>(call: C, input: ReaderCalls[C]['input']) => Promise<ReaderCalls[C]['output']>;

async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    throw unreadable(path, error);
  }
}

/** Opens an HDF5 matrix in a reader; null where there are no threads to read in. */
export async function openGuardedMatrix(path: string, options: MatrixOptions): Promise<MatrixSource | null> {
  const bytes = await sizeOf(path);
  const reader = takeReader();
  if (!reader) return null;
  const ask: Ask = (call, input) => reader.call(call, input, { path, bytes });
  try {
    const facts = await ask('openMatrix', { path, options });
    return sourceOf(path, facts, ask, reader);
  } catch (error) {
    // What a file that was not opened leaves behind in the library would meet the next one.
    reader.end('the file could not be opened');
    throw error;
  }
}

function sourceOf(
  path: string,
  facts: ReaderCalls['openMatrix']['output'],
  ask: Ask,
  reader: ReaderThread,
): MatrixSource {
  let names: readonly string[] | undefined;
  let closed = false;
  return {
    kind: 'matrix',
    path,
    ...facts,
    ordered: true,
    async rowNames() {
      names ??= await ask('rowNames', null);
      return names;
    },
    repeatedRowNames: () => ask('repeatedRowNames', null),
    readObs: (columns, options = {}) => ask('readObs', { ...(columns === undefined ? {} : { columns }), ...options }),
    blocks: ({ signal, ...options } = {}) => passOf(ask, options, signal),
    async close() {
      if (closed) return;
      closed = true;
      if (!reader.usable) return;
      await ask('closeMatrix', null);
      giveReader(reader);
    },
  };
}

/** One pass; the next block is unpacked while this one is used. */
async function* passOf(
  ask: Ask,
  options: ReaderCalls['beginPass']['input'],
  signal: AbortSignal | undefined,
): AsyncGenerator<MatrixBlock> {
  const pass = await ask('beginPass', options);
  let next = ask('nextBlock', pass);
  try {
    for (;;) {
      const block = await next;
      signal?.throwIfAborted();
      if (block === null) return;
      next = ask('nextBlock', pass);
      // Nobody may wait for it any more when it fails.
      next.catch(() => undefined);
      yield block;
    }
  } finally {
    await next.catch(() => undefined);
    await ask('endPass', pass).catch(() => undefined);
  }
}

/** Runs one call on a Parquet file; null where there are no threads to read in. */
async function askOnce<C extends 'readParquet' | 'parquetColumns'>(
  call: C,
  input: ReaderCalls[C]['input'],
): Promise<ReaderCalls[C]['output'] | null> {
  const { path } = input;
  const bytes = await sizeOf(path);
  const reader = takeReader();
  if (!reader) return null;
  try {
    return await reader.call(call, input, { path, bytes });
  } finally {
    giveReader(reader);
  }
}

export function readGuardedParquet(path: string, columns: readonly string[] | undefined): Promise<Table | null> {
  return askOnce('readParquet', { path, ...(columns === undefined ? {} : { columns }) });
}

export function guardedParquetColumns(path: string): Promise<readonly string[] | null> {
  return askOnce('parquetColumns', { path });
}
