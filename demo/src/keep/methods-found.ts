/** What a report says of the methods of analyses that were made beside the fit: a sentence for each that it has. Pure. */

import type { FitTable, OutputTable } from 'webgpu-lmm';
import type { IntervalAnswer, MeansAnswer } from '../protocol/analysis-protocol.ts';
import type { KeptAnswers } from '../results/kept-answers.ts';
import { count, counted } from '../words/number-text.ts';
import { columnOf, numberAt, textAt } from '../words/table-cells.ts';
import type { Work } from './references.ts';

/** What a report has beside the tables of the fit. */
export interface ReportFinds
  extends Pick<KeptAnswers, 'comparison' | 'terms' | 'validation' | 'selection' | 'calibration'> {
  /** Whether it has tests of terms. */
  readonly ofTerms: boolean;
  readonly means: readonly MeansAnswer[];
  /** Of the response that it has a part of, and what that is called. */
  readonly intervals: readonly IntervalAnswer[];
  readonly label: string;
}

export const NO_FINDS: ReportFinds = { ofTerms: false, means: [], intervals: [], label: '' };

export type Cite = (...works: readonly Work[]) => string;

/** In the order in which the report has them. */
export function foundSentences(finds: ReportFinds, table: FitTable, cite: Cite): string[] {
  return [
    ...intervalSentences(finds, cite),
    finds.ofTerms ? termSentence(table, cite) : '',
    ...meansSentences(finds.means, cite),
    ...ratioSentences(finds, cite),
    ...(finds.validation
      ? [
          `Models were cross-validated, fitted without the rows of one fold and judged by the log density of these${cite('scores')}.`,
        ]
      : []),
    finds.selection
      ? `Terms of the formula were left out one by one, by ${finds.selection.by === 'aic' ? `AIC${cite('AIC')}` : `likelihood ratios${cite('ratios')}`}.`
      : '',
    calibrationSentence(finds, cite),
  ];
}

/** Whether the tests are those of a linear model, with the degrees of freedom of its residuals. */
export function isLinear({ terms, structured, family, ddf }: FitTable): boolean {
  return terms.length === 0 && !structured && !family && ddf !== 'asymptotic';
}

function intervalSentences({ intervals, label }: ReportFinds, cite: Cite): string[] {
  return intervals.flatMap(({ question: { method, level, draws } }) => {
    const what = `${Math.round(1000 * level) / 10} % confidence intervals of ${label} are also given`;
    const of = `of a parametric bootstrap with ${count(draws)} draws`;
    if (method === 'profile') return [`${what} by the profile likelihood${cite('profile')}.`];
    if (method === 'bootstrap') return [`${what} as percentiles ${of}${cite('bootstrap')}.`];
    if (method === 'bca') {
      return [`${what} as percentiles, corrected for bias and acceleration${cite('bca')}, ${of}${cite('bootstrap')}.`];
    }
    return [];
  });
}

function termSentence(table: FitTable, cite: Cite): string {
  const tested = 'Terms were tested, each given all others (type III), by';
  if (isLinear(table)) return `${tested} F tests with the residual degrees of freedom.`;
  const words: Readonly<Record<string, () => string>> = {
    'kenward-roger': () =>
      `${tested} F tests with the scaling and the degrees of freedom of Kenward and Roger${cite('kenwardRoger')}.`,
    satterthwaite: () =>
      `${tested} F tests with Satterthwaite's degrees of freedom, joined as by Fai and Cornelius${cite('faiCornelius')}.`,
    'between-within': () =>
      `${tested} F tests with degrees of freedom counted at the level of the grouping at which each varies${cite('structures')}.`,
    asymptotic: () => `${tested} Wald's chi-squared tests${cite('wald')}.`,
  };
  return words[table.ddf]?.() ?? '';
}

/** Adjustments change something where there are several comparisons. */
function isAdjusted(pairs: OutputTable): boolean {
  if (columnOf(pairs, 'p.adjusted') === undefined) return false;
  return Array.from({ length: pairs.rows }, (_, row) => row).some(
    (row) => numberAt(pairs, 'p.adjusted', row) !== numberAt(pairs, 'p.value', row),
  );
}

function meansSentences(means: readonly MeansAnswer[], cite: Cite): string[] {
  const compared = new Set(means.filter(({ pairs }) => isAdjusted(pairs)).map(({ question }) => question.adjust));
  const ways: Readonly<Record<MeansAnswer['question']['adjust'], () => string>> = {
    tukey: () => `Tukey's studentized range, for means of unequal precision by Kramer${cite('kramer')}`,
    holm: () => `Holm's procedure${cite('holm')}, their limits by Bonferroni's inequality`,
    bonferroni: () => "Bonferroni's inequality",
    BH: () => `the procedure of Benjamini and Hochberg${cite('benjaminiHochberg')}, their limits each by itself`,
    none: () => '',
  };
  return [...compared].flatMap((adjust) => {
    if (adjust === 'none') return [];
    return [`Differences of marginal means${cite('means')} were adjusted for their number by ${ways[adjust]()}.`];
  });
}

/** Models that were compared, and terms that were left out. */
function ratioSentences({ comparison, terms }: ReportFinds, cite: Cite): string[] {
  // Works are numbered in the order in which they stand in the sentence.
  const held = (tests: OutputTable, draws: number): string => {
    const rows = Array.from({ length: tests.rows }, (_, row) => row);
    const isMixed = rows.some((row) => textAt(tests, 'reference', row).includes(' + '));
    return [
      `by likelihood ratios${cite('ratios')}`,
      ...(isMixed ? [`those of variances on their bound held against mixtures of chi-squared${cite('mixtures')}`] : []),
      ...(draws > 0 ? [`and by a parametric bootstrap of them with ${count(draws)} draws${cite('bootstrap')}`] : []),
    ].join(', ');
  };
  const sentences: string[] = [];
  if (comparison) {
    const { tests, rankBy, draws } = comparison;
    const ratios = tests.rows > 0 ? `${held(tests, draws)}, and ` : '';
    sentences.push(`Models of the same rows were compared ${ratios}ranked by ${rankBy}${cite(rankBy)}.`);
  }
  if (terms) sentences.push(`Each ${terms.kind} term was tested ${held(terms.table, terms.draws)}.`);
  return sentences;
}

function calibrationSentence({ calibration }: ReportFinds, cite: Cite): string {
  if (!calibration) return '';
  const { scheme, statuses, permutations } = calibration;
  const all = Object.values(statuses).reduce((sum, own) => sum + own, 0);
  const made =
    scheme === 'simulate'
      ? `${counted(all, 'responses')} without the effect, drawn from the fitted model`
      : `${counted(all, 'responses')} of ${counted(permutations, 'permutations')} of the column`;
  return `Tests were calibrated on the rows of this design by ${made}: shares of p-values up to a level have Wilson's 95 % limits${cite('wilson')}.`;
}
