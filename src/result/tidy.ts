import { studentQuantile } from '../numeric/distributions/student-quantile.ts';
import { levelOf } from '../options/entries.ts';
import type { FitResult } from '../types/fit-result.ts';
import type { BootstrapTable, FitTable } from '../types/fit-table.ts';
import type { IntervalParameter } from '../types/inference.ts';
import { fitParameters, type Parameter, parameterValue, thetaLength } from '../types/parameters.ts';
import { covarianceRowCount, covarianceRows } from './covariance-rows.ts';
import { exponentiates, familyRowCount, familyRows } from './family-rows.ts';
import { hasFit, identityColumns, type ModelRange, methodOf, modelRange } from './model-rows.ts';
import { type OutputTable, OutputTableBuilder } from './output-table.ts';
import { RowPlaces } from './row-places.ts';
import { splitAdjusted } from './split-adjusted.ts';

export interface TidyOptions extends ModelRange {
  /**
   * Adds `conf.low` and `conf.high` of this level, say 0.95, for fixed effects and contrasts, from standard errors and
   * degrees of freedom. A result with `intervals` has its columns from those, for all rows that they hold.
   */
  readonly confLevel?: number;
  /**
   * Ratios (of odds, rates or means) in place of the logarithms that coefficients and contrasts are, with their standard errors by
   * the delta method; limits are those of the logarithms, exponentiated. For generalised models with such a link.
   */
  readonly exponentiate?: boolean;
}

/** Upper bound of the rows of one model. */
export function tidyRowsPerModel(table: FitTable): number {
  const { coefficients, contrasts, terms, bootstrap, structured } = table;
  const tested = coefficients.names.length + contrasts.names.length + thetaLength(terms);
  const own = (structured ? covarianceRowCount(structured) : 0) + (table.family ? familyRowCount(table.family) : 0);
  return tested + (bootstrap ? 2 : 1) + own;
}

/**
 * Columns `[split] response [gene] effect group term estimate std.error statistic df p.value log10p p.adjusted
 * [p.adjusted.within p.adjusted.all] [conf.low conf.high] [statistic.moderated df.moderated p.moderated log10p.moderated p.moderated.adjusted
 * [p.moderated.adjusted.within p.moderated.adjusted.all]] [p.bootstrap
 * p.bootstrap.bound p.bootstrap.adjusted [conf.low.bootstrap conf.high.bootstrap]] df.method`. `p.bootstrap.bound` is true where the
 * draws support no smaller p, so that it is an upper bound. Per model: the coefficients (without aliased ones), the
 * contrasts (NA where one cannot be estimated), then the standard deviations and correlations of each random term, lower
 * triangle by columns, and
 * `sd__Observation`, or what `covarianceRows` has of structured residuals and dispersion models (effect `dispersion`). With a bootstrap of a model with one random term a row of effect `ran_test` and term `RLRT` (`LRT`
 * for ML) has the likelihood ratio against no random effects in `statistic`, and its p in `p.bootstrap`. Models without a
 * fit have no row here; `glance` has their status and message.
 *
 * @throws OptionError for a level outside (0, 1).
 */
