import { existsSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { File } from 'h5wasm/node';
import { unreadable } from '../table/bytes.node.ts';
import { type FileWatch, type WatchedFiles, watchFiles } from './hdf5-files.ts';
import { FILTER_PLUGINS, Hdf5Tree, unopened } from './hdf5-tree.ts';

/**
 * Opens an HDF5 file for reading.
 *
 * @throws FitError `DataError`, `unreadable`, when it is missing, no HDF5 file, or truncated.
 */
export async function openHdf5(path: string): Promise<{ tree: Hdf5Tree; close: () => void }> {
  // Loaded when needed: its WebAssembly takes a while. Without the handler it returns garbage where a read fails.
  const { File, ready } = await import('h5wasm/node');
  const library = await ready;
  library.activate_throwing_error_handler();
  const watch = watchFiles(library.FS as unknown as WatchedFiles);
  const bytes = await readableBytes(path);
  let file: File;
  try {
    file = watch.opening(() => new File(path, 'r'));
  } catch (error) {
    throw unopened(path, error);
  }
  let isOpen = true;
  const close = (): void => {
    if (isOpen) file.close();
    isOpen = false;
  };
  return { tree: new Hdf5Tree(file, path, { bytes, plugins: installPlugins(library, watch), watch }), close };
}

/** Shows the library where its decompression plugins lie; the names of those that are there. */
function installPlugins(
  library: { get_plugin_search_paths(): string[]; insert_plugin_search_path(path: string, at: number): unknown },
  watch: FileWatch,
): ReadonlySet<string> {
  let folder: string;
  try {
    folder = join(dirname(createRequire(import.meta.url).resolve('h5wasm-plugins/package.json')), 'plugins');
  } catch {
    return new Set(); // left out of the installation: those filters are refused by name
  }
  if (!library.get_plugin_search_paths().includes(folder)) library.insert_plugin_search_path(folder, 0);
  for (const path of library.get_plugin_search_paths()) watch.allowFolder(path);
  return new Set(Object.values(FILTER_PLUGINS).filter((name) => existsSync(join(folder, `libH5Z${name}.so`))));
}

/** Size of a file; the file system's own words for a missing file or a folder are clearer than the library's. */
async function readableBytes(path: string): Promise<number> {
  try {
    const handle = await open(path, 'r');
    try {
      await handle.read(new Uint8Array(1), 0, 1, 0);
      return (await handle.stat()).size;
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw unreadable(path, error);
  }
}
