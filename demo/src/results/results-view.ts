/** The part of the results on show: one split, one coefficient or contrast. Pure. */

import { type FitTable, STATUSES, type TestColumns } from 'webgpu-lmm';
import { defaultTest } from '../model/default-test.ts';
import type { ExpressedBy } from '../protocol/analysis-protocol.ts';
import type { DataSummary, FitOutcome } from '../protocol/protocol.ts';
import type { Settings } from '../protocol/settings.ts';
import { adjustedLogs } from './adjusted-logs.ts';
import { type LevelShares, levelShares } from './expressed-by.ts';
import { geneLabels } from './gene-labels.ts';
import { shownTests } from './shown-tests.ts';

export interface Source {
  readonly kind: 'example' | 'files';
  /** Example's id, or the names of the files. */
  readonly names: readonly string[];
}

/** A fit with what led to it. */
export interface Results {
  readonly outcome: FitOutcome;
  readonly settings: Settings;
  readonly source: Source;
  readonly summary: DataSummary;
  /** When, in milliseconds since 1970; sessions of earlier versions do not say. */
  readonly fitted?: number | undefined;
}

/** A coefficient or contrast by name, with the tests that the page shows: moderated ones where these were asked for. */
export interface TestChoice {
  readonly tests: TestColumns;
  readonly kind: 'coefficients' | 'contrasts';
  readonly index: number;
  readonly name: string;
}

export interface ResultsView {
  /** What the models are of: genes, responses. */
  readonly many: string;
  readonly table: FitTable;
  readonly test: TestChoice;
  readonly split: string | null;
  /** Models of the split, in the order of the table. All columns below have its length. */
  readonly models: Int32Array;
  readonly names: readonly string[];
  /** Symbols where there are any, else the names; what they are called on the page, where no two are alike. */
  readonly symbols: readonly string[];
  readonly labels: readonly string[];
  readonly effect: Float64Array;
  readonly standardError: Float64Array;
  readonly df: Float64Array;
  readonly statistic: Float64Array;
  readonly p: Float64Array;
  readonly log10P: Float64Array;
  readonly adjusted: Float64Array;
  /** log10 of the adjusted p, right also where that is below every double. */
  readonly log10Adjusted: Float64Array;
  readonly mean: Float64Array;
  readonly sigma: Float64Array;
  /** Share of the rows that are not zero, from 0 to 1; NaN where that was not counted. */
  readonly expressed: Float64Array;
  /** The same at each level of the condition, where that was counted. */
  readonly byLevel?: readonly LevelShares[];
  /** 1 where the fit is singular. */
  readonly singular: Uint8Array;
  /** What the bootstrap says of the same test, of fits with one. */
  readonly drawn?: DrawnTests;
}

/** p-values of a bootstrap, one a model of a view. */
export interface DrawnTests {
  readonly log10P: Float64Array;
  readonly log10Adjusted: Float64Array;
  /** 1 where the draws support no smaller p. */
  readonly bound: Uint8Array;
}

/** Names of all tests: contrasts first, the intercept last. */
export function testNames({ contrasts, coefficients }: FitTable): string[] {
  const slopes = coefficients.names.filter((name) => name !== '(Intercept)');
  const intercept = coefficients.names.filter((name) => name === '(Intercept)');
  return [...contrasts.names, ...slopes, ...intercept];
}

/** The test of that name, else the first of interest: a contrast, what the condition does (`defaultTest`), any but the intercept. */
export function chooseTest(table: FitTable, wanted: string, condition: string): TestChoice {
  const names = testNames(table);
  const fallback = table.contrasts.names[0] ?? defaultTest(names, condition) ?? names[0];
  const name = names.includes(wanted) ? wanted : (fallback ?? '');
  const kind = table.contrasts.names.includes(name) ? 'contrasts' : 'coefficients';
  const tests = shownTests(table)[kind];
  return { tests, kind, index: tests.names.indexOf(name), name };
}

/** Levels of the split in order; empty without one. */
export function splitLevels({ splits }: FitTable): string[] {
  return splits ? [...new Set(splits)] : [];
}

/** The model of the same response in another level of the split; null without one. */
export function modelInSplit({ splits, responses }: FitTable, model: number | null, split: string): number | null {
  if (model === null) return null;
  const found = responses.findIndex((name, m) => name === responses[model] && splits?.[m] === split);
  return found < 0 ? null : found;
}

/** What a view is made of beside the numbers of its test. */
export interface ViewOptions {
  readonly expressedBy?: ExpressedBy | null;
  /** What the models are of. */
  readonly many?: string;
}

