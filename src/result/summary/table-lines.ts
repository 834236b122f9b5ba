/** Rows of any table, rounded and aligned. */
import type { FitTable } from '../../types/fit-table.ts';
import { MISSING_INTEGER, type OutputColumn, type OutputTable, reorderRows } from '../output-table.ts';
import { fitColumns, fixed, numberColumn, probability } from './text-columns.ts';

/** Columns that are said elsewhere, or that others show. */
const LEFT_OUT = ['log10p', 'log10p.adjusted', 'df.method'];

/**
 * The lines of a table: those of one model without the columns that name it, or the first `rows` of all by increasing p.
 */
export function tableLines(
  table: OutputTable,
  {
    width,
    rows,
    model,
  }: {
    readonly width: number;
    readonly rows?: number;
    readonly model?: { readonly table: FitTable; readonly model: number };
  },
): string[] {
  const chosen = reorderRows(table, model ? rowsOf(table, model) : firstRows(table, rows ?? table.rows));
  if (chosen.rows === 0) return [];
  const identity = model ? ['split', 'response', 'gene', 'p.adjusted', 'p.across'] : [];
  const logarithms = chosen.columns.find(({ name }) => name === 'log10p');
  const columns = chosen.columns.filter(
    (column) => ![...LEFT_OUT, ...identity].includes(column.name) && !isEmpty(column),
  );
  const leading = columns.findIndex(({ kind }) => kind !== 'string');
  const heading = columns.map(({ name }) => name);
  const cells = columns.map((column) => {
    const exact = column.name === 'p.value' && logarithms?.kind === 'number' ? logarithms.values : undefined;
    return cellsOf(column, exact);
  });
  const lines = Array.from({ length: chosen.rows }, (_, row) => cells.map((column) => column[row]));
  const right = columns.map(({ kind }) => kind !== 'string');
  return fitColumns([heading, ...lines], right, { width, names: Math.max(1, leading) });
}

function rowsOf(
  table: OutputTable,
  { table: fits, model }: { readonly table: FitTable; readonly model: number },
): number[] {
  const texts = (name: string) => {
    const column = table.columns.find((candidate) => candidate.name === name);
    return column?.kind === 'string' ? column.values : undefined;
  };
  const [responses, splits] = [texts('response'), texts('split')];
  return Array.from({ length: table.rows }, (_, row) => row).filter(
    (row) =>
      (responses === undefined || responses[row] === fits.responses[model]) &&
      (splits === undefined || !fits.splits || splits[row] === fits.splits[model]),
  );
}

function firstRows(table: OutputTable, most: number): number[] {
  const evidence =
    table.columns.find(({ name }) => name === 'log10p') ?? table.columns.find(({ name }) => name === 'p.value');
  const order = Array.from({ length: table.rows }, (_, row) => row);
  if (evidence?.kind === 'number') {
    const rank = (row: number) => (Number.isNaN(evidence.values[row]) ? Infinity : evidence.values[row]);
    // Infinity - Infinity is NaN, which counts as equal; the place keeps ties in order.
    order.sort((a, b) => rank(a) - rank(b) || a - b);
  }
  return order.slice(0, most);
}

function isEmpty(column: OutputColumn): boolean {
  if (column.kind === 'string') return column.values.every((value) => value === null);
  return column.kind === 'number' && column.values.every(Number.isNaN);
}

function cellsOf(column: OutputColumn, log10P: Float64Array | undefined): string[] {
  if (column.kind === 'string') return column.values.map((value) => value ?? '');
  if (column.kind === 'number') {
    const values = Array.from(column.values);
    if (log10P) return Array.from(log10P, probability);
    if (/^p\.|^(?:adj\.)?P\.Val/.test(column.name)) return values.map((p) => probability(Math.log10(p)));
    if (/^(?:num|den)?\.?df$/.test(column.name)) return values.map((value) => fixed(value, 2).replace('.00', ''));
    if (column.name === 'statistic') return values.map((value) => fixed(value, 3));
    return numberColumn(values);
  }
  return Array.from(column.values, (value) =>
    value === MISSING_INTEGER ? 'NA' : column.kind === 'logical' ? (value === 0 ? 'FALSE' : 'TRUE') : String(value),
  );
}
