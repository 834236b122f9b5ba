import { open } from 'node:fs/promises';
import type { File } from 'h5wasm/node';
import { unreadable } from '../table/bytes.node.ts';
import { Hdf5Tree, unopened } from './hdf5-tree.ts';

/**
 * Opens an HDF5 file for reading.
 *
 * @throws FitError `DataError`, `unreadable`, when it is missing, no HDF5 file, or truncated.
 */
export async function openHdf5(path: string): Promise<{ tree: Hdf5Tree; close: () => void }> {
  // Loaded when needed: its WebAssembly takes a while. Without the handler it returns garbage where a read fails.
  const { File, ready } = await import('h5wasm/node');
  (await ready).activate_throwing_error_handler();
  await checkReadable(path);
  let file: File;
  try {
    file = new File(path, 'r');
  } catch (error) {
    throw unopened(path, error);
  }
  let isOpen = true;
  const close = (): void => {
    if (isOpen) file.close();
    isOpen = false;
  };
  return { tree: new Hdf5Tree(file, path), close };
}

/** The file system's own words for a missing file or a folder are clearer than the library's. */
async function checkReadable(path: string): Promise<void> {
  try {
    const handle = await open(path, 'r');
    await handle.read(new Uint8Array(1), 0, 1, 0).finally(() => handle.close());
  } catch (error) {
    throw unreadable(path, error);
  }
}
