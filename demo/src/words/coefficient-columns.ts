/** What a table of the coefficients of one model says: its columns, limits as text, and what to keep in mind. Pure. */

import type { FitTable } from 'webgpu-lmm';
import { type AdjustedTests, adjustedLog } from '../results/adjusted-logs.ts';
import type { ModelRow } from '../results/model-rows.ts';
import { shownTests } from '../results/shown-tests.ts';
import type { EffectFacts } from './effect-words.ts';
import { probability, shortNumber } from './number-text.ts';

/** Limits from standard errors and degrees of freedom, as they stand beside estimates. */
export const WALD_INTERVAL = '95 % interval (Wald)';

export interface CoefficientColumn {
  readonly title: string;
  text(row: ModelRow): string;
}

/** The columns that the coefficients of a model have beside their names. */
export function coefficientColumns(table: FitTable, model: number, { scale }: EffectFacts): CoefficientColumn[] {
  const { ddf, models, bootstrap } = table;
  const number = (title: string, name: string): CoefficientColumn => ({
    title,
    text: (row) => shortNumber(row.number(name)),
  });
  const p = (title: string, name: string): CoefficientColumn => ({
    title,
    text: (row) => probability(row.number(name)),
  });
  const adjusted = (title: string, tests: Record<'coefficients' | 'contrasts', AdjustedTests>): CoefficientColumn => ({
    title,
    text: ({ term }) => {
      const own = tests[table.contrasts.names.includes(term) ? 'contrasts' : 'coefficients'];
      const index = own.names.indexOf(term);
      return index < 0 ? '' : probability(adjustedLog(table, own, index, model));
    },
  });
  const { ratio } = scale;
  // Of a mean, and of an effect without a finite estimate, there is no ratio.
  const hasNoRatio = (row: ModelRow): boolean => row.term === '(Intercept)' || Number.isNaN(row.number('std.error'));
  return [
    number('Estimate', 'estimate'),
    number('SE', 'std.error'),
    { title: WALD_INTERVAL, text: (row) => intervalText(row.number('conf.low'), row.number('conf.high')) },
    ...(ratio === null
      ? []
      : [
          {
            title: ratio,
            text: (row: ModelRow) => (hasNoRatio(row) ? '' : shortNumber(Math.exp(row.number('estimate')))),
          },
          {
            title: 'its interval',
            text: (row: ModelRow) =>
              hasNoRatio(row) ? '' : intervalText(Math.exp(row.number('conf.low')), Math.exp(row.number('conf.high'))),
          },
        ]),
    ...(ddf === 'asymptotic' ? [] : [number('df', 'df')]),
    number(statisticName(table), 'statistic'),
    p('p', 'log10p'),
    ...(models > 1 ? [adjusted('adj. p', shownTests(table))] : []),
    ...(bootstrap
      ? [
          {
            // An upper bound where too few draws reach so far out.
            title: 'p (bootstrap)',
            text: (row: ModelRow) =>
              `${row.is('p.bootstrap.bound') ? '≤ ' : ''}${probability(Math.log10(row.number('p.bootstrap')))}`,
          },
        ]
      : []),
  ];
}

/** What the statistic of the tests on show is called: `t`, `z`, and `moderated t` where residual variances were moderated. */
export function statisticName({ ddf, moderation }: Pick<FitTable, 'ddf' | 'moderation'>): string {
  return `${moderation ? 'moderated ' : ''}${ddf === 'asymptotic' ? 'z' : 't'}`;
}

/** What moderated tests are, and where the ordinary ones stand; null where the tests are ordinary. */
export function moderatedWords({ moderation }: Pick<FitTable, 'moderation'>): string | null {
  if (!moderation) return null;
  return 'Tests are moderated (empirical Bayes, as limma has them): standard errors, intervals, df, t and p here, in the list, the plots and the counts. The table of coefficients under “Keep” has the ordinary tests beside them.';
}

/** Limits; nothing where there are none. */
export function intervalText(low: number, high: number): string {
  return Number.isNaN(low) || Number.isNaN(high) ? '' : `${shortNumber(low)} to ${shortNumber(high)}`;
}

/** What is to be kept in mind of effects that are no differences of means; null where they are. */
export function familyWords({ ddf, family, groups }: FitTable): string | null {
  if (!family) return null;
  const [unit = 'unit'] = groups;
  const parts = [
    family.family === 'cumulative'
      ? 'Above zero means higher grades; one ratio for all lines between grades is an assumption.'
      : `Effects, and the means in the plot, are those of one ${unit} with the random effects at zero, not averages over all of them.`,
    ddf === 'asymptotic' ? 'Tests are large-sample z tests.' : '',
  ];
  return parts.filter((part) => part !== '').join(' ');
}
