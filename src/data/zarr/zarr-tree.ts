/** A zarr store, of version 2 or 3, as the tree that AnnData is read from. */
import { type DataType, type Group, isZarritaError, open, type Readable, root, type Array as ZarrArray } from 'zarrita';
import { FitError } from '../../errors.ts';
import { InexactNumberError, type Numbers } from '../hdf5-storage/numbers.ts';
import type { TextVisitor } from '../hdf5-storage/texts.ts';
import type { MatrixOptions } from '../input-files.ts';
import {
  type AttributeContent,
  type ElementKind,
  label,
  type RowReader,
  type StoredMatrix,
  type StoredTree,
  type TreeEntity,
} from '../matrix/stored-tree.ts';
import { halfFloatsAsBits } from './half-float-metadata.ts';
import { filesWithin, METADATA, type ZarrFiles } from './zarr-files.ts';
import { ZarrRows } from './zarr-rows.ts';

/** Rows of an array that is read as a whole, at most: a few bytes of metadata can declare any number. */
const MOST_ROWS = 2 ** 31;

interface ZarrNode extends TreeEntity {
  readonly type: 'Group' | 'Dataset';
  readonly attributes: Readonly<Record<string, unknown>>;
  /** Null for a group, and for an array of a kind that is not read. */
  readonly array: ZarrArray<DataType, Readable> | null;
  readonly half: boolean;
  readonly problem?: unknown;
}

export class ZarrTree implements StoredTree {
  readonly path: string;
  private readonly files: ZarrFiles;
  private readonly version: 2 | 3;
  private readonly options: MatrixOptions;
  private readonly nodes = new Map<string, Promise<ZarrNode | undefined>>();
  private readonly folders = new Map<string, Promise<readonly string[]>>();

  private constructor(files: ZarrFiles, path: string, version: 2 | 3, options: MatrixOptions) {
    this.files = files;
    this.path = path;
    this.version = version;
    this.options = options;
  }

  /** @throws FitError `DataError`, `unreadable`, where there is no store */
  static async open(files: ZarrFiles, path: string, options: MatrixOptions): Promise<ZarrTree> {
    const isVersion3 = (await files.get(`/${METADATA.both}`)) !== undefined;
    if (isVersion3 || (await files.get(`/${METADATA.group}`)) !== undefined) {
      return new ZarrTree(files, path, isVersion3 ? 3 : 2, options);
    }
    throw new FitError('DataError', `${path} is no zarr store: it has neither ${METADATA.both} nor ${METADATA.group}`, {
      path,
      unreadable: true,
      remedy: 'check that it is the right folder and that all of it is there',
    });
  }

  async find(name: string): Promise<ZarrNode | undefined> {
    // Only names that are there: what metadata name could lead out of the store.
    const parts = name === '' ? [] : name.split('/');
    for (let k = 0; k < parts.length; k++) {
      if (!(await this.foldersIn(parts.slice(0, k).join('/'))).includes(parts[k])) return undefined;
    }
    let node = this.nodes.get(name);
    if (node === undefined) {
      node = this.guard(name, () => this.open(name));
      this.nodes.set(name, node);
    }
    return node;
  }

  async dataset(name: string): Promise<ZarrNode> {
    const node = await this.find(name);
    if (node?.type !== 'Dataset') throw this.corrupt(`${this.path} has no array '${name}'`);
    if (node.array === null) throw this.unreadable(name, node.problem);
    return node;
  }

  async keys(group: TreeEntity): Promise<string[]> {
    return [...(await this.foldersIn(label(group)))];
  }

  attribute(entity: ZarrNode, name: string): AttributeContent {
    return plain(entity.attributes[name]);
  }

  text(entity: ZarrNode, name: string): string | undefined {
    const value = entity.attributes[name];
    return typeof value === 'string' ? value : undefined;
  }

  shape(dataset: ZarrNode): readonly number[] | null {
    return dataset.array?.shape ?? null;
  }

  element({ array, half }: ZarrNode): ElementKind {
    if (array === null) return 'other';
    if (half || array.dtype.startsWith('float')) return 'float';
    if (array.dtype === 'bool') return 'boolean';
    return /^u?int/.test(array.dtype) ? 'integer' : 'text';
  }

  length(dataset: ZarrNode): number {
    const shape = this.shape(dataset);
    if (shape?.length === 1) return shape[0];
    throw this.corrupt(`array '${label(dataset)}' of ${this.path} should have one dimension`);
  }

  async numbers(dataset: ZarrNode, from: number, to: number): Promise<Numbers> {
    const reader = await this.openRows(dataset);
    return reader.read(from, to);
  }

  async strings(dataset: ZarrNode): Promise<string[]> {
    const strings: string[] = [];
    await this.visitStrings(dataset, (text) => {
      strings.push(text);
    });
    return strings;
  }

