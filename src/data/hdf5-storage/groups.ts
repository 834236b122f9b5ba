/**
 * What the groups of an HDF5 file hold (HDF5 File Format Specification 3.0, sections III.A, III.B, III.D, IV.A.2.g): symbol
 * tables of the old format and links in the header of the new one. Links by name alone, to other files, and the heaps that
 * large groups of the new format have, are left to the library.
 */
import { type ByteSource, Fields, NO_ADDRESS, NotSimpleError, requireSignature, textOf } from './bytes.ts';
import { MESSAGE, type Messages } from './object-header.ts';

/** Members of one group at most. */
const MOST_MEMBERS = 1 << 16;
/** Kind of an entry that is a link by name. */
const SYMBOLIC = 2;

/** Addresses of the headers of a group's members, by name. @throws NotSimpleError */
export function membersOf(bytes: ByteSource, messages: Messages): Map<string, number> {
  if (messages.has(MESSAGE.symbolTable)) return symbolTable(bytes, messages.one(MESSAGE.symbolTable));
  for (const info of messages.all(MESSAGE.linkInfo)) {
    info.skip(1);
    const flags = info.number(1);
    if ((flags & 1) !== 0) info.skip(8);
    if (info.address() !== NO_ADDRESS) throw new NotSimpleError('links in a heap');
  }
  return new Map(messages.all(MESSAGE.link).map(link));
}

/** version, flags, kind, order and character set where flags say so, length of the name, name, address. */
function link(fields: Fields): [string, number] {
  fields.skip(1);
  const flags = fields.number(1);
  const kind = (flags & 8) !== 0 ? fields.number(1) : 0;
  if (kind !== 0) throw new NotSimpleError('a link by name');
  if ((flags & 4) !== 0) fields.skip(8);
  if ((flags & 16) !== 0) fields.skip(1);
  const name = textOf(fields.bytes(fields.number(1 << (flags & 3))));
  return [name, fields.address()];
}

/** A B-tree of nodes `SNOD`, whose entries have their names in a heap. */
function symbolTable(bytes: ByteSource, message: Fields): Map<string, number> {
  const tree = message.address();
  const names = localHeap(bytes, message.address());
  const members = new Map<string, number>();
  let nodes = 0;
  const visit = (address: number, level: number | null): void => {
    if (++nodes > MOST_MEMBERS) throw new NotSimpleError('a large group');
    const head = new Fields(bytes.read(address, 24));
    requireSignature(head, 'TREE');
    const [type, ownLevel, entries] = [head.number(1), head.number(1), head.number(2)];
    if (type !== 0 || (level !== null && ownLevel !== level)) throw new NotSimpleError('another kind of node');
    const fields = new Fields(bytes.read(address + 24, 16 * entries));
    for (let k = 0; k < entries; k++) {
      fields.skip(8);
      const child = fields.address();
      if (ownLevel > 0) visit(child, ownLevel - 1);
      else symbols(bytes, child, names, members);
    }
  };
  visit(tree, null);
  return members;
}

/** version, reserved, entries (2); of each the place of its name, address, kind (4), reserved (4), and 16 bytes more. */
function symbols(
  bytes: ByteSource,
  address: number,
  names: (at: number) => string,
  members: Map<string, number>,
): void {
  const head = new Fields(bytes.read(address, 8));
  requireSignature(head, 'SNOD');
  head.skip(2);
  const entries = head.number(2);
  const fields = new Fields(bytes.read(address + 8, 40 * entries));
  for (let k = 0; k < entries; k++) {
    const name = names(fields.number(8));
    const header = fields.address();
    if (fields.number(4) === SYMBOLIC) throw new NotSimpleError('a link by name');
    fields.skip(20);
    members.set(name, header);
  }
}

function localHeap(bytes: ByteSource, address: number): (at: number) => string {
  const head = new Fields(bytes.read(address, 32));
  requireSignature(head, 'HEAP');
  head.skip(4);
  const size = head.number(8);
  head.skip(8);
  const content = bytes.read(head.address(), size);
  return (at) => {
    if (at >= content.length) throw new NotSimpleError('a name outside of its heap');
    return textOf(content.subarray(at));
  };
}
