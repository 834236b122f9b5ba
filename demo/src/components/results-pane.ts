/** The results: tabs, the choice of coefficient and split, and one view at a time. */

import type { Context } from '../context.ts';
import { effectFacts, effectWords } from '../effect-words.ts';
import { element, fill, selectBox } from '../element.ts';
import { counted } from '../number-text.ts';
import { provenance } from '../provenance.ts';
import { type ResultsView, resultsView, splitLevels, testNames } from '../results-view.ts';
import { staleReason } from '../stale.ts';
import { type Results, type State, VIEWS, type View } from '../store.ts';
import { emptyWords, isSingle, viewTitle } from '../subject-words.ts';
import { compareView } from './compare-view.ts';
import { diagnosticsView } from './diagnostics-view.ts';
import { genePage } from './gene-page.ts';
import { genesView } from './genes-view.ts';
import { keepView } from './keep-view.ts';

const TITLES: Readonly<Record<View, string>> = {
  genes: 'Genes',
  diagnostics: 'Diagnostics',
  gene: 'One gene',
  keep: 'Keep',
  compare: 'Benchmark',
};

/** A view that is shown and hidden; `show` is called when it comes into sight or what it shows has changed. */
export interface Pane {
  readonly host: HTMLElement;
  show(view: ResultsView, state: State): void;
  hide?(): void;
}

export function resultsPane(host: HTMLElement, context: Context): void {
  const { store } = context;
  const emptyTitle = element('h2', {});
  const emptyText = element('p', {});
  store.watch(['summary'], ({ summary }) => {
    const { title, text } = emptyWords(summary);
    emptyTitle.textContent = title;
    emptyText.textContent = text;
  });
  const empty = element(
    'div',
    { class: 'empty' },
    emptyTitle,
    emptyText,
    element('p', {}, 'Everything is computed on this computer, on its graphics card where that is faster.'),
  );
  const tabs = VIEWS.map((view) =>
    element(
      'button',
      {
        type: 'button',
        role: 'tab',
        id: `tab-${view}`,
        'aria-controls': `view-${view}`,
        onclick: () => store.set({ view }),
      },
      TITLES[view],
    ),
  );
  const tabList = element('div', { class: 'tabs', role: 'tablist', 'aria-label': 'Views of the results' }, ...tabs);
  tabList.addEventListener('keydown', (event) => {
    const step = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0;
    if (step === 0) return;
    const offered = VIEWS.filter((view) => viewTitle(view, '', store.state.results) !== null);
    const next = offered[(offered.indexOf(store.state.view) + step + offered.length) % offered.length];
    store.set({ view: next });
    tabs[VIEWS.indexOf(next)].focus();
    event.preventDefault();
  });
  const chooser = element('div', { class: 'chooser' });
  const panes: Readonly<Record<View, Pane>> = {
    genes: genesView(context),
    diagnostics: diagnosticsView(context),
    gene: genePage(context),
    keep: keepView(context),
    compare: compareView(context),
  };
  const old = element('p', { class: 'note stale', id: 'stale', role: 'status', hidden: true });
  const belongs = element('p', { class: 'provenance', id: 'provenance' });
  const content = element('div', { hidden: true }, belongs, old, element('div', { class: 'bar' }, tabList, chooser));
  for (const view of VIEWS) {
    const pane = panes[view].host;
    pane.id = `view-${view}`;
    pane.setAttribute('role', 'tabpanel');
    pane.setAttribute('aria-labelledby', `tab-${view}`);
    content.append(pane);
  }
  fill(host, empty, content);

  let current: ResultsView | null = null;
  let made = '';
  let of: State['results'] = null;
  const refresh = (): void => {
    const { state } = store;
    const { results } = state;
    empty.hidden = results !== null;
    content.hidden = results === null;
    if (!results) return;
    const offered = viewTitle(state.view, '', results) !== null;
    if (isSingle(results) && (!offered || state.gene === null)) {
      store.set({ gene: 0, view: offered ? state.view : 'gene' });
      return;
    }
    const key = `${state.test}\n${state.split}`;
    if (results !== of || key !== made || !current) {
      current = resultsView(results.outcome.table, state.test, state.split, results.settings.condition);
      if (results !== of) fill(belongs, ...provenanceLine(results));
      of = results;
      made = key;
      fill(chooser, ...choices(state, current, context));
    }
    VIEWS.forEach((view, i) => {
      const on = view === state.view;
      const title = viewTitle(view, TITLES[view], results);
      tabs[i].hidden = title === null;
      if (title !== null) tabs[i].textContent = title;
      tabs[i].setAttribute('aria-selected', String(on));
      tabs[i].tabIndex = on ? 0 : -1;
      const wasHidden = panes[view].host.hidden;
      panes[view].host.hidden = !on;
      if (!on && !wasHidden) panes[view].hide?.();
    });
    panes[state.view].show(current, state);
  };
  store.watch(
    ['results', 'view', 'test', 'split', 'search', 'selected', 'gene', 'threshold', 'live', 'theme'],
    refresh,
  );
  store.watch(['live'], ({ live }) => content.toggleAttribute('data-live', live));
  store.watch(['results', 'settings', 'source', 'summary'], (state) => {
    const reason = staleReason(state);
    old.hidden = reason === null;
    old.textContent = reason ?? '';
    content.classList.toggle('stale', reason !== null);
  });
  document.addEventListener('themechange', () => {
    for (const view of VIEWS) panes[view].hide?.();
    refresh();
  });
}

/** What the numbers below belong to. */
function provenanceLine(results: Results): Node[] {
  return provenance(results).map(({ name, text }) => element('span', { title: name, 'data-fact': name }, text));
}

function choices({ results }: State, view: ResultsView, { store }: Context): Node[] {
  if (!results) return [];
  const { table } = results.outcome;
  const boxes: Node[] = [];
  const levels = splitLevels(table);
  if (levels.length > 0) {
    boxes.push(
      selectBox(
        'Split',
        levels.map((level) => [level, level]),
        view.split ?? '',
        (split) => store.set({ split, selected: [] }),
      ),
    );
  }
  if (isSingle(results)) return boxes;
  const facts = effectFacts(results.settings, results.summary.columns, table.coefficients.names);
  boxes.push(
    selectBox(
      'Test',
      testNames(table).map((name) => {
        const words = table.contrasts.names.includes(name) ? null : effectWords(name, facts);
        return [name, words === null ? name : `${words} (${name})`] as const;
      }),
      view.test.name,
      (test) => store.set({ test }),
    ),
  );
  const found = view.adjusted.reduce((sum, value) => sum + (value <= store.state.threshold ? 1 : 0), 0);
  const label = element(
    'span',
    { class: 'found-count', id: 'found-count' },
    `${found.toLocaleString('en')} found of ${counted(view.models.length, 'models')}`,
  );
  label.title = `adjusted p up to ${store.state.threshold}`;
  boxes.push(label);
  return boxes;
}
