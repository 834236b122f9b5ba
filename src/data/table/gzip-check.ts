import { FitError } from '../../errors.ts';

/** Remainders of all bytes under the polynomial of gzip (RFC 1952), reflected. */
const REMAINDERS = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value >>> 0;
});

/** Cyclic redundancy check of gzip. */
export function crc32(bytes: Uint8Array): number {
  let value = 0xffffffff;
  for (let i = 0; i < bytes.length; i++) value = REMAINDERS[(value ^ bytes[i]) & 0xff] ^ (value >>> 8);
  return (value ^ 0xffffffff) >>> 0;
}

/**
 * Compares what was unpacked with the length and the check at the end of the packed bytes, which the unpacker of Parquet pages
 * does not look at.
 *
 * @throws FitError DataError, `unreadable`, where they disagree
 */
export function checkGzip(packed: Uint8Array, unpacked: Uint8Array): Uint8Array {
  const end = new DataView(packed.buffer, packed.byteOffset, packed.byteLength);
  const right =
    packed.byteLength >= 18 &&
    end.getUint32(packed.byteLength - 4, true) === unpacked.length >>> 0 &&
    end.getUint32(packed.byteLength - 8, true) === crc32(unpacked);
  if (right) return unpacked;
  throw new FitError('DataError', 'a page does not match its checksum', { unreadable: true });
}
