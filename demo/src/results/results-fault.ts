/** What of results that come from a file the page could not go through. Files may be edited. Pure. */

import type { FitTable } from 'webgpu-lmm';
import type { Results } from './results-view.ts';

const texts = (list: unknown, length?: number): boolean =>
  Array.isArray(list) &&
  (length === undefined || list.length === length) &&
  list.every((text) => typeof text === 'string');

/** What is wrong with them; null for nothing. */
export function resultsFault(results: Results): string | null {
  const { outcome, source, summary } = results;
  const fault = fitTableFault(outcome?.table);
  if (fault !== null) return fault;
  if (!texts(outcome.notes) || typeof outcome.seconds?.fit !== 'number' || typeof outcome.seconds.read !== 'number') {
    return 'what came of its fit is damaged';
  }
  const columnFault =
    !Array.isArray(summary?.columns) ||
    summary.columns.some(({ name, levels }) => typeof name !== 'string' || !Array.isArray(levels));
  // Of earlier versions there is none.
  const { reading } = summary;
  const readingFault =
    reading !== null &&
    reading !== undefined &&
    (!Array.isArray(reading.formulas) || typeof reading.layout !== 'object');
  if (columnFault || readingFault || typeof summary.name !== 'string' || !texts(summary.notes))
    return 'its summary of the data is damaged';
  if (results.fitted !== undefined && !Number.isFinite(results.fitted)) return 'the time of its fit is damaged';
  if (typeof summary.roles?.data !== 'string' || !texts(source?.names)) return 'it does not say which data it is of';
  return null;
}

/** What is wrong with a table of fits; null for nothing. */
export function fitTableFault(table: FitTable | undefined): string | null {
  if (typeof table !== 'object' || table === null) return 'it has no table of fits';
  const { models, responses, genes, splits, messages, terms, groups } = table;
  if (!Number.isSafeInteger(models) || models < 0) return 'its number of models is damaged';
  if (!texts(responses, models) || !texts(groups)) return 'its names are damaged';
  for (const list of [genes, splits]) if (list !== null && !texts(list, models)) return 'its names are damaged';
  if (!Array.isArray(messages) || messages.length !== models) return 'its messages are damaged';
  if (!Array.isArray(terms)) return 'its random terms are damaged';
  const termFault = terms.some(({ group, names, covarianceOffset, thetaOffset }) => {
    return typeof group !== 'string' || !texts(names) || !(covarianceOffset >= 0) || !(thetaOffset >= 0);
  });
  if (termFault) return 'its random terms are damaged';
  const squares = terms.reduce((sum, { names }) => sum + names.length ** 2, 0);
  const thetas = terms.reduce((sum, { names }) => sum + (names.length * (names.length + 1)) / 2, 0);
  const columns: [unknown, number][] = [
    ...[table.status, table.singular, table.converged, table.finish, table.search].map((one): [unknown, number] => [
      one,
      1,
    ]),
    ...[table.nobs, table.evaluations, table.expressed].map((one): [unknown, number] => [one, 1]),
    ...[table.mean, table.sigma, table.criterion, table.AIC, table.BIC, table.gradient].map(
      (one): [unknown, number] => [one, 1],
    ),
    ...[table.r2Marginal, table.r2Conditional].map((one): [unknown, number] => [one, 1]),
    [table.theta, thetas],
    [table.covariance, squares],
    [table.groupLevels, groups.length],
  ];
  for (const tests of [table.coefficients, table.contrasts]) {
    if (!texts(tests?.names)) return 'its tests are damaged';
    const { estimate, standardError, df, statistic, pValue, log10P, adjustedP } = tests;
    for (const one of [estimate, standardError, df, statistic, pValue, log10P, adjustedP])
      columns.push([one, tests.names.length]);
  }
  if (table.bootstrap) {
    for (const kind of ['coefficients', 'contrasts'] as const) {
      const drawn = table.bootstrap[kind];
      columns.push([drawn?.log10P, table[kind].names.length], [drawn?.bound, table[kind].names.length]);
    }
  }
  const whole = columns.every(([values, width]) => {
    return ArrayBuffer.isView(values) && (values as Uint8Array).length === models * width;
  });
  if (!whole) return 'its results are not whole';
  return null;
}
