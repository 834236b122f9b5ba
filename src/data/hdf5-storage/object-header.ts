/**
 * The messages in the header of an HDF5 object, of versions 1 and 2 (HDF5 File Format Specification 3.0, section IV.A.1).
 */
import { type ByteSource, Fields, NotSimpleError, requireSignature } from './bytes.ts';

/** Types of messages. */
export const MESSAGE = { layout: 0x08, continuation: 0x10 } as const;
/** A message that stands elsewhere and is shared. */
const SHARED = 0x02;
/** Blocks and bytes of one header at most; real ones have some hundred bytes in two or three blocks. */
const MOST_BLOCKS = 64;
const MOST_BYTES = 1 << 20;

interface Block {
  readonly at: number;
  readonly length: number;
}

/**
 * The only message of a type.
 *
 * @throws NotSimpleError where there is none, or it is shared; RangeError where the file ends before the header does
 */
export async function findMessage(bytes: ByteSource, address: number, type: number): Promise<Fields> {
  const start = new Fields(await bytes.read(address, Math.min(64, bytes.size - address)));
  const first = start.number(1);
  const header = first === 1 ? headerOfVersion1(start, address) : headerOfVersion2(start, address, first);
  const blocks: Block[] = [header.first];
  // A list that grows while it is walked: every block may name others.
  for (const block of blocks) {
    if (blocks.length > MOST_BLOCKS || block.length > MOST_BYTES) throw new NotSimpleError('a long object header');
    const fields = new Fields(await bytes.read(block.at, block.length));
    if (header.version === 2 && block !== header.first) {
      requireSignature(fields, 'OCHK');
    }
    const checksum = header.version === 2 && block !== header.first ? 4 : 0;
    while (fields.left - checksum >= header.prefix) {
      const kind = fields.number(header.version === 2 ? 1 : 2);
      const length = fields.number(2);
      const flags = fields.number(1);
      fields.skip(header.prefix - (header.version === 2 ? 4 : 5));
      const message = fields.part(length);
      if (kind === MESSAGE.continuation) blocks.push({ at: message.address(), length: message.number(8) });
      if (kind !== type) continue;
      if ((flags & SHARED) !== 0) throw new NotSimpleError('a shared message');
      return message;
    }
  }
  throw new NotSimpleError(`no message ${type}`);
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
  return { version: 1, prefix: 8, first: { at: address + 16, length: fields.number(4) } };
}

/** `OHDR`, version, flags, times (16) and phase changes (4) where flags say so, bytes (1, 2, 4 or 8). */
function headerOfVersion2(fields: Fields, address: number, first: number): Header {
  if (first !== 'O'.charCodeAt(0)) throw new NotSimpleError('no object header');
  requireSignature(fields, 'HDR');
  if (fields.number(1) !== 2) throw new NotSimpleError('an object header of another version');
  const flags = fields.number(1);
  if ((flags & 0x20) !== 0) fields.skip(16);
  if ((flags & 0x10) !== 0) fields.skip(4);
  const length = fields.number(1 << (flags & 3));
  return { version: 2, prefix: (flags & 0x04) !== 0 ? 6 : 4, first: { at: address + fields.at, length } };
}
