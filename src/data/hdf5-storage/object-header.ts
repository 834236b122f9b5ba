/**
 * The messages in the header of an HDF5 object, of versions 1 and 2 (HDF5 File Format Specification 3.0, section IV.A.1).
 */

import { type ByteSource, Fields, NotSimpleError, requireSignature } from './bytes.ts';
import { CHECKSUM_BYTES, requireChecksum } from './checksum.ts';

/** Types of messages. */
export const MESSAGE = {
  dataspace: 0x01,
  linkInfo: 0x02,
  datatype: 0x03,
  link: 0x06,
  external: 0x07,
  layout: 0x08,
  filters: 0x0b,
  attribute: 0x0c,
  continuation: 0x10,
  symbolTable: 0x11,
  attributeInfo: 0x15,
} as const;

/** A message that stands elsewhere and is shared. */
const SHARED = 0x02;
/** Blocks and bytes of one header at most; real ones have some hundred bytes in two or three blocks. */
const MOST_BLOCKS = 64;
const MOST_BYTES = 1 << 20;

/** The messages of an object by type. */
export class Messages {
  private readonly byType = new Map<number, { readonly content: Fields; readonly shared: boolean }[]>();

  add(type: number, content: Fields, flags: number): void {
    const list = this.byType.get(type);
    const message = { content, shared: (flags & SHARED) !== 0 };
    if (list) list.push(message);
    else this.byType.set(type, [message]);
  }

  has(type: number): boolean {
    return this.byType.has(type);
  }

  /** All messages of a type, each from its beginning. @throws NotSimpleError where one is shared */
  all(type: number): Fields[] {
    return (this.byType.get(type) ?? []).map(({ content, shared }) => {
      if (shared) throw new NotSimpleError('a shared message');
      content.at = 0;
      return content;
    });
  }

  /** The only message of a type. @throws NotSimpleError where there is none */
  one(type: number): Fields {
    const [first] = this.all(type);
    if (first === undefined) throw new NotSimpleError(`no message ${type}`);
    return first;
  }
}

/** Bytes with messages; a checksum at the end of those of version 2 is over all from `checkedFrom`. */
interface Block {
  readonly at: number;
  readonly length: number;
  readonly checkedFrom: number;
}

/** Reads a header. @throws NotSimpleError for another version; RangeError where the file ends before the header does */
export function readMessages(bytes: ByteSource, address: number): Messages {
  const start = new Fields(bytes.read(address, Math.min(64, Math.max(0, bytes.size - address))));
  const first = start.number(1);
  const header = first === 1 ? headerOfVersion1(start, address) : headerOfVersion2(start, address, first);
  const messages = new Messages();
  const blocks: Block[] = [header.first];
  // A list that grows while it is walked: every block may name others.
  for (const block of blocks) {
    if (blocks.length > MOST_BLOCKS || block.length > MOST_BYTES) throw new NotSimpleError('a long object header');
    const fields = new Fields(bytes.read(block.at, block.length));
    if (header.version === 2)
      requireChecksum(bytes.read(block.checkedFrom, block.at + block.length - block.checkedFrom));
    if (header.version === 2 && block !== header.first) requireSignature(fields, 'OCHK');
    const checksum = header.version === 2 ? CHECKSUM_BYTES : 0;
    while (fields.left - checksum >= header.prefix) {
      const type = fields.number(header.version === 2 ? 1 : 2);
      const length = fields.number(2);
      const flags = fields.number(1);
      fields.skip(header.prefix - (header.version === 2 ? 4 : 5));
      const content = fields.part(length);
      if (type === MESSAGE.continuation) {
        const at = content.address();
        blocks.push({ at, length: content.number(8), checkedFrom: at });
      } else messages.add(type, content, flags);
    }
  }
  return messages;
}

interface Header {
  readonly version: 1 | 2;
  /** Bytes before the content of each message. */
  readonly prefix: number;
  readonly first: Block;
}

/** version, reserved, messages (2), references (4), bytes (4), padding to a multiple of 8. */
function headerOfVersion1(fields: Fields, address: number): Header {
  fields.skip(1 + 2 + 4);
  return { version: 1, prefix: 8, first: { at: address + 16, length: fields.number(4), checkedFrom: address } };
}

/** `OHDR`, version, flags, times (16) and phase changes (4) where flags say so, bytes (1, 2, 4 or 8). */
function headerOfVersion2(fields: Fields, address: number, letter: number): Header {
  if (letter !== 'O'.charCodeAt(0)) throw new NotSimpleError('no object header');
  requireSignature(fields, 'HDR');
  if (fields.number(1) !== 2) throw new NotSimpleError('an object header of another version');
  const flags = fields.number(1);
  if ((flags & 0x20) !== 0) fields.skip(16);
  if ((flags & 0x10) !== 0) fields.skip(4);
  const length = fields.number(1 << (flags & 3));
  const first = { at: address + fields.at, length: length + CHECKSUM_BYTES, checkedFrom: address };
  return { version: 2, prefix: (flags & 0x04) !== 0 ? 6 : 4, first };
}
