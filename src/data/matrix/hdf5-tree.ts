import { FitError } from '../../errors.ts';
import { TYPE_CLASS } from '../hdf5-storage/datatype.ts';
import type { ChunkSource } from '../hdf5-storage/number-reader.ts';
import { bytesOf, InexactNumberError, type Numbers, widened } from '../hdf5-storage/numbers.ts';
import { findData, type StoredNumbers } from '../hdf5-storage/storage.ts';
import type { TextVisitor } from '../hdf5-storage/texts.ts';
import { fromHalfFloats } from './half-floats.ts';
import type { FileWatch } from './hdf5-files.ts';
import {
  type Dataset,
  type Group,
  headerAddress,
  isGroup,
  isGroupOrDataset,
  label,
  numberKind,
} from './hdf5-objects.ts';

/** Filters that the library can undo by itself: deflate, shuffle, fletcher32, nbit, scaleoffset. */
const BUILT_IN_FILTERS = [1, 2, 3, 5, 6];
/** Plugins that undo others, by filter. */
export const FILTER_PLUGINS: Readonly<Record<number, string>> = {
  307: 'bz2',
  32000: 'lzf',
  32001: 'blosc',
  32004: 'lz4',
  32008: 'bshuf',
  32013: 'zfp',
  32015: 'zstd',
  32026: 'blosc2',
};

/** File of a plugin. */
export const pluginFile = (plugin: string): string => `libH5Z${plugin}.so`;
/**
 * Bytes that a data set may declare for each byte of its file: deflate packs 1032 to 1, others more where all is one value. A
 * file of some kB that declares 2^31 names would take all memory before the first is read.
 */
const MOST_PACKED = 1100;
const MOST_PACKED_OTHERWISE = 100_000;
/** Bytes below which nothing is asked. */
const SMALL_BYTES = 1 << 24;
const FILTER_NAMES: Readonly<Record<number, string>> = {
  4: 'szip',
  32000: 'lzf',
  32001: 'blosc',
  32004: 'lz4',
  32008: 'bitshuffle',
  32013: 'zfp',
  32015: 'zstd',
  32026: 'blosc2',
};

/** Strings are read about this many at a time, so that their copies outside and inside the library stay small. */
const STRINGS_PER_READ = 1 << 14;
const MOST_STRINGS_PER_READ = 1 << 18;

/**
 * An open HDF5 file (h5wasm, in Node or a browser, with its throwing error handler active) whose failures become errors
 * for the user: every read names the file and the dataset.
 */
export class Hdf5Tree {
  readonly root: Group;
  readonly path: string;
  private readonly context: TreeContext;
  private readonly found = new Map<string, Promise<StoredNumbers | null>>();

  constructor(root: Group, path: string, context: TreeContext) {
    this.root = root;
    this.path = path;
    this.context = context;
  }

  /** The group or dataset of that name, undefined when there is none (or it is a link to nowhere). */
  find(name: string): Group | Dataset | undefined {
    // The library fails, rather than says no, when a name leads through a dataset.
    const parts = name.split('/');
    let entity: Group | Dataset | undefined = this.root;
    for (const part of parts) {
      if (entity === undefined || !isGroup(entity)) return undefined;
      const parent: Group = entity;
      const child = this.guard(name, () => parent.get(part));
      entity = isGroupOrDataset(child) ? child : undefined;
    }
    return entity;
  }

  /** @throws FitError `DataError`, `unreadable`, when it is missing or no dataset, or packed by an unknown filter. */
  dataset(name: string): Dataset {
    const entity = this.find(name);
    if (entity === undefined || isGroup(entity)) throw this.corrupt(`${this.path} has no dataset '${name}'`);
    const filters = this.guard(name, () => entity.filters);
    const unknown = filters.find(
      ({ id }) => !BUILT_IN_FILTERS.includes(id) && !this.context.plugins.has(FILTER_PLUGINS[id] ?? ''),
    );
    for (const { id } of filters) this.context.prepare?.(FILTER_PLUGINS[id] ?? '');
    this.checkSize(
      name,
      entity,
      filters.map(({ id }) => id),
    );
    if (unknown !== undefined) {
      const filter = FILTER_NAMES[unknown.id] ?? unknown.name;
      throw new FitError(
        'DataError',
        `dataset '${name}' of ${this.path} is compressed with ${filter} (filter ${unknown.id}), which cannot be read`,
        {
          path: this.path,
          unreadable: true,
          remedy: "save the file again with gzip, in Python: adata.write_h5ad(path, compression='gzip')",
        },
      );
    }
    return entity;
  }

