/** A view whose code is loaded when it is first shown, or before that when the page has nothing else to do. */

import { element, fill } from '../element.ts';
import type { ResultsView } from '../results/results-view.ts';
import type { State } from '../state/store.ts';

/** A view that is shown and hidden; `show` is called when it comes into sight or what it shows has changed. */
export interface Pane {
  readonly host: HTMLElement;
  show(view: ResultsView, state: State): void;
  hide?(): void;
  /** What has the focus when one comes back to it; without it the pane itself. */
  seat?(): HTMLElement | SVGElement | null;
}

export interface LazyPane extends Pane {
  /** Loads it, so that it is there at once when it is shown. */
  preload(): Promise<void>;
}

export function lazyPane(load: () => Promise<Pane>): LazyPane {
  const host = element('div', {}, element('p', { class: 'hint' }, 'Loading …'));
  let pane: Pane | null = null;
  let loading: Promise<void> | null = null;
  /** What is to be shown once it is there; null when it was hidden meanwhile. */
  let wanted: { readonly view: ResultsView; readonly state: State } | null = null;
  const start = async (): Promise<void> => {
    try {
      pane = await load();
      fill(host, pane.host);
      if (wanted) pane.show(wanted.view, wanted.state);
    } catch {
      fill(
        host,
        element('p', { class: 'note warning', role: 'alert' }, 'This view could not be loaded. Load the page again.'),
      );
      loading = null;
    }
  };
  return {
    host,
    preload() {
      loading ??= start();
      return loading;
    },
    show(view, state) {
      wanted = { view, state };
      if (pane) pane.show(view, state);
      else loading ??= start();
    },
    hide() {
      wanted = null;
      pane?.hide?.();
    },
    seat: () => pane?.seat?.() ?? null,
  };
}

/** Stands where code did not come: the network is away, or the server has another version of the page by now. */
export function notLoaded(): HTMLElement {
  return element(
    'p',
    { class: 'note warning', role: 'alert' },
    'A part of this view could not be loaded. Load the page again.',
  );
}

/** A part of a view. */
export interface Section {
  readonly host: HTMLElement;
  show(state: State): void;
}

export function lazySection(load: () => Promise<Section>): Section {
  const host = element('div', { class: 'lazy-section' });
  let section: Section | null = null;
  let asked = false;
  let last: State | null = null;
  return {
    host,
    show(state) {
      last = state;
      if (section) {
        section.show(state);
        return;
      }
      if (asked) return;
      asked = true;
      load().then(
        (made) => {
          section = made;
          fill(host, made.host);
          if (last) made.show(last);
        },
        () => {
          asked = false;
          fill(host, notLoaded());
        },
      );
    },
  };
}
