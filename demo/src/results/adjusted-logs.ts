/** log10 of adjusted p-values, right also where these are below every double. Pure. */

import type { FitTable, OutputTable } from 'webgpu-lmm';
import { adjustLog10P } from 'webgpu-lmm/statistics';

/** Adjusted p below it lose digits, or are 0. */
const SMALLEST = 1e-290;

/** Tests of all models, a column a name. */
export interface AdjustedTests {
  readonly names: readonly string[];
  readonly log10P: Float64Array;
  readonly adjustedP: Float64Array;
}

/**
 * The adjusted p of one test of some models, those of one split; of those below every double from the logarithms of the p
 * that are adjusted together.
 */
export function adjustedLogs(
  { adjust, adjustAcross, models: all }: FitTable,
  { names, log10P, adjustedP }: AdjustedTests,
  index: number,
  models: Int32Array,
): Float64Array {
  const width = names.length;
  const adjusted = Float64Array.from(models, (model) => (index < 0 ? Number.NaN : adjustedP[model * width + index]));
  if (!adjusted.some((value) => value < SMALLEST)) return adjusted.map(Math.log10);
  const own = (model: number): number => log10P[model * width + index];
  if (adjustAcross === 'within') return adjustLog10P(Float64Array.from(models, own), adjust);
  const whole = adjustLog10P(
    Float64Array.from({ length: all }, (_, model) => own(model)),
    adjust,
  );
  return Float64Array.from(models, (model) => whole[model]);
}

/** The models that are of one split with a model, in the order of the table. */
export function modelsBeside({ models, splits }: FitTable, model: number): Int32Array {
  const all = Int32Array.from({ length: models }, (_, m) => m);
  return splits ? all.filter((m) => splits[m] === splits[model]) : all;
}

/** The same of one test of one model. */
export function adjustedLog(table: FitTable, tests: AdjustedTests, index: number, model: number): number {
  const value = tests.adjustedP[model * tests.names.length + index];
  if (!(value < SMALLEST)) return Math.log10(value);
  const models = modelsBeside(table, model);
  return adjustedLogs(table, tests, index, models)[models.indexOf(model)];
}

/**
 * The adjusted p of a table of results, row by row; of those below every double from the logarithms of the p that are adjusted
 * together: of the rows that are alike in `keys`, and of one split unless the fit adjusts across all.
 */
export function adjustedLogsOf(
  table: OutputTable,
  keys: readonly string[],
  { adjust, adjustAcross }: FitTable,
  [p, adjusted]: readonly [string, string] = ['log10p', 'p.adjusted'],
): Float64Array {
  const column = (name: string) => table.columns.find((own) => own.name === name);
  const number = (name: string): Float64Array => {
    const own = column(name);
    return own?.kind === 'number' ? Float64Array.from(own.values) : new Float64Array(table.rows).fill(Number.NaN);
  };
  const values = number(adjusted);
  const logs = values.map(Math.log10);
  if (!values.some((value) => value < SMALLEST)) return logs;
  const all = number(p);
  const together = [...keys, ...(adjustAcross === 'within' ? ['split'] : [])].map((name) => column(name)?.values);
  const groups = new Map<string, number[]>();
  for (let row = 0; row < table.rows; row++) {
    const key = JSON.stringify(together.map((own) => own?.[row] ?? null));
    const group = groups.get(key);
    if (group) group.push(row);
    else groups.set(key, [row]);
  }
  for (const rows of groups.values()) {
    const own = adjustLog10P(
      Float64Array.from(rows, (row) => all[row]),
      adjust,
    );
    rows.forEach((row, i) => {
      if (values[row] < SMALLEST) logs[row] = own[i];
    });
  }
  return logs;
}
