import type { Dataset, File, Group } from 'h5wasm/node';
import type { Column } from '../../types/table.ts';
import { type Replacement, replaceFiles } from '../replace-file.node.ts';
import { cellBlocks, type WritableMatrix } from './cell-blocks.ts';
import { DEFAULT_FEATURE_TYPE } from './features.ts';
import { createBooleanAttribute, createBooleanDataset, finishBooleans, PLAIN_HEADERS } from './hdf5-boolean.node.ts';
import { type WriteWatch, type WrittenFiles, watchWrites } from './hdf5-writes.node.ts';

/** Elements of a chunk: 512 kB of int32. Writes are whole chunks, so that none is packed twice. */
const CHUNK_ELEMENTS = 1 << 17;
const GZIP_LEVEL = 4;
/** Up to this many entries the pointers fit 32 bits, which scipy prefers for matching index types. */
const INT32_MAX = 0x7fffffff;

/**
 * Writes an AnnData file (encodings of anndata 0.8): `X` as CSR with gzip, `obs`, `var` with the symbols in `gene_symbols`.
 * Factors become categoricals, logical columns booleans, nullable ones where a value is missing. The file gets its name when
 * it is complete. Blocks are taken one at a time.
 */
export async function writeH5ad(path: string, matrix: WritableMatrix): Promise<void> {
  await replaceFiles([h5adFile(path, matrix)]);
}

/** The file, to be written together with others; see {@link writeH5ad}. */
export function h5adFile(path: string, matrix: WritableMatrix): Replacement {
  return {
    path,
    plain: true,
    async write(temporary) {
      // Loaded when needed: most of it is WebAssembly.
      const { File, ready } = await import('h5wasm/node');
      const library = await ready;
      library.activate_throwing_error_handler();
      const watch = watchWrites(library.FS as unknown as WrittenFiles);
      // The annotation first, closed and finished while the file is small.
      await withFile(
        watch,
        () => new File(temporary, 'w', PLAIN_HEADERS),
        async (file) => {
          encode(file, 'anndata', '0.1.0');
          writeFrame(file, 'obs', matrix.rowNames, matrix.obs.columns);
          writeFrame(file, 'var', matrix.names, featureColumns(matrix));
          for (const name of ['layers', 'obsm', 'obsp', 'uns', 'varm', 'varp'])
            encode(file.create_group(name), 'dict', '0.1.0');
        },
      );
      await finishBooleans(temporary);
      await withFile(
        watch,
        () => new File(temporary, 'a'),
        (file) => writeSparse(file, matrix, path),
      );
    },
  };
}

/** Writes to a file and closes it. What the file system refused is thrown: the library speaks of its own insides then, or goes on. */
export async function withFile(
  watch: WriteWatch,
  open: () => File,
  write: (file: File) => Promise<void>,
): Promise<void> {
  let failure: unknown;
  let file: File | undefined;
  watch.begin();
  try {
    file = open();
    await write(file);
    file.flush();
  } catch (error) {
    failure = error;
  }
  try {
    file?.close();
  } catch (error) {
    failure ??= error;
  }
  const refused = watch.end(failure !== undefined);
  if (refused) throw refused;
  if (failure !== undefined) throw failure;
}

async function writeSparse(file: File, matrix: WritableMatrix, path: string): Promise<void> {
  const group = file.create_group('X');
  encode(group, 'csr_matrix', '0.1.0');
  group.create_attribute('shape', BigInt64Array.of(BigInt(matrix.rows), BigInt(matrix.names.length)), [2], '<q');
  const pointers = new Float64Array(matrix.rows + 1);
  let cell = 0;
  let entries = 0;
  let data: ChunkWriter | undefined;
  const indices = new ChunkWriter(group, 'indices', new Int32Array(CHUNK_ELEMENTS));
  for await (const block of cellBlocks(matrix, path)) {
    data ??= new ChunkWriter(group, 'data', sameKind(block.values));
    for (let k = 1; k < block.pointers.length; k++) pointers[++cell] = entries + block.pointers[k];
    entries += block.indices.length;
    indices.write(block.indices);
    data.write(block.values);
  }
  data ??= new ChunkWriter(group, 'data', new Int32Array(CHUNK_ELEMENTS));
  indices.end();
  data.end();
  const dtype = entries > INT32_MAX ? '<q' : '<i';
  const values = dtype === '<q' ? BigInt64Array.from(pointers, BigInt) : Int32Array.from(pointers);
  group.create_dataset({ name: 'indptr', data: values, dtype });
}

