/** A view whose code is loaded when it is first shown. */

import { element, fill } from '../element.ts';
import type { ResultsView } from '../results-view.ts';
import type { State } from '../store.ts';
import type { Pane } from './results-pane.ts';

export function lazyPane(load: () => Promise<Pane>): Pane {
  const host = element('div', {});
  let pane: Pane | null = null;
  let loading = false;
  /** What is to be shown once it is there; null when it was hidden meanwhile. */
  let wanted: { readonly view: ResultsView; readonly state: State } | null = null;
  const start = async (): Promise<void> => {
    loading = true;
    try {
      pane = await load();
      fill(host, pane.host);
      if (wanted) pane.show(wanted.view, wanted.state);
    } catch {
      fill(
        host,
        element('p', { class: 'note warning', role: 'alert' }, 'This view could not be loaded. Load the page again.'),
      );
    }
    loading = false;
  };
  return {
    host,
    show(view, state) {
      wanted = { view, state };
      if (pane) pane.show(view, state);
      else if (!loading) void start();
    },
    hide() {
      wanted = null;
      pane?.hide?.();
    },
  };
}