  async visitStrings(dataset: ZarrNode, visitor: (text: string, index: number) => void): Promise<void> {
    const length = this.wholeLength(dataset);
    const { array } = dataset;
    if (array === null || this.element(dataset) !== 'text') {
      const values = await this.numbers(dataset, 0, length);
      values.forEach((value, i) => {
        visitor(String(value), i);
      });
      return;
    }
    await this.guard(label(dataset), async () => {
      for (let k = 0, at = 0; at < length; k++) {
        const { data } = await array.getChunk([k]);
        for (const value of data as Iterable<unknown>) {
          // A chunk that was never written is filled with what stands for nothing.
          if (at < length) visitor(typeof value === 'string' ? value : '', at++);
        }
        if (at < Math.min(length, (k + 1) * array.chunks[0])) throw new Error('a chunk is shorter than its shape');
      }
    });
  }

  async visitTextBytes(dataset: ZarrNode, visitor: TextVisitor): Promise<void> {
    const encoder = new TextEncoder();
    await this.visitStrings(dataset, (text) => {
      const bytes = encoder.encode(text);
      visitor(bytes, 0, bytes.length);
    });
  }

  async openRows(dataset: ZarrNode): Promise<RowReader> {
    const { array, half } = dataset;
    if (array === null || this.element(dataset) === 'text') {
      throw this.corrupt(`array '${label(dataset)}' of ${this.path} does not hold numbers`);
    }
    if (array.shape.length === 1) this.wholeLength(dataset);
    const rows = new ZarrRows(array, half);
    return {
      rowsTogether: rows.rowsTogether,
      read: (from, to) => this.guard(label(dataset), () => rows.read(from, to)),
    };
  }

  async storedMatrix(): Promise<StoredMatrix> {
    return { kind: 'store', path: this.path, options: this.options };
  }

  corrupt(message: string, remedy = 'the store is damaged or was not written by anndata: write it again'): FitError {
    return new FitError('DataError', message, { path: this.path, unreadable: true, remedy });
  }

  private wholeLength(dataset: ZarrNode): number {
    const length = this.length(dataset);
    if (length < MOST_ROWS) return length;
    throw this.corrupt(`array '${label(dataset)}' of ${this.path} declares ${length} elements`);
  }

  private foldersIn(folder: string): Promise<readonly string[]> {
    let found = this.folders.get(folder);
    if (found === undefined) {
      found = this.guard(folder, () => this.files.folders(folder));
      this.folders.set(folder, found);
    }
    return found;
  }

  /** The group or array in a folder; undefined where it is neither. */
  private async open(name: string): Promise<ZarrNode | undefined> {
    const { store, isHalf } = halfFloatsAsBits(filesWithin(this.files, name));
    const path = `/${name}`;
    try {
      const location = root(store);
      const node: ZarrArray<DataType, Readable> | Group<Readable> =
        this.version === 3 ? await open.v3(location) : await open.v2(location);
      const attributes = node.attrs;
      if (node.kind === 'group') return { type: 'Group', path, attributes, array: null, half: false };
      return { type: 'Dataset', path, attributes, array: node, half: isHalf() };
    } catch (problem) {
      if (!(await this.isArray(name))) {
        if (isZarritaError(problem, 'NotFoundError')) return undefined;
        throw problem;
      }
      return { type: 'Dataset', path, attributes: {}, array: null, half: false, problem };
    }
  }

  private async isArray(name: string): Promise<boolean> {
    const files = filesWithin(this.files, name);
    if (this.version === 2) return (await files.get(`/${METADATA.array}`)) !== undefined;
    const document = new TextDecoder().decode(await files.get(`/${METADATA.both}`));
    return /"node_type"\s*:\s*"array"/.test(document);
  }

  private async guard<T>(name: string, action: () => Promise<T>): Promise<T> {
    try {
      return await action();
    } catch (error) {
      throw error instanceof FitError ? error : this.unreadable(name, error);
    }
  }

  private unreadable(name: string, cause: unknown): FitError {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const inner = cause instanceof Error && cause.cause instanceof Error ? `: ${cause.cause.message}` : '';
    const remedy = isZarritaError(cause, 'UnknownCodecError')
      ? 'write the store again with zstd, blosc or gzip'
      : cause instanceof InexactNumberError
        ? 'store the column as text: a double would round it'
        : 'the store is damaged: fetch or write it again';
    return new FitError('DataError', `'${name}' of ${this.path} cannot be read: ${reason}${inner}`, {
      path: this.path,
      unreadable: true,
      remedy,
      cause,
    });
  }
}

function plain(value: unknown): AttributeContent {
  if (typeof value === 'string' || typeof value === 'number') return value;
  if (typeof value === 'boolean') return Number(value);
  if (!Array.isArray(value)) return undefined;
  return value.map((item: unknown) => (typeof item === 'string' ? item : Number(item)));
}
