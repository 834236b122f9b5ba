import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { File } from 'h5wasm/node';
import { NotSimpleError } from '../hdf5-storage/bytes.ts';
import { openPlainChunks } from '../hdf5-storage/chunk-source.node.ts';
import { openPlainFile } from '../hdf5-storage/plain-file.ts';
import { writingError } from '../replace-file.node.ts';
import { unreadable } from '../table/bytes.node.ts';
import { type FileWatch, type WatchedFiles, watchFiles } from './hdf5-files.ts';
import { FILTER_PLUGINS, Hdf5Tree, pluginFile, unopened } from './hdf5-tree.ts';
import { LZF, withWholeBuffer } from './lzf-plugin.ts';

/** An HDF5 file that is open for reading. */
export interface OpenHdf5 {
  readonly tree: Hdf5Tree;
  readonly close: () => void;
}

/**
 * Opens an HDF5 file for reading: a plain one without the library.
 *
 * @throws FitError `DataError`, `unreadable`, when it is missing, no HDF5 file, or truncated.
 */
export async function openHdf5(path: string): Promise<OpenHdf5> {
  return openPlain(path, await readableBytes(path)) ?? openByLibrary(path);
}

/** The same for a file of the plain kind; null for others. */
function openPlain(path: string, bytes: number): OpenHdf5 | null {
  const chunks = openPlainChunks(path, bytes);
  if (chunks === null) return null;
  try {
    const watch: FileWatch = { within: (action) => attempt(action), allowFolder: () => {} };
    const tree = new Hdf5Tree(openPlainFile(chunks), path, { bytes, plugins: new Set(), watch, chunks });
    return { tree, close: () => chunks.close() };
  } catch (error) {
    chunks.close();
    if (error instanceof NotSimpleError || error instanceof RangeError) return null;
    throw error;
  }
}

function attempt<T>(action: () => T): ReturnType<FileWatch['within']> & { readonly result?: T } {
  try {
    return { result: action(), foreign: null };
  } catch (error) {
    return { error, foreign: null };
  }
}

/** The same through the library, whatever is in the file. */
export async function openByLibrary(path: string): Promise<OpenHdf5> {
  // Loaded when needed: its WebAssembly takes a while. Without the handler it returns garbage where a read fails.
  const { File, ready } = await import('h5wasm/node');
  const library = await ready;
  library.activate_throwing_error_handler();
  const watch = watchFiles(library.FS as unknown as WatchedFiles);
  const bytes = await readableBytes(path);
  let file: File;
  try {
    file = new File(path, 'r');
  } catch (error) {
    throw unopened(path, error);
  }
  let isOpen = true;
  const chunks = openPlainChunks(path, bytes);
  const { plugins, mend, remove } = installPlugins(library, watch);
  const close = (): void => {
    if (isOpen) file.close();
    isOpen = false;
    chunks?.close();
    remove();
  };
  const context = { bytes, plugins, prepare: mend, watch, ...(chunks && { chunks }) };
  return { tree: new Hdf5Tree(file, path, context), close };
}

interface PluginPaths {
  get_plugin_search_paths(): string[];
  insert_plugin_search_path(path: string, at: number): unknown;
  remove_plugin_search_path(at: number): unknown;
}

interface Plugins {
  /** Names of those that are there. */
  readonly plugins: ReadonlySet<string>;
  /** Puts a mended plugin before the published one, in a folder of its own until the file is closed. */
  readonly mend: (plugin: string) => void;
  readonly remove: () => void;
}

/** Shows the library where its decompression plugins lie. */
function installPlugins(library: PluginPaths, watch: FileWatch): Plugins {
  let folder: string;
  try {
    folder = join(dirname(createRequire(import.meta.url).resolve('h5wasm-plugins/package.json')), 'plugins');
  } catch {
    // Left out of the installation: those filters are refused by name.
    return { plugins: new Set(), mend: () => {}, remove: () => {} };
  }
  if (!library.get_plugin_search_paths().includes(folder)) library.insert_plugin_search_path(folder, 0);
  for (const path of library.get_plugin_search_paths()) watch.allowFolder(path);
  let mended: string | undefined;
  return {
    plugins: new Set(Object.values(FILTER_PLUGINS).filter((name) => existsSync(join(folder, pluginFile(name))))),
    mend(plugin) {
      if (plugin !== LZF || mended !== undefined) return;
      const own = join(tmpdir(), 'webgpu-lmm-plugin-');
      try {
        mended = mkdtempSync(own);
        writeFileSync(
          join(mended, pluginFile(plugin)),
          withWholeBuffer(readFileSync(join(folder, pluginFile(plugin)))),
        );
      } catch (error) {
        if (mended !== undefined) rmSync(mended, { recursive: true, force: true });
        mended = undefined;
        throw writingError(error, own);
      }
      watch.allowFolder(mended);
      library.insert_plugin_search_path(mended, 0);
    },
    remove() {
      if (mended === undefined) return;
      library.remove_plugin_search_path(library.get_plugin_search_paths().indexOf(mended));
      rmSync(mended, { recursive: true, force: true });
      mended = undefined;
    },
  };
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
