/** All genes: volcano or MA plot and, linked with it, the table. */

import { checkBox, element, fill, selectBox } from '../../element.ts';
import { FIGURES, viewFigure, viewTitle } from '../../keep/figures.ts';
import { maPlot, type PlotHandle, type VolcanoData, volcanoPlot } from '../../plots/index.ts';
import { listedGenes, passes } from '../../results/gene-filters.ts';
import type { ResultsView } from '../../results/results-view.ts';
import type { Context } from '../../state/context.ts';
import type { State } from '../../state/store.ts';
import { effectTitle } from '../../words/effect-words.ts';
import { counted } from '../../words/number-text.ts';
import { responseWords } from '../../words/result-words.ts';
import { figureMenu } from '../keep/figure-menu.ts';
import type { Pane } from '../lazy-pane.ts';
import { geneListBox } from './gene-list-box.ts';
import { geneTable } from './gene-table.ts';
import { levelShareChoice } from './level-shares.ts';

/** Genes named in the plot. */
const LABELS = 12;
/** Matches of a search or a list up to which they are marked in the plot. */
const MARKED = 500;

const SINGULAR_WORDS =
  'Hollow dots and “singular”: a variance between groups was estimated as zero (or a correlation as one). That is no failure, and no reason to leave the term out. p is then that of groups which do not differ: where they differ a little after all, it can be somewhat too small.';

/** A number that filters: empty or nothing sensible is `none`. */
function numberBox(
  label: string,
  {
    id,
    unit = '',
    none,
    hint,
  }: { readonly id: string; readonly unit?: string; readonly none: number; readonly hint: string },
  accept: (value: number) => boolean,
  change: (value: number) => void,
) {
  let shown = none;
  const write = (): void => {
    box.value = shown === none && none === 0 ? '' : String(shown);
  };
  const box = element('input', {
    type: 'text',
    inputmode: 'decimal',
    class: 'short',
    id,
    placeholder: none === 0 ? 'any' : '',
    onchange: () => {
      const text = box.value.trim();
      const value = text === '' ? none : Number(text.replace(',', '.'));
      if (accept(value)) change(value);
      write();
    },
  });
  const host = element(
    'label',
    { class: 'field inline', title: hint },
    element('span', {}, label),
    box,
    unit === '' ? null : element('span', {}, unit),
  );
  return {
    host,
    show(value: number): void {
      shown = value;
      if (document.activeElement !== box) write();
    },
  };
}

