/** Undoes the filters of a chunk: what a writer applied in order is taken off from the end. */
import type { Bytes } from './bytes.ts';
import { FILTER } from './storage.ts';

/** Inflates a zlib stream to `length` bytes. @throws Error for a damaged stream or one of another length */
export type Inflate = (packed: Bytes, length: number) => Bytes | Promise<Bytes>;

/** Room that a checksum takes behind the data. */
const CHECKSUM_BYTES = 4;

/**
 * The bytes of a chunk.
 *
 * @param mask bit k is set where filter k was not applied
 * @param length bytes of the chunk when it is unpacked
 * @param width bytes of a number, by which shuffled bytes lie
 * @throws Error saying what is damaged
 */
export async function unpack(
  packed: Bytes,
  {
    filters,
    mask,
    length,
    width,
  }: { readonly filters: readonly number[]; readonly mask: number; readonly length: number; readonly width: number },
  inflate: Inflate,
): Promise<Bytes> {
  const applied = filters.filter((_, k) => (mask & (1 << k)) === 0);
  let bytes = packed;
  for (let k = applied.length - 1; k >= 0; k--) {
    if (applied[k] === FILTER.fletcher32) bytes = checked(bytes);
    else if (applied[k] === FILTER.shuffle) bytes = unshuffled(bytes, width);
    else bytes = await inflate(bytes, length + (applied.slice(0, k).includes(FILTER.fletcher32) ? CHECKSUM_BYTES : 0));
  }
  if (bytes.length !== length) throw new Error(`a chunk has ${bytes.length} bytes instead of ${length}`);
  return bytes;
}

/** Puts the bytes of numbers together again that lie first bytes first, second bytes next and so on. */
function unshuffled(bytes: Bytes, width: number): Bytes {
  const count = Math.floor(bytes.length / width);
  const out = new Uint8Array(bytes.length);
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
