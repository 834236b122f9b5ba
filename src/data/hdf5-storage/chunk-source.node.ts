import { closeSync, openSync, readSync } from 'node:fs';
import { inflateSync } from 'node:zlib';
import type { ByteSource } from './bytes.ts';
import type { ChunkSource } from './number-reader.ts';
import { hasPlainAddresses } from './superblock.ts';

/** Room behind the inflated bytes, without which zlib begins another piece to find the end. */
const SPARE_BYTES = 64;

/** Reads and unpacks chunks of a file in this thread. Close it when done. */
export interface OpenChunks extends ChunkSource {
  close(): void;
}

/** Opens a file for reading chunks. @throws Error of the file system */
export function openChunks(path: string, size: number): OpenChunks {
  const file = openSync(path, 'r');
  let isOpen = true;
  const bytes: ByteSource = {
    size,
    read(offset, length) {
      if (!(offset >= 0 && length >= 0 && offset + length <= size))
        throw new RangeError(`no ${length} bytes at ${offset}`);
      const buffer = new Uint8Array(length);
      for (let done = 0; done < length; ) {
        const got = readSync(file, buffer, done, length - done, offset + done);
        if (got === 0) throw new RangeError(`the file ends before ${offset + length}`);
        done += got;
      }
      return buffer;
    },
  };
  return {
    bytes,
    ahead: 0,
    inflate: (packed, length) =>
      inflateSync(packed, { chunkSize: length + SPARE_BYTES, maxOutputLength: length + SPARE_BYTES }),
    close() {
      if (isOpen) closeSync(file);
      isOpen = false;
    },
  };
}

/** The same where the addresses in a file are plain; else null. */
export async function openPlainChunks(path: string, size: number): Promise<OpenChunks | null> {
  const chunks = openChunks(path, size);
  if (await hasPlainAddresses(chunks.bytes)) return chunks;
  chunks.close();
  return null;
}
