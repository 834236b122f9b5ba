import { type Adjustment, adjustColumns, splitFamilies } from '../infer/adjust.ts';
import { varianceShares } from '../infer/r2.ts';
import { betweenWithinDf, leastDf } from '../lmm/between-within.ts';
import { writeCovariance } from '../lmm/covariance-factor.ts';
import { NO_DF_BELOW } from '../lmm/degrees-of-freedom.ts';
import type { BootstrapOptions, FitChunk } from '../lmm/engine.ts';
import type { DesignMoments, Moments } from '../moments/moments.ts';
import { fillTwoSided } from '../numeric/distributions/student-t.ts';
import { RowPlaces } from '../result/row-places.ts';
import {
  type BootstrapTable,
  type BootstrapTests,
  FINISHES,
  type FitTable,
  STATUSES,
  type TestColumns,
} from '../types/fit-table.ts';
import type { DdfMethod } from '../types/inference.ts';
import { NO_DEGREES_OF_FREEDOM } from '../types/inference.ts';
import { layoutTerms, triangleSize } from '../types/parameters.ts';
import { chunkRuns, groupsOf, takeStatuses } from './chunk-runs.ts';
import { covarianceWriter, relativeFactor } from './covariance-table.ts';
import { familyWriter } from './family-table.ts';

export interface TableOptions {
  readonly method: 'REML' | 'ML';
  readonly ddf: DdfMethod;
  readonly adjust: Adjustment;
  readonly adjustAcross: 'within' | 'all';
  readonly contrasts: readonly string[];
  /** contrasts x coefficients. */
  readonly contrastWeights: Float64Array;
  readonly backend: 'cpu' | 'webgpu';
  readonly device: string | null;
  readonly bootstrap?: BootstrapOptions | undefined;
  readonly information?: 'observed' | 'expected' | undefined;
  /** Nodes of adaptive quadrature of generalised models. */
  readonly nodes?: number | undefined;
  /** Whether a test of a design, weights over its coefficients, has nothing to rest on; such a test gets no p-value. */
  readonly isUnreplicated?: ((design: DesignMoments, weights: Float64Array) => boolean) | undefined;
}

