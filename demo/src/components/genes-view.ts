/** All genes: the volcano and, linked with it, the table. */

import type { Context } from '../context.ts';
import { effectTitle } from '../effect-words.ts';
import { checkBox, element, fill } from '../element.ts';
import { counted } from '../number-text.ts';
import { type PlotHandle, volcanoPlot } from '../plots/index.ts';
import type { ResultsView } from '../results-view.ts';
import type { State } from '../store.ts';
import { geneTable } from './gene-table.ts';
import type { Pane } from './results-pane.ts';

/** Genes named in the volcano. */
const LABELS = 12;
/** Matches of a search up to which they are marked in the volcano. */
const MARKED = 500;

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
  const threshold = element('input', {
    type: 'text',
    inputmode: 'decimal',
    class: 'short',
    'aria-label': 'Threshold of the adjusted p',
    onchange: () => {
      const value = Number(threshold.value);
      if (value > 0 && value <= 1) store.set({ threshold: value });
      threshold.value = String(store.state.threshold);
    },
  });
  let onlyFound = false;
  const only = checkBox('only those found', false, (on) => {
    onlyFound = on;
    if (shown) table.update(shown, store.state, onlyFound);
    count();
  });
  const selection = element('span', { class: 'selection' });
  const plotHost = element('div', { class: 'plot volcano', 'aria-label': 'Volcano plot' });
  let shown: ResultsView | null = null;
  const open = (index: number): void => {
    if (shown) store.set({ gene: shown.models[index], view: 'gene' });
  };
  const table = geneTable(open);
  const host = element(
    'div',
    { class: 'genes' },
    plotHost,
    element(
      'div',
      { class: 'row tools' },
      search,
      element('label', { class: 'field inline' }, element('span', {}, 'adjusted p ≤'), threshold),
      only,
      selection,
    ),
    table.host,
  );
  const count = (): void => {
    const { selected } = store.state;
    fill(
      selection,
      selected.length > 0 ? `${counted(selected.length, 'genes')} selected ` : null,
      selected.length > 0
        ? element('button', { type: 'button', class: 'quiet', onclick: () => store.set({ selected: [] }) }, 'Clear')
        : null,
      element('span', { class: 'rows', id: 'row-count' }, ` ${counted(table.rows(), 'rows')}`),
    );
  };
  let plot: PlotHandle | null = null;
  let plotted = '';
  let plottedView: ResultsView | null = null;
  const marked = (view: ResultsView, { selected, search: text }: State): number[] => {
    if (selected.length > 0) {
      const models = new Set(selected);
      return [...view.models.keys()].filter((i) => models.has(view.models[i]));
    }
    if (text.trim() === '') return [];
    const matches = table.matches(view, text);
    return matches.length <= MARKED ? matches : [];
  };
  return {
    host,
    show(view, state) {
      shown = view;
      if (search.value !== state.search) search.value = state.search;
      if (document.activeElement !== threshold) threshold.value = String(state.threshold);
      const key = `${state.threshold} ${state.search} ${state.selected.length} ${state.selected[0]}`;
      if (!plot || plottedView !== view || plotted !== key) {
        const { labels: names, effect, log10P, adjusted, mean, sigma } = view;
        const data = {
          names,
          effect,
          log10P,
          adjusted,
          mean,
          sigma,
          threshold: state.threshold,
          labels: LABELS,
          selected: marked(view, state),
          effectTitle: effectTitle(view, state.results),
        };
        if (plot) plot.update(data);
        else {
          plot = volcanoPlot(plotHost, data, {
            onOpen: open,
            onSelect: (indices) => {
              if (shown) store.set({ selected: indices.map((i) => shown?.models[i] ?? 0) });
            },
          });
        }
        plotted = key;
        plottedView = view;
      }
      table.update(view, state, onlyFound);
      count();
    },
    hide() {
      plot?.destroy();
      plot = null;
      plotHost.replaceChildren();
    },
  };
}