export function tidy(result: FitResult, options: TidyOptions = {}): OutputTable {
  const { table } = result;
  const { from, to } = modelRange(table, options);
  const { confLevel } = options;
  const ratios = options.exponentiate === true && exponentiates(table);
  if (confLevel !== undefined) levelOf(confLevel);
  const capacity = (to - from) * tidyRowsPerModel(table);
  const builder = new OutputTableBuilder(capacity);
  const identify = identityColumns(builder, table);
  const effect = builder.string('effect');
  const group = builder.string('group');
  const term = builder.string('term');
  const estimate = builder.number('estimate');
  const standardError = builder.number('std.error');
  const statistic = builder.number('statistic');
  const df = builder.number('df');
  const pValue = builder.number('p.value');
  const log10P = builder.number('log10p');
  const adjustedP = builder.number('p.adjusted');
  const adjustBoth = splitAdjusted(builder, table);
  const { intervals: found } = result;
  const withLimits = confLevel !== undefined || found !== undefined;
  const low = withLimits ? builder.number('conf.low') : null;
  const high = withLimits ? builder.number('conf.high') : null;
  // Which rows a structured covariance has depends on the model: their limits are found by name.
  const placeOf = new Map(
    table.structured || table.family ? found?.parameters.map((own, i) => [parameterKey(own), i]) : [],
  );
  const { bootstrap, moderation } = table;
  const moderated = moderation
    ? {
        statistic: builder.number('statistic.moderated'),
        df: builder.number('df.moderated'),
        pValue: builder.number('p.moderated'),
        log10P: builder.number('log10p.moderated'),
        adjustedP: builder.number('p.moderated.adjusted'),
        adjustBoth: splitAdjusted(builder, table, 'p.moderated.adjusted'),
      }
    : null;
  const drawnP = bootstrap === null ? null : builder.number('p.bootstrap');
  const drawnBound = bootstrap === null ? null : builder.integer('p.bootstrap.bound', 'logical');
  const drawnAdjusted = bootstrap === null ? null : builder.number('p.bootstrap.adjusted');
  const intervals = bootstrap !== null && bootstrap.level !== null;
  const drawnLow = intervals ? builder.number('conf.low.bootstrap') : null;
  const drawnHigh = intervals ? builder.number('conf.high.bootstrap') : null;
  const method = builder.string('df.method');

  // Rows are laid out first, model by model, and filled column by column.
  const modelOf = new Int32Array(capacity);
  const tested = [table.coefficients, table.contrasts].map((tests) => {
    return { tests, places: new RowPlaces((to - from) * tests.names.length) };
  });
  const parameters = fitParameters(table.terms)
    .filter(({ group: name }) => !((table.structured || table.family) && name === 'Residual'))
    .map((parameter) => ({ parameter, places: new RowPlaces(to - from) }));
  const limits = new RowPlaces(found ? capacity : 0);
  let row = 0;
  /** Row `row` has the limits of parameter `parameter` of a model, as `found` numbers them. */
  const limit = (model: number, parameter: number | undefined): void => {
    if (found && parameter !== undefined) limits.add(row, model * found.parameters.length + parameter);
  };
  for (let model = from; model < to; model++) {
    if (!hasFit(table, model)) continue;
    let parameter = 0;
    for (const { tests, places } of tested) {
      const width = tests.names.length;
      for (let at = model * width; at < (model + 1) * width; at++, parameter++) {
        if (tests === table.coefficients && Number.isNaN(tests.estimate[at])) continue;
        places.add(row, at);
        limit(model, parameter);
        modelOf[row++] = model;
      }
    }
    for (const { places } of parameters) {
      places.add(row, model);
      limit(model, parameter++);
      modelOf[row++] = model;
    }
    for (const own of table.structured ? covarianceRows(table.structured, model) : []) {
      effect[row] = own.effect;
      group[row] = own.group;
      term[row] = own.term;
      estimate[row] = own.estimate;
      standardError[row] = own.standardError;
      limit(model, placeOf.get(parameterKey(own)));
      modelOf[row++] = model;
    }
    for (const own of table.family ? familyRows(table.family, model) : []) {
      effect[row] = own.effect;
      term[row] = own.term;
      estimate[row] = own.estimate;
      standardError[row] = own.standardError;
      limit(model, placeOf.get(parameterKey({ ...own, effect: 'dispersion', group: null })));
      modelOf[row++] = model;
    }
    if (bootstrap && drawnP && drawnBound && !Number.isNaN(bootstrap.varianceP[model])) {
      effect[row] = 'ran_test';
      group[row] = table.terms[0].group;
      term[row] = varianceTestName(table);
      statistic[row] = bootstrap.varianceRatio[model];
      drawnP[row] = bootstrap.varianceP[model];
      drawnBound[row] = isVarianceBound(bootstrap, model) ? 1 : 0;
      modelOf[row++] = model;
    }
  }
  for (let i = 0; i < row; i++) identify(i, modelOf[i]);
  if (found && low && high) {
    limits.copy(found.low, low);
    limits.copy(found.high, high);
  }
  for (const { parameter, places } of parameters) {
    places.forEach((i, model) => {
      effect[i] = 'ran_pars';
      group[i] = parameter.group;
      term[i] = parameter.term;
      estimate[i] = parameterEstimate(table, parameter, model);
    });
  }
  for (const { tests, places } of tested) {
    const { names, pValue: p } = tests;
    const width = names.length;
    places.copy(tests.estimate, estimate);
    places.copy(tests.standardError, standardError);
    places.copy(tests.statistic, statistic);
    places.copy(tests.df, df);
    places.copy(p, pValue);
    places.copy(tests.log10P, log10P);
    places.copy(tests.adjustedP, adjustedP);
    places.forEach((i, at) => {
      effect[i] = 'fixed';
      term[i] = names[at % width];
      method[i] = methodOf(table, modelOf[i]);
      adjustBoth(i, { pValue: p, width }, at);
    });
    if (confLevel !== undefined && !found && low && high) {
      const probability = 0.5 + confLevel / 2;
      places.forEach((i, at) => {
        if (Number.isNaN(p[at])) return;
        const half = studentQuantile(probability, tests.df[at]) * tests.standardError[at];
        low[i] = tests.estimate[at] - half;
        high[i] = tests.estimate[at] + half;
      });
    }
    if (moderation && moderated) {
      const source = tests === table.coefficients ? moderation.coefficients : moderation.contrasts;
      places.copy(source.statistic, moderated.statistic);
      places.copy(source.df, moderated.df);
      places.copy(source.pValue, moderated.pValue);
      places.copy(source.log10P, moderated.log10P);
      places.copy(source.adjustedP, moderated.adjustedP);
      places.forEach((i, at) => {
        moderated.adjustBoth(i, { pValue: source.pValue, width }, at);
      });
    }
    if (bootstrap && drawnP && drawnBound && drawnAdjusted) {
      const drawn = tests === table.coefficients ? bootstrap.coefficients : bootstrap.contrasts;
      places.copy(drawn.pValue, drawnP);
      places.copy(drawn.adjustedP, drawnAdjusted);
      places.forEach((i, at) => {
        if (!Number.isNaN(drawn.pValue[at])) drawnBound[i] = drawn.bound[at];
        if (drawnLow) drawnLow[i] = tests.estimate[at] - drawn.halfWidth[at];
        if (drawnHigh) drawnHigh[i] = tests.estimate[at] + drawn.halfWidth[at];
      });
    }
    if (ratios) {
      places.forEach((i, at) => {
        const value = tests.estimate[at];
        estimate[i] = Math.exp(value);
        standardError[i] = Math.exp(value) * tests.standardError[at];
        if (low && high) {
          low[i] = Math.exp(low[i]);
          high[i] = Math.exp(high[i]);
        }
      });
    }
  }
  return builder.finish(row);
}

