/** Writing what a target asks for, to files whole or not at all, and to standard output (Node only). */
import { createWriteStream } from 'node:fs';
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

/** The file that {@link writeFileAtomically} writes, to be written together with others. */
export function piecesFile(path: string, pieces: OutputPieces, options: FileOptions = {}): Replacement {
  return {
    path,
    async write(temporary) {
      const source = Readable.from(pieces, { highWaterMark: 1 });
      // Appending: what a device like /dev/stdout leads to may have content that is not ours.
      const sink = createWriteStream(temporary, { flags: 'a' });
      const pipelineOptions = options.signal ? { signal: options.signal } : {};
      if (options.gzip) await pipeline(source, createGzip(), sink, pipelineOptions);
      else await pipeline(source, sink, pipelineOptions);
    },
    sync: options.sync,
  };
}