/** Appends numbers to a dataset that grows chunk by chunk. */
class ChunkWriter {
  private readonly dataset: Dataset;
  private readonly chunk: Int32Array | Float32Array | Float64Array;
  private used = 0;
  private written = 0;

  constructor(group: Group, name: string, chunk: Int32Array | Float32Array | Float64Array) {
    this.chunk = chunk;
    this.dataset = group.create_dataset({
      name,
      data: chunk.subarray(0, 0),
      shape: [0],
      maxshape: [null],
      chunks: [chunk.length],
      compression: 'gzip',
      compression_opts: GZIP_LEVEL,
    });
  }

  write(values: Int32Array | Float32Array | Float64Array): void {
    for (let from = 0; from < values.length; ) {
      const part = values.subarray(from, from + this.chunk.length - this.used);
      this.chunk.set(part, this.used);
      this.used += part.length;
      from += part.length;
      if (this.used === this.chunk.length) this.end();
    }
  }

  /** Writes what is held; only the last chunk may be partial. */
  end(): void {
    if (this.used === 0) return;
    const to = this.written + this.used;
    this.dataset.resize([to]);
    this.dataset.write_slice([[this.written, to]], this.chunk.slice(0, this.used));
    this.written = to;
    this.used = 0;
  }
}

function sameKind(values: Int32Array | Float32Array | Float64Array): Int32Array | Float32Array | Float64Array {
  if (values instanceof Int32Array) return new Int32Array(CHUNK_ELEMENTS);
  return values instanceof Float32Array ? new Float32Array(CHUNK_ELEMENTS) : new Float64Array(CHUNK_ELEMENTS);
}

/** Columns to write: those of a table, and plain text. */
export type FrameColumns = ReadonlyMap<string, Column | readonly string[]>;

function featureColumns(matrix: WritableMatrix): FrameColumns {
  const codes = new Int32Array(matrix.names.length);
  const type: Column = { kind: 'factor', levels: [DEFAULT_FEATURE_TYPE], codes, ordered: false };
  const columns = new Map<string, Column | readonly string[]>([['feature_types', type]]);
  if (matrix.genes) columns.set('gene_symbols', matrix.genes);
  return columns;
}

/** Writes a data frame as a group of a group. */
export function writeFrame(parent: Group, name: string, index: readonly string[], columns: FrameColumns): void {
  const group = parent.create_group(name);
  encode(group, 'dataframe', '0.2.0');
  group.create_attribute('_index', '_index');
  // The library cannot write an empty list of strings; anndata itself writes an empty list of doubles there.
  if (columns.size === 0) group.create_attribute('column-order', new Float64Array(0), [0]);
  else group.create_attribute('column-order', [...columns.keys()], [columns.size], 'S');
  writeStrings(group, '_index', index);
  for (const [key, column] of columns) {
    if ('kind' in column) writeColumn(group, key, column);
    else writeStrings(group, key, column);
  }
}

function writeColumn(group: Group, name: string, column: Column): void {
  if (column.kind === 'numeric') {
    encode(group.create_dataset({ name, data: column.values }), 'array', '0.2.0');
    return;
  }
  if (column.kind === 'logical') {
    const values = Int8Array.from(column.values, (value) => (value === 1 ? 1 : 0));
    if (!column.values.some(Number.isNaN)) {
      encode(createBooleanDataset(group, name, values), 'array', '0.2.0');
      return;
    }
    const nullable = group.create_group(name);
    encode(nullable, 'nullable-boolean', '0.1.0');
    const mask = Int8Array.from(column.values, (value) => (Number.isNaN(value) ? 1 : 0));
    encode(createBooleanDataset(nullable, 'values', values), 'array', '0.2.0');
    encode(createBooleanDataset(nullable, 'mask', mask), 'array', '0.2.0');
    return;
  }
  const categorical = group.create_group(name);
  encode(categorical, 'categorical', '0.2.0');
  createBooleanAttribute(categorical, 'ordered', column.ordered);
  writeStrings(categorical, 'categories', column.levels);
  const codes = column.levels.length < 128 ? Int8Array.from(column.codes) : column.codes;
  encode(categorical.create_dataset({ name: 'codes', data: codes }), 'array', '0.2.0');
}

export function writeStrings(group: Group, name: string, strings: readonly string[]): void {
  const data = [...strings];
  encode(group.create_dataset({ name, data, shape: [data.length], dtype: 'S' }), 'string-array', '0.2.0');
}

/** Says what an element is, in anndata's words. */
export function encode(entity: Group | Dataset, type: string, version: string): void {
  entity.create_attribute('encoding-type', type);
  entity.create_attribute('encoding-version', version);
}
