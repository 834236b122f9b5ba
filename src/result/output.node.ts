/** Writing what a target asks for, to files whole or not at all, and to standard output (Node only). */
import { createWriteStream } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { type Replacement, replaceFiles } from '../data/replace-file.node.ts';
import type { FitResult } from '../types/fit-result.ts';
import { type OutputPieces, outputPieces, type PieceOptions } from './output-blob.ts';
import type { OutputTarget } from './output-target.ts';
import { writeStream } from './stream.node.ts';

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
  await replaceFiles([piecesFile(path, pieces, options)]);
}

/** What a device like /dev/stdout leads to may have content that is not ours. */
const APPENDING = 'a';
/** Bytes written at a time. */
const BLOCK_BYTES = 1 << 18;

/** Writes pieces in large blocks, in the same memory: streams take as long for a piece as it takes to make. */
async function writeBlocks(path: string, pieces: OutputPieces, signal: AbortSignal | undefined): Promise<void> {
  signal?.throwIfAborted();
  const file = await open(path, APPENDING);
  try {
    const block = Buffer.allocUnsafeSlow(BLOCK_BYTES);
    let filled = 0;
    const flush = async (): Promise<void> => {
      signal?.throwIfAborted();
      await writeAll(file, block.subarray(0, filled));
      filled = 0;
    };
    for await (const piece of pieces) {
      const bytes = typeof piece === 'string' ? MOST_BYTES_A_UNIT * piece.length : piece.length;
      if (filled + bytes > BLOCK_BYTES) await flush();
      if (bytes > BLOCK_BYTES) await writeAll(file, typeof piece === 'string' ? Buffer.from(piece) : piece);
      else if (typeof piece === 'string') filled += block.write(piece, filled);
      else {
        block.set(piece, filled);
        filled += piece.length;
      }
    }
    await flush();
  } finally {
    await file.close();
  }
}

/** Bytes of UTF-8 that a unit of UTF-16 takes at most. */
const MOST_BYTES_A_UNIT = 3;

/** Writes all bytes at the end: one call may write less. */
async function writeAll(file: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesWritten } = await file.write(bytes, done, bytes.length - done);
    done += bytesWritten;
  }
}

/** The file that {@link writeFileAtomically} writes, to be written together with others. */
export function piecesFile(path: string, pieces: OutputPieces, options: FileOptions = {}): Replacement {
  return {
    path,
    async write(temporary) {
      if (!options.gzip) {
        await writeBlocks(temporary, pieces, options.signal);
        return;
      }
      const source = Readable.from(pieces, { highWaterMark: 1 });
      const sink = createWriteStream(temporary, { flags: APPENDING });
      await pipeline(source, createGzip(), sink, options.signal ? { signal: options.signal } : {});
    },
    sync: options.sync,
  };
}
