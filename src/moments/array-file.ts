/**
 * Plain data that hold typed arrays, as bytes: a line that names the kind, the length of a JSON header as a 32-bit number, the
 * header, padding to a multiple of 8, then the raw little-endian arrays, and the CRC-32 of all that as a 32-bit number behind
 * `CRC:`. In the header an array is `{"$": type, "at": byte, "length": n}`.
 */
import { crc32 } from '../numeric/crc32.ts';

/** Bytes of the checksum and its mark. */
const TRAILER = 8;

const TYPES = { f8: Float64Array, i4: Int32Array, u1: Uint8Array } as const;
type TypeName = keyof typeof TYPES;
type TypedArray = Float64Array | Int32Array | Uint8Array;

interface ArrayReference {
  readonly $: TypeName;
  readonly at: number;
  readonly length: number;
}

/** The pieces of a file, in order; `magic` is its first line. */
export function* serialiseArrays(magic: string, content: object): Generator<Uint8Array> {
  let sum = 0;
  for (const piece of contentPieces(magic, content)) {
    sum = crc32(piece, sum);
    yield piece;
  }
  const trailer = new Uint8Array(TRAILER);
  trailer.set(new TextEncoder().encode('CRC:'));
  new DataView(trailer.buffer).setUint32(4, sum, true);
  yield trailer;
}

function* contentPieces(magic: string, content: object): Generator<Uint8Array> {
  const arrays: TypedArray[] = [];
  let at = 0;
  const header = JSON.stringify(content, (_key, value: unknown) => {
    const type = typeName(value);
    if (type === null) return value;
    const array = value as TypedArray;
    arrays.push(array);
    const reference: ArrayReference = { $: type, at, length: array.length };
    at += Math.ceil(array.byteLength / 8) * 8;
    return reference;
  });
  const text = new TextEncoder().encode(header);
  const start = magic.length + 4 + text.length;
  const head = new Uint8Array(Math.ceil(start / 8) * 8);
  head.set(new TextEncoder().encode(magic));
  new DataView(head.buffer).setUint32(magic.length, text.length, true);
  head.set(text, magic.length + 4);
  yield head;
  for (const array of arrays) {
    yield new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
    const padding = (8 - (array.byteLength % 8)) % 8;
    if (padding > 0) yield new Uint8Array(padding);
  }
}

function typeName(value: unknown): TypeName | null {
  if (value instanceof Float64Array) return 'f8';
  if (value instanceof Int32Array) return 'i4';
  return value instanceof Uint8Array ? 'u1' : null;
}

/** True when the bytes begin as a file of a kind does. */
export function hasMagic(magic: string, bytes: Uint8Array): boolean {
  return new TextDecoder('latin1').decode(bytes.subarray(0, magic.length)) === magic;
}

/**
 * The content of bytes that begin with `magic`, its arrays copied out.
 *
 * @throws RangeError, with what is wrong as its message, for bytes that are truncated or damaged
 */
export function deserialiseArrays(magic: string, bytes: Uint8Array): unknown {
  if (bytes.length < magic.length + 4) throw new RangeError('the file is truncated');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = view.getUint32(magic.length, true);
  const start = Math.ceil((magic.length + 4 + length) / 8) * 8;
  if (bytes.length < start + TRAILER) throw new RangeError('the file is truncated');
  const body = bytes.length - TRAILER;
  if (view.getUint32(body + 4, true) !== crc32(bytes.subarray(0, body))) {
    throw new RangeError('the file is truncated or damaged');
  }
  try {
    const text = new TextDecoder().decode(bytes.subarray(magic.length + 4, magic.length + 4 + length));
    return JSON.parse(text, (_key, value: unknown) => {
      if (!isReference(value)) return value;
      const Type = TYPES[value.$];
      const from = start + value.at;
      const size = value.length * Type.BYTES_PER_ELEMENT;
      if (!(value.at >= 0) || from + size > body) throw new RangeError('the file is truncated');
      // Copied out: the bytes may start anywhere in their buffer (and Buffer's own slice does not copy).
      return new Type(Uint8Array.prototype.slice.call(bytes, from, from + size).buffer);
    });
  } catch (cause) {
    throw cause instanceof RangeError ? cause : new RangeError('the header is damaged', { cause });
  }
}

function isReference(value: unknown): value is ArrayReference {
  return typeof value === 'object' && value !== null && '$' in value && Object.hasOwn(TYPES, String(value.$));
}
