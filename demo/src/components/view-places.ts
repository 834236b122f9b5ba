/**
 * Where the page stands when the view changes: a gene that is opened has its name at the top, and the focus; who comes back
 * to a view finds the place that was left, in sight and with the focus. Tabs keep the focus themselves.
 */

import type { View } from '../state/store.ts';
import type { Pane } from './lazy-pane.ts';

interface Place {
  /** Pixels that the page was scrolled. */
  readonly top: number;
  readonly focus: Element | null;
  /** What holds the plot that had the focus: plots are drawn anew. */
  readonly plot: Element | null;
}

export interface ViewPlaces {
  /** Before a view is hidden. */
  leave(view: View, pane: Pane): void;
  /** After a view is shown that was left, or never shown. */
  comeBack(view: View, pane: Pane): void;
  /** After a gene is shown. */
  openGene(pane: Pane): void;
  /** Places in earlier results are none in these. */
  forget(): void;
}

export function viewPlaces(): ViewPlaces {
  const left = new Map<View, Place>();
  // What the browser restores is where the other view was.
  history.scrollRestoration = 'manual';
  return {
    leave(view, { host }) {
      const { activeElement } = document;
      const focus = activeElement && host.contains(activeElement) ? activeElement : null;
      left.set(view, { top: window.scrollY, focus, plot: focus?.closest('.plot')?.parentElement ?? null });
    },
    comeBack(view, pane) {
      const place = left.get(view);
      if (place) window.scrollTo(0, place.top);
      const seat = (place && seatOf(place)) ?? pane.seat?.() ?? pane.host;
      seat.focus({ preventScroll: place !== undefined });
    },
    openGene({ host }) {
      const name = host.querySelector<HTMLElement>('#gene-name');
      name?.focus({ preventScroll: true });
      name?.scrollIntoView({ block: 'start' });
    },
    forget: () => left.clear(),
  };
}

/** What had the focus, or the plot that is drawn in its place. */
function seatOf({ focus, plot }: Place): HTMLElement | SVGElement | null {
  if (focus?.isConnected && (focus instanceof HTMLElement || focus instanceof SVGElement)) return focus;
  return plot?.querySelector<SVGElement>('svg[tabindex]') ?? null;
}