  /** What a data set declares is compared with the bytes that the file has, before anything is allocated for it. */
  private checkSize(name: string, dataset: Dataset, filters: readonly number[]): void {
    const { size, shape, virtual_sources: sources } = this.guard(name, () => dataset.metadata);
    if (sources !== undefined && sources.length > 0) throw this.elsewhere(name, sources[0].file_name);
    const bytes = (shape ?? []).reduce((product, length) => product * length, size);
    const ratio = filters.every((id) => BUILT_IN_FILTERS.includes(id)) ? MOST_PACKED : MOST_PACKED_OTHERWISE;
    if (bytes <= SMALL_BYTES || bytes <= ratio * this.context.bytes) return;
    throw this.corrupt(
      `dataset '${name}' of ${this.path} declares ${shape?.join(' x ')} elements, more than ${this.context.bytes} bytes can hold`,
      'the file is damaged: fetch or write it again',
    );
  }

  private elsewhere(name: string, file: string): FitError {
    return new FitError(
      'DataError',
      `'${name.replace(/^\//, '')}' of ${this.path} lies in another file ('${file}'), and other files are never read`,
      {
        path: this.path,
        unreadable: true,
        remedy: 'write all data into one file: links, external storage and virtual data sets are refused',
      },
    );
  }

  /** Names below a group. */
  keys(group: Group): string[] {
    return this.guard(group.path, () => group.keys());
  }

  /** An attribute as a string, a number, or a list of them; undefined when it is missing. */
  attribute(entity: Group | Dataset, name: string): string | number | (string | number)[] | undefined {
    return this.guard(`${entity.path}@${name}`, () => {
      const attribute = entity.attrs[name];
      if (attribute === undefined) return undefined;
      if (attribute.shape?.includes(0)) return [];
      return plain(attribute.value);
    });
  }

  /** The same, when it is text. */
  text(entity: Group | Dataset, name: string): string | undefined {
    const value = this.attribute(entity, name);
    return typeof value === 'string' ? value : undefined;
  }

  /** Length of a dataset of one dimension. */
  length(dataset: Dataset): number {
    const shape = this.guard(dataset.path, () => dataset.shape);
    if (shape?.length !== 1) {
      throw this.corrupt(`dataset '${label(dataset)}' of ${this.path} should have one dimension`);
    }
    return shape[0];
  }

  /** Elements `from .. to` along the first dimension of a numeric, boolean or enumerated dataset. */
  numbers(dataset: Dataset, from: number, to: number): Numbers {
    return this.guard(dataset.path, () => {
      const { type } = dataset.metadata;
      if (type !== TYPE_CLASS.integer && type !== TYPE_CLASS.float && type !== TYPE_CLASS.enumeration) {
        throw this.corrupt(`dataset '${label(dataset)}' of ${this.path} does not hold numbers`);
      }
      if (to <= from) return new Float64Array(0);
      if (type !== TYPE_CLASS.float || dataset.metadata.size !== 2) return widened(dataset.slice([[from, to]]));
      // The library has no half floats: read as the 16 bits that they are.
      const metadata = { ...dataset.metadata, type: TYPE_CLASS.integer, signed: false };
      const bits: unknown = Object.create(dataset, { metadata: { value: metadata } }).slice([[from, to]]);
      // A plain file's own data sets have turned them into numbers.
      if (bits instanceof Float32Array) return bits;
      if (!(bits instanceof Uint16Array)) throw new Error('half floats that are no 16 bits');
      return fromHalfFloats(bits);
    });
  }

  /** What reads chunks without the library; null where the library reads them. */
  get chunks(): ChunkSource | null {
    return this.context.chunks ?? null;
  }

  /** Where the numbers of a dataset of one or two dimensions lie in the file; null where only the library can read them. */
  stored(dataset: Dataset): Promise<StoredNumbers | null> {
    let found = this.found.get(dataset.path);
    if (found === undefined) {
      found = this.findStored(dataset);
      this.found.set(dataset.path, found);
    }
    return found;
  }

  private async findStored(dataset: Dataset): Promise<StoredNumbers | null> {
    const { chunks } = this.context;
    if (chunks === undefined) return null;
    const { shape, kind, chunk, filters, address } = this.guard(dataset.path, () => ({
      shape: dataset.shape,
      kind: numberKind(dataset.metadata),
      chunk: dataset.metadata.chunks,
      filters: dataset.filters.map(({ id }) => id),
      address: headerAddress(dataset),
    }));
    if (
      kind === null ||
      address === undefined ||
      shape === null ||
      !(shape.length === 1 || shape.length === 2) ||
      shape.includes(0)
    )
      return null;
    return findData(chunks.bytes, address, {
      rows: shape[0],
      columns: shape[1] ?? 1,
      rank: shape.length,
      kind,
      width: bytesOf(kind),
      chunk: chunk === null ? null : [chunk[0], chunk[1] ?? 1],
      filters,
    });
  }

  /** All strings of a dataset of one dimension. */
  strings(dataset: Dataset): string[] {
    const strings: string[] = [];
    this.visitStrings(dataset, (text) => {
      strings.push(text);
    });
    return strings;
  }

