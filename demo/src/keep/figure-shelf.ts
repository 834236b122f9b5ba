/** Figures that are on show, so that the report and the view of files can draw them again. */

import type { PlotHandle } from '../plots/index.ts';
import type { Results } from '../results/results-view.ts';
import type { Store } from '../state/store.ts';
import { provenance } from '../words/provenance.ts';

/** A figure that can be drawn anywhere, with the words that go below it. */
export interface ShelfFigure {
  /** Unique on the page; part of the names of files. */
  readonly id: string;
  /** Class of its host on the page. */
  readonly kind: string;
  readonly title: string;
  readonly caption: string;
  make(host: HTMLElement): PlotHandle;
  /** The numbers behind it, which a report has below it. */
  readonly tables?: readonly FigureTable[];
}

/** A table as text. */
export interface FigureTable {
  readonly title: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** The figures of the results on show, by the part of the page that they belong to. */
export interface FigureShelf {
  /** Puts figures in the place of those of the same part; none takes them away. */
  put(results: Results, part: string, figures: readonly ShelfFigure[]): void;
  /** Those of these results, in the order in which their parts came. */
  figures(results: Results): readonly ShelfFigure[];
}

const SHELVES = new WeakMap<Store, FigureShelf>();

/** The shelf of the page. */
export function shelfOf(store: Store): FigureShelf {
  const found = SHELVES.get(store) ?? newShelf();
  SHELVES.set(store, found);
  return found;
}

export function newShelf(): FigureShelf {
  let of: Results | null = null;
  const parts = new Map<string, readonly ShelfFigure[]>();
  return {
    put(results, part, figures) {
      if (results !== of) parts.clear();
      of = results;
      if (figures.length === 0) parts.delete(part);
      else parts.set(part, figures);
    },
    figures: (results) => (results === of ? [...parts.values()].flat() : []),
  };
}

/** A caption that stands for itself: what is drawn, and what it belongs to. */
export function wholeCaption({ title, caption }: Pick<ShelfFigure, 'title' | 'caption'>, results: Results): string {
  const facts = provenance(results).map(({ text }) => text);
  return `${title}. ${caption} ${facts.join('; ')}.`;
}
