import type { DenseResponses, MatrixSource } from '../types/responses.ts';
import type { Table } from '../types/table.ts';
import { selectRows } from './table/table-rows.ts';

/** A model frame with its responses, as far as leaving rows out concerns them. */
export interface CountedRows {
  readonly table: Table;
  readonly responses: DenseResponses | MatrixSource;
  readonly matrixRows: Int32Array | null;
}

/**
 * Leaves out the rows (cells, samples) with fewer counts than `least` over all responses of the file; one pass over a matrix
 * that is read in blocks.
 */
export async function withMinCounts<T extends CountedRows>(
  input: T,
  least: number,
  totals?: Float64Array,
  signal?: AbortSignal,
): Promise<{ readonly input: T; readonly dropped: number }> {
  const { table, responses, matrixRows } = input;
  const counts = totals ?? (await rowTotals(responses, signal));
  const keep = Int32Array.from({ length: table.rows }, (_, i) => i).filter(
    (i) => counts[matrixRows ? matrixRows[i] : i] >= least,
  );
  if (keep.length === table.rows) return { input, dropped: 0 };
  return {
    dropped: table.rows - keep.length,
    input: {
      ...input,
      table: selectRows(table, keep),
      matrixRows: matrixRows && Int32Array.from(keep, (i) => matrixRows[i]),
      responses: responses.kind === 'dense' ? selectResponseRows(responses, keep) : responses,
    },
  };
}

/** Sum over all responses by row. */
export async function rowTotals(responses: DenseResponses | MatrixSource, signal?: AbortSignal): Promise<Float64Array> {
  const totals = new Float64Array(responses.rows);
  if (responses.kind === 'dense') {
    const { values, rows } = responses;
    for (let from = 0; from < values.length; from += rows) {
      for (let row = 0; row < rows; row++) {
        const value = values[from + row];
        if (!Number.isNaN(value)) totals[row] += value;
      }
    }
    return totals;
  }
  const sums = await responses.runPass?.({ kind: 'totals', rows: responses.rows }, { signal });
  if (sums?.kind === 'totals') return sums.totals;
  for await (const { major, majors, pointers, indices, values } of responses.blocks({ signal })) {
    for (let k = 0; k < majors.length; k++) {
      for (let e = pointers[k]; e < pointers[k + 1]; e++) totals[major === 'row' ? majors[k] : indices[e]] += values[e];
    }
  }
  return totals;
}

/** Dense responses at some of their rows. */
function selectResponseRows(responses: DenseResponses, keep: Int32Array): DenseResponses {
  const { rows, names, values, weights, trials } = responses;
  const gather = (from: Float64Array): Float64Array => {
    const out = new Float64Array(names.length * keep.length);
    for (let k = 0; k < names.length; k++) {
      for (let i = 0; i < keep.length; i++) out[k * keep.length + i] = from[k * rows + keep[i]];
    }
    return out;
  };
  return {
    ...responses,
    rows: keep.length,
    values: gather(values),
    ...(weights ? { weights: gather(weights) } : {}),
    ...(trials ? { trials: gather(trials) } : {}),
  };
}
