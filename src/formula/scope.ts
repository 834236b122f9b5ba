import type { Table } from '../types.ts';
import type { SourceText } from './source.ts';

/** Where an expression is evaluated. */
export interface Scope {
  readonly table: Table;
  /** Rows of the table that the values run over; all without it. */
  readonly rows?: Int32Array | undefined;
  readonly source: SourceText;
}

export function scopeRows(scope: Scope): number {
  return scope.rows?.length ?? scope.table.rows;
}
