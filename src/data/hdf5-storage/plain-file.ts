/**
 * A file of the plain kind that nearly all matrices come in, read without the HDF5 library, whose WebAssembly takes longer to
 * load than such a file to open. The objects have what of the library's is used here. A file with anything else in it
 * is refused as a whole, for the library to read.
 */
import { compareCodePoints } from '../table/level-order.ts';
import { type AttributeValue, attributesOf } from './attributes.ts';
import { type Bytes, Fields, NotSimpleError } from './bytes.ts';
import { dimensions, type ElementType, elementType, TYPE_CLASS } from './datatype.ts';
import { membersOf } from './groups.ts';
import type { ChunkSource } from './number-reader.ts';
import { numbersIn } from './numbers.ts';
import { MESSAGE, type Messages, readMessages } from './object-header.ts';
import { chunkShape, findData, type StoredData } from './storage.ts';
import { TextReader, type TextVisitor } from './texts.ts';
import { Scratch, Unpacker } from './unpack.ts';

/** Groups of AnnData that are never read: they may hold anything. */
const UNREAD = ['uns', 'obsm', 'varm', 'obsp', 'varp'];
/** Groups that are an AnnData: the root, and the modalities of MuData. */
const ANNDATA = /^(\/mod\/[^/]+)?$/;
/** Objects of a file, and groups within each other, at most. */
const MOST_OBJECTS = 2000;
const MOST_DEPTH = 8;
/** Address of the root group in the superblock, by its version. */
const ROOT_AT = [64, 68, 36, 36];
/** Bytes of a data set that is read as a whole: columns of annotation. */
const MOST_BYTES = 2 ** 31;

/** A group with its members. */
export interface PlainGroup {
  readonly type: 'Group';
  readonly path: string;
  readonly attrs: Readonly<Record<string, AttributeValue>>;
  keys(): string[];
  get(name: string): PlainGroup | PlainDataset | null;
}

/** The root group. @throws NotSimpleError, RangeError for a file that is not of the plain kind */
export function openPlainFile(source: ChunkSource): PlainGroup {
  const reader = new PlainReader(source);
  return reader.root();
}

class PlainReader {
  readonly source: ChunkSource;
  readonly texts: TextReader;
  /** Memory of texts that are shown one after the other. */
  readonly visited = new Scratch(true);
  private objects = 0;

  constructor(source: ChunkSource) {
    this.source = source;
    this.texts = new TextReader(source.bytes);
  }

  root(): PlainGroup {
    const { bytes } = this.source;
    const version = bytes.read(8, 1)[0];
    const root = this.object('', new Fields(bytes.read(ROOT_AT[version], 8)).address(), 0);
    if (root?.type !== 'Group') throw new NotSimpleError('no root group');
    return root;
  }

  private object(path: string, address: number, depth: number): PlainGroup | PlainDataset {
    if (++this.objects > MOST_OBJECTS || depth > MOST_DEPTH) throw new NotSimpleError('many objects');
    const messages = readMessages(this.source.bytes, address);
    const attrs = attributesOf(messages, this.texts);
    if (messages.has(MESSAGE.dataspace)) return new PlainDataset(this, path, address, messages, attrs);
    const members = membersOf(this.source.bytes, messages);
    const children = new Map<string, PlainGroup | PlainDataset | null>();
    // Names in the order of the library.
    const names = [...members.keys()].sort(compareCodePoints);
    for (const name of names) {
      const skipped = ANNDATA.test(path) && UNREAD.includes(name);
      children.set(name, skipped ? null : this.object(`${path}/${name}`, members.get(name) ?? 0, depth + 1));
    }
    return {
      type: 'Group',
      path: path === '' ? '/' : path,
      attrs,
      keys: () => names,
      get: (name) => children.get(name) ?? null,
    };
  }
}

/** A data set of one or two dimensions. */
export class PlainDataset {
  readonly type = 'Dataset';
  readonly path: string;
  /** Address of its header. */
  readonly address: number;
  readonly attrs: Readonly<Record<string, AttributeValue>>;
  readonly shape: number[] | null;
  readonly metadata: {
    readonly type: number;
    readonly size: number;
    readonly signed: boolean;
    readonly littleEndian: boolean;
    readonly shape: number[] | null;
    readonly chunks: number[] | null;
    readonly enum_type?: { readonly members: Readonly<Record<string, number>> };
    readonly virtual_sources?: undefined;
  };
  readonly filters: readonly { readonly id: number; readonly name: string }[];
  private readonly reader: PlainReader;
  private readonly element: ElementType;
  private readonly stored: StoredData | null;

