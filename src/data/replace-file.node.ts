/**
 * Files that appear whole or not at all (Node only): written under a temporary name in the same folder, renamed at the
 * end, removed on failure, on exit and on a signal.
 */
import { existsSync, rmdirSync, unlinkSync } from 'node:fs';
import { chmod, type FileHandle, mkdir, open, readlink, realpath, rename, rmdir, stat, unlink } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { FitError } from '../errors.ts';

/** A file to appear under a name. */
export interface Replacement {
  readonly path: string;
  /** Fills a file of a temporary name. */
  readonly write: (temporary: string) => Promise<void>;
  /** Wait until the disk has the content before the file gets its name. */
  readonly sync?: boolean | undefined;
  /** The format is written in places, which a pipe or device does not take. */
  readonly plain?: boolean;
}

/** {@link replaceFiles} of one file. */
export function replaceFile(
  path: string,
  write: (temporary: string) => Promise<void>,
  { sync = false }: { readonly sync?: boolean | undefined } = {},
): Promise<void> {
  return replaceFiles([{ path, write, sync }]);
}

/**
 * Writes files under temporary names in their folders and gives them their names when all of them are written; existing
 * files stay as they are until then, and hand their permissions on. Symbolic links are followed; devices and named pipes are
 * written directly.
 *
 * @throws DataError (`unreadable`) when a folder or file cannot be written; AbortError; other errors of `write` as they are.
 */
export async function replaceFiles(replacements: readonly Replacement[]): Promise<void> {
  const places: Place[] = [];
  for (const { path, plain } of replacements) {
    const place = await findPlace(path);
    if (plain && !place.regular) {
      throw new FitError('OptionError', `'${path}' is a pipe or a device, and this format needs a file`, {
        option: 'out',
        path,
        remedy: 'Name a file.',
      });
    }
    places.push(place);
  }
  // Loaded when a file is written: help and tables on standard output do without.
  const { randomBytes } = await import('node:crypto');
  const temporaries = places.map(({ path, regular }) => {
    return regular ? temporaryName(path, randomBytes(6).toString('hex')) : null;
  });
  const current = { path: '' };
  for (const temporary of temporaries) if (temporary !== null) trackTemporary(temporary);
  try {
    for (const [k, { path, write, sync }] of replacements.entries()) {
      current.path = path;
      const temporary = temporaries[k];
      await write(temporary ?? places[k].path);
      if (temporary === null) continue;
      if (sync) await syncFile(temporary);
      const { mode } = places[k];
      if (mode !== null) await chmod(temporary, mode);
    }
    for (const [k, temporary] of temporaries.entries()) {
      current.path = replacements[k].path;
      if (temporary !== null) await rename(temporary, places[k].path);
    }
  } catch (error) {
    for (const temporary of temporaries) if (temporary !== null) await unlink(temporary).catch(() => undefined);
    throw writingError(error, current.path);
  } finally {
    for (const temporary of temporaries) if (temporary !== null) forgetTemporary(temporary);
  }
}

/**
 * Makes a folder, and those around it, for files that `write` puts there; where it fails, or the process is ended meanwhile,
 * folders that were made and are empty are removed again.
 *
 * @throws DataError (`unreadable`) where the folder cannot be made; errors of `write` as they are.
 */
export async function inFolder(folder: string, write: () => Promise<void>): Promise<void> {
  const made = foldersToMake(folder);
  try {
    await mkdir(folder, { recursive: true });
  } catch (error) {
    // Making several at once hides why the first one cannot be made.
    const [first] = made;
    const why: unknown =
      first === undefined
        ? error
        : await mkdir(first).then(
            () => error,
            (cause: unknown) => cause,
          );
    throw writingError(why, folder);
  }
  trackTemporary(...made);
  try {
    await write();
  } catch (error) {
    for (const path of [...made].reverse()) await rmdir(path).catch(() => undefined);
    throw error;
  } finally {
    forgetTemporary(...made);
  }
}

/** A folder and those around it that are not there, the outermost first. */
function foldersToMake(folder: string): string[] {
  const missing: string[] = [];
  for (let path = resolve(folder); !existsSync(path); path = dirname(path)) missing.unshift(path);
  return missing;
}

/** Writes all bytes at a place of an open file: one call may write less. */
export async function writeFully(file: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesWritten } = await file.write(bytes, done, bytes.length - done, position + done);
    done += bytesWritten;
  }
}

/** Names have 255 bytes at most: a long one leaves no room for the rest. */
function temporaryName(path: string, mark: string): string {
  const name = Buffer.byteLength(basename(path)) > LONG_NAME ? 'output' : basename(path);
  return join(dirname(path), `.${name}.${mark}.tmp`);
}

