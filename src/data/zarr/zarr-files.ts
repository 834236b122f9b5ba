/** The files of a zarr store, wherever they lie. */
import type { AbsolutePath, AsyncReadable } from '@zarrita/storage';
import ZipFileStore from '@zarrita/storage/zip';
import { FitError } from '../../errors.ts';

export interface ZarrFiles extends AsyncReadable {
  /** Names of the folders in a folder, `''` for the outermost. */
  folders(path: string): Promise<readonly string[]>;
  close(): Promise<void>;
}

/** Documents that make a folder a group or an array: of version 3, and of version 2. */
export const METADATA = { both: 'zarr.json', group: '.zgroup', array: '.zarray' } as const;
const ROOT_METADATA: readonly string[] = [METADATA.both, METADATA.group];

/** Where the bytes of a zip file come from. */
export type ZipReader = ConstructorParameters<typeof ZipFileStore>[0];

/** Names of the folders in each folder, from the names of all files. */
export function foldersOf(names: Iterable<string>): (path: string) => Promise<readonly string[]> {
  const folders = new Map<string, Set<string>>();
  for (const name of names) {
    let folder = '';
    for (const part of name.split('/').slice(0, -1)) {
      const within = folders.get(folder) ?? new Set();
      folders.set(folder, within.add(part));
      folder = folder === '' ? part : `${folder}/${part}`;
    }
  }
  return async (path) => [...(folders.get(path) ?? [])];
}

/**
 * The store in a zip file, at its root or in its only folder.
 *
 * @throws FitError `DataError`, `unreadable`, for a file that is no zip or holds no store
 */
export async function zipFiles(reader: ZipReader, path: string, close: () => Promise<void>): Promise<ZarrFiles> {
  let names: string[] = [];
  const store = new ZipFileStore(reader, {
    transformEntries(entries) {
      const roots = Object.keys(entries).filter((name) =>
        ROOT_METADATA.includes(name.slice(name.lastIndexOf('/') + 1)),
      );
      const outermost = roots.sort((a, b) => a.split('/').length - b.split('/').length)[0] ?? '';
      const folder = outermost.slice(0, outermost.lastIndexOf('/') + 1);
      const inside = Object.entries(entries).filter(([name]) => name.startsWith(folder));
      const moved = Object.fromEntries(inside.map(([name, entry]) => [name.slice(folder.length), entry]));
      names = Object.keys(moved);
      return moved;
    },
  });
  try {
    for (const name of ROOT_METADATA) await store.has(`/${name}`);
  } catch (cause) {
    await close();
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new FitError('DataError', `${path} is no zip file (${reason})`, {
      path,
      unreadable: true,
      remedy: 'fetch or write the file again',
      cause,
    });
  }
  return {
    get: (key) => store.get(key),
    getRange: (key, range) => store.getRange(key, range),
    folders: foldersOf(names),
    close,
  };
}

/** A folder of a store as a store of its own: names of folders may hold what a URL would take for something else. */
export function filesWithin(files: ZarrFiles, folder: string): AsyncReadable {
  const within = (key: AbsolutePath): AbsolutePath => (folder === '' ? key : `/${folder}${key}`);
  return {
    get: (key, options) => files.get(within(key), options),
    getRange: async (key, range, options) => files.getRange?.(within(key), range, options),
  };
}
