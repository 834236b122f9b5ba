/** Tables of the library as the page shows them: which columns, their cells as text, and the whole as a file. */

import { delimitedText, type OutputTable } from 'webgpu-lmm';
import { element, saveBlob } from '../../element.ts';
import { probability, shortNumber } from '../../words/number-text.ts';
import { tableBox } from '../table-box.ts';

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

/** A table of few rows as one of HTML. */
export function plainTable(
  table: OutputTable,
  columns: readonly ShownColumn[],
  { id, caption, rows }: { readonly id?: string; readonly caption: string; readonly rows?: readonly number[] },
): HTMLElement {
  const shown = presentColumns(table, columns);
  const of = rows ?? Array.from({ length: table.rows }, (_, row) => row);
  return titledTable(
    caption,
    element(
      'table',
      { id, class: 'output-table', 'aria-label': caption },
      element(
        'thead',
        {},
        element(
          'tr',
          {},
          ...shown.map(({ name, title, hint }) =>
            element('th', { scope: 'col', title: hint, class: isNumeric(table, name) ? 'number' : undefined }, title),
          ),
        ),
      ),
      element(
        'tbody',
        {},
        ...of.map((row) =>
          element(
            'tr',
            {},
            ...shown.map((column, k) => {
              const text = cellText(table, column, row);
              return k === 0
                ? element('th', { scope: 'row' }, text)
                : element('td', { class: isNumeric(table, column.name) ? 'number' : undefined }, text);
            }),
          ),
        ),
      ),
    ),
  );
}

/** A table under its title, which stays in sight where the table is wider than the page. */
export function titledTable(title: string, table: HTMLTableElement): HTMLElement {
  return element(
    'div',
    { class: 'titled-table' },
    element('p', { class: 'table-title' }, title),
    tableBox(title, table),
  );
}

/** Buttons that save a table as the command writes it. */
export function saveButtons(what: string, name: () => string, table: () => OutputTable | null): HTMLElement {
  const save = (ending: 'tsv' | 'csv') => (): void => {
    const rows = table();
    if (!rows) return;
    const type = ending === 'csv' ? 'text/csv' : 'text/tab-separated-values';
    const text = [...delimitedText([rows], ending === 'csv' ? ',' : '\t')] as BlobPart[]; // text, or bytes of its own
    saveBlob(new Blob(text, { type }), `${name()}.${ending}`);
  };
  return element(
    'span',
    { class: 'save-buttons' },
    ...(['tsv', 'csv'] as const).map((ending) =>
      element(
        'button',
        {
          type: 'button',
          class: 'quiet',
          'data-export': `${what} ${ending}`,
          'aria-label': `Save ${what} as ${ending.toUpperCase()}`,
          onclick: save(ending),
        },
        ending.toUpperCase(),
      ),
    ),
  );
}
