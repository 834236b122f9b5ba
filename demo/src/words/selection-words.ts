/** What the page says of terms that were left out one by one. Pure. */

import type { SelectionAnswer } from '../protocol/analysis-protocol.ts';
import { count, shortNumber } from './number-text.ts';
import type { ShownColumn } from './table-cells.ts';

export const PATH: readonly ShownColumn[] = [
  { name: 'step', title: 'Step', wide: 0.7 },
  { name: 'action', title: 'What', hint: 'start: the formula given; drop: a term goes; end: what is left', wide: 0.8 },
  { name: 'term', title: 'Left out', wide: 2 },
  { name: 'chisq', title: 'χ²', hint: 'Likelihood ratio of the term' },
  { name: 'df', title: 'df', wide: 0.7 },
  { name: 'p.value', title: 'p', p: true },
  { name: 'AIC', title: 'AIC', hint: 'Of the formula of the row, by maximum likelihood' },
  { name: 'formula', title: 'Formula', wide: 3.4 },
];

export const PATH_CAPTION = 'Terms in the order in which they went';

/** What tests are worth after it. */
export const AFTER_SELECTION =
  'Tests in a model that was chosen so, by the same data, find too much: p and intervals are right in a formula that was written down beforehand.';

/** Formulas that are listed by themselves. */
const LISTED = 8;

export function selectionRule({ by, alpha }: Pick<SelectionAnswer, 'by' | 'alpha'>): string {
  return by === 'aic' ? 'the lowest AIC' : `p up to ${shortNumber(alpha)} of all terms that could go`;
}

/** Which formula was left of how many responses, the most common first: each with its words, and what has none. */
export function leftTexts(
  selected: readonly (string | null)[],
  many: string,
): { readonly formula: string; readonly words: string }[] {
  const counts = new Map<string, number>();
  let lost = 0;
  for (const formula of selected) {
    if (formula === null) lost += 1;
    else counts.set(formula, (counts.get(formula) ?? 0) + 1);
  }
  const ordered = [...counts].sort(([, a], [, b]) => b - a);
  const rest = ordered.slice(LISTED).reduce((sum, [, own]) => sum + own, 0);
  return [
    ...ordered.slice(0, LISTED).map(([formula, own]) => ({
      formula,
      words: ` is left of ${count(own)} of ${count(selected.length - lost)} ${many}`,
    })),
    ...(rest > 0 ? [{ formula: '', words: `other formulas of ${count(rest)}` }] : []),
    ...(lost > 0
      ? [{ formula: '', words: `${count(lost)} more ${lost === 1 ? 'has' : 'have'} no fit to begin with` }]
      : []),
  ];
}
