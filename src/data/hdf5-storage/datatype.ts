/** Types of elements (HDF5 File Format Specification 3.0, sections IV.A.2.b and IV.A.2.d): numbers, texts, enumerations. */
import { type Fields, NotSimpleError, textOf } from './bytes.ts';
import { NUMBER_KINDS, type NumberKind } from './numbers.ts';

/** HDF5's classes of types. */
export const TYPE_CLASS = { integer: 0, float: 1, string: 3, compound: 6, enumeration: 8, variable: 9 } as const;

export type ElementType =
  | { readonly type: 'number'; readonly size: number; readonly kind: NumberKind }
  | {
      readonly type: 'enumeration';
      readonly size: number;
      readonly kind: NumberKind;
      readonly members: Readonly<Record<string, number>>;
    }
  /** Texts of a fixed length. */
  | { readonly type: 'text'; readonly size: number }
  /** Length, collection and index in it of each text. */
  | { readonly type: 'variable text'; readonly size: number };

/** Precision, place and size of exponent, place and size of fraction, bias of the formats of IEEE 754 by their bytes. */
const IEEE: Readonly<Record<number, readonly number[]>> = {
  2: [16, 10, 5, 0, 10, 15],
  4: [32, 23, 8, 0, 23, 127],
  8: [64, 52, 11, 0, 52, 1023],
};

/** Reads the message of a type. @throws NotSimpleError for another type */
export function elementType(fields: Fields): ElementType {
  const head = fields.number(1);
  const [version, kind] = [head >> 4, head & 15];
  const bits = fields.number(3);
  const size = fields.number(4);
  if (kind === TYPE_CLASS.integer) return { type: 'number', size, kind: wholeKind(fields, bits, size) };
  if (kind === TYPE_CLASS.float) return { type: 'number', size, kind: floatKind(fields, bits, size) };
  if (kind === TYPE_CLASS.string) {
    if ((bits & 15) > 1) throw new NotSimpleError('texts filled up with spaces');
    return { type: 'text', size };
  }
  if (kind === TYPE_CLASS.enumeration) return enumeration(fields, version, bits & 0xffff, size);
  if (kind === TYPE_CLASS.variable && (bits & 15) === 1 && size === 16) return { type: 'variable text', size };
  throw new NotSimpleError(`type ${kind}`);
}

function wholeKind(fields: Fields, bits: number, size: number): NumberKind {
  const [offset, precision] = [fields.number(2), fields.number(2)];
  const bigEndian = (bits & 1) !== 0 && size > 1;
  if (bigEndian || offset !== 0 || precision !== 8 * size) throw new NotSimpleError('odd whole numbers');
  return kindOf((bits & 8) === 0 ? 'u' : 'i', size);
}

function floatKind(fields: Fields, bits: number, size: number): NumberKind {
  const offset = fields.number(2);
  const found = [fields.number(2), ...Array.from({ length: 4 }, () => fields.number(1)), fields.number(4)];
  if ((bits & 0x41) !== 0 || offset !== 0 || found.join() !== IEEE[size]?.join())
    throw new NotSimpleError('odd floats');
  return kindOf('f', size);
}

function kindOf(letter: string, size: number): NumberKind {
  const kind = NUMBER_KINDS.find((known) => known === `${letter}${size}`);
  if (kind === undefined) throw new NotSimpleError(`numbers of ${size} bytes`);
  return kind;
}

/** Base type, names (filled up to multiples of 8 before version 3), values. */
function enumeration(fields: Fields, version: number, count: number, size: number): ElementType {
  const base = elementType(fields);
  if (base.type !== 'number' || base.size !== size || size > 4) throw new NotSimpleError('an odd enumeration');
  const names = Array.from({ length: count }, () => {
    const start = fields.at;
    const name = textOf(fields.bytes(fields.left));
    const length = new TextEncoder().encode(name).length + 1;
    fields.at = start + (version < 3 ? 8 * Math.ceil(length / 8) : length);
    return name;
  });
  const half = 2 ** (8 * size - 1);
  const members = names.map((name): [string, number] => {
    const value = fields.number(size);
    return [name, base.kind[0] === 'i' && value >= half ? value - 2 * half : value];
  });
  return { type: 'enumeration', size, kind: base.kind, members: Object.fromEntries(members) };
}

/** Dimensions from the message of a data space; [] for a scalar, null for an empty one. */
export function dimensions(fields: Fields): number[] | null {
  const version = fields.number(1);
  const rank = fields.number(1);
  fields.skip(1);
  if (version !== 1 && version !== 2) throw new NotSimpleError('a data space of another version');
  const kind = fields.number(1);
  if (version === 1) fields.skip(4);
  if (version === 2 && kind === 2) return null;
  return Array.from({ length: rank }, () => fields.number(8));
}
