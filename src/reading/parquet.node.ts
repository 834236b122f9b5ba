/** Parquet files, read in a thread of its own that can be ended; in this one where there are no threads. */
import { parquetColumnsHere, readParquetHere } from '../data/table/parquet-file.node.ts';
import type { Table } from '../types/table.ts';
import type { ReaderCalls } from './protocol.ts';
import { fileSize, giveReader, takeReader } from './reader-thread.node.ts';

export async function readParquetFile(path: string, columns: readonly string[] | undefined): Promise<Table> {
  const input = { path, ...(columns === undefined ? {} : { columns }) };
  return (await askOnce('readParquet', input)) ?? readParquetHere(path, columns);
}

export async function parquetFileColumns(path: string): Promise<string[]> {
  return [...((await askOnce('parquetColumns', { path })) ?? (await parquetColumnsHere(path)))];
}

/** Runs one call on a Parquet file; null where there are no threads to read in. */
async function askOnce<C extends 'readParquet' | 'parquetColumns'>(
  call: C,
  input: ReaderCalls[C]['input'],
): Promise<ReaderCalls[C]['output'] | null> {
  const { path } = input;
  const bytes = await fileSize(path);
  const reader = takeReader();
  if (!reader) return null;
  try {
    return await reader.call(call, input, { path, bytes });
  } finally {
    giveReader(reader);
  }
}
