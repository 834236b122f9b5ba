import type { ByteSource, Bytes } from './bytes.ts';
import type { ChunkSource } from './number-reader.ts';
import { hasPlainAddresses } from './superblock.ts';

/** Chunks that the browser inflates beside this thread, about as many as it has threads for it. */
const AHEAD = 4;

/** The part of the reader that only workers have. */
interface SyncReader {
  readAsArrayBuffer(blob: Blob): ArrayBuffer;
}

/**
 * Reads chunks of a file that a browser handed to a worker; null elsewhere, and where it cannot inflate or addresses in the file
 * are not plain.
 */
export function openBlobChunks(blob: Blob): ChunkSource | null {
  const { FileReaderSync } = globalThis as { FileReaderSync?: new () => SyncReader };
  if (FileReaderSync === undefined || !('DecompressionStream' in globalThis)) return null;
  const reader = new FileReaderSync();
  const bytes: ByteSource = {
    size: blob.size,
    read(offset, length) {
      if (!(offset >= 0 && length >= 0 && offset + length <= blob.size)) {
        throw new RangeError(`no ${length} bytes at ${offset}`);
      }
      return new Uint8Array(reader.readAsArrayBuffer(blob.slice(offset, offset + length)));
    },
  };
  return hasPlainAddresses(bytes) ? { bytes, ahead: AHEAD, inflate } : null;
}

/** Inflates through the browser's own stream, which works in a thread of its own. */
async function inflate(packed: Bytes, length: number): Promise<Bytes> {
  const reader = new Blob([packed]).stream().pipeThrough(new DecompressionStream('deflate')).getReader();
  const out = new Uint8Array(length);
  for (let at = 0; ; ) {
    const { done, value } = await reader.read();
    if (done) return at === length ? out : out.subarray(0, at);
    if (at + value.length > length) {
      await reader.cancel();
      throw new Error(`a chunk has more than ${length} bytes`);
    }
    out.set(value, at);
    at += value.length;
  }
}
