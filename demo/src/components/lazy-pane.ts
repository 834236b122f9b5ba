/** A view whose code is loaded when it is first shown. */

import { element, fill } from '../element.ts';
import type { Pane } from './results-pane.ts';

export function lazyPane(load: () => Promise<Pane>): Pane {
  const host = element('div', {}, element('p', { class: 'hint' }, 'Loading …'));
  let pane: Pane | null = null;
  let asked = false;
  let last: Parameters<Pane['show']> | null = null;
  return {
    host,
    show(...shown) {
      last = shown;
      if (pane) {
        pane.show(...shown);
        return;
      }
      if (asked) return;
      asked = true;
      load().then(
        (made) => {
          pane = made;
          fill(host, made.host);
          if (last) made.show(...last);
        },
        () => {
          asked = false;
          fill(
            host,
            element('p', { class: 'note warning', role: 'alert' }, 'This view could not be loaded: choose it again.'),
          );
        },
      );
    },
    hide() {
      last = null;
      pane?.hide?.();
    },
  };
}