interface Place {
  readonly path: string;
  /** Whether a plain file is to be there. */
  readonly regular: boolean;
  /** Permissions of the file that is there. */
  readonly mode: number | null;
}

/** Where a path leads, through links. */
async function findPlace(path: string): Promise<Place> {
  // /dev/stdout may be a file, which belongs to whoever opened it.
  if (/^\/(dev|proc)\//.test(path)) return { path, regular: false, mode: null };
  let at = path;
  for (let links = 0; links < MOST_LINKS; links++) {
    const kind = await stat(at).catch(() => null);
    if (kind?.isDirectory()) {
      throw new FitError('OptionError', `'${path}' is a folder`, { option: 'out', path, remedy: 'Name a file in it.' });
    }
    if (kind?.isFile()) return { path: await realpath(at), regular: true, mode: kind.mode & PERMISSIONS };
    if (kind) return { path: at, regular: false, mode: null };
    // Not there yet, or a link to what is not: the file appears where the links lead.
    const link = await readlink(at).catch(() => null);
    if (link === null) return { path: at, regular: true, mode: null };
    at = resolve(dirname(at), link);
  }
  throw writingError(Object.assign(new Error('too many links'), { code: 'ELOOP', syscall: 'readlink' }), path);
}

const MOST_LINKS = 40;
const PERMISSIONS = 0o7777;

async function syncFile(path: string): Promise<void> {
  const handle = await open(path, 'r+');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

const LONG_NAME = 220;

const reasons: Readonly<Record<string, readonly [what: string, remedy: string]>> = {
  ENOENT: ['no such folder', 'Create the folder first.'],
  ENOTDIR: ['no such folder', 'Create the folder first.'],
  EACCES: ['no permission', 'Choose a folder that you may write to.'],
  EPERM: ['no permission', 'Choose a folder that you may write to.'],
  EROFS: ['the file system is read-only', 'Choose another folder.'],
  ENOSPC: ['the disk is full', 'Make room or choose another disk.'],
  ENAMETOOLONG: ['the name is too long', 'Choose a shorter one.'],
  EDQUOT: ['the quota is used up', 'Make room or choose another disk.'],
  EFBIG: ['files of that size are not allowed', 'Raise the limit (ulimit -f), or choose another disk.'],
  EIO: ['the disk reports an error', 'Choose another disk, and look after this one.'],
  EMFILE: ['too many files are open', 'Raise the limit (ulimit -n), or write fewer files at once.'],
  EEXIST: ['there is a file of that name', 'Choose another name.'],
  ELOOP: ['its links lead in a circle', 'Choose another name.'],
  EPIPE: ['its reader went away', 'Write to a file.'],
};

/** Linux's number of EDQUOT, for which Node has no name. */
const QUOTA = -122;

/** Errors of the file system as tagged errors; all others as they are. */
export function writingError(error: unknown, path: string): unknown {
  if (!(error instanceof Error)) return error;
  if (error.name === 'AbortError')
    return new FitError('AbortError', `writing '${path}' was stopped`, { path, cause: error });
  if (!('code' in error && 'syscall' in error)) return error;
  const code = 'errno' in error && error.errno === QUOTA ? 'EDQUOT' : String(error.code);
  const [what, remedy] = reasons[code] ?? [error.message, 'See the message of the system.'];
  return new FitError('DataError', `cannot write '${path}': ${what}`, { path, remedy, unreadable: true, cause: error });
}

// ---------------------------------------------------------------------------------------------------------------
// Temporary files and new folders of this process, removed should it end before the files got their names

const temporaries = new Set<string>();
const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

function trackTemporary(...paths: readonly string[]): void {
  if (temporaries.size === 0 && paths.length > 0) {
    process.on('exit', removeTemporaries);
    for (const signal of signals) process.on(signal, endBySignal);
  }
  for (const path of paths) temporaries.add(path);
}

function forgetTemporary(...paths: readonly string[]): void {
  for (const path of paths) temporaries.delete(path);
  if (temporaries.size > 0) return;
  process.off('exit', removeTemporaries);
  for (const signal of signals) process.off(signal, endBySignal);
}

function removeTemporaries(): void {
  // Files before the folders that they lie in.
  for (const path of [...temporaries].reverse()) {
    for (const remove of [unlinkSync, rmdirSync]) {
      try {
        remove(path);
      } catch {
        // not created yet, renamed already, or a folder with something in it
      }
    }
  }
}

/** Removes the files and lets the signal do what it would have done: others who listen decide, else it ends the process. */
function endBySignal(signal: NodeJS.Signals): void {
  if (process.listenerCount(signal) > 1) return; // their abort ends the writing, which removes the file
  removeTemporaries();
  for (const name of signals) process.off(name, endBySignal);
  process.kill(process.pid, signal);
}
