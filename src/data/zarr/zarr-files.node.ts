/** Zarr stores of the disk: a folder, or a zip file. */
import { open, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import FileSystemStore from '@zarrita/storage/fs';
import type { MatrixSource } from '../../types/responses.ts';
import type { MatrixOptions } from '../input-files.ts';
import { unreadable } from '../table/bytes.node.ts';
import { type ZarrFiles, zipFiles } from './zarr-files.ts';
import { zarrSource } from './zarr-source.ts';

/** Opens the matrix of a store; see {@link zarrSource}. */
export async function openZarr(path: string, options: MatrixOptions): Promise<MatrixSource> {
  const folder = (await stat(path)).isDirectory();
  return zarrSource(folder ? folderFiles(path) : await openZip(path), path, options);
}

function folderFiles(path: string): ZarrFiles {
  const store = new FileSystemStore(path);
  return {
    get: (key, options) => store.get(key, options),
    getRange: (key, range, options) => store.getRange(key, range, options),
    async folders(folder) {
      const entries = await readdir(join(path, folder), { withFileTypes: true });
      return entries.filter((entry) => !entry.isFile()).map(({ name }) => name);
    },
    close: async () => {},
  };
}

async function openZip(path: string): Promise<ZarrFiles> {
  const file = await open(path).catch((cause: unknown) => {
    throw unreadable(path, cause);
  });
  const { size } = await file.stat();
  const reader = {
    getLength: async () => size,
    async read(offset: number, length: number) {
      const bytes = new Uint8Array(length);
      const { bytesRead } = await file.read(bytes, 0, length, offset);
      return bytes.subarray(0, bytesRead);
    },
  };
  let closed: Promise<void> | undefined;
  const close = (): Promise<void> => {
    closed ??= file.close();
    return closed;
  };
  return zipFiles(reader, path, close);
}
