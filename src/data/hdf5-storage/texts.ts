/** Texts of fixed length, and those of variable length in the global heap (HDF5 File Format Specification 3.0, section III.E). */
import { type ByteSource, type Bytes, Fields, NotSimpleError, requireSignature } from './bytes.ts';
import type { ElementType } from './datatype.ts';
import { Scratch } from './unpack.ts';

/** Collections that are remembered: texts that follow each other mostly lie in one. */
const REMEMBERED = 16;
/** Bytes of a collection at most. */
const MOST_BYTES = 1 << 28;

/** Told where the bytes of a text lie, UTF-8, as far as its first zero. */
export type TextVisitor = (bytes: Bytes, from: number, to: number) => void;

/** Texts of the global heap that lie together, by their numbers, in memory that holds one collection after the other. */
interface Collection {
  readonly scratch: Scratch;
  bytes: Bytes;
  /** First byte of each, and the byte behind it; -1 where there is none. */
  from: Int32Array<ArrayBuffer>;
  to: Int32Array<ArrayBuffer>;
}

/** Reads texts of a file. */
export class TextReader {
  private readonly bytes: ByteSource;
  private readonly collections = new Map<number, Collection>();

  constructor(bytes: ByteSource) {
    this.bytes = bytes;
  }

  /** The texts in the bytes of some elements. @throws NotSimpleError for elements that are no texts */
  textsIn(elements: Bytes, type: ElementType): string[] {
    const texts: string[] = [];
    this.visit(elements, type, (bytes, from, to) => {
      texts.push(decoder.decode(bytes.subarray(from, to)));
    });
    return texts;
  }

  /** The same without making them: of many names only the bytes may matter. */
  visit(elements: Bytes, type: ElementType, visitor: TextVisitor): void {
    const { size } = type;
    const count = Math.floor(elements.length / size);
    const view = new DataView(elements.buffer, elements.byteOffset, elements.length);
    for (let at = 0; at < count * size; at += size) {
      if (type.type === 'text') visitor(elements, at, endOf(elements, at, at + size));
      else if (type.type === 'variable text') this.visitVariable(view, at, visitor);
      else throw new NotSimpleError('no texts');
    }
  }

  /** length (4), address of the collection (8), number in it (4). */
  private visitVariable(view: DataView<ArrayBuffer>, at: number, visitor: TextVisitor): void {
    const length = view.getUint32(at, true);
    if (length === 0) {
      visitor(NOTHING, 0, 0);
      return;
    }
    const address = view.getUint32(at + 4, true) + 2 ** 32 * view.getUint32(at + 8, true);
    const index = view.getUint32(at + 12, true);
    const { bytes, from, to } = this.collection(address);
    if (!(index < from.length && from[index] >= 0)) throw new NotSimpleError('a text lies nowhere');
    visitor(bytes, from[index], endOf(bytes, from[index], Math.min(to[index], from[index] + length)));
  }

  /** version, reserved (3), size; then objects: index (2), references (2), reserved (4), size, content to a multiple of 8. */
  private collection(address: number): Collection {
    const known = this.collections.get(address);
    if (known) return known;
    if (!Number.isSafeInteger(address)) throw new NotSimpleError('a number beyond 2^53');
    const head = new Fields(this.bytes.read(address, 16));
    requireSignature(head, 'GCOL');
    head.skip(4);
    const size = head.number(8);
    if (size > MOST_BYTES) throw new NotSimpleError('a large collection');
    const collection = this.oldest() ?? emptyCollection();
    const bytes = this.bytes.read(address + 16, size - 16, collection.scratch);
    const fields = new Fields(bytes);
    let from = collection.from.fill(-1);
    let { to } = collection;
    while (fields.left >= 16) {
      const index = fields.number(2);
      fields.skip(6);
      const length = fields.number(8);
      // The rest is free.
      if (index === 0) break;
      if (length > fields.left) throw new RangeError(`no ${length} bytes`);
      if (index >= from.length) [from, to] = [grown(from, index), grown(to, index)];
      from[index] = fields.at;
      to[index] = fields.at + length;
      fields.skip(8 * Math.ceil(length / 8));
    }
    Object.assign(collection, { bytes, from, to });
    this.collections.set(address, collection);
    return collection;
  }

  /** Forgets the collection that was met first, for its memory, where there are many. */
  private oldest(): Collection | null {
    if (this.collections.size < REMEMBERED) return null;
    for (const [address, collection] of this.collections) {
      this.collections.delete(address);
      return collection;
    }
    return null;
  }
}

function emptyCollection(): Collection {
  return { scratch: new Scratch(true), bytes: NOTHING, from: new Int32Array(64), to: new Int32Array(64) };
}

const NOTHING: Bytes = new Uint8Array(0);
const decoder = new TextDecoder();

/** The first zero of some bytes, or their end. */
function endOf(bytes: Bytes, from: number, to: number): number {
  let end = from;
  while (end < to && bytes[end] !== 0) end++;
  return end;
}

/** Room for an index, and as much again. */
function grown(values: Int32Array<ArrayBuffer>, index: number): Int32Array<ArrayBuffer> {
  const more = new Int32Array(2 * (index + 1)).fill(-1);
  more.set(values);
  return more;
}
