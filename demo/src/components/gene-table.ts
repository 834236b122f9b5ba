/** The table of all genes: sorted, filtered, and made only where it is in sight. */

import { elementScroll, observeElementOffset, observeElementRect, Virtualizer } from '@tanstack/virtual-core';
import { STATUSES } from 'webgpu-lmm';
import { element } from '../element.ts';
import { probability, shortNumber } from '../number-text.ts';
import type { ResultsView } from '../results-view.ts';
import type { State } from '../store.ts';

/** Pixels of a row, as the style sheet has it. */
const ROW = 32;
/** Rows made beyond those in sight. */
const OVERSCAN = 6;

interface TableColumn {
  readonly key: string;
  readonly title: string;
  readonly hint: string;
  readonly numeric: boolean;
  text(view: ResultsView, index: number): string;
  /** Values to sort by; text where null. */
  values(view: ResultsView): Float64Array | null;
}

const number = (
  key: string,
  title: string,
  hint: string,
  values: (view: ResultsView) => Float64Array,
): TableColumn => ({
  key,
  title,
  hint,
  numeric: true,
  values,
  text: (view, index) => shortNumber(values(view)[index]),
});

const COLUMNS: readonly TableColumn[] = [
  {
    key: 'gene',
    title: 'Gene',
    hint: 'Response',
    numeric: false,
    text: ({ labels }, i) => labels[i],
    values: () => null,
  },
  number('effect', 'Estimate', 'Estimate of the coefficient or contrast', ({ effect }) => effect),
  number('se', 'SE', 'Standard error', ({ standardError }) => standardError),
  number('df', 'df', 'Degrees of freedom', ({ df }) => df),
  number('statistic', 't', 'Estimate / standard error', ({ statistic }) => statistic),
  {
    key: 'p',
    title: 'p',
    hint: 'Two-sided p',
    numeric: true,
    values: ({ log10P }) => log10P,
    text: ({ log10P }, i) => probability(log10P[i]),
  },
  {
    key: 'adjusted',
    title: 'adj. p',
    hint: 'Adjusted over the genes of one split',
    numeric: true,
    values: ({ adjusted }) => adjusted,
    text: ({ adjusted }, i) =>
      Number.isNaN(adjusted[i]) ? '' : adjusted[i] === 0 ? '< 1e−300' : probability(Math.log10(adjusted[i])),
  },
  number('mean', 'Mean', 'Mean response', ({ mean }) => mean),
  { key: 'status', title: 'Note', hint: 'Status of the model', numeric: false, text: statusText, values: () => null },
];

export interface GeneTable {
  readonly host: HTMLElement;
  update(view: ResultsView, state: State, onlyFound: boolean): void;
  /** Rows that pass the filters. */
  rows(): number;
  /** Indices of the view whose names hold a text. */
  matches(view: ResultsView, text: string): number[];
}

/** Names in lower case, kept for the view they belong to. */
let lowered: { readonly view: ResultsView; readonly texts: readonly string[] } | null = null;

function loweredNames(view: ResultsView): readonly string[] {
  if (lowered?.view !== view) {
    const { names, labels } = view;
    lowered = { view, texts: names.map((name, i) => `${name} ${labels[i]}`.toLowerCase()) };
  }
  return lowered.texts;
}