  constructor(
    reader: PlainReader,
    path: string,
    address: number,
    messages: Messages,
    attrs: Readonly<Record<string, AttributeValue>>,
  ) {
    if (messages.has(MESSAGE.external)) throw new NotSimpleError('data in another file');
    this.reader = reader;
    this.path = path;
    this.address = address;
    this.attrs = attrs;
    this.shape = dimensions(messages.one(MESSAGE.dataspace));
    this.element = elementType(messages.one(MESSAGE.datatype));
    this.filters = messages.has(MESSAGE.filters) ? filtersOf(messages.one(MESSAGE.filters)) : [];
    const { shape, element } = this;
    if (shape === null || shape.length < 1 || shape.length > 2) throw new NotSimpleError('other dimensions');
    const empty = shape.includes(0);
    const chunks = empty ? null : chunkShape(messages.one(MESSAGE.layout));
    const numeric = element.type === 'number' || element.type === 'enumeration';
    this.metadata = {
      type:
        element.type === 'enumeration'
          ? TYPE_CLASS.enumeration
          : element.type !== 'number'
            ? TYPE_CLASS.string
            : element.kind[0] === 'f'
              ? TYPE_CLASS.float
              : TYPE_CLASS.integer,
      size: element.size,
      signed: numeric && element.kind[0] !== 'u',
      littleEndian: true,
      shape,
      chunks,
      ...(element.type === 'enumeration' && { enum_type: { members: element.members } }),
    };
    this.stored = empty
      ? null
      : findData(reader.source.bytes, address, {
          rows: shape[0],
          columns: shape[1] ?? 1,
          rank: shape.length === 1 ? 1 : 2,
          width: element.size,
          chunk: chunks === null ? null : [chunks[0], chunks[1] ?? 1],
          filters: this.filters.map(({ id }) => id),
        });
    if (!empty && this.stored === null) throw new NotSimpleError('data that the library reads');
  }

  /** Elements of some rows: numbers or texts. @throws Error saying what is damaged */
  slice([[from, to]]: readonly (readonly [number, number])[]): unknown {
    const { element, reader } = this;
    const bytes = this.bytesOf(from, to);
    const isText = element.type === 'text' || element.type === 'variable text';
    return isText ? reader.texts.textsIn(bytes, element) : numbersIn(bytes, element.kind);
  }

  /** Shows the bytes of the texts of some rows, which are not made. @throws Error saying what is damaged */
  visitTexts([from, to]: readonly [number, number], visitor: TextVisitor): void {
    this.reader.texts.visit(this.bytesOf(from, to, this.reader.visited), this.element, visitor);
  }

  private bytesOf(from: number, to: number, into?: Scratch): Bytes {
    const { stored, reader } = this;
    return stored === null ? new Uint8Array(0) : rowsOf(reader.source, stored, from, to, into);
  }
}

/** Bytes of some rows of a data set, all in memory: in that of `into`, or their own. */
function rowsOf(source: ChunkSource, stored: StoredData, from: number, to: number, into?: Scratch): Bytes {
  const { rows, columns, width, grid, table, filters, address } = stored;
  const rowBytes = columns * width;
  const stop = Math.min(to, rows);
  if ((stop - from) * rowBytes > MOST_BYTES) throw new Error('too much to be read at once');
  const length = (stop - from) * rowBytes;
  if (grid === null || table === null) return source.bytes.read(address + from * rowBytes, length, into);
  const out = into?.room(length).subarray(0, length) ?? new Uint8Array(length);
  const packedScratch = new Scratch(true);
  const unpacker = new Unpacker(source.inflate, true);
  for (let at = Math.floor(from / grid.rows) * grid.across; at < Math.ceil(stop / grid.rows) * grid.across; at++) {
    const packed = source.bytes.read(table.addresses[at], table.sizes[at], packedScratch);
    const chunk = unpacker.unpack(packed, { filters, mask: table.masks[at], length: grid.bytes, width });
    if (chunk instanceof Promise) throw new Error('chunks are unpacked elsewhere');
    const first = Math.floor(at / grid.across) * grid.rows;
    const left = (at % grid.across) * grid.columns;
    const bytes = Math.min(grid.columns, columns - left) * width;
    for (let row = Math.max(from, first); row < Math.min(stop, first + grid.rows); row++) {
      const begin = (row - first) * grid.columns * width;
      out.set(chunk.subarray(begin, begin + bytes), (row - from) * rowBytes + left * width);
    }
  }
  return out;
}

/**
 * Filters from the message of a pipeline: version, filters, reserved (6, version 1); of each its number, length of its name,
 * flags, number of parameters (2 bytes each), name and parameters. Version 2 has no lengths and names of HDF5's own.
 */
function filtersOf(fields: Fields): { readonly id: number; readonly name: string }[] {
  const version = fields.number(1);
  const count = fields.number(1);
  if (version === 1) fields.skip(6);
  return Array.from({ length: count }, () => {
    const id = fields.number(2);
    const length = version === 1 || id >= 256 ? fields.number(2) : 0;
    fields.skip(2);
    const parameters = fields.number(2);
    fields.skip((version === 1 ? 8 * Math.ceil(length / 8) : length) + 4 * parameters);
    if (version === 1 && parameters % 2 === 1) fields.skip(4);
    return { id, name: String(id) };
  });
}
