/** What the tables of F tests, of means and of their differences say: columns with their headings, and adjustments. Pure. */

import type { FitTable, OutputTable } from 'webgpu-lmm';
import type { MeansQuestion } from '../protocol/analysis-protocol.ts';
import { comparisonWords } from './number-text.ts';
import { columnOf, hasNumbers, presentColumns, type ShownColumn } from './table-cells.ts';
import { testWords } from './test-choices.ts';

export const ADJUSTMENTS: readonly (readonly [MeansQuestion['adjust'], string])[] = [
  ['tukey', 'Tukey'],
  ['holm', 'Holm'],
  ['bonferroni', 'Bonferroni'],
  ['BH', 'Benjamini-Hochberg'],
  ['none', 'none'],
];

export const TERM_COLUMNS: readonly ShownColumn[] = [
  { name: 'split', title: 'Split' },
  { name: 'response', title: 'Response', wide: 1.8 },
  { name: 'gene', title: 'Gene', wide: 1.4 },
  { name: 'term', title: 'Term', wide: 1.6 },
  { name: 'sum.sq', title: 'Sum of squares', wide: 1.6 },
  { name: 'mean.sq', title: 'Mean square', wide: 1.5 },
  { name: 'num.df', title: 'Num. df', hint: 'Numerator degrees of freedom' },
  { name: 'den.df', title: 'Den. df', hint: 'Denominator degrees of freedom' },
  { name: 'statistic', title: 'F' },
  { name: 'p.value', title: 'p', p: true, log: 'log10p' },
  { name: 'p.adjusted', title: 'adj. p', p: true, hint: 'Adjusted over the responses, for each term' },
  { name: 'df.method', title: 'df by', wide: 1.6, words: testWords },
];

/** Columns that say nothing where there is one response. */
export const OF_MANY: readonly string[] = ['split', 'response', 'gene', 'p.adjusted'];

/** What tests of large samples have: the ratio is chi-squared over its degrees of freedom, and there are no others. */
const LARGE: Readonly<Record<string, ShownColumn | null>> = {
  'num.df': { name: 'num.df', title: 'df', hint: 'Degrees of freedom of chi-squared' },
  'den.df': null,
  statistic: { name: 'statistic', title: 'χ² / df', hint: 'Chi-squared over its degrees of freedom' },
  'df.method': null,
};

/**
 * Columns of a table of tests of terms; structured and generalised models have no sums of squares.
 * @param large whether they are tests of large samples
 */
export function termColumns(table: OutputTable, large: boolean): ShownColumn[] {
  return TERM_COLUMNS.flatMap((column) => {
    const own = large ? LARGE[column.name] : undefined;
    return own === null ? [] : [own ?? column];
  }).filter(({ name }) => {
    const column = columnOf(table, name);
    return column !== undefined && (column.kind !== 'number' || hasNumbers(table, name));
  });
}

/** What the estimates are called on the scales there are. */
export const ESTIMATES: Readonly<Record<string, string>> = {
  estimate: 'Estimate',
  prob: 'Probability',
  rate: 'Rate',
  mean: 'Mean',
  'odds.ratio': 'Odds ratio',
  'hazard.ratio': 'Hazard ratio',
  ratio: 'Ratio',
};
const NUMBERS: readonly ShownColumn[] = [
  ...Object.entries(ESTIMATES).map(([name, title]): ShownColumn => ({ name, title })),
  { name: 'std.error', title: 'SE' },
  { name: 'df', title: 'df' },
  { name: 'conf.low', title: 'From', hint: 'Lower confidence limit' },
  { name: 'conf.high', title: 'To', hint: 'Upper confidence limit' },
  { name: 'statistic', title: 't', hint: 'Estimate over its standard error' },
  { name: 'p.value', title: 'p', p: true, log: 'log10p' },
  { name: 'p.adjusted', title: 'adj. p', p: true, hint: 'Adjusted over the comparisons of one response' },
  {
    name: 'p.across',
    title: 'adj. over responses',
    p: true,
    hint: 'One comparison, adjusted over the responses',
  },
];
/** Columns that say which response a row is of: a factor may be called `split` or `gene` where these are not among them. */
export function identityOf({ splits, genes }: FitTable): string[] {
  return [...(splits ? ['split'] : []), 'response', ...(genes ? ['gene'] : [])];
}

/** Columns of a table of means or comparisons: those that name a row first, whatever the user's factors are called. */
export function shownOf(table: OutputTable, identity: readonly string[], everywhere: boolean): ShownColumn[] {
  const naming = namingOf(table, identity).map((name): ShownColumn => {
    if (name === 'contrast') return { name, title: 'Comparison', wide: 1.5, words: comparisonWords };
    return { name, title: name, wide: 1.5 };
  });
  const whose = identity.map(
    (name): ShownColumn => ({ name, title: name.replace(/^./, (letter) => letter.toUpperCase()), wide: 1.4 }),
  );
  const isZ = !hasNumbers(table, 'df');
  const numbers = NUMBERS.filter(({ name }) => (everywhere || name !== 'p.across') && !(isZ && name === 'df')).map(
    (column) => (column.name === 'statistic' ? { ...column, title: isZ ? 'z' : 't' } : column),
  );
  return presentColumns(table, [...(everywhere ? whose : []), ...naming, ...numbers]);
}

/** Names of the columns that say what a row is of: factors, covariates at some values, comparisons. */
export function namingOf(table: OutputTable, identity: readonly string[]): string[] {
  const known = new Set([...identity, ...NUMBERS.map(({ name }) => name), 'log10p', 'df.method']);
  return table.columns.flatMap(({ name }) => (known.has(name) ? [] : [name]));
}
