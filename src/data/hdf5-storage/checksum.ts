/**
 * The checksum behind structures of HDF5's newer formats: Jenkins' hash of 32 bits (B. Jenkins, "lookup3.c", 2006; HDF5 File Format
 * Specification 3.0, appendix B), which takes twelve bytes at a time into three registers.
 */
import { type Bytes, NotSimpleError } from './bytes.ts';

/** Bytes of a checksum. */
export const CHECKSUM_BYTES = 4;

const rotated = (x: number, bits: number): number => (x << bits) | (x >>> (32 - bits));

export function lookup3(bytes: Bytes): number {
  const { length } = bytes;
  let a = (0xdeadbeef + length) | 0;
  let b = a;
  let c = a;
  // Bytes beyond the end count as zeros.
  const word = (at: number): number =>
    (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16) | ((bytes[at + 3] ?? 0) << 24);
  let at = 0;
  for (; length - at > 12; at += 12) {
    a = (a + word(at)) | 0;
    b = (b + word(at + 4)) | 0;
    c = (c + word(at + 8)) | 0;
    a = ((a - c) | 0) ^ rotated(c, 4);
    c = (c + b) | 0;
    b = ((b - a) | 0) ^ rotated(a, 6);
    a = (a + c) | 0;
    c = ((c - b) | 0) ^ rotated(b, 8);
    b = (b + a) | 0;
    a = ((a - c) | 0) ^ rotated(c, 16);
    c = (c + b) | 0;
    b = ((b - a) | 0) ^ rotated(a, 19);
    a = (a + c) | 0;
    c = ((c - b) | 0) ^ rotated(b, 4);
    b = (b + a) | 0;
  }
  if (length === at) return c >>> 0;
  a = (a + word(at)) | 0;
  b = (b + word(at + 4)) | 0;
  c = (c + word(at + 8)) | 0;
  c = ((c ^ b) - rotated(b, 14)) | 0;
  a = ((a ^ c) - rotated(c, 11)) | 0;
  b = ((b ^ a) - rotated(a, 25)) | 0;
  c = ((c ^ b) - rotated(b, 16)) | 0;
  a = ((a ^ c) - rotated(c, 4)) | 0;
  b = ((b ^ a) - rotated(a, 14)) | 0;
  c = ((c ^ b) - rotated(b, 24)) | 0;
  return c >>> 0;
}

/** Compares the last four bytes of a structure with those before. @throws NotSimpleError where they differ */
export function requireChecksum(structure: Bytes): void {
  const content = structure.subarray(0, structure.length - CHECKSUM_BYTES);
  const stored = new DataView(structure.buffer, structure.byteOffset + content.length, CHECKSUM_BYTES);
  if (stored.getUint32(0, true) !== lookup3(content)) throw new NotSimpleError('a checksum does not fit');
}
