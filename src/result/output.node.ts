/**
 * Writing to files and standard output (Node only). A file appears whole or not at all: it is written under a
 * temporary name in the same folder, which is renamed at the end and removed on failure, on exit and on a signal.
 */
import { randomBytes } from 'node:crypto';
import { createWriteStream, unlinkSync } from 'node:fs';
import { open, realpath, rename, stat, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { Readable, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { FitError } from '../errors.ts';
import type { FitResult } from '../types.ts';
import { outputPieces, type PieceOptions } from './output-pieces.ts';
import type { OutputTarget } from './output-target.ts';

/** Text (UTF-8) or bytes in order; made only as fast as they can be written. */
export type OutputPieces = Iterable<string | Uint8Array> | AsyncIterable<string | Uint8Array>;

export interface FileOptions {
  readonly gzip?: boolean;
  /** Wait until the disk has it before the file gets its name. */
  readonly sync?: boolean;
  readonly signal?: AbortSignal;
}

/**
 * Writes what a target asks for; to standard output where its path is null.
 *
 * @throws OptionError as the tables do; DataError (`unreadable`) when the file cannot be written; AbortError.
 */
export async function writeOutput(
  result: FitResult,
  target: OutputTarget,
  options: PieceOptions & Omit<FileOptions, 'gzip'> = {},
): Promise<void> {
  const pieces = outputPieces(result, target, options);
  if (target.path === null) await writeStream(process.stdout, pieces);
  else await writeFileAtomically(target.path, pieces, { ...options, gzip: target.gzip });
}

/**
 * Writes a file under a temporary name and renames it when all is written; an existing file stays as it is until
 * then. A symbolic link is followed; a device or a named pipe is written directly.
 *
 * @throws DataError (`unreadable`) when the folder or file cannot be written; AbortError; errors of `pieces` as they are.
 */
export async function writeFileAtomically(
  path: string,
  pieces: OutputPieces,
  options: FileOptions = {},
): Promise<void> {
  const target = await findTarget(path);
  const temporary = join(dirname(target.path), `.${basename(target.path)}.${randomBytes(6).toString('hex')}.tmp`);
  const written = target.regular ? temporary : target.path;
  if (target.regular) trackTemporary(temporary);
  try {
    const source = Readable.from(pieces, { highWaterMark: 1 });
    const sink = createWriteStream(written, { flags: target.regular ? 'wx' : 'w' });
    const pipelineOptions = options.signal ? { signal: options.signal } : {};
    if (options.gzip) await pipeline(source, createGzip(), sink, pipelineOptions);
    else await pipeline(source, sink, pipelineOptions);
    if (!target.regular) return;
    if (options.sync) await syncFile(temporary);
    await rename(temporary, target.path);
  } catch (error) {
    if (target.regular) await unlink(temporary).catch(() => undefined);
    throw writingError(error, path);
  } finally {
    if (target.regular) forgetTemporary(temporary);
  }
}

/** Where a path leads, through links, and whether it is a place for a plain file. */
async function findTarget(path: string): Promise<{ path: string; regular: boolean }> {
  let kind: Awaited<ReturnType<typeof stat>>;
  try {
    kind = await stat(path);
  } catch {
    return { path, regular: true }; // not there yet
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

const reasons: Readonly<Record<string, readonly [what: string, remedy: string]>> = {
  ENOENT: ['no such folder', 'Create the folder first.'],
  ENOTDIR: ['no such folder', 'Create the folder first.'],
  EACCES: ['no permission', 'Choose a folder that you may write to.'],
  EPERM: ['no permission', 'Choose a folder that you may write to.'],
  EROFS: ['the file system is read-only', 'Choose another folder.'],
  ENOSPC: ['the disk is full', 'Make room or choose another disk.'],
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

/**
 * Writes to an open stream (standard output), no faster than it is read, and leaves it open. A reader that goes away
 * (`| head`) ends it quietly.
 */
export async function writeStream(stream: Writable, pieces: OutputPieces): Promise<void> {
  let failure: Error | null = null;
  let wake: () => void = () => undefined;
  const onDrain = () => wake();
  const onError = (error: Error) => {
    failure ??= error;
    wake();
  };
  stream.on('drain', onDrain);
  stream.on('close', onDrain);
  stream.on('error', onError);
  const stopped = () => failure !== null || stream.destroyed;
  try {
    for await (const piece of pieces) {
      if (stopped()) break;
      if (!stream.write(piece) && !stopped()) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    }
    // What is still in the buffer may fail too: its callback comes after it.
    if (!stopped()) await new Promise<void>((resolve) => stream.write('', () => resolve()));
  } finally {
    stream.off('drain', onDrain);
    stream.off('close', onDrain);
    // After a closed pipe the handler stays: a late second EPIPE must not end the process.
    if (!failure) stream.off('error', onError);
  }
  if (failure && !isClosedPipe(failure)) throw failure;
}

function isClosedPipe(error: Error): boolean {
  return 'code' in error && (error.code === 'EPIPE' || error.code === 'ERR_STREAM_DESTROYED');
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
