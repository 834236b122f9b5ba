import { closeSync, openSync, readSync } from 'node:fs';
import type { ByteSource } from './bytes.ts';
import { Inflater } from './inflater.node.ts';
import type { ChunkSource } from './number-reader.ts';
import { hasPlainAddresses } from './superblock.ts';

/** Reads and unpacks chunks of a file in this thread. Close it when done. */
export interface OpenChunks extends ChunkSource {
  close(): void;
}

/** Opens a file for reading chunks. @throws Error of the file system */
export function openChunks(path: string, size: number): OpenChunks {
  const file = openSync(path, 'r');
  const inflater = new Inflater();
  let isOpen = true;
  const bytes: ByteSource = {
    size,
    read(offset, length, into) {
      // Its number may be another file's by now.
      if (!isOpen) throw new Error('the file is closed');
      if (!(offset >= 0 && length >= 0 && offset + length <= size))
        throw new RangeError(`no ${length} bytes at ${offset}`);
      const buffer = into?.room(length).subarray(0, length) ?? new Uint8Array(length);
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
    inflate: (packed, length, into) => inflater.inflate(packed, length, into.room(length + Inflater.room)),
    close() {
      if (isOpen) closeSync(file);
      isOpen = false;
    },
  };
}

/** The same where the addresses in a file are plain; else null. */
export function openPlainChunks(path: string, size: number): OpenChunks | null {
  const chunks = openChunks(path, size);
  if (hasPlainAddresses(chunks.bytes)) return chunks;
  chunks.close();
  return null;
}
