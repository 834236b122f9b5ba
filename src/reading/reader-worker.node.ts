/**
 * The thread that reads HDF5 and Parquet files and zarr stores, which may be damaged or hostile: an endless loop, an abort of the library or
 * a lack of memory ends this thread and nothing else.
 */
import { statSync } from 'node:fs';
import { parentPort } from 'node:worker_threads';
import { openChunks } from '../data/hdf5-storage/chunk-source.node.ts';
import { openMatrixHere } from '../data/matrix/open.node.ts';
import { type StoredMatrixSource, storedBlocks } from '../data/matrix/stored-matrix.ts';
import { parquetColumnsHere, readParquetHere } from '../data/table/parquet-file.node.ts';
import { FitError } from '../errors.ts';
import { accumulatePass, PASS_BLOCKS, type PassAccumulator } from '../moments/entry-pass.ts';
import type { MatrixBlock, MatrixSource, PassOptions } from '../types/responses.ts';
import type { Table } from '../types/table.ts';
import type { ReaderCall, ReaderCalls, ReaderCancel, ReaderRequest } from './protocol.ts';
import { storeError } from './protocol.ts';

let matrix: MatrixSource | null = null;
/** Milliseconds between reports of entries read. */
const REPORT_MILLISECONDS = 100;

/** The sums that are being formed. */
interface Sums {
  readonly accumulator: PassAccumulator;
  readonly blocks: (options: PassOptions) => AsyncIterable<MatrixBlock>;
  readonly close: () => void | Promise<void>;
}

let sums: Sums | null = null;
let passes = 0;
const iterators = new Map<number, AsyncIterator<MatrixBlock>>();

/** What a handler can be told, and can tell, while it works. */
interface Call {
  readonly signal: AbortSignal;
  readonly onEntries: (count: number) => void;
}

type Handlers = {
  [C in ReaderCall]: (input: ReaderCalls[C]['input'], call: Call) => Promise<ReaderCalls[C]['output']>;
};

const handlers: Handlers = {
  async openMatrix({ path, options }) {
    matrix = await openMatrixHere(path, options);
    const { rows, names, genes, entries, notes, layers, obsColumns } = matrix;
    return {
      rows,
      names,
      obsColumns,
      ...(genes === undefined ? {} : { genes }),
      ...(entries === undefined ? {} : { entries }),
      ...(notes === undefined ? {} : { notes }),
      ...(layers === undefined ? {} : { layers }),
    };
  },
  rowNames: async () => opened().rowNames(),
  repeatedRowNames: async () => (await opened().repeatedRowNames?.()) ?? false,
  readObs: async ({ columns, rowNames }) => opened().readObs(columns, rowNames === undefined ? {} : { rowNames }),
  async beginPass(options) {
    passes += 1;
    iterators.set(passes, opened().blocks(options)[Symbol.asyncIterator]());
    return passes;
  },
  async nextBlock(pass) {
    const next = await iterators.get(pass)?.next();
    if (next && !next.done) return next.value;
    iterators.delete(pass);
    return null;
  },
  async endPass(pass) {
    await iterators.get(pass)?.return?.();
    iterators.delete(pass);
    return null;
  },
  async storedMatrix() {
    const source = opened();
    return 'stored' in source ? (source as StoredMatrixSource).stored() : null; // nothing else has it
  },
  async beginSums({ pass, stored }) {
    await sums?.close();
    const accumulator = accumulatePass(pass, (length) => new Float64Array(new SharedArrayBuffer(8 * length)));
    if (stored === null) sums = { accumulator, blocks: (options) => opened().blocks(options), close: () => {} };
    else if (stored.kind === 'store') {
      const source = await openMatrixHere(stored.path, stored.options);
      sums = { accumulator, blocks: (options) => source.blocks(options), close: () => source.close() };
    } else {
      const chunks = openChunks(stored.path, statSync(stored.path).size);
      sums = { accumulator, blocks: storedBlocks(stored, chunks), close: () => chunks.close() };
    }
    return null;
  },
  async sumShare(share, { signal, onEntries }) {
    if (sums === null) throw new FitError('DataError', 'no sums have been begun');
    return sums.accumulator.sum(sums.blocks({ ...PASS_BLOCKS, share, signal }), onEntries);
  },
  async endSums() {
    await sums?.close();
    sums = null;
    return null;
  },
  async closeMatrix() {
    iterators.clear();
    await matrix?.close();
    matrix = null;
    return null;
  },
  readParquet: ({ path, columns }) => readParquetHere(path, columns),
  parquetColumns: ({ path }) => parquetColumnsHere(path),
};

function opened(): MatrixSource {
  if (matrix) return matrix;
  throw new FitError('DataError', 'the matrix is closed');
}

/** The buffers of a block or of columns, which change hands instead of being copied. */
function buffersOf(output: unknown): ArrayBuffer[] {
  if (typeof output !== 'object' || output === null) return [];
  if ('columns' in output) return buffersOfColumns(output as Table); // the only output with columns
  if (!('pointers' in output)) return [];
  const { majors, pointers, indices, values } = output as MatrixBlock; // the only output with pointers
  return [...new Set([majors, pointers, indices, values].map(({ buffer }) => buffer as ArrayBuffer))];
}

/** Those that hold one column and nothing else. */
function buffersOfColumns({ columns }: Table): ArrayBuffer[] {
  const buffers = new Set<ArrayBuffer>();
  for (const column of columns.values()) {
    const { buffer, byteLength } = column.kind === 'factor' ? column.codes : column.values;
    if (buffer instanceof ArrayBuffer && buffer.byteLength === byteLength) buffers.add(buffer);
  }
  return [...buffers];
}

const running = new Map<number, AbortController>();

parentPort?.on('message', (message: ReaderRequest | ReaderCancel) => {
  if ('cancel' in message) {
    running.get(message.cancel)?.abort();
    return;
  }
  const { id, call, input } = message;
  const handler = handlers[call] as (input: unknown, call: Call) => Promise<unknown>;
  const controller = new AbortController();
  running.set(id, controller);
  let entries = 0;
  let reported = performance.now();
  const onEntries = (count: number): void => {
    entries += count;
    if (performance.now() - reported < REPORT_MILLISECONDS) return;
    reported = performance.now();
    parentPort?.postMessage({ id, entries });
    entries = 0;
  };
  handler(input, { signal: controller.signal, onEntries })
    .then(
      (output) => {
        if (entries > 0) parentPort?.postMessage({ id, entries });
        parentPort?.postMessage({ id, output }, buffersOf(output));
      },
      (error: unknown) => parentPort?.postMessage({ id, error: storeError(error) }),
    )
    .finally(() => running.delete(id));
});
