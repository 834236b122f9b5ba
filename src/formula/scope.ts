import type { Table } from '../types/table.ts';
import type { SourceText } from './source.ts';
import type { Training } from './training.ts';

/** Where an expression is evaluated. */
export interface Scope {
  readonly table: Table;
  /** Rows of the table that the values run over; all without it. */
  readonly rows?: Int32Array | undefined;
  readonly source: SourceText;
  /** What functions learn from these rows, or learned from others; without it they learn and forget. */
  readonly training?: Training | undefined;
}

export function scopeRows(scope: Scope): number {
  return scope.rows?.length ?? scope.table.rows;
}
