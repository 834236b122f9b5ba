import { FitError } from '../../errors.ts';
import type { MatrixBlock, PassOptions } from '../../types/responses.ts';
import { Pace } from './cell-blocks.ts';
import { type Hdf5Tree, label, type Numbers } from './hdf5-tree.ts';
import { DEFAULT_MAX_ENTRIES } from './runs.ts';

/** Bytes of a read, at most, unless one row is longer. */
const READ_BYTES = 1 << 28;

/** A rows x features dataset of two dimensions. */
export interface DenseLayout {
  readonly tree: Hdf5Tree;
  readonly dataset: string;
  readonly rows: number;
  readonly columns: number;
  /** Words for an entry in messages. */
  readonly describe: (row: number, column: number) => string;
}

/**
 * One pass over a dense matrix by rows, zeros left out.
 *
 * @throws FitError `DataError` for values that are not finite, `unreadable` for a dataset that is.
 */
export async function* denseBlocks(layout: DenseLayout, options: PassOptions = {}): AsyncGenerator<MatrixBlock> {
  const { tree, rows, columns } = layout;
  if (columns === 0) return;
  const pace = new Pace(options.signal);
  const maxEntries = Math.max(columns, options.maxEntries ?? DEFAULT_MAX_ENTRIES);
  const dataset = tree.dataset(layout.dataset);
  const rowsPerBlock = Math.floor(maxEntries / columns);
  const rowsPerRead = readRows(
    tree.guard(dataset.path, () => dataset.metadata),
    columns,
    rowsPerBlock,
  );
  for (let from = 0; from < rows; from += rowsPerRead) {
    const to = Math.min(rows, from + rowsPerRead);
    const values = tree.numbers(dataset, from, to);
    if (values.length !== (to - from) * columns) {
      throw tree.corrupt(`dataset '${label(dataset)}' of ${tree.path} is shorter than its shape`);
    }
    for (let first = from; first < to; first += rowsPerBlock) {
      await pace.turn();
      const stop = Math.min(to, first + rowsPerBlock);
      const part = values.subarray((first - from) * columns, (stop - from) * columns);
      const block = compress(layout, first, part, options.missing === true);
      if (block.values.length > 0) yield block;
    }
  }
}

/** Rows of a read: whole chunks where memory allows, so that each is unpacked once. */
function readRows(metadata: { chunks: number[] | null; size: number }, columns: number, rowsPerBlock: number): number {
  const most = Math.max(1, Math.floor(READ_BYTES / (metadata.size * columns)));
  const chunk = Math.max(1, metadata.chunks?.[0] ?? 1);
  return Math.min(most, Math.ceil(rowsPerBlock / chunk) * chunk);
}

function compress(layout: DenseLayout, first: number, values: Numbers, missing: boolean): MatrixBlock {
  const { columns } = layout;
  const runs = values.length / columns;
  const majors = new Int32Array(runs);
  const pointers = new Int32Array(runs + 1);
  const indices = new Int32Array(values.length);
  const kept = values.slice();
  let count = 0;
  for (let k = 0; k < runs; k++) {
    majors[k] = first + k;
    for (let j = 0; j < columns; j++) {
      const value = values[k * columns + j];
      if (value === 0) continue;
      if (value - value !== 0 && !(missing && Number.isNaN(value))) throw notFinite(layout, first + k, j, value);
      indices[count] = j;
      kept[count++] = value;
    }
    pointers[k + 1] = count;
  }
  return {
    major: 'row',
    majors,
    pointers,
    indices: indices.slice(0, count),
    values: kept.slice(0, count),
    whole: true,
  };
}

function notFinite(layout: DenseLayout, row: number, column: number, value: number): FitError {
  const { tree, dataset } = layout;
  return new FitError(
    'DataError',
    `'${dataset}' of ${tree.path} has the value ${value} for ${layout.describe(row, column)}`,
    {
      path: tree.path,
      remedy: 'values must be finite: mend them where the matrix was made, or read another layer',
      ...(Number.isNaN(value) ? { missing: true } : {}),
    },
  );
}
