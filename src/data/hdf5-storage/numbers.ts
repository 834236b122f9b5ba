/** Numbers as they leave an HDF5 file. */
import { fromHalfFloats } from '../matrix/half-floats.ts';
import type { Bytes } from './bytes.ts';

/** Whole numbers of up to 32 bits, float32, or everything else as doubles. */
export type Numbers = Float64Array | Float32Array | Int32Array;

/** Kinds of numbers in a file: signed, unsigned, floating, by their bytes. */
export const NUMBER_KINDS = ['i1', 'u1', 'i2', 'u2', 'i4', 'u4', 'i8', 'u8', 'f2', 'f4', 'f8'] as const;
export type NumberKind = (typeof NUMBER_KINDS)[number];

/** Bytes of a number. */
export const bytesOf = (kind: NumberKind): number => Number(kind[1]);

/** Whole numbers beyond that are not exact as doubles. */
const EXACT_INTEGERS = 2 ** 53;

/** A whole number that no double holds. */
export class InexactNumberError extends Error {}

/** An array for numbers of a kind. */
export function roomFor(kind: NumberKind, length: number): Numbers {
  if (kind === 'f4' || kind === 'f2') return new Float32Array(length);
  return kind === 'f8' || kind === 'u4' || kind === 'i8' || kind === 'u8'
    ? new Float64Array(length)
    : new Int32Array(length);
}

/** The numbers in little-endian bytes; shares their memory where it can. @throws InexactNumberError */
export function numbersIn(bytes: Bytes, kind: NumberKind): Numbers {
  const width = bytesOf(kind);
  const { buffer, byteOffset } = bytes.byteOffset % width === 0 ? bytes : bytes.slice();
  const length = Math.floor(bytes.length / width);
  switch (kind) {
    case 'i1':
      return new Int32Array(new Int8Array(buffer, byteOffset, length));
    case 'u1':
      return new Int32Array(new Uint8Array(buffer, byteOffset, length));
    case 'i2':
      return new Int32Array(new Int16Array(buffer, byteOffset, length));
    case 'u2':
      return new Int32Array(new Uint16Array(buffer, byteOffset, length));
    case 'i4':
      return new Int32Array(buffer, byteOffset, length);
    case 'u4':
      return new Float64Array(new Uint32Array(buffer, byteOffset, length));
    case 'f2':
      return fromHalfFloats(new Uint16Array(buffer, byteOffset, length));
    case 'f4':
      return new Float32Array(buffer, byteOffset, length);
    case 'f8':
      return new Float64Array(buffer, byteOffset, length);
    case 'i8':
      return exactDoubles(new BigInt64Array(buffer, byteOffset, length));
    case 'u8':
      return exactDoubles(new BigUint64Array(buffer, byteOffset, length));
  }
}

/** What a library returns, as numbers. @throws InexactNumberError; Error for anything else */
export function widened(data: unknown): Numbers {
  if (data instanceof Float64Array || data instanceof Float32Array || data instanceof Int32Array) return data;
  if (data instanceof BigInt64Array || data instanceof BigUint64Array) return exactDoubles(data);
  if (data instanceof Uint32Array) return new Float64Array(data);
  if (
    data instanceof Int8Array ||
    data instanceof Uint8Array ||
    data instanceof Int16Array ||
    data instanceof Uint16Array
  ) {
    return new Int32Array(data);
  }
  throw new Error('a type of number that is not read');
}

/** 64-bit whole numbers as doubles, by halves: BigInt arithmetic is slow. @throws InexactNumberError */
export function exactDoubles(data: BigInt64Array | BigUint64Array): Float64Array {
  const low = new Uint32Array(data.buffer, data.byteOffset, data.length * 2);
  const high = data instanceof BigInt64Array ? new Int32Array(data.buffer, data.byteOffset, data.length * 2) : low;
  const values = new Float64Array(data.length);
  for (let i = 0; i < values.length; i++) {
    const value = high[2 * i + 1] * 4294967296 + low[2 * i];
    if (Math.abs(value) > EXACT_INTEGERS) throw new InexactNumberError(`the whole number ${data[i]} is beyond 2^53`);
    values[i] = value;
  }
  return values;
}
