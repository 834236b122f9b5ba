/**
 * The browser's Back and Forward, and Escape: a view or a gene that was opened is a step of the history, so that Back closes
 * it. From one gene to the next is no step. Whoever leaves with results that are nowhere else is asked.
 */

import type { Results } from '../results/results-view.ts';
import { type State, type Store, VIEWS, type View } from './store.ts';

interface Place {
  readonly view: View;
  readonly gene: number | null;
  /** Which results, counted since the page was loaded: genes of others have other numbers. */
  readonly results: string;
}

export function keepHistory(store: Store): void {
  // Places of before a reload are of none of these.
  const load = String(performance.timeOrigin);
  let fits = 0;
  const own = (): string => `${load} ${fits}`;
  let shown: Results | null = store.state.results;
  let current = placeOf(store.state, own());
  /** The view from which the gene was opened. */
  let opened: View = 'genes';
  /** Results that are opened at the page of a gene have their table behind it, for Back. */
  const enterAt = (place: Place): void => {
    const { results } = store.state;
    if (place.view !== 'gene' || !results || results.outcome.table.models === 1) {
      history.replaceState(place, '');
      return;
    }
    history.replaceState({ ...place, view: 'genes', gene: null } satisfies Place, '');
    history.pushState(place, '');
  };
  // What was loaded again has its entries still.
  if (readPlace(history.state)) history.replaceState(current, '');
  else enterAt(current);
  let popping = false;
  store.watch(['view', 'gene', 'results'], (state) => {
    if (state.results !== shown) {
      fits += 1;
      shown = state.results;
    }
    const next = placeOf(state, own());
    if (isSame(next, current)) return;
    // Reading on through the genes, and what comes of a new fit, is where one already is.
    const isNew = next.results !== current.results;
    if (isNew) opened = 'genes';
    else if (next.view === 'gene' && current.view !== 'gene') opened = current.view;
    const stays = popping || next.view === current.view;
    current = next;
    if (isNew && !popping) enterAt(next);
    else if (stays) history.replaceState(next, '');
    else history.pushState(next, '');
  });
  window.addEventListener('popstate', ({ state }) => {
    const place = readPlace(state);
    if (!place) return;
    // A gene of earlier results is none of these.
    const isGone = place.view === 'gene' && place.results !== own();
    const view = isGone ? 'genes' : place.view;
    const gene = view === 'gene' ? place.gene : store.state.gene;
    current = placeOf({ ...store.state, view, gene }, own());
    // Results that have no such view show another one: that is no step.
    popping = true;
    store.set({ view, gene });
    popping = false;
  });
  window.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape' || event.defaultPrevented || store.state.view !== 'gene') return;
    const { results } = store.state;
    if (!results || results.outcome.table.models === 1) return;
    // Boxes have their own use for it.
    if (event.target instanceof Element && event.target.closest('input, select, textarea')) return;
    store.set({ view: opened });
  });
  window.addEventListener('beforeunload', (event) => {
    const { results, saved, activity } = store.state;
    if ((results && !saved) || activity?.label === 'Fitting') event.preventDefault();
  });
}

function placeOf({ view, gene }: State, results: string): Place {
  return { view, gene: view === 'gene' ? gene : null, results };
}

function isSame(a: Place, b: Place): boolean {
  return a.view === b.view && a.gene === b.gene && a.results === b.results;
}

function readPlace(state: unknown): Place | null {
  if (typeof state !== 'object' || state === null) return null;
  const { view, gene, results } = state as Partial<Record<keyof Place, unknown>>;
  const known = VIEWS.find((name) => name === view);
  if (!known || typeof results !== 'string') return null;
  return { view: known, gene: typeof gene === 'number' ? gene : null, results };
}
