/** The results: tabs, the choice of coefficient and split, and one view at a time. */

import { element, fill, selectBox } from '../element.ts';
import { countFound } from '../results/gene-filters.ts';
import {
  modelInSplit,
  type Results,
  type ResultsView,
  resultsView,
  splitLevels,
  testNames,
} from '../results/results-view.ts';
import { testedCounts } from '../results/tested-counts.ts';
import type { Context } from '../state/context.ts';
import { staleReason } from '../state/stale.ts';
import { type State, VIEWS, type View } from '../state/store.ts';
import { provenance } from '../words/provenance.ts';
import { responseWords } from '../words/result-words.ts';
import { emptyWords, isSingle, viewTitle } from '../words/subject-words.ts';
import { testChoices } from '../words/test-choices.ts';
import { foundOf } from '../words/tested-words.ts';
import { lazyPane, type Pane } from './lazy-pane.ts';
import { outcomeNotes } from './outcome-notes.ts';
import { viewPlaces } from './view-places.ts';

const TITLES: Readonly<Record<View, string>> = {
  overview: 'Overview',
  genes: 'Genes',
  models: 'Models',
  means: 'Means',
  sets: 'Gene sets',
  diagnostics: 'Diagnostics',
  gene: 'One gene',
  keep: 'Keep',
  compare: 'Benchmark',
};

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
  /** Whether a tab is being taken, which keeps the focus. */
  let byTab = false;
  const take = (view: View): void => {
    byTab = true;
    store.set({ view });
    byTab = false;
  };
  const tabs = VIEWS.map((view) =>
    element(
      'button',
      {
        type: 'button',
        role: 'tab',
        id: `tab-${view}`,
        'aria-controls': `view-${view}`,
        onclick: () => take(view),
      },
      TITLES[view],
    ),
  );
  const tabList = element('div', { class: 'tabs', role: 'tablist', 'aria-label': 'Views of the results' }, ...tabs);
  tabList.addEventListener('keydown', (event) => {
    const step = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0;
    if (step === 0) return;
    const there = VIEWS.filter((_, i) => !tabs[i].hidden);
    const next = there[(there.indexOf(shownView(store.state)) + step + there.length) % there.length];
    take(next);
    tabs[VIEWS.indexOf(next)].focus();
    event.preventDefault();
  });
  const chooser = element('div', { class: 'chooser' });
  const foundCount = element('span', { class: 'found-count', id: 'found-count', role: 'status' });
  const genes = lazyPane(async () => (await import('./genes/genes-view.ts')).genesView(context));
  const gene = lazyPane(async () => (await import('./one/gene-page.ts')).genePage(context));
  const keep = lazyPane(async () => (await import('./keep/keep-view.ts')).keepView(context));
  const panes: Readonly<Record<View, Pane>> = {
    overview: lazyPane(async () => (await import('./genes/overview-view.ts')).overviewView(context)),
    genes,
    sets: lazyPane(async () => (await import('./genes/gene-set-view.ts')).geneSetView(context)),
    models: lazyPane(async () => (await import('./analyses/models-view.ts')).modelsView(context)),
    means: lazyPane(async () => (await import('./analyses/means-view.ts')).meansView(context)),
    diagnostics: lazyPane(async () => (await import('./analyses/diagnostics-view.ts')).diagnosticsView(context)),
    gene,
    keep,
    compare: lazyPane(async () => (await import('./analyses/compare-view.ts')).compareView(context)),
  };
  const old = element('p', { class: 'note stale', id: 'stale', role: 'status', hidden: true });
  const belongs = element('p', { class: 'provenance', id: 'provenance' });
  const content = element(
    'div',
    { hidden: true },
    belongs,
    old,
    outcomeNotes(context),
    element('div', { class: 'bar' }, tabList, chooser),
  );
  for (const view of VIEWS) {
    const pane = panes[view].host;
    pane.id = `view-${view}`;
    pane.setAttribute('role', 'tabpanel');
    pane.setAttribute('aria-labelledby', `tab-${view}`);
    pane.tabIndex = -1;
    content.append(pane);
  }
  fill(host, empty, content);

  // Whoever opens data will have results: the views that everybody looks at come meanwhile, one by one.
  let preloaded = false;
  const preload = async (): Promise<void> => {
    for (const pane of [genes, gene, keep]) await pane.preload();
  };
  store.watch(['summary'], ({ summary }) => {
    if (!summary || preloaded) return;
    preloaded = true;
    whenIdle(() => void preload());
  });

  let current: ResultsView | null = null;
  let made = '';
  let of: State['results'] = null;
  let shares: State['expressedBy'] = null;
  const places = viewPlaces();
  /** View and gene that were last on show. */
  let last: { readonly view: View; readonly gene: number | null } | null = null;
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
    if (results !== of) {
      last = null;
      places.forget();
    }
    const key = `${state.test}\n${state.split}`;
    if (results !== of || key !== made || state.expressedBy !== shares || !current) {
      shares = state.expressedBy;
      current = resultsView(results.outcome.table, state.test, state.split, results.settings.condition, {
        expressedBy: shares,
        many: responseWords(results).many,
      });
      if (results !== of) fill(belongs, ...provenanceLine(results));
      of = results;
      made = key;
      fill(chooser, ...choices(state, current, context), foundCount);
    }
    const shown = shownView(state);
    content.dataset['view'] = shown;
    const found = countFound(current, state.threshold, state.filters);
    const foundText = foundOf(found, testedCounts(current, state.filters), current.many);
    // What is said anew is read aloud anew.
    if (foundCount.textContent !== foundText) foundCount.textContent = foundText;
    foundCount.hidden = isSingle(results);
    foundCount.title = `adjusted p up to ${state.threshold}`;
    const lost = document.activeElement;
    if (last && last.view !== shown) places.leave(last.view, panes[last.view]);
    VIEWS.forEach((view, i) => {
      const on = view === shown;
      const title = viewTitle(view, TITLES[view], results);
      tabs[i].hidden = title === null || (view === 'overview' && !results.outcome.table.splits);
      if (title !== null) tabs[i].textContent = title;
      tabs[i].setAttribute('aria-selected', String(on));
      tabs[i].tabIndex = on ? 0 : -1;
      const wasHidden = panes[view].host.hidden;
      panes[view].host.hidden = !on;
      if (!on && !wasHidden) panes[view].hide?.();
    });
    panes[shown].show(current, state);
    // What had the focus in a view that is hidden now leaves it to the one on show.
    const { activeElement } = document;
    const nowhere = activeElement === document.body || activeElement === lost;
    if (nowhere && lost?.closest('[role="tabpanel"][hidden]')) panes[shown].host.focus({ preventScroll: true });
    const before = last;
    last = { view: shown, gene: state.gene };
    if (!before || byTab) return;
    if (shown === 'gene' && !isSingle(results)) {
      const opens = state.gene !== null && (before.view !== 'gene' || before.gene === null);
      if (opens) void gene.preload().then(() => last?.view === 'gene' && places.openGene(panes.gene));
    } else if (before.view !== shown) places.comeBack(shown, panes[shown]);
  };
  store.watch(
    [
      'results',
      'view',
      'test',
      'split',
      'search',
      'selected',
      'gene',
      'threshold',
      'filters',
      'geneSets',
      'expressedBy',
      'live',
      'summary',
      'refusal',
      'theme',
    ],
    refresh,
  );
  store.watch(['live'], ({ live }) => content.toggleAttribute('data-live', live));
  store.watch(['results', 'settings', 'source', 'summary', 'refusal', 'designError'], (state) => {
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

/** After the page is loaded, when it has nothing else to do. */
function whenIdle(work: () => void): void {
  const later = (): void => {
    // Safari has no requestIdleCallback.
    if ('requestIdleCallback' in window) window.requestIdleCallback(work);
    else setTimeout(work, 200);
  };
  if (document.readyState === 'complete') later();
  else addEventListener('load', later, { once: true });
}

/** The view on show: an overview is of several cell types. */
function shownView({ view, results }: State): View {
  if (results && viewTitle(view, '', results) === null) return 'gene';
  return view === 'overview' && !results?.outcome.table.splits ? 'genes' : view;
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
    const box = selectBox(
      'Split',
      levels.map((level) => [level, level]),
      view.split ?? '',
      (split) => store.set({ split, selected: [], gene: modelInSplit(table, store.state.gene, split) }),
    );
    box.classList.add('split-choice');
    boxes.push(box);
  }
  if (isSingle(results)) return boxes;
  boxes.push(selectBox('Test', testChoices(results, testNames(table)), view.test.name, (test) => store.set({ test })));
  return boxes;
}
