/** Passes over a matrix in several threads, each of which reads shares of it with sums of its own. */
import { availableParallelism } from 'node:os';
import type { StoredMatrix } from '../data/matrix/stored-tree.ts';
import { isFitError } from '../errors.ts';
import { passBytes, SumOfShares, shareCount } from '../moments/shares.ts';
import { isShared } from '../numeric/shared-array.ts';
import type { EntryPass, PassRunOptions, PassSums } from '../types/entry-pass.ts';
import { giveReader, type ReaderThread, type ReadFile, takeReader } from './reader-thread.node.ts';

/** Bytes that the sums of all threads may take together where nobody says. */
const MOST_BYTES = 2 ** 31;
/** Arrays from that size on are shared by the threads instead of copied to each. */
const LARGE_BYTES = 1 << 16;

/**
 * Runs a pass over the matrix that a reader has open, with other threads beside it where they can open it too. Sums do
 * not depend on the number of threads.
 *
 * Rejects as `sumEntries` does and with AbortError. The words of an error are those of the reader, which knows names.
 */
export async function passInThreads(
  reader: ReaderThread,
  file: ReadFile,
  entries: number,
  pass: EntryPass,
  options: PassRunOptions,
): Promise<PassSums> {
  const shares = shareCount(pass, entries);
  const most = options.memory === undefined ? MOST_BYTES : options.memory * 1e6;
  const room = Math.max(1, Math.floor(most / passBytes(pass)) - 1);
  const wanted = Math.min(options.threads ?? availableParallelism(), shares, room);
  const stored = wanted > 1 ? await reader.call('storedMatrix', null, file) : null;
  const shared = inSharedMemory(pass);
  if (stored === null) return sumOf([reader], file, shares, { pass: shared, stored }, options);
  const others = Array.from({ length: wanted - 1 }, takeReader).filter((other) => other !== null);
  try {
    return await sumOf([reader, ...others], file, shares, { pass: shared, stored }, options);
  } catch (error) {
    if (options.signal?.aborted || !reader.usable) throw error;
    return await sumOf([reader], file, shares, { pass: shared, stored: null }, options);
  } finally {
    for (const other of others) giveReader(other);
  }
}

/** Gives each reader a share when it is free. */
async function sumOf(
  readers: readonly ReaderThread[],
  file: ReadFile,
  of: number,
  what: { readonly pass: EntryPass; readonly stored: StoredMatrix | null },
  { signal, onEntries }: PassRunOptions,
): Promise<PassSums> {
  const sum = new SumOfShares(of, passBytes(what.pass));
  const failed = new AbortController();
  const either = signal ? AbortSignal.any([signal, failed.signal]) : failed.signal;
  let next = 0;
  const work = async (reader: ReaderThread): Promise<void> => {
    await reader.call('beginSums', what, file);
    while (next < of && !failed.signal.aborted) {
      const share = { part: next++, of };
      await sum.add(share.part, await reader.call('sumShare', share, file, { signal: either, onEntries }));
    }
    await reader.call('endSums', null, file);
  };
  const done = await Promise.allSettled(
    readers.map(async (reader) => {
      try {
        await work(reader);
      } catch (error) {
        failed.abort();
        sum.abandon();
        throw error;
      }
    }),
  );
  const errors = done.flatMap((one) => (one.status === 'rejected' ? [one.reason as unknown] : []));
  // Those that were stopped because of another's failure say nothing of their own.
  const cause = errors.find((error) => !isFitError(error, 'AbortError')) ?? errors[0];
  if (errors.length > 0) throw cause;
  return sum.result;
}

/** The same pass, its large arrays in memory that all threads see. */
function inSharedMemory(pass: EntryPass): EntryPass {
  if (pass.kind === 'totals') return pass;
  return {
    ...pass,
    totals: pass.totals && shared(pass.totals),
    place: shared(pass.place),
    partOf: shared(pass.partOf),
    rowOf: shared(pass.rowOf),
    parts: pass.parts.map((part) => {
      if (part.kind === 'values') return part;
      const weight = part.weight && shared(part.weight);
      if (part.kind === 'strata') return { ...part, weight, stratum: shared(part.stratum) };
      if (part.kind === 'family') {
        const { first, pointers, share, shift } = part;
        return {
          ...{ ...part, weight, first: shared(first), pointers: shared(pointers) },
          ...{ share: shared(share), shift: shift && shared(shift) },
        };
      }
      const { basis, columns, z, offset } = part;
      return {
        ...part,
        weight,
        basis: shared(basis),
        columns: shared(columns),
        z: z && shared(z),
        offset: offset && shared(offset),
      };
    }),
  };
}

function shared<T extends Float64Array | Int32Array | Int16Array>(values: T): T {
  if (values.byteLength < LARGE_BYTES || isShared(values)) return values;
  const copy = new (values.constructor as new (buffer: SharedArrayBuffer) => T)(
    new SharedArrayBuffer(values.byteLength),
  );
  copy.set(values);
  return copy;
}