  /** Hands the strings of a dataset of one dimension over one by one; they are read slab by slab. */
  visitStrings(dataset: Dataset, visitor: (text: string, index: number) => void): void {
    const text = this.guard(dataset.path, () => dataset.metadata.type === TYPE_CLASS.string);
    this.inSlabs(dataset, (from, to) => {
      const part = text ? dataset.slice([[from, to]]) : Array.from(this.numbers(dataset, from, to));
      if (!Array.isArray(part)) throw new Error('no strings');
      part.forEach((value, i) => {
        visitor(String(value), from + i);
      });
    });
  }

  /** The same by their bytes, UTF-8; no strings are made where the file is a plain one. */
  visitTextBytes(dataset: Dataset, visitor: TextVisitor): void {
    const text = this.guard(dataset.path, () => dataset.metadata.type === TYPE_CLASS.string);
    if (text && dataset.visitTexts) {
      this.inSlabs(dataset, (from, to) => dataset.visitTexts?.([from, to], visitor));
      return;
    }
    const encoder = new TextEncoder();
    this.visitStrings(dataset, (value) => {
      const bytes = encoder.encode(value);
      visitor(bytes, 0, bytes.length);
    });
  }

  private inSlabs(dataset: Dataset, read: (from: number, to: number) => void): void {
    const length = this.length(dataset);
    this.guard(dataset.path, () => {
      // A chunk is unpacked as a whole, and better once.
      const chunk = Math.max(1, dataset.metadata.chunks?.[0] ?? 1);
      const step = Math.min(Math.ceil(STRINGS_PER_READ / chunk) * chunk, MOST_STRINGS_PER_READ);
      for (let from = 0; from < length; from += step) read(from, Math.min(length, from + step));
    });
  }

  /** Runs an action of the library; its failure becomes a `DataError`, `unreadable`, naming the object. */
  guard<T>(name: string, action: () => T): T {
    const { result, error, foreign } = this.context.watch.within(action);
    if (foreign !== null) throw this.elsewhere(name, foreign);
    if (error === undefined) return result as T; // the action came to its end
    if (error instanceof FitError) throw error;
    throw new FitError(
      'DataError',
      `'${name.replace(/^\//, '')}' of ${this.path} cannot be read: ${hdf5Reason(error)}`,
      {
        path: this.path,
        unreadable: true,
        remedy:
          error instanceof InexactNumberError
            ? 'store the column as text: a double would round it'
            : 'the file is damaged: fetch or write it again',
        cause: error,
      },
    );
  }

  /** An error about content that contradicts itself. */
  corrupt(
    message: string,
    remedy = 'the file is damaged or was not written by anndata or CellRanger: write it again',
  ): FitError {
    return new FitError('DataError', message, { path: this.path, unreadable: true, remedy });
  }
}

/** What is known of an open file beside its content. */
export interface TreeContext {
  /** Size of the file. */
  readonly bytes: number;
  /** Plugins that undo compression, by name. */
  readonly plugins: ReadonlySet<string>;
  /** Called with the plugin that a data set is about to need. */
  readonly prepare?: (plugin: string) => void;
  readonly watch: FileWatch;
  /** Reads chunks past the library, which is faster; left out where addresses in the file are not plain. */
  readonly chunks?: ChunkSource;
}

/** What is left of a library in WebAssembly that aborted. */
const GAVE_UP = /aborted|memory access|out of bounds|unreachable|table index|null function|indirect call|stack size/i;

/** The innermost line of HDF5's stack of errors. */
export function hdf5Reason(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  if (GAVE_UP.test(message)) return 'the HDF5 library gave up on it';
  const reasons = [...message.matchAll(/ in \w+\(\): (.+)/g)];
  return reasons.length > 0 ? reasons[reasons.length - 1][1] : message.split('\n')[0];
}

/** The error for a file that the library does not open. */
export function unopened(path: string, error: unknown): FitError {
  const reason = hdf5Reason(error);
  const problem = /signature/.test(reason)
    ? 'is not an HDF5 file'
    : /truncated|eof|addr overflow/i.test(reason)
      ? 'is truncated'
      : 'cannot be opened';
  return new FitError('DataError', `${path} ${problem} (${reason})`, {
    path,
    unreadable: true,
    remedy: problem === 'is not an HDF5 file' ? 'check that it is the right file' : 'fetch or write the file again',
    cause: error,
  });
}

function plain(value: unknown): string | number | (string | number)[] | undefined {
  if (typeof value === 'string' || typeof value === 'number') return value;
  if (typeof value === 'bigint' || typeof value === 'boolean') return Number(value);
  if (Array.isArray(value)) return value.map((item) => (typeof item === 'string' ? item : Number(item)));
  if (ArrayBuffer.isView(value) && !(value instanceof DataView)) return Array.from(widened(value));
  return undefined;
}
