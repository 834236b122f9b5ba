/**
 * The table of all genes: sorted, filtered, and made only where it is in sight. A grid that is read aloud: it has the focus
 * itself and names its active cell, which arrows move; Enter opens a gene, or sorts by a column.
 */

import {
  defaultRangeExtractor,
  elementScroll,
  observeElementOffset,
  observeElementRect,
  Virtualizer,
} from '@tanstack/virtual-core';
import { element } from '../../element.ts';
import { isFound, listedGenes, passes } from '../../results/gene-filters.ts';
import type { ResultsView } from '../../results/results-view.ts';
import type { State } from '../../state/store.ts';
import { COLUMNS, columnsOf, sortPlaces, type TableColumn } from './gene-columns.ts';

/** Pixels of a row, as the style sheet has it. */
const ROW = 32;
/** Rows made beyond those in sight. */
const OVERSCAN = 6;
/** The active row where that is the one with the heads. */
const HEAD = -1;

export interface GeneTable {
  readonly host: HTMLElement;
  update(view: ResultsView, state: State): void;
  /** Rows that pass the filters. */
  rows(): number;
  /** Indices of the view whose names hold a text. */
  matches(view: ResultsView, text: string): number[];
  /** Makes the row of a model the active one and brings it into sight. */
  reveal(model: number): void;
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

/** The places of a view that pass the search, the selection, the list and the filters. */
function keptPlaces(view: ResultsView, { search, selected, filters, threshold }: State): Int32Array {
  const text = search.trim().toLowerCase();
  const names = text === '' ? [] : loweredNames(view);
  const chosen = selected.length > 0 ? new Set(selected) : null;
  const listed = filters.listed && filters.list.trim() !== '' ? new Set(listedGenes(view, filters.list).places) : null;
  const kept = new Int32Array(view.models.length);
  let count = 0;
  for (let i = 0; i < kept.length; i++) {
    if (!passes(view, i, filters) || (filters.found && !isFound(view, i, threshold, filters))) continue;
    if (chosen && !chosen.has(view.models[i])) continue;
    if (listed && !listed.has(i)) continue;
    if (text !== '' && !names[i].includes(text)) continue;
    kept[count++] = i;
  }
  return kept.slice(0, count);
}

export function geneTable(open: (index: number) => void): GeneTable {
  let view: ResultsView | null = null;
  let state: State | null = null;
  let order: Int32Array = new Int32Array(0);
  let sortKey = 'p';
  let descending = false;
  /** Row and column of the active cell. */
  let active = 0;
  let activeColumn = 0;
  let columns: readonly TableColumn[] = COLUMNS;

  const sortBy = (key: string): void => {
    descending = sortKey === key ? !descending : false;
    sortKey = key;
    arrange();
  };
  const classOf = (k: number): string => `cell ${columns[k].key}${columns[k].numeric ? ' number' : ''}`;
  const makeHeads = (): HTMLElement[] =>
    columns.map(({ key, title, hint }, k) =>
      element(
        'div',
        { role: 'columnheader', 'aria-colindex': k + 1, class: classOf(k), title: hint, onclick: () => sortBy(key) },
        title,
      ),
    );
  let heads = makeHeads();
  const head = element('div', { class: 'gene-row head', role: 'row', 'aria-rowindex': 1 }, ...heads);
  const body = element('div', { class: 'gene-body', role: 'rowgroup' });
  const scroller = element(
    'div',
    { class: 'gene-scroll', role: 'grid', 'aria-label': 'Genes', 'aria-readonly': 'true', tabindex: 0 },
    element('div', { class: 'gene-head-group', role: 'rowgroup' }, head),
    body,
  );
  scroller.setAttribute('aria-colcount', String(COLUMNS.length));
  scroller.setAttribute('aria-description', 'Arrow keys move, Enter on a row opens it, Enter on a head sorts by it.');
  const made = new Map<number, HTMLElement>();
  const spare: HTMLElement[] = [];

  const virtualizer = new Virtualizer<HTMLElement, HTMLElement>({
    count: 0,
    getScrollElement: () => scroller,
    estimateSize: () => ROW,
    overscan: OVERSCAN,
    // The heads lie over the first rows in sight.
    scrollPaddingStart: ROW,
    observeElementRect,
    observeElementOffset,
    scrollToFn: elementScroll,
    onChange: () => draw(),
    // The active row is always there, or its cell could not be named.
    rangeExtractor: (range) => {
      const inSight = defaultRangeExtractor(range);
      return active < 0 || active >= order.length || inSight.includes(active) ? inSight : [...inSight, active];
    },
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
      ...columns.map((_, k) => element('span', { class: classOf(k), role: 'gridcell', 'aria-colindex': k + 1 })),
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
    nameActive();
  }

  /** The active cell, by an id of its own: what has the focus names it. */
  let named: Element | null = null;
  function nameActive(): void {
    const row = active === HEAD ? head : made.get(active);
    head.classList.toggle('active', active === HEAD);
    const cell = row?.children[activeColumn] ?? null;
    const id = `gene-cell-${active}-${activeColumn}`;
    if (named === cell && cell?.id === id) return;
    named?.removeAttribute('id');
    named?.classList.remove('active-cell');
    named = cell;
    if (!cell) {
      scroller.removeAttribute('aria-activedescendant');
      return;
    }
    cell.id = id;
    cell.classList.add('active-cell');
    scroller.setAttribute('aria-activedescendant', id);
  }

  function fillRow(row: HTMLElement, index: number, start: number): void {
    if (!view || !state) return;
    const shown = view;
    const at = order[index];
    row.style.transform = `translateY(${start}px)`;
    row.dataset['index'] = String(index);
    row.setAttribute('aria-rowindex', String(index + 2));
    row.classList.toggle('found', isFound(shown, at, state.threshold, state.filters));
    row.classList.toggle('singular', shown.singular[at] === 1);
    columns.forEach((column, k) => {
      const cell = row.children[k];
      const text = column.text(shown, at);
      if (cell.textContent !== text) cell.textContent = text;
      if (k === 0 && cell instanceof HTMLElement) cell.title = shown.names[at];
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

  /** Levels of the condition have columns of their own once they are counted. */
  function takeColumns(next: readonly TableColumn[]): void {
    const same =
      next.length === columns.length &&
      next.every(({ key, title }, k) => {
        return key === columns[k].key && title === columns[k].title;
      });
    if (same) return;
    const [first] = heads;
    columns = next;
    for (const row of [...made.values(), ...spare]) row.remove();
    made.clear();
    spare.length = 0;
    heads = makeHeads();
    // It may be called otherwise than genes.
    heads[0].textContent = first.textContent;
    head.replaceChildren(...heads);
    named = null;
    activeColumn = 0;
    scroller.setAttribute('aria-colcount', String(columns.length));
    const levels = columns.filter(({ key }) => key.startsWith('level ')).length;
    scroller.classList.toggle(
      'with-drawn',
      columns.some(({ key }) => key === 'drawn'),
    );
    scroller.classList.toggle('with-levels', levels > 0);
    scroller.style.setProperty('--levels', String(levels));
    if (!columns.some(({ key }) => key === sortKey)) [sortKey, descending] = ['p', false];
  }

  function arrange(): void {
    if (!view || !state) return;
    takeColumns(columnsOf(view, state.filters.byLevel));
    const { expressed } = view;
    // Where every row has a value, as in tables of measurements, it says nothing.
    scroller.classList.toggle('all-expressed', !expressed.some((share) => share < 1));
    const by = columns.find(({ key }) => key === sortKey) ?? columns[0];
    order = sortPlaces(keptPlaces(view, state), view, by, descending);
    heads.forEach((cell, k) => {
      const on = columns[k].key === sortKey;
      cell.setAttribute('aria-sort', on ? (descending ? 'descending' : 'ascending') : 'none');
    });
    if (active !== HEAD) active = 0;
    scroller.scrollTop = 0;
    redraw();
  }

  body.addEventListener('click', (event) => {
    const row = event.target instanceof Element ? event.target.closest<HTMLElement>('.gene-row') : null;
    if (row?.dataset['index'] === undefined) return;
    active = Number(row.dataset['index']);
    open(order[active]);
  });
  const isShown = (k: number): boolean => heads[k].offsetWidth > 0;
  const moveColumn = (step: 1 | -1): void => {
    let next = activeColumn + step;
    while (next >= 0 && next < columns.length && !isShown(next)) next += step;
    if (next < 0 || next >= columns.length) return;
    activeColumn = next;
    heads[next].scrollIntoView({ inline: 'nearest', block: 'nearest' });
  };
  scroller.addEventListener('keydown', (event) => {
    if (event.target !== scroller || event.altKey || event.metaKey) return;
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
      const least = event.key === 'ArrowUp' ? HEAD : Math.min(active, 0);
      active = Math.max(least, Math.min(order.length - 1, active + move));
      if (active >= 0) virtualizer.scrollToIndex(active);
      draw();
    } else if (event.key === 'ArrowRight' || event.key === 'ArrowLeft') {
      moveColumn(event.key === 'ArrowRight' ? 1 : -1);
      nameActive();
    } else if (event.key === 'Enter' || event.key === ' ') {
      if (active === HEAD) sortBy(columns[activeColumn].key);
      else if (active < order.length) open(order[active]);
    } else return;
    event.preventDefault();
  });

  let last: { view: ResultsView; key: string } | null = null;
  return {
    host: scroller,
    update(next, current) {
      const { search, threshold, selected, filters } = current;
      const key = `${search}\n${threshold}\n${selected.join(',')}\n${JSON.stringify(filters)}`;
      virtualizer._willUpdate();
      if (last?.view === next && last.key === key) return;
      view = next;
      state = current;
      last = { view: next, key };
      arrange();
    },
    rows: () => order.length,
    matches(of, text) {
      const wanted = text.trim().toLowerCase();
      return loweredNames(of).flatMap((name, i) => (name.includes(wanted) ? [i] : []));
    },
    reveal(model) {
      const shown = view;
      const at = shown ? order.findIndex((place) => shown.models[place] === model) : -1;
      if (at < 0) return;
      active = at;
      virtualizer.scrollToIndex(active, { align: 'auto' });
      draw();
    },
  };
}
