/** Reads the numbers of a data set row after row: from its chunks where they are simple, else through the HDF5 library. */
import { FitError } from '../../errors.ts';
import { type ChunkSource, NumberReader } from '../hdf5-storage/number-reader.ts';
import { InexactNumberError, type Numbers } from '../hdf5-storage/numbers.ts';
import type { StoredNumbers } from '../hdf5-storage/storage.ts';
import { type Dataset, label } from './hdf5-objects.ts';
import type { Hdf5Tree } from './hdf5-tree.ts';
import type { RowReader } from './stored-tree.ts';

/** Elements of a slab, about. */
const SLAB_ELEMENTS = 1 << 20;
/** The library's memory ends at 2 GB and holds a slab beside the packed chunk. */
const SLAB_BYTES = 1 << 29;

/** A reader of a data set. */
export async function openRows(tree: Hdf5Tree, dataset: Dataset): Promise<RowReader> {
  const { chunks } = tree;
  const stored = await tree.stored(dataset);
  if (chunks === null || stored === null) return new SlabReader(tree, dataset);
  return chunkRows(chunks, stored, { path: tree.path, name: label(dataset) });
}

/** The same from what is known of its chunks; `name` is for messages. */
export function chunkRows(
  chunks: ChunkSource,
  stored: StoredNumbers,
  { path, name }: { readonly path: string; readonly name: string },
): RowReader {
  const reader = new NumberReader(chunks, stored);
  return {
    rowsTogether: reader.rowsTogether,
    async read(from, to, into) {
      try {
        return await reader.read(from, to, into);
      } catch (cause) {
        const reason = cause instanceof Error ? cause.message : String(cause);
        const remedy =
          cause instanceof InexactNumberError
            ? 'store the column as text: a double would round it'
            : 'the file is damaged: fetch or write it again';
        const fields = { path, unreadable: true, remedy, cause };
        throw new FitError('DataError', `'${name}' of ${path} cannot be read: ${reason}`, fields);
      }
    },
  };
}

/**
 * Reads through the library in slabs that end where chunks end, so that each chunk is unpacked once however the requests are
 * cut.
 */
class SlabReader implements RowReader {
  readonly rowsTogether: number;
  private readonly tree: Hdf5Tree;
  private readonly dataset: Dataset;
  private readonly rows: number;
  private readonly columns: number;
  private held: Numbers = new Float64Array(0);
  private heldFrom = 0;

  constructor(tree: Hdf5Tree, dataset: Dataset) {
    this.tree = tree;
    this.dataset = dataset;
    const { shape, chunks, size } = tree.guard(dataset.path, () => dataset.metadata);
    this.rows = shape?.[0] ?? 0;
    this.columns = shape?.[1] ?? 1;
    const chunk = Math.max(1, chunks?.[0] ?? 1);
    const slab = Math.ceil(SLAB_ELEMENTS / this.columns / chunk) * chunk;
    this.rowsTogether = Math.max(1, Math.min(slab, Math.floor(SLAB_BYTES / Math.max(1, size * this.columns))));
  }

  async read(from: number, to: number): Promise<Numbers> {
    const { columns, rowsTogether } = this;
    let result: Numbers | undefined;
    for (let at = from; at < to; ) {
      const begin = Math.floor(at / rowsTogether) * rowsTogether;
      if (this.held.length === 0 || this.heldFrom !== begin) this.hold(begin);
      const stop = Math.min(to, begin + rowsTogether);
      result ??= sameKind(this.held, (to - from) * columns);
      result.set(this.held.subarray((at - begin) * columns, (stop - begin) * columns), (at - from) * columns);
      at = stop;
    }
    return result ?? new Float64Array(0);
  }

  private hold(begin: number): void {
    const { tree, dataset, columns } = this;
    const stop = Math.min(this.rows, begin + this.rowsTogether);
    this.held = tree.numbers(dataset, begin, stop);
    this.heldFrom = begin;
    if (this.held.length !== (stop - begin) * columns) {
      throw tree.corrupt(`dataset '${label(dataset)}' of ${tree.path} is shorter than its shape`);
    }
  }
}

function sameKind(like: Numbers, length: number): Numbers {
  if (like instanceof Int32Array) return new Int32Array(length);
  return like instanceof Float32Array ? new Float32Array(length) : new Float64Array(length);
}
