/** Which genes are shown, and which count as found. Pure; stored with the other choices. */

import type { ResultsView } from './results-view.ts';

export interface GeneFilters {
  /** Least size of the effect of a gene that is found; 0 for any. */
  readonly effect: number;
  /** Least per cent of the rows that are not zero; 0 for any. */
  readonly expressed: number;
  /** Of which rows: all, those of one level of the condition at least, or of each. */
  readonly expressedIn: 'all' | 'any' | 'every';
  /** Whether that is shown by level of the condition. */
  readonly byLevel: boolean;
  readonly singular: 'all' | 'without' | 'only';
  /** Only genes that are found are listed. */
  readonly found: boolean;
  /** Only genes of the list are listed. */
  readonly listed: boolean;
  readonly plot: 'volcano' | 'ma';
  /** Names of genes as they were pasted. */
  readonly list: string;
}

export const NO_FILTERS: GeneFilters = {
  effect: 0,
  expressed: 0,
  expressedIn: 'all',
  byLevel: false,
  singular: 'all',
  found: false,
  listed: false,
  plot: 'volcano',
  list: '',
};

/** Characters of a pasted list that are kept. */
const LONGEST_LIST = 1_000_000;

/** Filters that were stored, as far as they have the right kinds. */
export function restoreFilters(stored: unknown): GeneFilters {
  if (typeof stored !== 'object' || stored === null) return NO_FILTERS;
  const value = (key: keyof GeneFilters): unknown => Reflect.get(stored, key);
  const number = (key: 'effect' | 'expressed', most: number): number => {
    const found = value(key);
    return typeof found === 'number' && found >= 0 && found <= most ? found : NO_FILTERS[key];
  };
  const [singular, plot, list] = [value('singular'), value('plot'), value('list')];
  const expressedIn = value('expressedIn');
  return {
    effect: number('effect', Number.MAX_VALUE),
    expressed: number('expressed', 100),
    expressedIn: expressedIn === 'any' || expressedIn === 'every' ? expressedIn : 'all',
    byLevel: value('byLevel') === true,
    singular: singular === 'without' || singular === 'only' ? singular : 'all',
    found: value('found') === true,
    listed: value('listed') === true,
    plot: plot === 'ma' ? 'ma' : 'volcano',
    list: typeof list === 'string' ? list.slice(0, LONGEST_LIST) : '',
  };
}

/** Whether a gene is shown at all: enough of its rows are not zero, and its fit is as asked for. Unknown shares pass. */
export function passes(view: ResultsView, i: number, filters: GeneFilters): boolean {
  const { expressed, singular, byLevel = [] } = view;
  if (filters.singular !== 'all' && (singular[i] === 1) !== (filters.singular === 'only')) return false;
  const enough = (shares: Float64Array): boolean => !(100 * shares[i] < filters.expressed);
  if (filters.expressedIn === 'all' || byLevel.length === 0) return enough(expressed);
  return filters.expressedIn === 'any'
    ? byLevel.some(({ shares }) => enough(shares))
    : byLevel.every(({ shares }) => enough(shares));
}

/** Whether a gene is found: an adjusted p up to the threshold, and an effect of the least size asked for. */
export function isFound(
  { adjusted, effect }: ResultsView,
  i: number,
  threshold: number,
  filters: GeneFilters,
): boolean {
  return adjusted[i] <= threshold && Math.abs(effect[i]) >= filters.effect;
}

/** Genes found among those that pass. */
export function countFound(view: ResultsView, threshold: number, filters: GeneFilters): number {
  let found = 0;
  for (let i = 0; i < view.models.length; i++) {
    if (passes(view, i, filters) && isFound(view, i, threshold, filters)) found += 1;
  }
  return found;
}

/** The genes of a pasted list. */
export interface ListedGenes {
  /** Places in the view, ascending. */
  readonly places: readonly number[];
  /** Names that are none of its genes, each once. */
  readonly unknown: readonly string[];
  /** Names in the list, each once. */
  readonly names: number;
}

/**
 * Finds the genes that a text names, by id or symbol, in whatever way they are parted: lines, tabs, commas, semicolons, bars
 * or blanks, in quotes or not. A name with blanks is taken whole where there is such a gene. Capitals count only where they
 * decide.
 */
export function listedGenes(view: ResultsView, text: string): ListedGenes {
  if (text.trim() === '') return { places: [], unknown: [], names: 0 };
  if (last?.view !== view || last.text !== text) last = { view, text, found: lookUp(view, text) };
  return last.found;
}

/** What was looked up last: several parts of the page ask. */
let last: { readonly view: ResultsView; readonly text: string; readonly found: ListedGenes } | null = null;

function lookUp({ names, symbols }: ResultsView, text: string): ListedGenes {
  const exact = new Map<string, number[]>();
  const folded = new Map<string, number[]>();
  const enter = (map: Map<string, number[]>, key: string, at: number): void => {
    const own = map.get(key);
    if (!own) map.set(key, [at]);
    else if (own[own.length - 1] !== at) own.push(at);
  };
  for (let i = 0; i < names.length; i++) {
    for (const name of [names[i], symbols[i]]) {
      enter(exact, name, i);
      enter(folded, name.toLowerCase(), i);
    }
  }
  const find = (name: string): number[] | undefined => exact.get(name) ?? folded.get(name.toLowerCase());
  const bare = (piece: string): string => piece.trim().replace(/^["'`([{]+|["'`)\]}]+$/g, '');
  const places = new Set<number>();
  const seen = new Set<string>();
  const unknown: string[] = [];
  const take = (name: string): boolean => {
    const own = find(name);
    if (!own) return false;
    seen.add(name);
    for (const at of own) places.add(at);
    return true;
  };
  for (const piece of text.split(/[\r\n\t,;|]+/)) {
    if (take(piece.trim()) || take(bare(piece))) continue;
    for (const word of piece.split(/\s+/)) {
      const name = bare(word);
      if (name === '' || take(word) || take(name) || seen.has(name)) continue;
      seen.add(name);
      unknown.push(name);
    }
  }
  return { places: [...places].sort((a, b) => a - b), unknown, names: seen.size };
}
