/** Which of some files is a session, by its name or its beginning: known before what opens one is loaded. */

import { type NamedFile, storeOf } from '../protocol/named-files.ts';

/** What a session calls itself. */
export const FORMAT = 'webgpu-lmm session';

export function isSessionName(name: string): boolean {
  // A browser that saves a second one puts a number before the last extension.
  return /\.session( ?\(\d+\))?(\.json)?( ?\(\d+\))?(\.gz)?( ?\(\d+\))?$/i.test(name);
}

/** Endings of data: what has one is not looked into for a session. Browsers give `.txt` to what they take for text. */
const DATA_NAME = /\.(csv|tsv|tab|mtx|parquet|pq|h5ad|h5|hdf5|h5mu|zarr|zip)(\.gz)?$/i;

/** The session among files: by its name, else by how a file begins that no reader of data would take. */
export async function sessionAmong(files: readonly NamedFile[]): Promise<NamedFile | null> {
  const named = files.find(({ name }) => isSessionName(name));
  if (named) return named;
  for (const file of files) {
    if (!DATA_NAME.test(file.name) && storeOf(file.name) === null && (await beginsAsSession(file.file))) return file;
  }
  return null;
}

async function beginsAsSession(file: Blob): Promise<boolean> {
  try {
    const head = new Uint8Array(await file.slice(0, 2).arrayBuffer());
    const packed = head[0] === 0x1f && head[1] === 0x8b;
    if (!packed && head[0] !== '{'.charCodeAt(0)) return false;
    const stream = packed ? file.stream().pipeThrough(new DecompressionStream('gzip')) : file.stream();
    const reader = stream.getReader();
    const { value } = await reader.read();
    await reader.cancel();
    return value !== undefined && new TextDecoder().decode(value.subarray(0, 200)).startsWith(`{"format":"${FORMAT}"`);
  } catch {
    return false; // no gzip after all
  }
}
