/** What the page says of models that are compared: the columns of their tables, marks and warnings, and what tests found. Pure. */

import type { OutputTable } from 'webgpu-lmm';
import type { ComparisonAnswer, RatioChoice, TermsAnswer } from '../protocol/analysis-protocol.ts';
import { adjustedLogsOf } from '../results/adjusted-logs.ts';
import type { Results } from '../results/results-view.ts';
import { count, probability, shortNumber } from './number-text.ts';
import { firstAmongOthers, markedColumns, replicateText } from './replicate-words.ts';
import { responseWords } from './result-words.ts';
import { columnOf, numberAt, type ShownColumn, textAt } from './table-cells.ts';

/** Columns that say of which response a row is. */
export const IDENTITY: readonly ShownColumn[] = [
  { name: 'split', title: 'Split' },
  { name: 'response', title: 'Response', wide: 1.8 },
  { name: 'gene', title: 'Gene', wide: 1.4 },
];

export const MODEL: readonly ShownColumn[] = [
  { name: 'model', title: 'Model', wide: 0.8 },
  { name: 'formula', title: 'Formula', wide: 3.4 },
  { name: 'residual', title: 'Residuals', wide: 1.6 },
  { name: 'family', title: 'Family' },
];
export const CRITERIA: readonly ShownColumn[] = [
  { name: 'npar', title: 'Parameters', hint: 'Fixed effects, variances and the residual variance', wide: 1.1 },
  { name: 'logLik', title: 'log L', hint: 'Log-likelihood, restricted for REML' },
  { name: 'AIC', title: 'AIC' },
  { name: 'AICc', title: 'AICc' },
  { name: 'BIC', title: 'BIC' },
  { name: 'delta', title: 'Δ', hint: 'Of the criterion that ranks, above the best model' },
  { name: 'weight', title: 'Weight', hint: 'Share of the evidence among these models' },
  { name: 'rank', title: 'Rank', wide: 0.8 },
  { name: 'r2.marginal', title: 'R² fixed', hint: 'Marginal R²: by the fixed effects' },
  { name: 'r2.conditional', title: 'R² all', hint: 'Conditional R²: with the random effects' },
  { name: 'status', title: 'Status' },
];
export const TEST: readonly ShownColumn[] = [
  { name: 'chisq', title: 'χ²', hint: 'Likelihood ratio' },
  { name: 'df', title: 'df', wide: 0.7 },
  { name: 'p.value', title: 'p', p: true, log: 'log10p' },
  { name: 'p.adjusted', title: 'adj. p', p: true },
  { name: 'p.bootstrap', title: 'p, bootstrap', p: true, wide: 1.2 },
  { name: 'p.bootstrap.adjusted', title: 'adj. p, bootstrap', p: true, wide: 1.4 },
  {
    name: 'reference',
    title: 'Held against',
    words: (text) => text.replaceAll('chisq', 'χ²'),
    hint: 'The distribution of the ratio where the smaller model is true',
    wide: 2,
  },
];
export const PAIR: readonly ShownColumn[] = [
  { name: 'small', title: 'Smaller' },
  { name: 'large', title: 'Larger' },
];
export const TERM: readonly ShownColumn[] = [{ name: 'term', title: 'Left out', wide: 2 }];

/** Beside each term that is left out. */
export const TERM_CRITERIA: readonly ShownColumn[] = [
  { name: 'npar', title: 'Parameters' },
  { name: 'logLik', title: 'log L' },
  { name: 'AIC', title: 'AIC' },
];

export const SUMMARY: readonly ShownColumn[] = [
  ...MODEL,
  { name: 'npar.median', title: 'Parameters' },
  { name: 'first', title: 'Best for', hint: 'How often it ranks first' },
  { name: 'share', title: 'Share' },
  { name: 'first.AICc', title: 'by AICc' },
  { name: 'first.BIC', title: 'by BIC' },
  { name: 'delta.median', title: 'Median Δ', hint: 'Of the criterion that ranks, above the best model' },
  { name: 'r2.marginal.median', title: 'R² fixed, median' },
  { name: 'r2.conditional.median', title: 'R² all, median' },
];

export const NO_PAIRS =
  'None of these models lies inside another: they are ranked, and there is no likelihood ratio test.';

/** Titles of tables. */
export const RATIO_CAPTION = 'Likelihood ratio tests of models inside each other';

/** "All models by restricted likelihood (REML) on the same rows, ranked by AIC." */
export function comparedWords({ method, rankBy }: Pick<ComparisonAnswer, 'method' | 'rankBy'>): string {
  return `All models by ${likelihoodWords(method)} on the same rows, ranked by ${rankBy}.`;
}

function likelihoodWords(method: 'REML' | 'ML'): string {
  return method === 'REML' ? 'restricted likelihood (REML)' : 'maximum likelihood';
}

