/** The figures of all cell types at once, as the overview shows them, and as files and reports hold them. */

import { type DotPlotData, dotPlot } from '../plots/dot-plot.ts';
import { type FoundBarsData, foundBars } from '../plots/found-bars.ts';
import { type Overview, overviewOf, type TopGenes, topGenes } from '../results/overview.ts';
import type { Results, ResultsView } from '../results/results-view.ts';
import type { State, Store } from '../state/store.ts';
import { effectTitle } from '../words/effect-words.ts';
import { filterWords } from '../words/filter-words.ts';
import { responseWords } from '../words/result-words.ts';
import { splitWords } from '../words/split-words.ts';
import type { ShelfFigure } from './figure-shelf.ts';

/** Sizes by the share of one level of the condition begin so. */
export const LEVEL = 'level:';

/** What can be chosen of the dot plot. */
export interface OverviewChoice {
  /** Responses in it. */
  most: number;
  /** What the size of a dot is: `p`, `expressed`, or a level of the condition. */
  size: string;
}

const CHOICES = new WeakMap<Store, OverviewChoice>();

/** The choice of the page: its view of all types changes it, files and reports follow. */
export function overviewChoice(store: Store): OverviewChoice {
  const found = CHOICES.get(store) ?? { most: 20, size: 'p' };
  CHOICES.set(store, found);
  return found;
}

export interface OverviewRequest extends Pick<State, 'threshold' | 'filters' | 'expressedBy'> {
  /** Name of the coefficient or contrast. */
  readonly test: string;
}

export interface OverviewDrawing {
  readonly overview: Overview;
  readonly top: TopGenes;
  /** Whether it is known in how many rows a response is not zero. */
  readonly known: boolean;
  /** What was found, by which rules. */
  readonly words: string;
  readonly bars: FoundBarsData;
  readonly dots: DotPlotData;
  readonly figures: { readonly bars: ShelfFigure; readonly dots: ShelfFigure };
}

/** Null where the fit was not split. */
export function overviewDrawing(
  results: Results,
  request: OverviewRequest,
  { most, size }: OverviewChoice,
): OverviewDrawing | null {
  const { table } = results.outcome;
  if (table.splits === null) return null;
  const { test, threshold, filters, expressedBy } = request;
  const overview = overviewOf(table, test, results.settings.condition, request);
  const { types, views, up, down, tested } = overview;
  const { many } = responseWords(results);
  const kinds = splitWords(results.settings.splitBy);
  const effect = views[0] ? effectTitle(views[0], results) : '';
  const top = topGenes(overview, filters, most);
  const value = (pick: (type: number, place: number) => number): Float64Array =>
    Float64Array.from(top.places, (place, at) => (place < 0 ? Number.NaN : pick(at % types.length, place)));
  const known = views.some(({ expressed }) => expressed.some((share) => share < 1));
  const levels = filters.byLevel ? (expressedBy?.levels ?? []) : [];
  const level = size.startsWith(LEVEL) ? levels.indexOf(size.slice(LEVEL.length)) : -1;
  const sharesOf = ({ byLevel: own, expressed }: ResultsView): Float64Array => own?.[level]?.shares ?? expressed;
  const bars: FoundBarsData = { types, up, down, tested, many, kinds };
  const dots: DotPlotData = {
    genes: top.labels,
    types,
    many,
    kinds,
    effect: value((type, place) => views[type].effect[place]),
    log10P: value((type, place) => views[type].log10P[place]),
    log10Adjusted: value((type, place) => views[type].log10Adjusted[place]),
    expressed: value((type, place) => sharesOf(views[type])[place]),
    ...(level >= 0 ? { rows: `${expressedBy?.column}: ${levels[level]}` } : {}),
    size: known && size !== 'p' ? 'expressed' : 'p',
    threshold,
  };
  const words = `${effect}: ${filterWords(threshold, filters, many)}. ${table.adjustAcross === 'all' ? 'p is adjusted over all of them together.' : 'p is adjusted within each.'}`;
  const title = (what: string): string => `${what}, by ${kinds.one}`;
  const Many = many.replace(/^./, (letter) => letter.toUpperCase());
  return {
    ...{ overview, top, known, words, bars, dots },
    figures: {
      bars: {
        ...{ id: 'overview.bars', kind: 'found-bars', title: title(`${Many} found`), caption: words },
        make: (place) => foundBars(place, bars),
      },
      dots: {
        ...{ id: 'overview.dots', kind: 'dot-plot', title: title(`Strongest ${many}`) },
        caption: `${effect} in each ${kinds.one}, the ${top.labels.length} ${many} with the smallest p in any; rims mark an adjusted p up to ${threshold}.${sizeWords(dots)}`,
        make: (place) => dotPlot(place, dots),
      },
    },
  };
}

/** What the size of a dot is, for the caption. */
function sizeWords({ size, rows }: DotPlotData): string {
  if (size === 'p') return ' The size of a dot is −log₁₀ p.';
  return ` The size of a dot is the per cent of the rows${rows === undefined ? '' : ` of ${rows}`} that are not zero.`;
}