function parameterKey({ effect, group, term }: Pick<IntervalParameter, 'effect' | 'group' | 'term'>): string {
  return JSON.stringify([effect, group, term]);
}

/** Name of the test of no random effects: restricted for REML. */
export function varianceTestName({ method }: FitTable): 'RLRT' | 'LRT' {
  return method === 'REML' ? 'RLRT' : 'LRT';
}

/** Whether no draw without random effects came up to the ratio of a model: its p says how many were drawn. */
export function isVarianceBound({ draws, varianceP }: BootstrapTable, model: number): boolean {
  return varianceP[model] * (1 + draws) < 1.5;
}

/** A standard deviation or correlation in broom.mixed's words, NaN for a correlation with an effect of variance zero. */
export type RandomParameter = Pick<Parameter, 'group' | 'term'> & { readonly estimate: number };

/** The parameters of one model: each random term, lower triangle by columns, then the residual. */
export function randomParameters(table: FitTable, model: number): RandomParameter[] {
  return fitParameters(table.terms).map((parameter) => {
    const { group, term } = parameter;
    return { group, term, estimate: parameterEstimate(table, parameter, model) };
  });
}

function parameterEstimate({ covariance, sigma, models }: FitTable, parameter: Parameter, model: number): number {
  return parameterValue(parameter, covariance, model * (covariance.length / models), sigma[model]);
}
