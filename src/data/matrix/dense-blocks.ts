import { FitError } from '../../errors.ts';
import type { MatrixBlock, PassOptions } from '../../types/responses.ts';
import type { Numbers } from '../hdf5-storage/numbers.ts';
import { Pace } from './cell-blocks.ts';
import { DEFAULT_MAX_ENTRIES } from './runs.ts';
import type { RowReader } from './stored-tree.ts';

/** A rows x features dataset of two dimensions. */
export interface DenseLayout {
  readonly path: string;
  readonly dataset: string;
  readonly rows: number;
  readonly columns: number;
  /** Words for an entry in messages. */
  readonly describe: (row: number, column: number) => string;
  readonly open: () => Promise<RowReader>;
}

/**
 * One pass over a dense matrix by rows, or a share of them, zeros left out.
 *
 * @throws FitError `DataError` for values that are not finite, `unreadable` for a dataset that is.
 */
export async function* denseBlocks(layout: DenseLayout, options: PassOptions = {}): AsyncGenerator<MatrixBlock> {
  const { rows, columns } = layout;
  if (columns === 0) return;
  const pace = new Pace(options.signal);
  const reader = await layout.open();
  const maxEntries = Math.max(columns, options.maxEntries ?? DEFAULT_MAX_ENTRIES);
  const rowsPerBlock = Math.floor(maxEntries / columns);
  const { part, of } = options.share ?? { part: 0, of: 1 };
  const bands = Math.ceil(rows / reader.rowsTogether);
  const edge = (k: number): number => Math.min(rows, Math.floor((bands * k) / of) * reader.rowsTogether);
  for (let first = edge(part), end = edge(part + 1); first < end; first += rowsPerBlock) {
    await pace.turn();
    const stop = Math.min(end, first + rowsPerBlock);
    const block = compress(layout, first, await reader.read(first, stop, 'own'), options.missing === true);
    if (block.values.length > 0) yield block;
  }
}

/** The entries of some rows; `values` is left as it is. */
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
    for (let j = 0, from = k * columns; j < columns; j++) {
      const value = values[from + j];
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

function notFinite({ path, dataset, describe }: DenseLayout, row: number, column: number, value: number): FitError {
  return new FitError('DataError', `'${dataset}' of ${path} has the value ${value} for ${describe(row, column)}`, {
    path,
    remedy: 'values must be finite: mend them where the matrix was made, or read another layer',
    ...(Number.isNaN(value) ? { missing: true } : {}),
  });
}
