import type { Column } from '../types/table.ts';
import type { FactorValue, VectorValue } from './value.ts';

/** The entries of a column at `rows`, or the column itself (not copied) without them. */
export function columnValue(column: Column, rows: Int32Array | undefined): VectorValue | FactorValue {
  if (column.kind === 'factor') {
    const { kind, levels, ordered } = column;
    return { kind, levels, ordered, codes: rows === undefined ? column.codes : gatherCodes(column.codes, rows) };
  }
  return {
    kind: column.kind,
    values: rows === undefined ? column.values : gatherNumbers(column.values, rows),
  };
}

export function gatherNumbers(values: Float64Array, rows: Int32Array): Float64Array {
  const result = new Float64Array(rows.length);
  for (let i = 0; i < rows.length; i++) result[i] = values[rows[i]];
  return result;
}

/** The codes at `rows`; the same array where these are all rows in order. */
export function gatherCodes(codes: Int32Array, rows: Int32Array): Int32Array {
  if (rows.length === codes.length && isRange(rows)) return codes;
  const result = new Int32Array(rows.length);
  for (let i = 0; i < rows.length; i++) result[i] = codes[rows[i]];
  return result;
}

function isRange(rows: Int32Array): boolean {
  for (let i = 0; i < rows.length; i++) if (rows[i] !== i) return false;
  return true;
}

/** Entries at `rows` of each column of an n x k column-major matrix. */
export function gatherMatrix(values: Float64Array, n: number, rows: Int32Array): Float64Array {
  const columns = n === 0 ? 0 : values.length / n;
  const result = new Float64Array(rows.length * columns);
  for (let j = 0; j < columns; j++) {
    result.set(gatherNumbers(values.subarray(j * n, (j + 1) * n), rows), j * rows.length);
  }
  return result;
}
