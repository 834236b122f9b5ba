/** Matrices of HDF5 files and zarr stores, read in threads of their own that can be ended. */
import type { MatrixOptions } from '../data/input-files.ts';
import { isHdf5OrZarr } from '../data/matrix/matrix-path.node.ts';
import { FitError } from '../errors.ts';
import { entriesOf } from '../moments/shares.ts';
import type { EntryPass, PassRunOptions, PassSums } from '../types/entry-pass.ts';
import type { MatrixBlock, MatrixSource } from '../types/responses.ts';
import type { ReaderCall, ReaderCalls } from './protocol.ts';
import { fileSize, giveReader, type ReaderThread, type ReadFile, takeReader } from './reader-thread.node.ts';
import { passInThreads } from './thread-passes.node.ts';

/** Asks the reader of one file. */
type Ask = <C extends ReaderCall>(call: C, input: ReaderCalls[C]['input']) => Promise<ReaderCalls[C]['output']>;

/**
 * Opens a cell x gene matrix in any of the formats, told apart by what is in them. Close it when done.
 *
 * @throws FitError `OptionError` for an option that the format does not have, `DataError` for a file that cannot be read or
 *   is none of the formats.
 */
export async function openMatrix(path: string, options: MatrixOptions = {}): Promise<MatrixSource> {
  const guarded = (await isHdf5OrZarr(path)) ? await openGuardedMatrix(path, options) : null;
  if (guarded !== null) return guarded;
  // Most matrices are read in threads, and most runs are of tables.
  const { openMatrixHere } = await import('../data/matrix/open.node.ts');
  return openMatrixHere(path, options);
}

/** Opens such a matrix in a reader; null where there are no threads to read in. */
async function openGuardedMatrix(path: string, options: MatrixOptions): Promise<MatrixSource | null> {
  const bytes = await fileSize(path);
  const reader = takeReader();
  if (!reader) return null;
  const file = { path, bytes };
  const ask: Ask = (call, input) => reader.call(call, input, file);
  try {
    const facts = await ask('openMatrix', { path, options });
    return sourceOf(file, facts, ask, reader);
  } catch (error) {
    // What a file that was not opened leaves behind in the library would meet the next one.
    reader.end('the file could not be opened');
    throw error;
  }
}

function sourceOf(
  file: ReadFile,
  facts: ReaderCalls['openMatrix']['output'],
  ask: Ask,
  reader: ReaderThread,
): MatrixSource {
  const { path } = file;
  let names: readonly string[] | undefined;
  // Not before the reader is closed: passes that are running then are cancelled.
  const closing = new AbortController();
  const askOpen: Ask = (call, input) => {
    return closing.signal.aborted ? Promise.reject(closedError(path)) : ask(call, input);
  };
  // A reader forms the sums of one pass at a time.
  let last: Promise<unknown> = Promise.resolve();
  const runPass = (pass: EntryPass, options: PassRunOptions): Promise<PassSums> => {
    const { signal } = options;
    const either = signal ? AbortSignal.any([signal, closing.signal]) : closing.signal;
    const run = last.then(() => {
      if (closing.signal.aborted) throw closedError(path);
      return passInThreads(reader, file, entriesOf(facts), pass, { ...options, signal: either });
    });
    last = run.catch(() => undefined);
    return run;
  };
  return {
    kind: 'matrix',
    path,
    ...facts,
    ordered: true,
    async rowNames() {
      names ??= await askOpen('rowNames', null);
      return names;
    },
    repeatedRowNames: () => askOpen('repeatedRowNames', null),
    readObs: (columns, options = {}) => {
      return askOpen('readObs', { ...(columns === undefined ? {} : { columns }), ...options });
    },
    runPass,
    blocks: ({ signal, ...options } = {}) => passOf(askOpen, options, signal),
    async close() {
      if (closing.signal.aborted) return;
      closing.abort();
      await last;
      if (!reader.usable) return;
      await ask('closeMatrix', null);
      giveReader(reader);
    },
  };
}

function closedError(path: string): FitError {
  return new FitError('DataError', `${path} is closed`, { path, remedy: 'open the matrix again' });
}

/** One pass; the next block is unpacked while this one is used. */
async function* passOf(
  ask: Ask,
  options: ReaderCalls['beginPass']['input'],
  signal: AbortSignal | undefined,
): AsyncGenerator<MatrixBlock> {
  const pass = await ask('beginPass', options);
  let next = ask('nextBlock', pass);
  try {
    for (;;) {
      const block = await next;
      signal?.throwIfAborted();
      if (block === null) return;
      next = ask('nextBlock', pass);
      // Nobody may wait for it any more when it fails.
      next.catch(() => undefined);
      yield block;
    }
  } finally {
    await next.catch(() => undefined);
    await ask('endPass', pass).catch(() => undefined);
  }
}
