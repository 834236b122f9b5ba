/** Tables of a report. */

import { type FitTable, STATUSES, type TestColumns } from 'webgpu-lmm';
import { count, probability, shortNumber } from './number-text.ts';
import type { Make } from './report.ts';
import type { ResultsView } from './results-view.ts';

function lines(rows: readonly (readonly string[])[], head: readonly string[], make: Make): HTMLTableElement {
  const table = make('table');
  const line = (cells: readonly string[], tag: 'th' | 'td'): void => {
    const row = make('tr');
    for (const cell of cells) row.append(make(tag, cell));
    table.append(row);
  };
  line(head, 'th');
  for (const cells of rows) line(cells, 'td');
  return table;
}

function adjustedText(value: number): string {
  if (Number.isNaN(value)) return '';
  return value === 0 ? '< 1e−300' : probability(Math.log10(value));
}

/** The responses with the smallest p of a test; `title` is what one is called. */
export function testTable(view: ResultsView, listed: number, title: string, make: Make): HTMLTableElement {
  const { table, labels, effect, standardError, df, statistic, log10P, log10Adjusted } = view;
  const order = [...view.models.keys()]
    .filter((i) => !Number.isNaN(log10P[i]))
    .sort((a, b) => log10P[a] - log10P[b])
    .slice(0, listed);
  const rows = order.map((i) => {
    const numbers = [effect, standardError, df, statistic].map((values) => shortNumber(values[i]));
    const model = view.models[i];
    const singular = table.singular[model] === 1 ? 'singular' : STATUSES[table.status[model]].replaceAll('_', ' ');
    return [labels[i], ...numbers, probability(log10P[i]), probability(log10Adjusted[i]), singular];
  });
  return lines(rows, [title, 'estimate', 'SE', 'df', statisticName(table), 'p', 'adjusted p', 'fit'], make);
}

function statisticName({ ddf }: FitTable): string {
  return ddf === 'asymptotic' ? 'z' : 't';
}

/** Coefficients, contrasts and what was estimated of the variances of one model. */
export function geneTables(table: FitTable, model: number, make: Make): HTMLElement[] {
  const tests = (columns: TestColumns): string[][] =>
    columns.names.flatMap((name, k) => {
      const at = model * columns.names.length + k;
      const { estimate, standardError, df, statistic, log10P, adjustedP } = columns;
      if (Number.isNaN(estimate[at])) return [];
      const numbers = [estimate, standardError, df, statistic].map((values) => shortNumber(values[at]));
      return [[name, ...numbers, probability(log10P[at]), adjustedText(adjustedP[at])]];
    });
  const width = table.models === 0 ? 0 : table.covariance.length / table.models;
  const deviations = table.terms.flatMap(({ group, names, covarianceOffset }) =>
    names.map((name, k) => {
      const variance = table.covariance[model * width + covarianceOffset + k * names.length + k];
      return [`sd of ${group}, ${name}`, shortNumber(Math.sqrt(variance))];
    }),
  );
  const status = STATUSES[table.status[model]].replaceAll('_', ' ');
  const message = table.messages[model];
  const facts = [
    ['status', message ? `${status}: ${message}` : status],
    ['rows', count(table.nobs[model])],
    ...table.groups.map((group, g) => [
      `levels of ${group}`,
      count(table.groupLevels[model * table.groups.length + g]),
    ]),
    ...deviations,
    ...(table.family ? [] : [['residual sd', shortNumber(table.sigma[model])]]),
    ['singular', table.singular[model] === 1 ? 'yes' : 'no'],
  ];
  const head = ['term', 'estimate', 'SE', 'df', statisticName(table), 'p', 'adjusted p'];
  return [
    lines([...tests(table.coefficients), ...tests(table.contrasts)], head, make),
    lines(facts, ['of the fit', ''], make),
  ];
}
