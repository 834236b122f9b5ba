import { tableColumn } from '../data/table/table-rows.ts';
import { FitError } from '../errors.ts';
import { CounterNormals, streamNumber } from '../numeric/counter-normals.ts';
import type { RowFactor } from '../types/residual.ts';
import type { Table } from '../types/table.ts';

/** How rows are dealt into folds. */
export interface FoldOptions {
  /** Number of folds. */
  readonly folds: number;
  /** `rows`, or groups that stay whole: a column of the table, or a factor over the rows. */
  readonly by: string | RowFactor;
  /** A whole number from 0 on. */
  readonly seed: number;
}

/** Use of the stream of random numbers that deals the cards. */
const STREAM_FOLDS = 4;

/**
 * Fold of each of some rows of a table, 0 to folds - 1, of sizes as equal as can be: units (rows or groups) in random order
 * are dealt one by one.
 *
 * @throws OptionError where there are fewer units than folds, or no such column; DataError for a row without a group
 */
export function dealFolds(table: Table, rows: Int32Array, { folds, by, seed }: FoldOptions, split = ''): Int32Array {
  const name = typeof by === 'string' ? by : by.name;
  const units = by === 'rows' ? null : typeof by === 'string' ? groupCodes(table, rows, by) : numbered(by.codes);
  const count = units ? units.count : rows.length;
  if (!Number.isInteger(folds) || folds < 2 || folds > count) {
    throw new FitError('OptionError', `${folds} folds of ${count} ${units ? `groups of ${name}` : 'rows'}`, {
      option: 'cv',
      remedy: `Give 2 to ${count} folds, such as 5${units ? `; ${count} leaves one group out at a time` : ''}.`,
    });
  }
  const normals = new CounterNormals(seed);
  normals.begin(streamNumber(name, split), 0, STREAM_FOLDS);
  const keys = Float64Array.from({ length: count }, () => normals.next());
  const order = Int32Array.from(keys.keys()).sort((a, b) => keys[a] - keys[b] || a - b);
  const foldOf = new Int32Array(count);
  order.forEach((unit, place) => {
    foldOf[unit] = place % folds;
  });
  return rows.map((_, i) => foldOf[units ? units.codes[i] : i]);
}

/** Number of the group of each row, counted in order of appearance. */
function groupCodes(table: Table, rows: Int32Array, by: string): { codes: Int32Array; count: number } {
  const column = tableColumn(table, by);
  return numbered(
    Float64Array.from(rows, (row) => {
      const value = column.kind === 'factor' ? column.codes[row] : column.values[row];
      if (Number.isNaN(value) || (column.kind === 'factor' && value < 0)) {
        throw new FitError('DataError', `no group of '${by}' in row ${row + 1}`, {
          option: 'cvBy',
          remedy: 'Fill it, or leave the row out with “where”.',
        });
      }
      return value;
    }),
  );
}

function numbered(values: Float64Array | Int32Array): { codes: Int32Array; count: number } {
  const numbers = new Map<number, number>();
  const codes = Int32Array.from(values, (value) => {
    let code = numbers.get(value);
    if (code === undefined) {
      code = numbers.size;
      numbers.set(value, code);
    }
    return code;
  });
  return { codes, count: numbers.size };
}
