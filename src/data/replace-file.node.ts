/**
 * Files that appear whole or not at all (Node only): written under a temporary name in the same folder, renamed at the
 * end, removed on failure, on exit and on a signal.
 */
import { randomBytes } from 'node:crypto';
import { unlinkSync } from 'node:fs';
import { open, readlink, realpath, rename, stat, unlink } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { FitError } from '../errors.ts';

/**
 * Lets `write` fill a file of a temporary name and gives it the name `path` when that is done; an existing file stays as
 * it is until then. A symbolic link is followed; a device or a named pipe is written directly. With `sync` the disk has
 * the content before the file gets its name.
 *
 * @throws DataError (`unreadable`) when the folder or file cannot be written; AbortError; other errors of `write` as they are.
 */
export async function replaceFile(
  path: string,
  write: (temporary: string) => Promise<void>,
  { sync = false }: { readonly sync?: boolean | undefined } = {},
): Promise<void> {
  const target = await findTarget(path);
  if (!target.regular) {
    await write(target.path).catch((error: unknown) => {
      throw writingError(error, path);
    });
    return;
  }
  // Names have 255 bytes at most: a long one leaves no room for the rest.
  const name = Buffer.byteLength(basename(target.path)) > LONG_NAME ? 'output' : basename(target.path);
  const temporary = join(dirname(target.path), `.${name}.${randomBytes(6).toString('hex')}.tmp`);
  trackTemporary(temporary);
  try {
    await write(temporary);
    if (sync) await syncFile(temporary);
    await rename(temporary, target.path);
  } catch (error) {
    await unlink(temporary).catch(() => undefined);
    throw writingError(error, path);
  } finally {
    forgetTemporary(temporary);
  }
}

/** Where a path leads, through links, and whether it is a place for a plain file. */
async function findTarget(path: string): Promise<{ path: string; regular: boolean }> {
  let kind: Awaited<ReturnType<typeof stat>>;
  try {
    kind = await stat(path);
  } catch {
    // Not there yet, or a link to what is not: the file appears where the link leads.
    const link = await readlink(path).catch(() => null);
    return { path: link === null ? path : resolve(dirname(path), link), regular: true };
  }
  if (kind.isDirectory()) {
    throw new FitError('OptionError', `'${path}' is a folder`, { option: 'out', path, remedy: 'Name a file in it.' });
  }
  return kind.isFile() ? { path: await realpath(path), regular: true } : { path, regular: false };
}

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
};

/** Errors of the file system as tagged errors; all others as they are. */
function writingError(error: unknown, path: string): unknown {
  if (!(error instanceof Error)) return error;
  if (error.name === 'AbortError')
    return new FitError('AbortError', `writing '${path}' was stopped`, { path, cause: error });
  if (!('code' in error && 'syscall' in error)) return error;
  const [what, remedy] = reasons[String(error.code)] ?? [error.message, 'See the message of the system.'];
  return new FitError('DataError', `cannot write '${path}': ${what}`, { path, remedy, unreadable: true, cause: error });
}

// ---------------------------------------------------------------------------------------------------------------
// Temporary files of this process, removed should it end before they got their names

const temporaries = new Set<string>();
const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

function trackTemporary(path: string): void {
  if (temporaries.size === 0) {
    process.on('exit', removeTemporaries);
    for (const signal of signals) process.on(signal, endBySignal);
  }
  temporaries.add(path);
}

function forgetTemporary(path: string): void {
  temporaries.delete(path);
  if (temporaries.size > 0) return;
  process.off('exit', removeTemporaries);
  for (const signal of signals) process.off(signal, endBySignal);
}

function removeTemporaries(): void {
  for (const path of temporaries) {
    try {
      unlinkSync(path);
    } catch {
      // not created yet, or renamed already
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
