/** Undoes the filters of a chunk: what a writer applied in order is taken off from the end. */
import type { Bytes } from './bytes.ts';
import { FILTER } from './storage.ts';

/**
 * Inflates a zlib stream to `length` bytes, into memory of the caller's or its own.
 *
 * @throws Error for a damaged stream or one of another length
 */
export type Inflate = (packed: Bytes, length: number, into: Scratch) => Bytes | Promise<Bytes>;

/** Room that a checksum takes behind the data. */
const CHECKSUM_BYTES = 4;

/** Memory that is used again for one chunk after the other; none is kept where several are unpacked at a time. */
export class Scratch {
  private readonly keep: boolean;
  private held: Bytes = new Uint8Array(0);

  constructor(keep: boolean) {
    this.keep = keep;
  }

  /** At least so many bytes of any content. */
  room(bytes: number): Bytes {
    if (!this.keep) return new Uint8Array(bytes);
    if (this.held.length < bytes) this.held = new Uint8Array(Math.ceil(1.25 * bytes));
    return this.held;
  }
}

/** What is done to a chunk. */
export interface ChunkTask {
  readonly filters: readonly number[];
  /** Bit k is set where filter k was not applied. */
  readonly mask: number;
  /** Bytes of the chunk when it is unpacked. */
  readonly length: number;
  /** Bytes of a number, by which shuffled bytes lie. */
  readonly width: number;
}

/** Unpacks chunks; the result of one is overwritten by the next where memory is kept. */
export class Unpacker {
  private readonly inflate: Inflate;
  private readonly inflated: Scratch;
  private readonly shuffled: Scratch;

  constructor(inflate: Inflate, keep: boolean) {
    this.inflate = inflate;
    this.inflated = new Scratch(keep);
    this.shuffled = new Scratch(keep);
  }

  /** The bytes of a chunk, at once where inflating is. @throws Error saying what is damaged */
  unpack(packed: Bytes, { filters, mask, length, width }: ChunkTask): Bytes | Promise<Bytes> {
    const applied = filters.filter((_, k) => (mask & (1 << k)) === 0);
    const undo = (from: Bytes, last: number): Bytes | Promise<Bytes> => {
      let bytes = from;
      for (let k = last; k >= 0; k--) {
        if (applied[k] === FILTER.fletcher32) bytes = checked(bytes);
        else if (applied[k] === FILTER.shuffle) bytes = unshuffled(bytes, width, this.shuffled);
        else {
          const checksum = applied.slice(0, k).includes(FILTER.fletcher32) ? CHECKSUM_BYTES : 0;
          const inflated = this.inflate(bytes, length + checksum, this.inflated);
          if (inflated instanceof Promise) return inflated.then((result) => undo(result, k - 1));
          bytes = inflated;
        }
      }
      if (bytes.length !== length) throw new Error(`a chunk has ${bytes.length} bytes instead of ${length}`);
      return bytes;
    };
    return undo(packed, applied.length - 1);
  }
}

/** Puts the bytes of numbers together again that lie first bytes first, second bytes next and so on. */
function unshuffled(bytes: Bytes, width: number, scratch: Scratch): Bytes {
  const count = Math.floor(bytes.length / width);
  const out = scratch.room(bytes.length).subarray(0, bytes.length);
  for (let b = 0; b < width; b++) {
    const from = b * count;
    for (let i = 0, to = b; i < count; i++, to += width) out[to] = bytes[from + i];
  }
  out.set(bytes.subarray(count * width), count * width);
  return out;
}

/**
 * Fletcher's checksum over 16-bit words as HDF5 takes it: big-endian words, sums modulo 65535, an odd byte counts as the high
 * one.
 */
export function fletcher32(bytes: Bytes): number {
  let low = 0;
  let high = 0;
  const words = bytes.length >> 1;
  for (let at = 0; at < words; ) {
    // After 360 words the sums still fit into 32 bits.
    for (const stop = Math.min(words, at + 360); at < stop; at++) {
      low += (bytes[2 * at] << 8) | bytes[2 * at + 1];
      high += low;
    }
    low = (low & 0xffff) + (low >>> 16);
    high = (high & 0xffff) + (high >>> 16);
  }
  if (bytes.length % 2 === 1) {
    low += bytes[bytes.length - 1] << 8;
    high += low;
    low = (low & 0xffff) + (low >>> 16);
    high = (high & 0xffff) + (high >>> 16);
  }
  low = (low & 0xffff) + (low >>> 16);
  high = (high & 0xffff) + (high >>> 16);
  return ((high << 16) | low) >>> 0;
}

/** The data before a checksum, little-endian. @throws Error where they differ */
function checked(bytes: Bytes): Bytes {
  const data = bytes.subarray(0, bytes.length - CHECKSUM_BYTES);
  if (data.length === 0) throw new Error('a chunk without data');
  const stored = new DataView(bytes.buffer, bytes.byteOffset + data.length, CHECKSUM_BYTES).getUint32(0, true);
  const sum = fletcher32(data);
  // Versions of the library before 1.6.3 wrote the bytes of each half in the other order on some machines.
  const swapped = (((sum & 0x00ff00ff) << 8) | ((sum >>> 8) & 0x00ff00ff)) >>> 0;
  if (stored !== sum && stored !== swapped) throw new Error('a checksum does not fit');
  return data;
}
