/** What became of a comparison of models: over all responses, pair by pair, and response by response. */

import type { OutputTable } from 'webgpu-lmm';
import { element } from '../../element.ts';
import { fileStem } from '../../keep/file-stem.ts';
import type { ComparisonAnswer, TermsAnswer } from '../../protocol/analysis-protocol.ts';
import { adjustedLogsOf } from '../../results/adjusted-logs.ts';
import type { Results } from '../../results/results-view.ts';
import type { Context } from '../../state/context.ts';
import { count, probability, shortNumber } from '../../words/number-text.ts';
import { responseWords } from '../../words/result-words.ts';
import { byResponse, IDENTITY } from './by-response.ts';
import { columnOf, numberAt, plainTable, type ShownColumn, saveButtons, textAt } from './output-cells.ts';
import { firstAmongOthers, markedColumns, replicateWarning } from './replicate-marks.ts';

export const MODEL: readonly ShownColumn[] = [
  { name: 'model', title: 'Model', wide: 0.8 },
  { name: 'formula', title: 'Formula', wide: 3.4 },
  { name: 'residual', title: 'Residuals', wide: 1.6 },
  { name: 'family', title: 'Family' },
];
const CRITERIA: readonly ShownColumn[] = [
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
const TEST: readonly ShownColumn[] = [
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
const PAIR: readonly ShownColumn[] = [
  { name: 'small', title: 'Smaller' },
  { name: 'large', title: 'Larger' },
];
const TERM: readonly ShownColumn[] = [{ name: 'term', title: 'Left out', wide: 2 }];

const SUMMARY: readonly ShownColumn[] = [
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

/** The parts of a comparison, the most telling first. */
export function comparisonParts(context: Context, results: Results, answer: ComparisonAnswer): HTMLElement[] {
  const { single, many, everywhere } = responseWords(results);
  const { models, tests, best, rankBy, replicates } = answer;
  const marked = (columns: readonly ShownColumn[]): ShownColumn[] => markedColumns(columns, replicates);
  const warning = replicateWarning(replicates, rankBy);
  const likelihood = answer.method === 'REML' ? 'restricted likelihood (REML)' : 'maximum likelihood';
  const stem = fileStem(results);
  const parts: HTMLElement[] = [
    element('h3', {}, 'Models compared'),
    element('p', { class: 'hint' }, `All models by ${likelihood} on the same rows, ranked by ${rankBy}.`),
    ...(warning ? [warning] : []),
  ];
  if (single) {
    const columns = [...MODEL, ...CRITERIA].filter(({ name }) => name !== 'status' || !allFitted(models));
    const caption = warning ? `Models by ${rankBy}` : 'Models, the best first';
    parts.push(plainTable(models, marked(columns), { id: 'models-table', caption }));
    if (tests.rows > 0) {
      const caption = 'Likelihood ratio tests of models inside each other';
      parts.push(plainTable(tests, [...PAIR, ...withoutAdjusted(TEST)], { id: 'ratio-table', caption }));
    } else parts.push(noPairs());
    parts.push(
      element(
        'div',
        { class: 'row' },
        element('span', { class: 'hint' }, 'Models'),
        saveButtons(
          'models',
          () => `${stem}.models`,
          () => models,
        ),
      ),
      element(
        'div',
        { class: 'row' },
        element('span', { class: 'hint' }, 'Tests'),
        saveButtons(
          'tests',
          () => `${stem}.tests`,
          () => tests,
        ),
      ),
    );
    return parts;
  }
  // Behind how often a model comes first: how often it does among those that can be chosen.
  const summary = warning
    ? {
        ...answer.summary,
        columns: [
          ...answer.summary.columns,
          { name: 'first.among', kind: 'number' as const, values: firstAmongOthers(models, replicates) },
        ],
      }
    : answer.summary;
  const summaryColumns = SUMMARY.flatMap((column): ShownColumn[] => {
    if (!warning) return [column];
    if (column.name === 'first') return [{ ...column, title: `Least ${rankBy} for` }];
    const hint = 'How often it ranks first among models that take no rows as replicates';
    return column.name === 'share' ? [column, { name: 'first.among', title: 'Best of the others', hint }] : [column];
  });
  parts.push(
    plainTable(summary, marked(summaryColumns), {
      id: 'models-table',
      caption: warning
        ? `For how many ${everywhere} each model has the least ${rankBy}`
        : `Which model is the best for how many ${everywhere}`,
    }),
    ...(tests.rows > 0
      ? pairLines(
          tests,
          PAIR.map(({ name }) => name),
          (row) => {
            return `model ${textAt(tests, 'large', row)} against model ${textAt(tests, 'small', row)} inside it`;
          },
          context.store.state.threshold,
          results,
        )
      : [noPairs()]),
    ...byResponse(context, results, many, [
      [
        'best',
        `${warning ? `Least ${rankBy}` : 'Best model'} by ${many === 'genes' ? 'gene' : 'response'}`,
        best,
        marked(bestColumns),
      ],
      ['models', 'All models', models, marked([...IDENTITY, ...MODEL, ...CRITERIA])],
      ['tests', 'Likelihood ratio tests', tests, [...IDENTITY, ...PAIR, ...withLogs(TEST, tests, PAIR, results)]],
      ['summary', 'Summary by model', answer.summary, marked(SUMMARY)],
    ]),
  );
  return parts;
}

const bestColumns: readonly ShownColumn[] = [
  ...IDENTITY,
  ...MODEL,
  ...CRITERIA.filter(({ name }) => ['npar', 'logLik', 'AIC', 'AICc', 'BIC', 'weight'].includes(name)),
  { name: 'left.out', title: 'No rank', hint: 'Models without a rank' },
];

/** Tests of the terms of the fitted model, each left out by itself. */
export function termParts(context: Context, results: Results, answer: TermsAnswer): HTMLElement[] {
  const { single, many } = responseWords(results);
  const { table, kind } = answer;
  const likelihood = answer.method === 'REML' ? 'restricted likelihood (REML)' : 'maximum likelihood';
  const heading = [
    element('h3', {}, `Each ${kind} term left out`),
    element(
      'p',
      { class: 'hint' },
      `Likelihood ratios of the fitted model and of it without the term, by ${likelihood}.`,
    ),
  ];
  const stem = `${fileStem(results)}.${kind}-terms`;
  const columns = [
    ...TERM,
    { name: 'npar', title: 'Parameters' },
    { name: 'logLik', title: 'log L' },
    { name: 'AIC', title: 'AIC' },
  ];
  if (single) {
    const caption = `Each ${kind} term left out by itself; <none> is the whole model`;
    return [
      ...heading,
      plainTable(table, [...columns, ...withoutAdjusted(TEST)], { id: `${kind}-table`, caption }),
      element(
        'div',
        { class: 'row' },
        saveButtons(
          `${kind} terms`,
          () => stem,
          () => table,
        ),
      ),
    ];
  }
  return [
    ...heading,
    ...pairLines(table, ['term'], (row) => textAt(table, 'term', row), context.store.state.threshold, results),
    ...byResponse(context, results, many, [
      [`${kind}-terms`, `Each ${kind} term`, table, [...IDENTITY, ...columns, ...withLogs(TEST, table, TERM, results)]],
    ]),
  ];
}

function allFitted(models: OutputTable): boolean {
  return Array.from({ length: models.rows }, (_, row) => textAt(models, 'status', row)).every((one) => one === 'ok');
}

/** Of one response p is adjusted for nothing. */
function withoutAdjusted(columns: readonly ShownColumn[]): ShownColumn[] {
  return columns.filter(({ name }) => name !== 'p.adjusted' && name !== 'p.bootstrap.adjusted');
}

function noPairs(): HTMLElement {
  return element(
    'p',
    { class: 'note' },
    'None of these models lies inside another: they are ranked, and there is no likelihood ratio test.',
  );
}

/** The columns with the logarithms of the adjusted p of a table, whose tests are named by `keys`. */
function withLogs(
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

/** How many responses each test finds, a line a test. */
function pairLines(
  table: OutputTable,
  keys: readonly string[],
  sentence: (row: number) => string,
  threshold: number,
  results: Results,
): HTMLElement[] {
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
  return [
    element(
      'ul',
      { class: 'pair-lines' },
      ...[...groups.values()].map(({ row, tested, found, drawn, least }) =>
        element(
          'li',
          {},
          `${sentence(row)}: found for ${count(found)} of ${count(tested)} ${everywhere} (adjusted p up to ${shortNumber(threshold)}; the least ${probability(least)})${bootstrap ? `, by bootstrap for ${count(drawn)}` : ''}`,
        ),
      ),
    ),
  ];
}
