/**
 * The thread that reads HDF5 and Parquet files, which may be damaged or hostile: an endless loop, an abort of the library or
 * a lack of memory ends this thread and nothing else.
 */
import { parentPort } from 'node:worker_threads';
import { FitError } from '../../errors.ts';
import type { MatrixBlock, MatrixSource } from '../../types/responses.ts';
import { openMatrixHere } from '../matrix/open.node.ts';
import { parquetColumnsHere, readParquetHere } from '../table/parquet-file.node.ts';
import type { ReaderCall, ReaderCalls, ReaderRequest } from './protocol.ts';
import { storeError } from './protocol.ts';

let matrix: MatrixSource | null = null;
let passes = 0;
const iterators = new Map<number, AsyncIterator<MatrixBlock>>();

type Handlers = { [C in ReaderCall]: (input: ReaderCalls[C]['input']) => Promise<ReaderCalls[C]['output']> };

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

/** The buffers of a block, which change hands instead of being copied. */
function buffersOf(output: unknown): ArrayBuffer[] {
  if (typeof output !== 'object' || output === null || !('pointers' in output)) return [];
  const { majors, pointers, indices, values } = output as MatrixBlock; // the only output with pointers
  return [...new Set([majors, pointers, indices, values].map(({ buffer }) => buffer as ArrayBuffer))];
}

parentPort?.on('message', ({ id, call, input }: ReaderRequest) => {
  const handler = handlers[call] as (input: unknown) => Promise<unknown>;
  handler(input).then(
    (output) => parentPort?.postMessage({ id, output }, buffersOf(output)),
    (error: unknown) => parentPort?.postMessage({ id, error: storeError(error) }),
  );
});
