import { Hdf5Tree, unopened } from './hdf5-tree.ts';

/**
 * Files up to this size (bytes) are copied into the library's memory, which is two to four times as fast as reading them
 * where they lie; its 32-bit address space holds 4 GB at most.
 */
const COPIED_BYTES = 2 ** 28;

/** What is used of the library's file system (Emscripten's); its own type is of a package that is not installed. */
interface EmscriptenFiles {
  readonly filesystems: { readonly WORKERFS: unknown };
  mkdir(path: string): void;
  rmdir(path: string): void;
  writeFile(path: string, bytes: Uint8Array): void;
  unlink(path: string): void;
  mount(type: unknown, options: { readonly blobs: readonly { name: string; data: Blob }[] }, folder: string): void;
  unmount(folder: string): void;
}

let opened = 0;

/**
 * Opens an HDF5 file that a browser was handed. In a worker large files are read where they lie, piece by piece; else all
 * of the file is copied into memory.
 *
 * @throws FitError `DataError`, `unreadable`, when it is no HDF5 file, truncated, or too large to be copied
 */
export async function openHdf5Blob(blob: Blob, path: string): Promise<{ tree: Hdf5Tree; close: () => void }> {
  // Loaded when needed: most of it is WebAssembly. Without the handler it returns garbage where a read fails.
  const { File, ready } = await import('h5wasm');
  const library = await ready;
  library.activate_throwing_error_handler();
  const files = library.FS as unknown as EmscriptenFiles;
  const folder = `/input${opened++}`;
  const lazily = blob.size > COPIED_BYTES && 'FileReaderSync' in globalThis;
  const name = 'data.h5';
  try {
    files.mkdir(folder);
    if (lazily) files.mount(files.filesystems.WORKERFS, { blobs: [{ name, data: blob }] }, folder);
    else files.writeFile(`${folder}/${name}`, new Uint8Array(await blob.arrayBuffer()));
    const file = new File(`${folder}/${name}`, 'r');
    let isOpen = true;
    const close = (): void => {
      if (!isOpen) return;
      isOpen = false;
      file.close();
      if (lazily) files.unmount(folder);
      else files.unlink(`${folder}/${name}`);
      files.rmdir(folder);
    };
    return { tree: new Hdf5Tree(file, path), close };
  } catch (error) {
    throw unopened(path, error);
  }
}
