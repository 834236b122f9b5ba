/** Tables of the library as the page shows them: which columns, their cells as text, and the whole as a file. */

import { delimitedText, type OutputTable } from 'webgpu-lmm';
import { element, saveBlob } from '../../element.ts';
import { cellText, isNumeric, presentColumns, type ShownColumn } from '../../words/table-cells.ts';
import { tableBox } from '../table-box.ts';

export {
  cellText,
  columnOf,
  hasNumbers,
  isNumeric,
  numberAt,
  presentColumns,
  type ShownColumn,
  textAt,
} from '../../words/table-cells.ts';

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
