import { openBlobChunks } from '../hdf5-storage/chunk-source.browser.ts';
import { type WatchedFiles, watchFiles } from './hdf5-files.ts';
import { isGroup } from './hdf5-objects.ts';
import { FILTER_PLUGINS, Hdf5Tree, pluginFile, unopened } from './hdf5-tree.ts';
import { LZF, withWholeBuffer } from './lzf-plugin.ts';

/**
 * Files up to this size (bytes) are copied into the library's memory, which is two to four times as fast as reading them
 * where they lie; its 32-bit address space holds 4 GB at most.
 */
const COPIED_BYTES = 2 ** 28;

/** What is used of the library's file system (Emscripten's); its own type is of a package that is not installed. */
interface EmscriptenFiles extends WatchedFiles {
  mkdirTree(path: string): void;
  readonly filesystems: { readonly WORKERFS: unknown };
  mkdir(path: string): void;
  rmdir(path: string): void;
  writeFile(path: string, bytes: Uint8Array): void;
  unlink(path: string): void;
  mount(type: unknown, options: { readonly blobs: readonly { name: string; data: Blob }[] }, folder: string): void;
  unmount(folder: string): void;
}

/** Where decompression plugins (`libH5Zzstd.so`) are had from, by name; called when a file needs one. */
export type FilterPlugins = Readonly<Partial<Record<string, () => Promise<Uint8Array>>>>;

/** Objects of a file that are looked at for their filters. */
const LOOKED_AT = 2000;

let opened = 0;

/**
 * Opens an HDF5 file that a browser was handed. In a worker large files are read where they lie, piece by piece; else all
 * of the file is copied into memory.
 *
 * @throws FitError `DataError`, `unreadable`, when it is no HDF5 file, truncated, or too large to be copied
 */
export async function openHdf5Blob(
  blob: Blob,
  path: string,
  plugins: FilterPlugins = {},
): Promise<{ tree: Hdf5Tree; close: () => void }> {
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
    const watch = watchFiles(files);
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
    const installed = new Set<string>();
    const chunks = openBlobChunks(blob);
    const tree = new Hdf5Tree(file, path, { bytes: blob.size, plugins: installed, watch, ...(chunks && { chunks }) });
    const [pluginFolder] = library.get_plugin_search_paths();
    for (const filter of foreignFilters(tree)) {
      const plugin = FILTER_PLUGINS[filter];
      const bytes = plugin === undefined ? undefined : await plugins[plugin]?.();
      if (bytes === undefined) continue;
      files.mkdirTree(pluginFolder);
      files.writeFile(`${pluginFolder}/${pluginFile(plugin)}`, plugin === LZF ? withWholeBuffer(bytes) : bytes);
      watch.allowFolder(pluginFolder);
      installed.add(plugin);
    }
    return { tree, close };
  } catch (error) {
    throw unopened(path, error);
  }
}

/** Filters in a file that the library has no code for. */
function foreignFilters(tree: Hdf5Tree): number[] {
  const found = new Set<number>();
  const waiting = [''];
  for (let looked = 0; waiting.length > 0 && looked < LOOKED_AT; looked++) {
    const name = waiting.shift() ?? '';
    const entity = name === '' ? tree.root : tree.find(name);
    if (entity === undefined) continue;
    if (isGroup(entity)) for (const key of tree.keys(entity)) waiting.push(name === '' ? key : `${name}/${key}`);
    else for (const { id } of tree.guard(name, () => entity.filters)) if (FILTER_PLUGINS[id]) found.add(id);
  }
  return [...found];
}
