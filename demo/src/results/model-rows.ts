/** The rows of one model, as the command's table of coefficients has them. */

import { type FitTable, outputRows, tidy } from 'webgpu-lmm';
import { resultOfTable } from './result-of-table.ts';
import { shownTests } from './shown-tests.ts';

/** Level of the intervals that the page shows. */
export const LEVEL = 0.95;

/** A row of the table of coefficients, with the tests that the page shows; NaN where there is no number. */
export interface ModelRow {
  readonly effect: string;
  readonly group: string;
  readonly term: string;
  number(column: string): number;
  /** Whether a logical column holds TRUE. */
  is(column: string): boolean;
}

export function modelRows(table: FitTable, model: number): ModelRow[] {
  const rows = outputRows(tidy(resultOfTable(shownTests(table)), { from: model, to: model + 1, confLevel: LEVEL }));
  return [...rows].map((row) => ({
    effect: String(row['effect']),
    group: row['group'] === null ? '' : String(row['group']),
    term: String(row['term']),
    number: (column) => (typeof row[column] === 'number' ? row[column] : Number.NaN),
    is: (column) => row[column] === true,
  }));
}
