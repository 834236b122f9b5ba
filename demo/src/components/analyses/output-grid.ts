/** A table of any number of rows: sorted by a click on a heading, filtered by a search, made only where it is in sight. */

import { elementScroll, observeElementOffset, observeElementRect, Virtualizer } from '@tanstack/virtual-core';
import type { OutputTable } from 'webgpu-lmm';
import { element, fill } from '../../element.ts';
import { counted } from '../../words/number-text.ts';
import { gridLines, LINE } from './grid-lines.ts';
import { cellText, isNumeric, numberAt, presentColumns, type ShownColumn, saveButtons } from './output-cells.ts';

const OVERSCAN = 6;

export interface OutputGrid {
  readonly host: HTMLElement;
  /** Shows a table; the order chosen before stays where the table still has that column. */
  update(table: OutputTable | null, columns: readonly ShownColumn[]): void;
}

export interface GridOptions {
  /** What a screen reader calls it, and its files. */
  readonly label: string;
  readonly file: () => string;
  /** Column that a table is sorted by at first; its own order without it. */
  readonly sortBy?: string;
  /** Opens the row behind Enter or a click. */
  readonly open?: (table: OutputTable, row: number) => void;
}

export function outputGrid({ label, file, sortBy, open }: GridOptions): OutputGrid {
  let table: OutputTable | null = null;
  let columns: readonly ShownColumn[] = [];
  let order: Int32Array = new Int32Array(0);
  let sort: { name: string; descending: boolean } | null =
    sortBy === undefined ? null : { name: sortBy, descending: false };
  let active = 0;
  /** Pixels of a row. */
  let rowHeight = LINE;
  let spans: readonly number[] = [];
  const made = new Map<number, HTMLElement>();
  const head = element('div', { class: 'output-row head', role: 'row' });
  const body = element('div', { class: 'output-body', role: 'rowgroup' });
  const scroller = element(
    'div',
    { class: 'output-scroll', role: 'grid', 'aria-label': label, tabindex: 0 },
    head,
    body,
  );
  const search = element('input', {
    type: 'search',
    placeholder: 'Search',
    'aria-label': `Search in ${label}`,
    spellcheck: 'false',
    oninput: () => arrange(),
  });
  const count = element('span', { class: 'hint', role: 'status' });
  const host = element(
    'div',
    { class: 'output-grid', hidden: true },
    element(
      'div',
      { class: 'row tools' },
      search,
      count,
      saveButtons(label, file, () => table),
    ),
    scroller,
  );
  const virtualizer = new Virtualizer<HTMLElement, HTMLElement>({
    count: 0,
    getScrollElement: () => scroller,
    estimateSize: () => rowHeight,
    overscan: OVERSCAN,
    observeElementRect,
    observeElementOffset,
    scrollToFn: elementScroll,
    onChange: () => draw(),
  });
  virtualizer._didMount();

  function makeRow(shown: OutputTable, index: number, start: number): HTMLElement {
    const at = order[index];
    const row = element(
      'div',
      { class: 'output-row', role: 'row', 'data-index': index, 'aria-rowindex': index + 2 },
      ...columns.map((column, k) => {
        const text = cellText(shown, column, at);
        const kind = isNumeric(shown, column.name) ? 'cell number' : 'cell';
        const cell = element('span', { class: kind, role: 'gridcell', title: text }, text);
        cell.style.gridColumn = `span ${spans[k]}`;
        return cell;
      }),
    );
    row.style.transform = `translateY(${start}px)`;
    return row;
  }

  function draw(): void {
    if (!table) return;
    const items = virtualizer.getVirtualItems();
    const wanted = new Set(items.map(({ index }) => index));
    for (const [index, row] of made) {
      if (wanted.has(index)) continue;
      made.delete(index);
      row.remove();
    }
    for (const { index, start } of items) {
      let row = made.get(index);
      if (!row) {
        row = makeRow(table, index, start);
        made.set(index, row);
        body.append(row);
      }
      row.classList.toggle('active', index === active);
    }
  }

  function arrange(): void {
    if (!table) return;
    const shown = table;
    const text = search.value.trim().toLowerCase();
    const texts = columns.filter(({ name }) => !isNumeric(shown, name));
    const holds = (row: number): boolean =>
      text === '' || texts.some((column) => cellText(shown, column, row).toLowerCase().includes(text));
    order = Int32Array.from({ length: shown.rows }, (_, row) => row).filter(holds);
    if (sort) order = sorted(shown, order, sort.name, sort.descending);
    for (const heading of head.children) {
      const on = sort !== null && heading instanceof HTMLElement && heading.dataset['column'] === sort.name;
      heading.setAttribute('aria-sort', on ? (sort?.descending ? 'descending' : 'ascending') : 'none');
    }
    active = 0;
    scroller.scrollTop = 0;
    for (const row of made.values()) row.remove();
    made.clear();
    virtualizer.setOptions({ ...virtualizer.options, count: order.length });
    virtualizer._willUpdate();
    body.style.height = `${order.length * rowHeight}px`;
    scroller.setAttribute('aria-rowcount', String(order.length + 1));
    fill(count, order.length === shown.rows ? counted(shown.rows, 'rows') : `${order.length} of ${shown.rows} rows`);
    draw();
  }

  /** Columns over as many lines as they need where they do not fit beside each other, heads and rows alike. */
  function lay(shown: OutputTable): void {
    const lines = gridLines(
      columns.map(({ name, wide = 1, words }) => ({ wide, numeric: isNumeric(shown, name) && words === undefined })),
      scroller.clientWidth / Number.parseFloat(getComputedStyle(document.documentElement).fontSize),
    );
    ({ spans, height: rowHeight } = lines);
    host.style.setProperty('--columns', lines.template);
    host.style.setProperty('--row-height', `${rowHeight}px`);
    host.classList.toggle('in-lines', lines.lines > 1);
    for (const [k, heading] of [...head.children].entries()) {
      if (heading instanceof HTMLElement) heading.style.gridColumn = `span ${spans[k]}`;
    }
    virtualizer.measure();
  }

  let width = 0;
  // The height of its place is fixed, whatever its rows become.
  new ResizeObserver(() => {
    if (!table || scroller.clientWidth === width || scroller.clientWidth === 0) return;
    width = scroller.clientWidth;
    const [place, at] = [scroller.scrollTop / rowHeight, active];
    lay(table);
    arrange();
    active = at;
    scroller.scrollTop = place * rowHeight;
    draw();
  }).observe(scroller);

  body.addEventListener('click', (event) => {
    const row = event.target instanceof Element ? event.target.closest<HTMLElement>('.output-row') : null;
    if (table && row?.dataset['index'] !== undefined) open?.(table, order[Number(row.dataset['index'])]);
  });
  scroller.addEventListener('keydown', (event) => {
    if (event.target !== scroller || order.length === 0) return;
    const page = Math.max(1, Math.floor(scroller.clientHeight / rowHeight) - 2);
    const steps: Readonly<Record<string, number>> = {
      ...{ ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page },
      ...{ Home: -order.length, End: order.length },
    };
    const move = steps[event.key];
    if (move !== undefined) {
      active = Math.min(order.length - 1, Math.max(0, active + move));
      virtualizer.scrollToIndex(active);
      draw();
    } else if (event.key === 'Enter' && open && table) open(table, order[active]);
    else return;
    event.preventDefault();
  });

  return {
    host,
    update(next, wanted) {
      table = next;
      host.hidden = next === null;
      if (!next) return;
      columns = presentColumns(next, wanted);
      if (sort && !columns.some(({ name }) => name === sort?.name)) sort = null;
      if (!sort && columns.some(({ name }) => name === sortBy)) sort = { name: sortBy ?? '', descending: false };
      fill(
        head,
        ...columns.map(({ name, title, hint }) =>
          element(
            'span',
            {
              role: 'columnheader',
              class: isNumeric(next, name) ? 'cell number' : 'cell',
              title: hint ?? title,
              'data-column': name,
            },
            element(
              'button',
              {
                type: 'button',
                onclick: () => {
                  sort = { name, descending: sort?.name === name ? !sort.descending : false };
                  arrange();
                },
              },
              title,
            ),
          ),
        ),
      );
      lay(next);
      arrange();
    },
  };
}

/** Rows by a column, missing values last. */
function sorted(table: OutputTable, rows: Int32Array, name: string, descending: boolean): Int32Array {
  const sign = descending ? -1 : 1;
  if (isNumeric(table, name)) {
    const values = Float64Array.from(rows, (row) => numberAt(table, name, row));
    return Int32Array.from([...rows.keys()].sort((a, b) => compareNumbers(values[a], values[b], sign) || a - b)).map(
      (i) => rows[i],
    );
  }
  const collator = new Intl.Collator('en', { numeric: true });
  const texts = Array.from(rows, (row) => cellText(table, { name, title: name }, row));
  return Int32Array.from([...rows.keys()].sort((a, b) => sign * collator.compare(texts[a], texts[b]) || a - b)).map(
    (i) => rows[i],
  );
}

function compareNumbers(x: number, y: number, sign: number): number {
  if (Number.isNaN(x) || Number.isNaN(y)) return (Number.isNaN(x) ? 1 : 0) - (Number.isNaN(y) ? 1 : 0);
  return sign * (x - y);
}
