/** Cells of the library's tables as text: which columns, and what they say. Pure. */

import type { OutputTable } from 'webgpu-lmm';
import { probability, shortNumber } from './number-text.ts';

type OutputColumn = OutputTable['columns'][number];

/** Missing entry of a column of integers, as the library writes it. */
const MISSING = -2147483648;
/** Below this p is too small for a double, and its logarithm tells it. */
const SMALLEST = 1e-300;

/** A column on show. */
export interface ShownColumn {
  /** Name in the table. */
  readonly name: string;
  readonly title: string;
  readonly hint?: string;
  /** Probabilities; `log` is the column of their logarithms, or holds them by row, for those that underflow. */
  readonly p?: boolean;
  readonly log?: string | Float64Array;
  /** What the page says in place of a text of the table. */
  readonly words?: (text: string) => string;
  /** Part of the width that it gets, 1 unless told. */
  readonly wide?: number;
}

/** Of some columns those that a table has. */
export function presentColumns(table: OutputTable, columns: readonly ShownColumn[]): ShownColumn[] {
  return columns.filter(({ name }) => columnOf(table, name) !== undefined);
}

export function columnOf(table: OutputTable, name: string): OutputColumn | undefined {
  return table.columns.find((column) => column.name === name);
}

/** Whether a column has a number in any row. */
export function hasNumbers(table: OutputTable, name: string): boolean {
  return Array.from({ length: table.rows }, (_, row) => numberAt(table, name, row)).some(
    (value) => !Number.isNaN(value),
  );
}

/** A number of a table, NaN where it is missing or text. */
export function numberAt(table: OutputTable, name: string, row: number): number {
  const column = columnOf(table, name);
  if (!column || column.kind === 'string') return Number.NaN;
  const value = column.values[row];
  return column.kind !== 'number' && value === MISSING ? Number.NaN : value;
}

/** A text of a table, empty where it is missing. */
export function textAt(table: OutputTable, name: string, row: number): string {
  const column = columnOf(table, name);
  if (!column) return '';
  if (column.kind === 'string') return column.values[row] ?? '';
  const value = numberAt(table, name, row);
  if (Number.isNaN(value)) return '';
  return column.kind === 'logical' ? (value === 1 ? 'yes' : 'no') : shortNumber(value);
}

export function cellText(table: OutputTable, { name, p, log, words }: ShownColumn, row: number): string {
  if (words) return words(textAt(table, name, row));
  if (!p) return textAt(table, name, row);
  const value = numberAt(table, name, row);
  if (Number.isNaN(value)) return '';
  if (value < SMALLEST && log !== undefined) {
    return probability(typeof log === 'string' ? numberAt(table, log, row) : log[row]);
  }
  return value === 0 ? '< 1e−300' : probability(Math.log10(value));
}

export function isNumeric(table: OutputTable, name: string): boolean {
  return columnOf(table, name)?.kind !== 'string';
}
