import { isFitError, type OutputTable } from 'webgpu-lmm';

/** Numbers of a column of a table for output; null where it has none of that name. */
export function numbersOf({ columns }: OutputTable, name: string): Float64Array | null {
  const found = columns.find((column) => column.name === name);
  return found?.kind === 'number' ? found.values : null;
}

/** Texts of a column; missing ones, and those of a column that is not there, are empty. */
export function textsOf({ columns, rows }: OutputTable, name: string): string[] {
  const found = columns.find((column) => column.name === name);
  if (found?.kind !== 'string') return Array.from({ length: rows }, () => '');
  return found.values.slice(0, rows).map((value) => value ?? '');
}

/** What the library refuses, in a sentence; other errors go on. */
export function refusal(error: unknown): string {
  if (!isFitError(error)) throw error;
  return error.message;
}
