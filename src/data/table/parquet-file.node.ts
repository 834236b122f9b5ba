import { type FileHandle, open } from 'node:fs/promises';
import type { AsyncBuffer } from 'hyparquet';
import type { Table } from '../../types/table.ts';
import { isStream, streamBytes, unreadable } from './bytes.node.ts';

/** Reads columns of a Parquet file in this thread; its reader is loaded with the first. */
export async function readParquetHere(path: string, columns?: readonly string[]): Promise<Table> {
  const { readParquet } = await import('./parquet.ts');
  return withParquet(path, (file) => readParquet(file, { path, ...(columns === undefined ? {} : { columns }) }));
}

/** Names of the columns of a Parquet file, read in this thread. */
export async function parquetColumnsHere(path: string): Promise<string[]> {
  const { parquetColumns } = await import('./parquet.ts');
  return withParquet(path, (file) => parquetColumns(file, path));
}

async function withParquet<T>(path: string, read: (file: AsyncBuffer) => Promise<T>): Promise<T> {
  if (await isStream(path)) {
    const { buffer, byteOffset, byteLength } = await streamBytes(path);
    // What is kept of a pipe has a buffer of its own kind: a part of one that is never shared.
    const part = (start: number, end = byteLength) => buffer.slice(byteOffset + start, byteOffset + end) as ArrayBuffer;
    return read({ byteLength, slice: part });
  }
  let handle: FileHandle;
  let byteLength: number;
  try {
    handle = await open(path);
    byteLength = (await handle.stat()).size;
  } catch (cause) {
    throw unreadable(path, cause);
  }
  const slice = async (start: number, end = byteLength): Promise<ArrayBuffer> => {
    // Damaged footers ask for what lies outside of the file.
    const length = Math.max(0, Math.min(end, byteLength) - start);
    const buffer = new ArrayBuffer(length);
    const { bytesRead } = await handle.read(new Uint8Array(buffer), 0, length, start);
    return bytesRead === length ? buffer : buffer.slice(0, bytesRead);
  };
  try {
    return await read({ byteLength, slice });
  } finally {
    await handle.close();
  }
}
