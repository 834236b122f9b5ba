/**
 * What an HDF5 file may open besides itself: nothing. A file can name others (external links, external storage, virtual data
 * sets), and whoever opens it would read them without knowing; so the library's file system (Emscripten's) refuses every path
 * but the one being opened and the folder of decompression plugins, and remembers what was asked for.
 */

/** The part of Emscripten's file system that is watched. */
export interface WatchedFiles {
  open(path: string, ...rest: readonly unknown[]): unknown;
  readonly ErrnoError: new (code: number) => Error;
}

export interface FileWatch {
  /** Runs an action that opens the file itself: the first path that it asks for may be opened from now on. */
  opening<T>(action: () => T): T;
  /** Lets paths in a folder be opened. */
  allowFolder(folder: string): void;
  /** The first other file that was asked for since the last call; null for none. */
  foreign(): string | null;
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
  const allowed = new Set<string>();
  const folders: string[] = [];
  let opening = false;
  let asked: string | null = null;
  files.open = (path, ...rest) => {
    if (opening) {
      opening = false;
      allowed.add(path);
    }
    const permitted = allowed.has(path) || SCRATCH.test(path) || folders.some((folder) => path.startsWith(folder));
    if (permitted) return open(path, ...rest);
    asked ??= path;
    throw new files.ErrnoError(ENOENT);
  };
  const watch: FileWatch = {
    opening(action) {
      opening = true;
      try {
        return action();
      } finally {
        opening = false;
      }
    },
    allowFolder(folder) {
      const prefix = folder.endsWith('/') ? folder : `${folder}/`;
      if (!folders.includes(prefix)) folders.push(prefix);
    },
    foreign() {
      const path = asked;
      asked = null;
      return path;
    },
  };
  watches.set(files, watch);
  return watch;
}
