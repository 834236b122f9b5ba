/**
 * What the file system refuses while an HDF5 file is written. The library (Emscripten) turns errors of Node into numbers of
 * its own; for one that it has no number for (a quota that is used up) it takes success, goes on for ever or leaves a damaged
 * file; and what HDF5 says of the others is a stack of its own functions. So its file system is watched.
 */

/** The part of Emscripten's file system that is watched. */
export interface WrittenFiles {
  open(...call: readonly unknown[]): unknown;
  write(...call: readonly unknown[]): unknown;
  close(...call: readonly unknown[]): unknown;
  readonly ErrnoError: new (code: number) => Error;
}

export interface WriteWatch {
  /** From now on failures are remembered. */
  begin(): void;
  /**
   * The first failure since, as an error of the file system; null for none. One to open a file counts only where the whole
   * `failed`: the library tries whether a file is there.
   */
  end(failed: boolean): Error | null;
}

/** Emscripten's numbers, and the names that Node has. */
const CODES: Readonly<Record<number, string>> = {
  2: 'EACCES',
  19: 'EDQUOT',
  22: 'EFBIG',
  29: 'EIO',
  33: 'EMFILE',
  44: 'ENOENT',
  51: 'ENOSPC',
  54: 'ENOTDIR',
  63: 'EPERM',
  69: 'EROFS',
};
const EIO = 29;

const watches = new WeakMap<object, WriteWatch>();

/** Watches a file system; the same watch for the same one. */
export function watchWrites(files: WrittenFiles): WriteWatch {
  const known = watches.get(files);
  if (known) return known;
  let refused: Error | null = null;
  let unopened: Error | null = null;
  const watched = (name: 'open' | 'write' | 'close'): void => {
    const original = files[name].bind(files);
    files[name] = (...call) => {
      try {
        return original(...call);
      } catch (error) {
        const errno = error instanceof Error && 'errno' in error ? error.errno : undefined;
        // Node has no name for a quota that is used up, and so the library no number.
        const code = errno === undefined ? 'EDQUOT' : (CODES[Number(errno)] ?? 'EIO');
        const failure = Object.assign(new Error(`${code}, ${name}`), { code, syscall: name });
        if (name === 'open') unopened ??= failure;
        else refused ??= failure;
        throw errno === undefined ? new files.ErrnoError(EIO) : error;
      }
    };
  };
  for (const name of ['open', 'write', 'close'] as const) watched(name);
  const watch: WriteWatch = {
    begin() {
      refused = null;
      unopened = null;
    },
    end: (failed) => refused ?? (failed ? unopened : null),
  };
  watches.set(files, watch);
  return watch;
}
