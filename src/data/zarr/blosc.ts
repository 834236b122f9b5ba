/**
 * Blosc 1 containers: a header of 16 bytes, the places of the blocks, and blocks of one packed stream, or of one for each byte
 * of an element; blocks are shuffled by bytes or by bits. As the C library describes them (c-blosc, README_CHUNK_FORMAT).
 */
import { FitError } from '../../errors.ts';

/** Unpacks one stream into as many bytes as are told. */
export type Unpack = (packed: Uint8Array, length: number) => Uint8Array;

/** What packs the streams, by its number in the header. */
export interface Unpackers {
  readonly lz4: Unpack;
  readonly zlib: Unpack;
  readonly zstd: Unpack;
}

const HEADER = 16;
const BY_BYTES = 1;
const STORED = 2;
const BY_BITS = 4;
const WHOLE_BLOCKS = 16;
const NAMES = ['blosclz', 'lz4', 'snappy', 'zlib', 'zstd'] as const;

/** @throws FitError `DataError` for what packs streams otherwise, and for containers that are cut or corrupt */
export function unpackBlosc(packed: Uint8Array, unpackers: Unpackers): Uint8Array {
  const view = new DataView(packed.buffer, packed.byteOffset, packed.byteLength);
  const broken = (): FitError => new FitError('DataError', 'a blosc container is cut or corrupt', { unreadable: true });
  if (packed.length < HEADER) throw broken();
  const [flags, typeSize] = [packed[2], packed[3]];
  const [length, blockSize] = [view.getUint32(4, true), view.getUint32(8, true)];
  if (flags & STORED) {
    if (packed.length < HEADER + length) throw broken();
    // A copy: what is sliced off a buffer of Node's would share its memory, and the readers of Zarr want one of their own.
    return new Uint8Array(packed.subarray(HEADER, HEADER + length));
  }
  /** A number of the container that has to lie within it. */
  const numberAt = (at: number): number => {
    if (at < 0 || at + 4 > packed.length) throw broken();
    return view.getInt32(at, true);
  };
  const unpack = unpackerOf(NAMES[flags >> 5] ?? `number ${flags >> 5}`, unpackers);
  if (length > 0 && (blockSize === 0 || HEADER + 4 * Math.ceil(length / blockSize) > packed.length)) throw broken();
  const whole = new Uint8Array(length);
  for (let block = 0, at = 0; at < length; block++, at += blockSize) {
    const size = Math.min(blockSize, length - at);
    const streams = flags & WHOLE_BLOCKS || size < blockSize ? 1 : typeSize;
    const own = size / streams;
    if (!Number.isInteger(own)) throw broken();
    let from = numberAt(HEADER + 4 * block);
    const bytes = new Uint8Array(size);
    for (let stream = 0; stream < streams; stream++) {
      const count = numberAt(from);
      from += 4;
      if (count < 0 || from + count > packed.length) throw broken();
      const part = packed.subarray(from, from + count);
      bytes.set(count === own ? part : unpack(part, own), stream * own);
      from += count;
    }
    if (flags & BY_BYTES && typeSize > 1) unshuffleBytes(bytes, typeSize, whole.subarray(at, at + size));
    else if (flags & BY_BITS) unshuffleBits(bytes, typeSize, whole.subarray(at, at + size));
    else whole.set(bytes, at);
  }
  return whole;
}

function unpackerOf(name: string, unpackers: Unpackers): Unpack {
  if (name === 'lz4' || name === 'zlib' || name === 'zstd') return unpackers[name];
  throw new FitError('DataError', `blosc with ${name} cannot be read here`, {
    remedy: 'The command reads it; or write the store with zstd or lz4.',
  });
}

/** All first bytes of the elements, then all second ones, and so on; what is left at the end is as it was. */
function unshuffleBytes(bytes: Uint8Array, typeSize: number, out: Uint8Array): void {
  const elements = Math.floor(bytes.length / typeSize);
  for (let byte = 0; byte < typeSize; byte++) {
    const from = byte * elements;
    for (let element = 0; element < elements; element++) out[element * typeSize + byte] = bytes[from + element];
  }
  const done = elements * typeSize;
  out.set(bytes.subarray(done), done);
}

/** All lowest bits of the first bytes, eight elements a byte, and so on; blocks that eights do not fill are as they were. */
function unshuffleBits(bytes: Uint8Array, typeSize: number, out: Uint8Array): void {
  const elements = Math.floor(bytes.length / typeSize);
  if (elements % 8 !== 0) {
    out.set(bytes);
    return;
  }
  const row = elements / 8;
  for (let byte = 0; byte < typeSize; byte++) {
    for (let bit = 0; bit < 8; bit++) {
      const from = (byte * 8 + bit) * row;
      for (let element = 0; element < elements; element++) {
        const set = (bytes[from + (element >> 3)] >> (element & 7)) & 1;
        out[element * typeSize + byte] |= set << bit;
      }
    }
  }
  const done = elements * typeSize;
  out.set(bytes.subarray(done), done);
}