export function genesView(context: Context): Pane {
  const { store } = context;
  const search = element('input', {
    type: 'search',
    placeholder: 'Search genes',
    'aria-label': 'Search genes',
    id: 'search',
    spellcheck: 'false',
    oninput: () => store.set({ search: search.value }),
  });
  const threshold = numberBox(
    'Adjusted p ≤',
    { id: 'threshold', none: store.state.threshold, hint: 'Those with an adjusted p up to it are found' },
    (value) => value > 0 && value <= 1,
    (value) => store.set({ threshold: value }),
  );
  const effect = numberBox(
    'Effect ≥',
    {
      id: 'least-effect',
      none: 0,
      hint: 'Those with a smaller effect are not counted as found. Their p is still of an effect of zero: it does not say that an effect is as large as this.',
    },
    (value) => value >= 0 && Number.isFinite(value),
    (value) => store.filter({ effect: value }),
  );
  const expressed = numberBox(
    'Not zero in ≥',
    {
      id: 'least-expressed',
      unit: '%',
      none: 0,
      hint: 'Those that are zero in more of the rows are left out of plot and table. Adjusted p stay those of all that were tested.',
    },
    (value) => value >= 0 && value <= 100,
    (value) => store.filter({ expressed: value }),
  );
  const expressedIn = selectBox(
    'of',
    [
      ['all', 'all rows'],
      ['any', 'the rows of one level at least'],
      ['every', 'the rows of each level'],
    ],
    'all',
    (value) => store.filter({ expressedIn: value === 'any' || value === 'every' ? value : 'all' }),
    'Levels of the condition',
  );
  expressedIn.classList.add('inline');
  const byLevel = levelShareChoice(context);
  const fits = selectBox(
    'Fits',
    [
      ['all', 'all'],
      ['without', 'not singular'],
      ['only', 'singular only'],
    ],
    'all',
    (value) => store.filter({ singular: value === 'without' || value === 'only' ? value : 'all' }),
    SINGULAR_WORDS,
  );
  fits.classList.add('inline');
  const kind = selectBox(
    'Plot',
    [
      ['volcano', 'volcano'],
      ['ma', 'mean and effect (MA)'],
    ],
    'volcano',
    (plot) => store.filter({ plot: plot === 'ma' ? 'ma' : 'volcano' }),
  );
  kind.classList.add('inline');
  const title = element('h3', {});
  const menu = element('div', { class: 'menu-place' });
  const only = checkBox('only those found', false, (found) => store.filter({ found }));
  const list = geneListBox(store);
  const selection = element('span', { class: 'selection', role: 'status' });
  const plotHost = element('div', { class: 'plot volcano' });
  const singularNote = element('p', { class: 'hint singular-note' }, SINGULAR_WORDS);
  let shown: ResultsView | null = null;
  /** Hidden since it was last shown: the table has lost its place. */
  let away = false;
  const open = (index: number): void => {
    if (shown) store.set({ gene: shown.models[index], view: 'gene' });
  };
  const table = geneTable(open);
  const host = element(
    'div',
    { class: 'genes' },
    element('div', { class: 'row between plot-choice' }, title, element('div', { class: 'row' }, kind, menu)),
    plotHost,
    singularNote,
    element(
      'div',
      { class: 'row tools' },
      search,
      threshold.host,
      effect.host,
      expressed.host,
      expressedIn,
      byLevel.box,
      fits,
      only,
      selection,
    ),
    byLevel.host,
    list.host,
    table.host,
  );
  const count = (): void => {
    const { selected } = store.state;
    fill(
      selection,
      selected.length > 0 ? `${counted(selected.length, shown?.many ?? 'genes')} selected ` : null,
      selected.length > 0
        ? element('button', { type: 'button', class: 'quiet', onclick: () => store.set({ selected: [] }) }, 'Clear')
        : null,
      element('span', { class: 'rows', id: 'row-count' }, ` ${counted(table.rows(), 'rows')}`),
    );
  };
  let plot: PlotHandle<VolcanoData> | null = null;
  let plotted = '';
  let plottedView: ResultsView | null = null;
  let plottedKind = '';
  const marked = (view: ResultsView, { selected, search: text, filters }: State): number[] => {
    if (selected.length > 0) {
      const models = new Set(selected);
      return [...view.models.keys()].filter((i) => models.has(view.models[i]));
    }
    const listed = listedGenes(view, filters.list).places;
    const matches = text.trim() === '' ? listed : table.matches(view, text);
    return matches.length <= MARKED ? [...matches] : [];
  };
  /** The results that were drawn, and the timer of those that are to be. */
  let drawnOf: State['results'] = null;
  let timer = 0;
  const drop = (): void => {
    window.clearTimeout(timer);
    timer = 0;
    plot?.destroy();
    plot = null;
    plotHost.replaceChildren();
  };
  const draw = (view: ResultsView, state: State): void => {
    const { filters, selected, search: text } = state;
    if (plottedKind !== filters.plot) drop();
    const key = `${state.threshold} ${text} ${selected.length} ${selected[0]} ${JSON.stringify(filters)}`;
    if (plot && plottedView === view && plotted === key) return;
    const data = plotData(view, state, marked(view, state));
    const make = filters.plot === 'ma' ? maPlot : volcanoPlot;
    if (plot) plot.update(data);
    else {
      plot = make(plotHost, data, {
        onOpen: open,
        onSelect: (indices) => {
          if (shown) store.set({ selected: indices.map((i) => shown?.models[i] ?? 0) });
        },
      });
    }
    const figure = FIGURES.find(({ id }) => id === filters.plot);
    if (figure && state.results) {
      title.textContent = viewTitle(view, state.results);
      const saved = viewFigure(figure, view, state.threshold, state.results);
      fill(
        menu,
        figureMenu(saved, state.results, () => plot),
      );
    }
    plotted = key;
    plottedView = view;
    plottedKind = filters.plot;
  };
  return {
    host,
    show(view, state) {
      shown = view;
      const { filters } = state;
      if (state.results) {
        const { many, title: one } = responseWords(state.results);
        const first = table.host.querySelector('.gene-row.head .cell.gene');
        if (first && first.textContent !== one) first.textContent = one;
        search.placeholder = `Search ${many}`;
        search.setAttribute('aria-label', `Search ${many}`);
        table.host.setAttribute(
          'aria-label',
          many.replace(/^./, (letter) => letter.toUpperCase()),
        );
      }
      if (search.value !== state.search) search.value = state.search;
      threshold.show(state.threshold);
      effect.show(filters.effect);
      expressed.show(filters.expressed);
      expressed.host.hidden = !view.expressed.some((share) => share < 1);
      for (const [box, value] of [
        [fits, filters.singular],
        [expressedIn, filters.expressedIn],
        [kind, filters.plot],
      ] as const) {
        for (const select of box.querySelectorAll('select')) select.value = value;
      }
      for (const box of only.querySelectorAll('input')) box.checked = filters.found;
      byLevel.show(state);
      expressedIn.hidden = !view.byLevel || !filters.byLevel;
      const flat = view.singular.includes(1);
      fits.hidden = !flat;
      singularNote.hidden = !flat;
      list.show(view, state);
      if (state.results !== drawnOf) {
        // After a fit the page has much to do at once: what takes longest is a task of its own.
        drawnOf = state.results;
        window.clearTimeout(timer);
        timer = window.setTimeout(() => {
          timer = 0;
          if (shown) draw(shown, store.state);
        });
      } else if (timer === 0) draw(view, state);
      table.update(view, state);
      count();
      if (away && state.gene !== null) table.reveal(state.gene);
      away = false;
    },
    hide() {
      away = host.closest('[hidden]') !== null;
      drop();
    },
    seat: () => table.host,
  };
}

/** Effects of the genes that pass, kept for the view and the filters that they belong to. */
let passing: { readonly view: ResultsView; readonly key: string; readonly effect: Float64Array } | null = null;

function passingEffects(view: ResultsView, filters: State['filters']): Float64Array {
  if (filters.singular === 'all' && filters.expressed === 0) return view.effect;
  const key = `${filters.singular} ${filters.expressed} ${filters.expressedIn}`;
  if (passing?.view !== view || passing.key !== key) {
    const effect = view.effect.map((value, i) => (passes(view, i, filters) ? value : Number.NaN));
    passing = { view, key, effect };
  }
  return passing.effect;
}

/** What the plots show: genes that do not pass the filters have no effect there. */
function plotData(view: ResultsView, { threshold, filters, results }: State, selected: readonly number[]): VolcanoData {
  const { labels: names, log10P, log10Adjusted, adjusted, mean, sigma, singular, many } = view;
  const effect = passingEffects(view, filters);
  return {
    ...{ names, effect, log10P, log10Adjusted, adjusted, mean, sigma, singular, threshold, many },
    leastEffect: filters.effect,
    labels: LABELS,
    selected,
    effectTitle: effectTitle(view, results),
  };
}