export function resultsView(
  table: FitTable,
  wantedTest: string,
  wantedSplit: string,
  condition: string,
  { expressedBy = null, many = 'genes' }: ViewOptions = {},
): ResultsView {
  const test = chooseTest(table, wantedTest, condition);
  const levels = splitLevels(table);
  const split = levels.length === 0 ? null : levels.includes(wantedSplit) ? wantedSplit : levels[0];
  const all = Int32Array.from({ length: table.models }, (_, model) => model);
  const models = split === null ? all : all.filter((model) => table.splits?.[model] === split);
  const width = test.tests.names.length;
  const column = (values: Float64Array): Float64Array =>
    Float64Array.from(models, (model) => (test.index < 0 ? Number.NaN : values[model * width + test.index]));
  const names = Array.from(models, (model) => table.responses[model]);
  const { genes } = table;
  const labels = geneLabels(table);
  const drawn = table.bootstrap?.[test.kind];
  return {
    many,
    table,
    test,
    split,
    models,
    names,
    symbols: genes ? Array.from(models, (model) => genes[model] || table.responses[model]) : names,
    labels: genes ? Array.from(models, (model) => labels[model]) : names,
    effect: column(test.tests.estimate),
    standardError: column(test.tests.standardError),
    df: column(test.tests.df),
    statistic: column(test.tests.statistic),
    p: column(test.tests.pValue),
    log10P: column(test.tests.log10P),
    adjusted: column(test.tests.adjustedP),
    log10Adjusted: adjustedLogs(table, test.tests, test.index, models),
    mean: Float64Array.from(models, (model) => table.mean[model]),
    sigma: Float64Array.from(models, (model) => table.sigma[model]),
    expressed: Float64Array.from(models, (model) =>
      table.expressed[model] < 0 || table.nobs[model] <= 0 ? Number.NaN : table.expressed[model] / table.nobs[model],
    ),
    ...(expressedBy ? { byLevel: levelShares(expressedBy, models) } : {}),
    singular: Uint8Array.from(models, (model) => (table.status[model] === 0 ? table.singular[model] : 0)),
    ...(drawn && test.index >= 0
      ? {
          drawn: {
            log10P: column(drawn.log10P),
            log10Adjusted: adjustedLogs(table, { ...drawn, names: test.tests.names }, test.index, models),
            bound: Uint8Array.from(models, (model) => drawn.bound[model * width + test.index]),
          },
        }
      : {}),
  };
}

/** Models by status, those that occur. */
export function statusCounts({ status, singular }: FitTable): { readonly label: string; readonly count: number }[] {
  const counts = new Int32Array(STATUSES.length);
  let flat = 0;
  status.forEach((code, model) => {
    counts[code] += 1;
    if (code === 0 && singular[model] === 1) flat += 1;
  });
  const named = STATUSES.map((label, code) => ({ label: label.replaceAll('_', ' '), count: counts[code] }));
  return [...named, { label: 'singular', count: flat }].filter(({ count }) => count > 0);
}

/** Shares of the variance of each model of the view: fixed effects, each random term, residual. */
export function varianceFractions(view: ResultsView): {
  readonly many: string;
  readonly components: readonly string[];
  readonly fractions: readonly Float64Array[];
} {
  const { table, models } = view;
  const width = table.models === 0 ? 0 : table.covariance.length / table.models;
  const traceOf = (model: number, term: FitTable['terms'][number]): number => {
    let sum = 0;
    const q = term.names.length;
    for (let k = 0; k < q; k++) sum += table.covariance[model * width + term.covarianceOffset + k * q + k];
    return sum;
  };
  const names = table.terms.map(({ group, names: columns }) =>
    table.terms.filter((other) => other.group === group).length > 1 ? `${group} (${columns.join(', ')})` : group,
  );
  const random = table.terms.map((term) =>
    Float64Array.from(models, (model) => {
      const all = table.terms.reduce((sum, other) => sum + traceOf(model, other), 0);
      const share = table.r2Conditional[model] - table.r2Marginal[model];
      return all > 0 ? (share * traceOf(model, term)) / all : share;
    }),
  );
  return {
    many: view.many,
    components: ['fixed effects', ...names, 'residual'],
    fractions: [
      Float64Array.from(models, (model) => table.r2Marginal[model]),
      ...random,
      Float64Array.from(models, (model) => 1 - table.r2Conditional[model]),
    ],
  };
}
