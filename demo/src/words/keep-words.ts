/** Words of the view of files, by what was fitted. Pure. */

import { capitalised, unitsWord, unitWord } from '../model/unit-words.ts';
import type { Results } from '../results/results-view.ts';
import { responseWords } from './result-words.ts';

/** What the view of files says of what it keeps. */
export interface KeepWords {
  /** Title of the table of random effects. */
  readonly effects: string;
  readonly hasEffects: boolean;
  readonly figures: string;
  readonly all: string;
}

export function keepWords(results: Results): KeepWords {
  const { single, many, title } = responseWords(results);
  const session = 'drop it on this page to go on, under whatever name.';
  const report = 'A report stands for itself: what was done, in words with references, figures,';
  const hasEffects = results.outcome.table.terms.length > 0;
  if (single) {
    return {
      effects: 'Random effects',
      hasEffects,
      figures: 'Figures are here once they have been shown, and have a menu of their own.',
      all: `${report} the effects with their intervals, what varies, the model in R. A session holds settings and results with the names of units and columns, but no values; ${session}`,
    };
  }
  const { groups } = results.outcome.table;
  const one = title.toLowerCase();
  return {
    effects: groups.length === 1 ? `${capitalised(unitWord(groups[0], 'random'))} effects` : 'Random effects',
    hasEffects,
    figures: `Figures of a ${one} are here once they have been shown, and have a menu of their own.`,
    all: `${report} the strongest ${many}, the page of the open ${one}. A session holds settings and results with the names of ${many}, ${groups.length === 1 ? unitsWord(groups[0], 'units') : 'units'} and columns, but no values; ${session}`,
  };
}
