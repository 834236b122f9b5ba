/** Confidence intervals that were found on the page of a response: as a table, and among the answers that are kept with its results. Pure. */

import type { IntervalAnswer, IntervalQuestion, ParameterInterval } from '../protocol/analysis-protocol.ts';
import { type FoundIntervals, type KeptAnswers, MOST_FOUND } from '../results/kept-answers.ts';
import type { Results } from '../results/results-view.ts';
import { effectNames, randomNames } from '../words/effect-words.ts';
import { count, probability, shortNumber } from '../words/number-text.ts';
import { placeOf, quantityOf } from '../words/variation-words.ts';
import type { FigureTable } from './figure-shelf.ts';

export const KINDS: Readonly<Record<IntervalQuestion['method'], string>> = {
  wald: 'Wald',
  profile: 'Profile',
  bootstrap: 'Bootstrap',
  bca: 'Bootstrap, corrected',
};

/** What was found, with another answer behind it in place of that of its model and method. */
export function withIntervals({ intervals }: KeptAnswers, answer: FoundIntervals): KeptAnswers {
  const others = (intervals ?? []).filter(
    ({ model, question }) => model !== answer.model || question.method !== answer.question.method,
  );
  return { intervals: [...others, answer].slice(-MOST_FOUND) };
}

/** Those of a model, in the order in which they were found. */
export function foundIntervals({ intervals }: KeptAnswers, model: number): FoundIntervals[] {
  return (intervals ?? []).filter((answer) => answer.model === model);
}

/** "Profile intervals, 95 %". */
export function intervalTitle({ question, draws }: IntervalAnswer): string {
  const { method, level } = question;
  const used = method === 'bootstrap' || method === 'bca' ? `, ${count(question.draws)} draws` : '';
  const beside = draws > 0 ? `; the bootstrap of the fit beside them, ${count(draws)} draws` : '';
  return `${KINDS[method]} intervals, ${Math.round(1000 * level) / 10} %${used}${beside}`;
}

/** Intervals of one model with every parameter in words; the last column says why one has none, where any has none. */
export function intervalTable(answer: IntervalAnswer, results: Results): FigureTable {
  const words = parameterNames(results);
  const drawn = answer.draws > 0;
  const rows = answer.rows.filter(({ effect }) => effect !== 'ran_test');
  const isMissing = ({ low, high }: ParameterInterval): boolean => Number.isNaN(low) || Number.isNaN(high);
  const anyReason = answer.rows.some((row) => row.reason !== '' && isMissing(row));
  const head = ['Parameter', 'Estimate', 'From', 'To'];
  if (drawn) head.push('p (bootstrap)', 'From (bootstrap)', 'To (bootstrap)');
  if (anyReason) head.push(WHY_NONE);
  return {
    title: intervalTitle(answer),
    head,
    rows: rows.map((row) => {
      const { estimate, low, high, reason, drawn: own } = row;
      const besides = own
        ? [`${own.bound ? '≤ ' : ''}${probability(Math.log10(own.p))}`, shortNumber(own.low), shortNumber(own.high)]
        : ['', '', ''];
      return [
        words(row),
        ...[estimate, low, high].map(shortNumber),
        ...(drawn ? besides : []),
        ...(anyReason ? [isMissing(row) ? reason : ''] : []),
      ];
    }),
  };
}

/** The column without numbers. */
export const WHY_NONE = 'Why none';

/** Parameters in words, as the tables of the model have them. */
function parameterNames(results: Results): (row: ParameterInterval) => string {
  const { table } = results.outcome;
  const [effect, random] = [effectNames(results), randomNames(results)];
  return (row) => {
    if (row.effect === 'fixed' || row.effect === 'contrast' || row.group === null) return effect(row.term);
    const own = { ...row, group: row.group };
    return `${placeOf(own, table)}: ${quantityOf(own, table, random)}`;
  };
}