export function geneTable(open: (index: number) => void): GeneTable {
  let view: ResultsView | null = null;
  let order = new Int32Array(0);
  let sortKey = 'p';
  let descending = false;
  let active = 0;
  let filter: { state: State; onlyFound: boolean } | null = null;

  const heads = COLUMNS.map(({ key, title, hint, numeric }) =>
    element(
      'button',
      {
        type: 'button',
        role: 'columnheader',
        class: `cell ${key}${numeric ? ' number' : ''}`,
        title: hint,
        onclick: () => {
          descending = sortKey === key ? !descending : false;
          sortKey = key;
          arrange();
        },
      },
      title,
    ),
  );
  const head = element('div', { class: 'gene-row head', role: 'row' }, ...heads);
  const body = element('div', { class: 'gene-body', role: 'rowgroup' });
  const scroller = element(
    'div',
    { class: 'gene-scroll', role: 'grid', 'aria-label': 'All genes', tabindex: 0 },
    head,
    body,
  );
  const made = new Map<number, HTMLElement>();
  const spare: HTMLElement[] = [];

  const virtualizer = new Virtualizer<HTMLElement, HTMLElement>({
    count: 0,
    getScrollElement: () => scroller,
    estimateSize: () => ROW,
    overscan: OVERSCAN,
    observeElementRect,
    observeElementOffset,
    scrollToFn: elementScroll,
    onChange: () => draw(),
  });
  virtualizer._didMount();

  const setCount = (count: number): void => {
    virtualizer.setOptions({ ...virtualizer.options, count });
    virtualizer._willUpdate();
  };
  const makeRow = (): HTMLElement =>
    element(
      'div',
      { class: 'gene-row', role: 'row' },
      ...COLUMNS.map(({ key, numeric }) =>
        element('span', { class: `cell ${key}${numeric ? ' number' : ''}`, role: 'gridcell' }),
      ),
    );

  function draw(): void {
    if (!view) return;
    const items = virtualizer.getVirtualItems();
    const wanted = new Set(items.map(({ index }) => index));
    for (const [index, row] of made) {
      if (wanted.has(index)) continue;
      made.delete(index);
      spare.push(row);
    }
    for (const { index, start } of items) {
      let row = made.get(index);
      if (!row) {
        row = spare.pop() ?? makeRow();
        made.set(index, row);
        if (!row.isConnected) body.append(row);
        fillRow(row, index, start);
      }
      row.classList.toggle('active', index === active);
    }
    for (const row of spare) row.remove();
  }

  function fillRow(row: HTMLElement, index: number, start: number): void {
    if (!view) return;
    const at = order[index];
    row.style.transform = `translateY(${start}px)`;
    row.dataset['index'] = String(index);
    row.setAttribute('aria-rowindex', String(index + 2));
    row.classList.toggle('found', view.adjusted[at] <= (filter?.state.threshold ?? 0));
    COLUMNS.forEach((column, k) => {
      const cell = row.children[k];
      const text = column.text(view as ResultsView, at); // it is there, as checked above
      if (cell.textContent !== text) cell.textContent = text;
      if (k === 0 && cell instanceof HTMLElement) cell.title = view?.names[at] ?? '';
    });
  }

  function redraw(): void {
    for (const row of made.values()) spare.push(row);
    made.clear();
    setCount(order.length);
    body.style.height = `${order.length * ROW}px`;
    scroller.setAttribute('aria-rowcount', String(order.length + 1));
    draw();
  }

  function arrange(): void {
    if (!view || !filter) return;
    const { state, onlyFound } = filter;
    const { adjusted, models } = view;
    const text = state.search.trim().toLowerCase();
    const names = text === '' ? [] : loweredNames(view);
    const chosen = state.selected.length > 0 ? new Set(state.selected) : null;
    const kept = new Int32Array(models.length);
    let count = 0;
    for (let i = 0; i < models.length; i++) {
      if (onlyFound && !(adjusted[i] <= state.threshold)) continue;
      if (chosen && !chosen.has(models[i])) continue;
      if (text !== '' && !names[i].includes(text)) continue;
      kept[count++] = i;
    }
    order = kept.slice(0, count);
    sortOrder(view);
    heads.forEach((button, k) => {
      const on = COLUMNS[k].key === sortKey;
      button.setAttribute('aria-sort', on ? (descending ? 'descending' : 'ascending') : 'none');
    });
    active = 0;
    scroller.scrollTop = 0;
    redraw();
  }

  function sortOrder(shown: ResultsView): void {
    const column = COLUMNS.find(({ key }) => key === sortKey) ?? COLUMNS[0];
    const sign = descending ? -1 : 1;
    const values = column.values(shown);
    if (values) {
      order.sort((a, b) => {
        const [x, y] = [values[a], values[b]];
        if (Number.isNaN(x) || Number.isNaN(y)) return (Number.isNaN(x) ? 1 : 0) - (Number.isNaN(y) ? 1 : 0) || a - b;
        return sign * (x - y) || a - b;
      });
      return;
    }
    const texts = Array.from(shown.models, (_, i) => column.text(shown, i));
    const collator = new Intl.Collator('en', { numeric: true });
    order.sort((a, b) => sign * collator.compare(texts[a], texts[b]) || a - b);
  }

  body.addEventListener('click', (event) => {
    const row = event.target instanceof Element ? event.target.closest<HTMLElement>('.gene-row') : null;
    if (row?.dataset['index'] !== undefined) open(order[Number(row.dataset['index'])]);
  });
  scroller.addEventListener('keydown', (event) => {
    if (event.target !== scroller || order.length === 0) return;
    const page = Math.max(1, Math.floor(scroller.clientHeight / ROW) - 2);
    const steps: Readonly<Record<string, number>> = {
      ArrowDown: 1,
      ArrowUp: -1,
      PageDown: page,
      PageUp: -page,
      Home: -order.length,
      End: order.length,
    };
    const move = steps[event.key];
    if (move !== undefined) {
      active = Math.min(order.length - 1, Math.max(0, active + move));
      virtualizer.scrollToIndex(active);
      draw();
    } else if (event.key === 'Enter') open(order[active]);
    else return;
    event.preventDefault();
  });

  let last: { view: ResultsView; key: string } | null = null;
  return {
    host: scroller,
    update(next, state, onlyFound) {
      const key = `${state.search}\n${state.threshold}\n${onlyFound}\n${state.selected.join(',')}`;
      virtualizer._willUpdate();
      if (last?.view === next && last.key === key) return;
      view = next;
      filter = { state, onlyFound };
      last = { view: next, key };
      arrange();
    },
    rows: () => order.length,
    matches(of, text) {
      const wanted = text.trim().toLowerCase();
      return loweredNames(of).flatMap((name, i) => (name.includes(wanted) ? [i] : []));
    },
  };
}

function statusText({ table, models }: ResultsView, index: number): string {
  const model = models[index];
  const status = STATUSES[table.status[model]];
  if (status !== 'ok') return status.replaceAll('_', ' ');
  return table.singular[model] === 1 ? 'singular' : '';
}
