/** Attributes in the header of an object (HDF5 File Format Specification 3.0, section IV.A.2.m). */
import { type Bytes, Fields, NO_ADDRESS, NotSimpleError, textOf } from './bytes.ts';
import { dimensions, elementType } from './datatype.ts';
import { InexactNumberError, type NumberKind, numbersIn } from './numbers.ts';
import { MESSAGE, type Messages } from './object-header.ts';
import type { TextReader } from './texts.ts';

export interface AttributeValue {
  /** Dimensions; [] for a single value. */
  readonly shape: number[] | null;
  readonly value: string | number | readonly string[] | readonly number[] | null;
}

/** All attributes of an object by name. @throws NotSimpleError for other kinds, and where they lie in a heap */
export function attributesOf(messages: Messages, texts: TextReader): Record<string, AttributeValue> {
  for (const info of messages.all(MESSAGE.attributeInfo)) {
    info.skip(1);
    const flags = info.number(1);
    if ((flags & 1) !== 0) info.skip(2);
    if (info.address() !== NO_ADDRESS) throw new NotSimpleError('attributes in a heap');
  }
  return Object.fromEntries(messages.all(MESSAGE.attribute).map((message) => readAttribute(message, texts)));
}

/** version, flags, bytes of name, type and data space, character set (version 3); these three (to multiples of 8 in version 1); data. */
function readAttribute(fields: Fields, texts: TextReader): [string, AttributeValue] {
  const version = fields.number(1);
  const flags = fields.number(1);
  if (version < 1 || version > 3 || (version > 1 && flags !== 0)) throw new NotSimpleError('an odd attribute');
  const sizes = [fields.number(2), fields.number(2), fields.number(2)];
  if (version === 3) fields.skip(1);
  const [label, type, space] = sizes.map((size) => {
    const bytes = fields.bytes(size);
    if (version === 1) fields.skip(8 * Math.ceil(size / 8) - size);
    return bytes;
  });
  return [textOf(label), attributeValue(fields, type, space, texts)];
}

function attributeValue(fields: Fields, typeBytes: Bytes, spaceBytes: Bytes, texts: TextReader): AttributeValue {
  const shape = dimensions(new Fields(spaceBytes));
  if (shape === null) return { shape, value: null };
  const type = elementType(new Fields(typeBytes));
  const count = shape.reduce((product, length) => product * length, 1);
  const data = fields.bytes(count * type.size);
  const isText = type.type === 'text' || type.type === 'variable text';
  const values = isText ? texts.textsIn(data, type) : numbersOf(data, type.kind);
  return { shape, value: shape.length === 0 ? values[0] : values };
}

/** Nobody may ask for this attribute: a number that no double holds is no reason to refuse the file. */
function numbersOf(data: Bytes, kind: NumberKind): number[] {
  try {
    return Array.from(numbersIn(data, kind));
  } catch (error) {
    if (error instanceof InexactNumberError) throw new NotSimpleError(error.message);
    throw error;
  }
}