/** Puts the chunks of all batches together and derives p-values, information criteria, covariances and R2. */
export function assembleFitTable(moments: Moments, chunks: readonly FitChunk[], options: TableOptions): FitTable {
  const models = moments.names.length;
  const numbers = (length: number) => new Float64Array(length).fill(Number.NaN);
  const shapes = layoutTerms(moments.batches.flatMap(({ design }) => design.terms));
  const groups: string[] = [];
  for (const { design } of moments.batches) {
    for (const { name } of groupsOf(design)) if (!groups.includes(name)) groups.push(name);
  }
  const coefficients = emptyTests(moments.coefficients, models);
  const contrasts = emptyTests(options.contrasts, models);
  const bootstrap = options.bootstrap ? emptyBootstrap(options.bootstrap, coefficients, contrasts, models) : null;
  const table = {
    status: new Uint8Array(models).fill(STATUSES.indexOf('failed')),
    messages: new Array<string | null>(models).fill(null),
    nobs: new Int32Array(models),
    rank: new Int32Array(models),
    groupLevels: new Int32Array(models * groups.length),
    expressed: new Int32Array(models).fill(-1),
    mean: numbers(models),
    theta: numbers(models * shapes.thetas),
    covariance: numbers(models * shapes.covariances),
    sigma: numbers(models),
    criterion: numbers(models),
    logLik: numbers(models),
    AIC: numbers(models),
    BIC: numbers(models),
    dfResidual: numbers(models),
    singular: new Uint8Array(models),
    converged: new Uint8Array(models),
    gradient: numbers(models),
    evaluations: new Int32Array(models),
    finish: new Uint8Array(models).fill(FINISHES.indexOf('cpu')),
    search: new Uint8Array(models),
    r2Marginal: numbers(models),
    r2Conditional: numbers(models),
    icc: numbers(models),
  };
  const structured = covarianceWriter(moments, options.information ?? 'observed');
  const family = familyWriter(moments, options.nodes ?? 1);
  const ok = STATUSES.indexOf('ok');
  const unconverged = STATUSES.indexOf('not_converged');
  const separated = STATUSES.indexOf('separated');
  const byDesign = options.ddf === 'between-within';
  let countedFor: DesignMoments | null = null;
  let counted: Float64Array = new Float64Array(0);
  const countedDf = (c: number): number => {
    const { coefficients: all } = moments;
    const own = countedFor?.coefficients ?? [];
    if (c < own.length) return counted[c];
    const from = (c - own.length) * all.length;
    const weights = Float64Array.from(own, (name) => options.contrastWeights[from + all.indexOf(name)]);
    return leastDf(counted, weights);
  };
  for (const { fits, layout, chunks: run } of chunkRuns(moments, shapes.terms, chunks)) {
    const { column, places, covarianceAt, covariances, beta } = layout;
    const rows = new RowPlaces(run.reduce((sum, { count }) => sum + count, 0));
    for (const { batch: b, from, at: first, count } of run) {
      const { design, responses, index } = moments.batches[b];
      const { p, n, terms } = design;
      takeStatuses(table, design, index.subarray(from, from + count), fits, first);
      for (const { name, count: levels } of groupsOf(design)) {
        const place = groups.indexOf(name);
        for (let r = from; r < from + count; r++) table.groupLevels[index[r] * groups.length + place] = levels;
      }
      if (byDesign && countedFor !== design) {
        countedFor = design;
        counted = betweenWithinDf(design);
      }
      for (let r = 0; r < count; r++) {
        const k = first + r;
        const m = index[from + r];
        const status = fits.status[k];
        table.mean[m] = responses.mean[from + r];
        table.expressed[m] = responses.expressed[from + r];
        if (status !== ok && status !== unconverged && status !== separated) continue;
        rows.add(m, k);
        const sigma = fits.sigma[k];
        const criterion = fits.criterion[k];
        const own = fits.theta.subarray(k * fits.thetas, (k + 1) * fits.thetas);
        const found = structured?.write(design, m, own);
        const generalised = family?.write(design, column, m, own, responses.mean[from + r]);
        if (generalised && generalised.remarks.length > 0) {
          table.messages[m] = [table.messages[m], ...generalised.remarks].filter((text) => text !== null).join('; ');
        }
        // Relative factors and sigma, or all parameters of a structured covariance.
        const parameters = generalised ? generalised.parameters : p + (found ? found.parameters : fits.thetas + 1);
        table.logLik[m] = -criterion / 2;
        table.AIC[m] = criterion + 2 * parameters;
        table.BIC[m] = criterion + Math.log(n) * parameters;
        // As lme4 has it, of parameters of all kinds; as R's lm of coefficients alone.
        table.dfResidual[m] = terms.length === 0 && !found && !generalised ? n - p : n - parameters;
        for (let c = 0; c < p; c++) beta[c] = fits.estimate[k * fits.columns + c];
        if (byDesign) {
          for (let c = 0; c < fits.columns; c++) {
            if (c < p) coefficients.df[m * coefficients.names.length + column[c]] = countedDf(c);
            else contrasts.df[m * contrasts.names.length + c - p] = countedDf(c);
          }
        }
        let thetaAt = k * fits.thetas + (generalised ? p : 0);
        if (!found) {
          for (let i = 0; i < places.length; i++) table.theta[m * shapes.thetas + places[i]] = fits.theta[thetaAt + i];
        }
        for (let t = 0, at = 0; t < terms.length; t++) {
          if (found) {
            covariances[t].set(found.covariances[t]);
            for (const value of relativeFactor(covariances[t], terms[t].q, sigma)) {
              table.theta[m * shapes.thetas + places[at++]] = value;
            }
          } else writeCovariance(fits.theta, thetaAt, terms[t].q, sigma * sigma, covariances[t]);
          table.covariance.set(covariances[t], m * shapes.covariances + covarianceAt[t]);
          thetaAt += triangleSize(terms[t].q);
        }
        const residual = generalised?.latent ?? found?.meanVariance ?? sigma * sigma;
        const shares = varianceShares(design, beta, covariances, Math.sqrt(residual));
        table.icc[m] = shares.icc;
        // The variance of X b has no end either.
        if (status === separated) continue;
        table.r2Marginal[m] = shares.marginal;
        table.r2Conditional[m] = shares.conditional;
      }
    }
    // What does not depend on the design, column by column.
    rows.copy(fits.sigma, table.sigma);
    rows.copy(fits.criterion, table.criterion);
    rows.copy(fits.gradient, table.gradient);
    rows.forEach((m, k) => {
      table.singular[m] = fits.singular[k];
      table.converged[m] = fits.converged[k];
      table.evaluations[m] = fits.evaluations[k];
    });
    if (bootstrap) {
      rows.copy(fits.varianceRatio, bootstrap.varianceRatio);
      rows.copy(fits.varianceP, bootstrap.varianceP);
    }
    for (let c = 0; c < fits.columns; c++) {
      const isCoefficient = c < beta.length;
      const target = isCoefficient ? coefficients : contrasts;
      const width = target.names.length;
      const place = isCoefficient ? column[c] : c - beta.length;
      const take = (values: Float64Array, into: Float64Array): void => {
        rows.copyColumn({ values, width: fits.columns, column: c }, { values: into, width, column: place });
      };
      take(fits.estimate, target.estimate);
      take(fits.standardError, target.standardError);
      if (!byDesign) take(fits.df, target.df);
      rows.forEach((m) => {
        const at = m * width + place;
        target.statistic[at] = target.estimate[at] / target.standardError[at];
      });
      if (!bootstrap) continue;
      const drawn = isCoefficient ? bootstrap.coefficients : bootstrap.contrasts;
      rows.forEach((m, k) => {
        const at = m * width + place;
        const source = k * fits.columns + c;
        drawn.log10P[at] = fits.bootstrapLog10P[source];
        drawn.bound[at] = fits.bootstrapBound[source];
        drawn.pValue[at] = 10 ** fits.bootstrapLog10P[source];
        drawn.halfWidth[at] = fits.bootstrapWidth[source] * fits.standardError[source];
      });
    }
  }
  const splitOf = splitFamilies(moments.splits, options.adjustAcross);
  for (const tests of [coefficients, contrasts]) {
    fillTwoSided(tests.statistic, tests.df, tests.pValue, tests.log10P);
    dropUncertified(tests, table.status);
    noteUninformed(tests, table.messages);
    if (options.isUnreplicated) dropUnreplicated(moments, tests, options, tests === contrasts);
    tests.adjustedP.set(adjustColumns(tests.pValue, tests.names.length, options.adjust, splitOf));
  }
  if (bootstrap) {
    const { coefficients, contrasts } = bootstrap;
    coefficients.adjustedP.set(
      adjustColumns(coefficients.pValue, moments.coefficients.length, options.adjust, splitOf),
    );
    contrasts.adjustedP.set(adjustColumns(contrasts.pValue, options.contrasts.length, options.adjust, splitOf));
  }
  return {
    formula: moments.formula,
    method: options.method,
    ddf: options.ddf,
    adjust: options.adjust,
    adjustAcross: options.adjustAcross,
    backend: options.backend,
    device: options.device,
    models,
    responses: moments.names,
    genes: moments.genes ?? null,
    splits: moments.splits ?? null,
    groups,
    coefficients,
    contrasts,
    contrastWeights: options.contrastWeights,
    terms: shapes.terms,
    bootstrap,
    ...(structured ? { structured: structured.table } : {}),
    ...(family ? { family: family.table } : {}),
    ...table,
  };
}