/** What tests of terms are of, with the title of their table. */
export function termTestWords({ kind, method }: Pick<TermsAnswer, 'kind' | 'method'>): {
  readonly title: string;
  readonly words: string;
  readonly caption: string;
} {
  return {
    title: `Each ${kind} term left out`,
    words: `Likelihood ratios of the fitted model and of it without the term, by ${likelihoodWords(method)}.`,
    caption: `Each ${kind} term left out by itself; <none> is the whole model`,
  };
}

/** Of one response: its models, the best first, with their criteria. */
export function modelsTable({ models, rankBy, replicates }: ComparisonAnswer): {
  readonly columns: ShownColumn[];
  readonly caption: string;
} {
  const allFitted = Array.from({ length: models.rows }, (_, row) => textAt(models, 'status', row)).every(
    (one) => one === 'ok',
  );
  const columns = [...MODEL, ...CRITERIA].filter(({ name }) => name !== 'status' || !allFitted);
  return {
    columns: markedColumns(columns, replicates),
    caption: replicates.includes(true) ? `Models by ${rankBy}` : 'Models, the best first',
  };
}

/** Of many responses: for how many each model is the best, and among those that can be chosen, where some cannot. */
export function summaryTable(
  { models, summary, rankBy, replicates }: ComparisonAnswer,
  results: Results,
): { readonly table: OutputTable; readonly columns: ShownColumn[]; readonly caption: string } {
  const { everywhere } = responseWords(results);
  const isWarned = replicateText(replicates, rankBy) !== null;
  const firsts = { name: 'first.among', kind: 'number' as const, values: firstAmongOthers(models, replicates) };
  const table = isWarned ? { ...summary, columns: [...summary.columns, firsts] } : summary;
  const columns = SUMMARY.flatMap((column): ShownColumn[] => {
    if (!isWarned) return [column];
    if (column.name === 'first') return [{ ...column, title: `Least ${rankBy} for` }];
    const hint = 'How often it ranks first among models that take no rows as replicates';
    return column.name === 'share' ? [column, { name: 'first.among', title: 'Best of the others', hint }] : [column];
  });
  return {
    table,
    columns: markedColumns(columns, replicates),
    caption: isWarned
      ? `For how many ${everywhere} each model has the least ${rankBy}`
      : `Which model is the best for how many ${everywhere}`,
  };
}

/** What the tests of a comparison are of. */
export function pairSentence(tests: OutputTable): (row: number) => string {
  return (row) => `model ${textAt(tests, 'large', row)} against model ${textAt(tests, 'small', row)} inside it`;
}

/** Of one response p is adjusted for nothing. */
export function withoutAdjusted(columns: readonly ShownColumn[]): ShownColumn[] {
  return columns.filter(({ name }) => name !== 'p.adjusted' && name !== 'p.bootstrap.adjusted');
}

/** The columns with the logarithms of the adjusted p of a table, whose tests are named by `keys`. */
export function withLogs(
  columns: readonly ShownColumn[],
  table: OutputTable,
  keys: readonly ShownColumn[],
  { outcome }: Results,
): ShownColumn[] {
  const names = keys.map(({ name }) => name);
  return columns.map((column) =>
    column.name === 'p.adjusted' ? { ...column, log: adjustedLogsOf(table, names, outcome.table) } : column,
  );
}

/** How many responses each test finds, a sentence a test. */
export function pairTexts(
  table: OutputTable,
  keys: readonly string[],
  sentence: (row: number) => string,
  threshold: number,
  results: Results,
): string[] {
  const logs = adjustedLogsOf(table, keys, results.outcome.table);
  const { everywhere } = responseWords(results);
  const groups = new Map<string, { row: number; tested: number; found: number; drawn: number; least: number }>();
  for (let row = 0; row < table.rows; row++) {
    const adjusted = numberAt(table, 'p.adjusted', row);
    if (Number.isNaN(adjusted)) continue;
    const key = keys.map((name) => textAt(table, name, row)).join('\n');
    const group = groups.get(key) ?? { row, tested: 0, found: 0, drawn: 0, least: 0 };
    group.tested += 1;
    if (adjusted <= threshold) group.found += 1;
    if (numberAt(table, 'p.bootstrap.adjusted', row) <= threshold) group.drawn += 1;
    group.least = Math.min(group.least, logs[row]);
    groups.set(key, group);
  }
  const bootstrap = columnOf(table, 'p.bootstrap') !== undefined;
  return [...groups.values()].map(
    ({ row, tested, found, drawn, least }) =>
      `${sentence(row)}: found for ${count(found)} of ${count(tested)} ${everywhere} (adjusted p up to ${shortNumber(threshold)}; the least ${probability(least)})${bootstrap ? `, by bootstrap for ${count(drawn)}` : ''}`,
  );
}

/** What draws cannot say; empty without any. */
export function drawnText({ draws }: Pick<RatioChoice, 'draws'>): string {
  if (draws === 0) return '';
  return `Bootstrap: the share of ${count(draws)} ratios, drawn where the smaller model is true, that are as large; none is below ${shortNumber(1 / (draws + 1))}. Adjusted over many responses a small p takes many more draws.`;
}
