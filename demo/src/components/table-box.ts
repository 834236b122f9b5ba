/**
 * The place of a small table. Where the table is wider than its place, and narrower columns do not help, each row becomes a block, its name above its
 * values and every value behind the heading of its column, so that nothing that matters lies beyond an edge.
 */

import { element } from '../element.ts';

/** Letters above which a text is broken into lines. */
const LONG = 24;
/** Letters of a heading and its value that take two places of a block, and those that take a line. */
const WIDE = 19;
const LINE = 40;
/** Letters of a name that says nothing without the heading of its column. */
const SHORT = 3;

/** The table below each ruler. */
const TABLES = new WeakMap<Element, HTMLTableElement>();

/** @param label what a screen reader calls it: it can be scrolled by keyboard where it is higher than its place */
export function tableBox(label: string, table: HTMLTableElement, kind = ''): HTMLElement {
  // As high as nothing: its size changes with the width alone, and what becomes of the table sets off no other look at it.
  const ruler = element('div', { class: 'ruler' });
  const scroller = element(
    'div',
    { class: `scroll ${kind}`.trim(), tabindex: 0, role: 'region', 'aria-label': label },
    table,
  );
  TABLES.set(ruler, table);
  widths ??= new ResizeObserver((entries) => {
    for (const { target } of entries) arrange(target);
  });
  widths.observe(ruler);
  // Rows that come later.
  new MutationObserver(() => arrange(ruler)).observe(table, { childList: true, subtree: true });
  return element('div', { class: 'table-box' }, ruler, scroller);
}

let widths: ResizeObserver | null = null;

function arrange(ruler: Element): void {
  const table = TABLES.get(ruler);
  if (!table || ruler.clientWidth === 0) return;
  describeCells(table);
  table.classList.remove('stacked', 'tight');
  // Beside a bar that scrolls there is less room; a pixel is lost where widths are no whole numbers.
  const fits = (): boolean => table.scrollWidth <= (table.parentElement?.clientWidth ?? 0) + 1;
  if (fits()) return;
  table.classList.add('tight');
  if (fits()) return;
  table.classList.replace('tight', 'stacked');
}

/** Writes to each cell the heading of its column, and how much room the texts of the column take. */
function describeCells(table: HTMLTableElement): void {
  const heads = Array.from(table.tHead?.rows[0]?.cells ?? [], ({ textContent }) => textContent ?? '');
  const rows = [...table.tBodies].flatMap((body) => [...body.rows]);
  const lengthOf = (cell: HTMLTableCellElement | undefined): number => (cell?.textContent ?? '').length;
  const most = heads.map((_, k) => rows.reduce((length, { cells }) => Math.max(length, lengthOf(cells[k])), 0));
  for (const { cells } of rows) {
    for (const [k, cell] of [...cells].entries()) {
      const head = heads[k] ?? '';
      const own = most[k] ?? 0;
      const both = head.length + own;
      cell.dataset['label'] = head;
      cell.classList.toggle('long', own > LONG && !cell.classList.contains('number'));
      cell.classList.toggle('wide', both > WIDE && both <= LINE);
      cell.classList.toggle('line', both > LINE);
      cell.classList.toggle('short', own <= SHORT);
    }
  }
}