function emptyTests(names: readonly string[], models: number): TestColumns {
  const numbers = () => new Float64Array(models * names.length).fill(Number.NaN);
  return {
    names,
    estimate: numbers(),
    standardError: numbers(),
    df: numbers(),
    statistic: numbers(),
    pValue: numbers(),
    log10P: numbers(),
    adjustedP: numbers(),
  };
}

function emptyBootstrap(
  { draws, seed, level }: BootstrapOptions,
  coefficients: TestColumns,
  contrasts: TestColumns,
  models: number,
): BootstrapTable {
  const tests = ({ estimate }: TestColumns): BootstrapTests => {
    const numbers = () => new Float64Array(estimate.length).fill(Number.NaN);
    const bound = new Uint8Array(estimate.length);
    return { pValue: numbers(), log10P: numbers(), bound, adjustedP: numbers(), halfWidth: numbers() };
  };
  return {
    draws,
    seed,
    level: level ?? null,
    coefficients: tests(coefficients),
    contrasts: tests(contrasts),
    varianceRatio: new Float64Array(models).fill(Number.NaN),
    varianceP: new Float64Array(models).fill(Number.NaN),
  };
}

/** Says which tests have no degrees of freedom to speak of. */
function noteUninformed({ names, df }: TestColumns, messages: (string | null)[]): void {
  // Of most tests nothing is to be said.
  if (!df.some((value) => value < NO_DF_BELOW)) return;
  messages.forEach((before, m) => {
    const without = names.filter((_, k) => df[m * names.length + k] < NO_DF_BELOW);
    if (without.length === 0) return;
    const said = `${NO_DEGREES_OF_FREEDOM}${without.map((name) => `'${name}'`).join(', ')}`;
    messages[m] = before ? `${before}; ${said}` : said;
  });
}

/** Takes the tests of models whose search did not end at a minimum away: their errors and degrees of freedom are of no estimate. */
function dropUncertified({ names: { length: width }, df, pValue, log10P }: TestColumns, status: Uint8Array): void {
  const unconverged = STATUSES.indexOf('not_converged');
  status.forEach((code, m) => {
    if (code !== unconverged) return;
    for (const values of [df, pValue, log10P]) values.fill(Number.NaN, m * width, (m + 1) * width);
  });
}

/** Takes the p-values of tests that have nothing to rest on away. */
function dropUnreplicated(
  moments: Moments,
  tests: TestColumns,
  { isUnreplicated, contrastWeights }: TableOptions,
  isContrast: boolean,
): void {
  const width = tests.names.length;
  const all = moments.coefficients;
  const rowsOf = (coefficients: readonly string[]): Float64Array[] => {
    const at = coefficients.map((name) => all.indexOf(name));
    return tests.names.map((_, k) =>
      isContrast
        ? Float64Array.from(at, (j) => contrastWeights[k * all.length + j])
        : Float64Array.from(at, (j) => (j === k ? 1 : 0)),
    );
  };
  // Designs of responses' own share their coefficients.
  const known = new Map<readonly string[], Float64Array[]>();
  for (const { design, index } of moments.batches) {
    const rows = known.get(design.coefficients) ?? rowsOf(design.coefficients);
    known.set(design.coefficients, rows);
    for (let k = 0; k < width; k++) {
      const weights = rows[k];
      if (weights.every((weight) => weight === 0) || tests.names[k] === '(Intercept)') continue;
      if (!isUnreplicated?.(design, weights)) continue;
      for (const m of index) {
        tests.df[m * width + k] = Number.NaN;
        tests.pValue[m * width + k] = Number.NaN;
        tests.log10P[m * width + k] = Number.NaN;
      }
    }
  }
}
