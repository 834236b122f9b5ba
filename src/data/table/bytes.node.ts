import { createReadStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { pipeline, Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { FitError } from '../../errors.ts';
import { STANDARD_INPUT } from '../../options/option.ts';
import { conversionAdvice } from '../foreign-formats.ts';
import { corruptGzip, isGzip } from './gunzip.ts';

/** Bytes read at a time: large enough that the cost per piece vanishes. */
const CHUNK_BYTES = 1 << 20;

/**
 * Checks that a path is a file and can be read.
 *
 * @throws FitError DataError, unreadable, naming the path, for a missing file, a folder or missing rights
 */
export async function requireFile(path: string): Promise<void> {
  if (path === STANDARD_INPUT) return;
  const entry = await stat(path).catch((cause: unknown) => {
    throw unreadable(path, cause);
  });
  if (entry.isDirectory()) {
    const remedy = conversionAdvice(path) ?? 'name a file';
    throw new FitError('DataError', `${path} is a folder, not a table`, { path, remedy, unreadable: true });
  }
}

/** First bytes of a file, fewer where it is shorter. */
export async function readHead(path: string, length: number): Promise<Uint8Array> {
  await requireFile(path);
  try {
    const file = await open(path);
    try {
      const { buffer, bytesRead } = await file.read(new Uint8Array(length), 0, length, 0);
      return buffer.subarray(0, bytesRead);
    } finally {
      await file.close();
    }
  } catch (cause) {
    throw unreadable(path, cause);
  }
}

/** Bytes of pipes that are kept at most: they can be read once, and readers go over a table several times. */
const KEPT_BYTES = 1 << 30;
const kept = new Map<string, Uint8Array>();

/** Whether a path is standard input, a pipe, a terminal or a socket, which can be read once. */
export async function isStream(path: string): Promise<boolean> {
  if (path === STANDARD_INPUT) return true;
  const entry = await stat(path).catch(() => null);
  return entry !== null && !entry.isFile() && !entry.isDirectory();
}

/** All bytes of a pipe, read when first asked for. @throws FitError DataError, unreadable, for more than a gigabyte */
export async function streamBytes(path: string): Promise<Uint8Array> {
  const known = kept.get(path);
  if (known) return known;
  const pieces: Uint8Array[] = [];
  let size = 0;
  // A file that stands on standard input is read from where it stands, by its descriptor.
  const own = path === STANDARD_INPUT ? { fd: 0, autoClose: false } : {};
  try {
    for await (const piece of createReadStream(path, { highWaterMark: CHUNK_BYTES, ...own }) as AsyncIterable<Buffer>) {
      size += piece.length;
      if (size > KEPT_BYTES) {
        throw new FitError('DataError', `${path} holds more than a gigabyte, and a pipe is kept in memory`, {
          path,
          unreadable: true,
          remedy: 'save it to a file and name that: it is read several times',
        });
      }
      pieces.push(piece);
    }
  } catch (cause) {
    throw cause instanceof FitError ? cause : unreadable(path, cause);
  }
  const bytes = Buffer.concat(pieces);
  kept.set(path, bytes);
  return bytes;
}

/**
 * Bytes of a file in pieces, decompressed where they begin as gzip does (all members), whatever its name.
 *
 * @throws FitError DataError, unreadable, for a missing file and for truncated or corrupt gzip
 */
export async function* readBytes(path: string): AsyncGenerator<Uint8Array> {
  const piped = (await isStream(path)) ? await streamBytes(path) : null;
  const compressed = isGzip(piped ?? (await readHead(path, 2)));
  const file = piped ? Readable.from([piped]) : createReadStream(path, { highWaterMark: CHUNK_BYTES });
  const stream: Readable = compressed
    ? // The callback only keeps an error from being thrown twice: iteration reports it.
      pipeline(file, createGunzip({ chunkSize: CHUNK_BYTES }), () => undefined)
    : file;
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) yield chunk;
  } catch (cause) {
    if (cause instanceof FitError) throw cause;
    const code = errorCode(cause);
    throw code.startsWith('Z_') ? corruptGzip(path, cause) : unreadable(path, cause);
  } finally {
    stream.destroy();
    file.destroy();
  }
}

function errorCode(cause: unknown): string {
  return cause instanceof Error && 'code' in cause ? String(cause.code) : '';
}

/** The error for a file that the system does not give. */
export function unreadable(path: string, cause: unknown): FitError {
  const code = errorCode(cause);
  const reason = cause instanceof Error ? cause.message : String(cause);
  const message =
    code === 'ENOENT'
      ? `no such file: ${path}`
      : code === 'EACCES' || code === 'EPERM'
        ? `no permission to read ${path}`
        : `${path} cannot be read (${reason})`;
  const remedy = code === 'ENOENT' ? 'check the path' : 'check the file';
  return new FitError('DataError', message, { path, remedy, unreadable: true, cause });
}
