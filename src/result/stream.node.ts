/** Writing to standard output (Node only). */
import type { Writable } from 'node:stream';
import { writingError } from '../data/replace-file.node.ts';
import type { OutputPieces } from './output-blob.ts';

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
  if (failure && !isClosedPipe(failure)) throw writingError(failure, 'standard output');
}

function isClosedPipe(error: Error): boolean {
  return 'code' in error && (error.code === 'EPIPE' || error.code === 'ERR_STREAM_DESTROYED');
}
