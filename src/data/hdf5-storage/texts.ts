/** Texts of fixed length, and those of variable length in the global heap (HDF5 File Format Specification 3.0, section III.E). */
import { type ByteSource, type Bytes, Fields, NotSimpleError, requireSignature, textOf } from './bytes.ts';
import type { ElementType } from './datatype.ts';

/** Collections that are remembered: texts that follow each other mostly lie in one. */
const REMEMBERED = 16;
/** Bytes of a collection at most. */
const MOST_BYTES = 1 << 28;

/** Reads texts of a file. */
export class TextReader {
  private readonly bytes: ByteSource;
  private readonly collections = new Map<number, Map<number, Bytes>>();

  constructor(bytes: ByteSource) {
    this.bytes = bytes;
  }

  /** The texts in the bytes of some elements. @throws NotSimpleError for elements that are no texts */
  textsIn(elements: Bytes, type: ElementType): string[] {
    const count = Math.floor(elements.length / type.size);
    if (type.type === 'text') {
      return Array.from({ length: count }, (_, i) => textOf(elements.subarray(i * type.size, (i + 1) * type.size)));
    }
    if (type.type !== 'variable text') throw new NotSimpleError('no texts');
    const fields = new Fields(elements);
    return Array.from({ length: count }, () => {
      const length = fields.number(4);
      const collection = fields.number(8);
      const index = fields.number(4);
      return length === 0 ? '' : textOf(this.object(collection, index).subarray(0, length));
    });
  }

  private object(collection: number, index: number): Bytes {
    const object = this.collection(collection).get(index);
    if (object === undefined) throw new NotSimpleError('a text lies nowhere');
    return object;
  }

  /** version, reserved (3), size; then objects: index (2), references (2), reserved (4), size, content to a multiple of 8. */
  private collection(address: number): Map<number, Bytes> {
    const known = this.collections.get(address);
    if (known) return known;
    const head = new Fields(this.bytes.read(address, 16));
    requireSignature(head, 'GCOL');
    head.skip(4);
    const size = head.number(8);
    if (size > MOST_BYTES) throw new NotSimpleError('a large collection');
    const fields = new Fields(this.bytes.read(address + 16, size - 16));
    const objects = new Map<number, Bytes>();
    while (fields.left >= 16) {
      const index = fields.number(2);
      fields.skip(6);
      const length = fields.number(8);
      // The rest is free.
      if (index === 0) break;
      objects.set(index, fields.bytes(length));
      fields.skip(8 * Math.ceil(length / 8) - length);
    }
    if (this.collections.size >= REMEMBERED) this.collections.delete([...this.collections.keys()][0]);
    this.collections.set(address, objects);
    return objects;
  }
}
