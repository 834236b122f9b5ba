/**
 * What an HDF5 file may open besides itself: nothing. A file can name others (external links, external storage, virtual data
 * sets), and whoever opens it would read them without knowing; so the library's file system (Emscripten's) refuses every path
 * but the one being opened and the folders of decompression plugins, and remembers what was asked for.
 */

/** The part of Emscripten's file system that is watched. */
export interface WatchedFiles {
  open(path: string, ...rest: readonly unknown[]): unknown;
  readonly ErrnoError: new (code: number) => Error;
}

export interface FileWatch {
  /**
   * Runs an action on an open file, during which no other file can be opened; `foreign` is the first that was asked for, null
   * for none. Outside of such actions the library opens what its users open.
   */
  within<T>(action: () => T): { readonly result?: T; readonly error?: unknown; readonly foreign: string | null };
  /** Lets paths in a folder be opened (decompression plugins). */
  allowFolder(folder: string): void;
}

/** No such file, in Emscripten's numbers. */
const ENOENT = 44;
/** Scratch files of the C library, which the error handler writes to. */
const SCRATCH = /(^|\/)tmpfile_\w+$/;

const watches = new WeakMap<object, FileWatch>();

/** Watches a file system; the same watch for the same one. */
export function watchFiles(files: WatchedFiles): FileWatch {
  const known = watches.get(files);
  if (known) return known;
  const open = files.open.bind(files);
  const folders: string[] = [];
  let watching = false;
  let asked: string | null = null;
  files.open = (path, ...rest) => {
    if (!watching || SCRATCH.test(path) || folders.some((folder) => `${path}/`.startsWith(folder)))
      return open(path, ...rest);
    asked ??= path;
    throw new files.ErrnoError(ENOENT);
  };
  const watch: FileWatch = {
    within(action) {
      const outer = watching;
      watching = true;
      asked = null;
      try {
        return { result: action(), foreign: asked };
      } catch (error) {
        return { error, foreign: asked };
      } finally {
        watching = outer;
      }
    },
    allowFolder(folder) {
      const prefix = folder.endsWith('/') ? folder : `${folder}/`;
      if (!folders.includes(prefix)) folders.push(prefix);
    },
  };
  watches.set(files, watch);
  return watch;
}
