/** What the page says of models that predict rows which they were not fitted to: columns, and which predicts best. Pure. */

import type { OutputTable } from 'webgpu-lmm';
import { count, counted, shortNumber } from './number-text.ts';
import { columnOf, numberAt, type ShownColumn, textAt } from './table-cells.ts';

export const SCORES: readonly ShownColumn[] = [
  { name: 'model', title: 'Model', wide: 0.8 },
  { name: 'formula', title: 'Formula', wide: 3.4 },
  { name: 'residual', title: 'Residuals', wide: 1.6 },
  { name: 'family', title: 'Family' },
  { name: 'n', title: 'Rows', hint: 'Rows that were held out once and scored' },
  {
    name: 'log.score',
    title: 'Log score',
    hint: 'Mean log density of the rows held out, given all others: the higher the better',
  },
  { name: 'log.score.se', title: 'SE over folds' },
  { name: 'rmse', title: 'Error', hint: 'Root mean square error of the predictions' },
  { name: 'rank', title: 'Rank', wide: 0.8 },
  { name: 'status', title: 'Status', hint: 'Of the fits to the other folds: the first that is not ok' },
];

export const FOLDS: readonly ShownColumn[] = [
  { name: 'model', title: 'Model', wide: 0.8 },
  { name: 'fold', title: 'Fold', wide: 0.8 },
  { name: 'n', title: 'Rows' },
  { name: 'log.score', title: 'Log score' },
  { name: 'rmse', title: 'Error' },
  { name: 'status', title: 'Status' },
];

export const SCORES_CAPTION = 'Scores of rows held out, the higher the better';

/** Of one response: how far the two best are apart, beside what folds vary; models whose scores are equal but for rounding share a rank. Empty where one model stands alone. */
export function apartText(scores: OutputTable, replicates: readonly boolean[]): string {
  const rankOf = (row: number): number => numberAt(scores, 'rank', row);
  const ranked = Array.from({ length: scores.rows }, (_, row) => row)
    .filter((row) => !Number.isNaN(rankOf(row)))
    .sort((a, b) => rankOf(a) - rankOf(b));
  const best = ranked.filter((row) => rankOf(row) === 1);
  const second = ranked[best.length];
  if (ranked.length < 2) return '';
  const name = (row: number): string => textAt(scores, 'model', row);
  const score = (row: number): number => numberAt(scores, 'log.score', row);
  const error = (row: number): string => shortNumber(numberAt(scores, 'log.score.se', row));
  const words =
    best.length > 1
      ? `Models ${best.slice(0, -1).map(name).join(', ')} and ${name(best[best.length - 1])} predict equally well${second === undefined ? '.' : ', '}`
      : `Model ${name(best[0])}${replicates[numberAt(scores, 'model', best[0]) - 1] ? ', which takes rows as replicates,' : ''} predicts best, `;
  const ahead =
    second === undefined
      ? ''
      : `by ${shortNumber(score(best[0]) - score(second))} a row before model ${name(second)}. The standard errors over folds are ${error(best[0])} and ${error(second)}; ${best.length > 1 ? 'all' : 'both'} models have the same folds.`;
  return `${words}${ahead}`;
}

/** For how many responses each model predicts best, a sentence a model. */
export function bestTexts(scores: OutputTable, many: string, replicates: readonly boolean[]): string[] {
  const models = new Map<string, { words: string; best: number; ranked: number }>();
  for (let row = 0; row < scores.rows; row++) {
    const rank = numberAt(scores, 'rank', row);
    const key = textAt(scores, 'model', row);
    const words = ['residual', 'family']
      .filter((name) => columnOf(scores, name) !== undefined)
      .map((name) => `, ${textAt(scores, name, row)}`);
    const own = models.get(key) ?? {
      words: `Model ${key}, ${textAt(scores, 'formula', row)}${words.join('')}${replicates[Number(key) - 1] ? ', rows as replicates' : ''}`,
      best: 0,
      ranked: 0,
    };
    if (!Number.isNaN(rank)) own.ranked += 1;
    if (rank === 1) own.best += 1;
    models.set(key, own);
  }
  // One alone is no contest.
  if (models.size < 2) return [];
  return [...models.values()].map(
    ({ words, best, ranked }) => `${words}: predicts best for ${count(best)} of ${counted(ranked, many)}`,
  );
}
