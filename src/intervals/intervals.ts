import { FitError } from '../errors.ts';
import { withStreams } from '../fit/bootstrap-options.ts';
import { undrawnFamily } from '../fit/family-options.ts';
import { rowsForDesign } from '../fit/fit-moments.ts';
import type { MomentFit } from '../fit/readable-fit.ts';
import { defaultThreads, runBatches } from '../fit/run-batches.ts';
import { fitRowLayout } from '../glmm/fit-row.ts';
import type { EngineOptions } from '../lmm/engine.ts';
import { type IntervalKind, limitsOf, reasonCode, UNTESTED } from '../lmm/intervals/interval-options.ts';
import { covarianceQuantities } from '../lmm/structured/covariance-quantities.ts';
import type { DesignMoments } from '../moments/moments.ts';
import { studentQuantile } from '../numeric/distributions/student-quantile.ts';
import { levelOf, numberIfGiven, OPTIONS } from '../options/entries.ts';
import { canDo, planFit } from '../plan/plan.ts';
import { covarianceRows } from '../result/covariance-rows.ts';
import type { Progress } from '../types/fit-result.ts';
import type { CovarianceTable, FitTable } from '../types/fit-table.ts';
import { type IntervalTable, NO_DRAWS_OF_SERIES } from '../types/inference.ts';
import { thetaLength, thetaPlaces } from '../types/parameters.ts';
import { intervalParameters, type OpenIntervals, placesByName, selectParameters } from './interval-parameters.ts';
import { addCovarianceIntervals } from './wald-covariance.ts';

/** Options of every kind of interval. */
export interface IntervalOptions {
  /** Confidence level; 0.95 without it. */
  readonly level?: number | undefined;
  /**
   * `all` (default), `beta` for fixed effects and contrasts, or terms as `tidy` names them (`sd__(Intercept)|subject`
   * where several groups have one; `sigma`).
   */
  readonly parameters?: 'all' | 'beta' | readonly string[] | undefined;
  readonly threads?: number | undefined;
  readonly onProgress?: Progress | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Options of {@link bootstrapIntervals}. */
export interface BootstrapIntervalOptions extends IntervalOptions {
  /** Percentiles of the draws (default), or percentiles corrected for bias and acceleration. */
  readonly kind?: 'percentile' | 'bca' | undefined;
  /** Draws of each response; 1,000 without it. */
  readonly draws?: number | undefined;
  readonly seed?: number | undefined;
}

/** Fits that one limit of a profile costs, about, for the plan. */
const FITS_PER_LIMIT = 6;
const USUAL_DRAWS = 1000;

/**
 * Profile-likelihood confidence intervals: of the deviance (maximum likelihood, also where the fit was REML), as lme4's
 * `confint(method = "profile")`, for coefficients, contrasts, standard deviations, correlations and sigma. A limit is
 * where the deviance, minimised over everything else, exceeds its minimum by the quantile of chi-squared with one degree
 * of freedom; a standard deviation that zero does not exceed so has the lower limit 0, a correlation likewise -1 or 1.
 *
 * Cost does not depend on the number of rows. Rejects with OptionError for a level or a parameter that is none, AbortError
 * when the signal fires. A limit that cannot be found is NaN, with its reason.
 */
export async function profileIntervals(result: MomentFit, options: IntervalOptions = {}): Promise<IntervalTable> {
  return intervalsFromMoments(result, 'profile', options, 0, 1);
}

/**
 * Parametric bootstrap intervals: draws of every response from its fitted model, each fitted by the method of the fit
 * (REML or ML). `percentile` takes quantiles of the draws, as lme4's `confint(method = "boot")`; `bca` corrects them for
 * bias and acceleration (B. Efron, JASA 82, 1987). Fixed effects need no luck of the draw: given its variances the
 * estimate of a draw is normal, and the quantiles are those of the average distribution.
 *
 * Rejects as {@link profileIntervals}.
 */
export async function bootstrapIntervals(
  result: MomentFit,
  options: BootstrapIntervalOptions = {},
): Promise<IntervalTable> {
  const { kind = 'percentile' } = options;
  const draws = numberIfGiven('bootstrap', options.draws) ?? USUAL_DRAWS;
  const seed = numberIfGiven('seed', options.seed) ?? OPTIONS.seed.fallback;
  return intervalsFromMoments(result, kind, options, draws, seed);
}

/**
 * Wald intervals of fixed effects and contrasts from their standard errors and degrees of freedom. Of structured residuals,
 * dispersion models and the random effects beside them also of the covariance parameters (`wald-covariance.ts`); of other models
 * none for variances.
 */
export function waldIntervals(
  result: MomentFit,
  { level, parameters }: Pick<IntervalOptions, 'level' | 'parameters'> = {},
): IntervalTable {
  const { table } = result;
  const intervals = emptyIntervals(table, 'wald', levelOf(level), parameters);
  const { low, high, reason, chosen } = intervals;
  const width = chosen.length;
  const probability = 0.5 + intervals.level / 2;
  let offset = 0;
  const untested = reasonCode(UNTESTED);
  for (const { names, estimate, standardError, df, pValue } of [table.coefficients, table.contrasts]) {
    for (let model = 0; model < table.models; model++) {
      for (let k = 0; k < names.length; k++) {
        const at = model * names.length + k;
        const to = model * width + offset + k;
        if (!chosen[offset + k] || Number.isNaN(standardError[at])) continue;
        if (Number.isNaN(pValue[at])) {
          reason[to] = untested;
          continue;
        }
        const half = studentQuantile(probability, df[at]) * standardError[at];
        low[to] = estimate[at] - half;
        high[to] = estimate[at] + half;
        reason[to] = 0;
      }
    }
    offset += names.length;
  }
  if (!table.structured) {
    const without = reasonCode(
      'Wald intervals are of fixed effects: there is none of a variance, a correlation or a dispersion',
    );
    for (let model = 0; model < table.models; model++) {
      if (!Number.isFinite(table.sigma[model])) continue;
      for (let i = offset; i < width; i++) if (chosen[i]) reason[model * width + i] = without;
    }
  } else {
    addCovarianceIntervals(result, intervals);
    forgetAbsent(table, table.structured, intervals);
  }
  return withoutChoice(intervals);
}

function withoutChoice({ chosen: _, ...table }: OpenIntervals): IntervalTable {
  return table;
}

function emptyIntervals(
  table: FitTable,
  method: IntervalTable['method'],
  level: number,
  asked: IntervalOptions['parameters'],
): OpenIntervals {
  const parameters = intervalParameters(table);
  const chosen = selectParameters(parameters, asked);
  const size = table.models * parameters.length;
  const reason = new Uint8Array(size);
  const [unasked, unfitted] = [reasonCode('not asked for'), reasonCode('the model has no fit')];
  for (let i = 0; i < size; i++) reason[i] = chosen[i % parameters.length] ? unfitted : unasked;
  return {
    method,
    level,
    draws: null,
    seed: null,
    models: table.models,
    parameters,
    chosen,
    low: new Float64Array(size).fill(Number.NaN),
    high: new Float64Array(size).fill(Number.NaN),
    reason,
  };
}

async function intervalsFromMoments(
  result: MomentFit,
  kind: IntervalKind,
  options: IntervalOptions,
  draws: number,
  seed: number,
): Promise<IntervalTable> {
  const { table } = result;
  const weights = table.coefficients.names.length;
  const contrasts = table.contrasts.names.map((_, c) => table.contrastWeights.subarray(c * weights, (c + 1) * weights));
  const { moments } = result;
  const method = kind === 'percentile' ? 'bootstrap-percentile' : kind;
  const empty = emptyIntervals(table, method, levelOf(options.level), options.parameters);
  const open = kind === 'profile' ? empty : { ...empty, draws, seed };
  const places = new Map(moments.batches.map(({ design }) => [design, placesOf(design, open, table)]));
  const engineOptions = (design: DesignMoments): EngineOptions => ({
    method: kind === 'profile' ? 'ML' : table.method,
    ddf: 'asymptotic',
    contrasts: rowsForDesign(contrasts, moments.coefficients, design),
    nodes: table.family?.nodes,
    intervals: {
      kind,
      level: open.level,
      asked: Uint8Array.from(places.get(design) ?? [], (to) => (to >= 0 && open.chosen[to] ? 1 : 0)),
      draws,
      seed,
    },
  });
  const limits = 2 * open.chosen.filter((asked) => asked).length;
  const plan = planFit(moments, {
    method: table.method,
    threads: options.threads ?? defaultThreads(),
    draws: kind === 'profile' ? FITS_PER_LIMIT * limits : draws,
  });
  if (kind !== 'profile' && table.family) checkFamilyDraws(result, kind);
  if (!canDo(plan, kind === 'profile' ? 'profiles' : 'draws')) {
    throw new FitError('OptionError', 'a model without random terms has exact Wald intervals, and no others', {
      option: 'confInt',
      remedy: 'Take Wald intervals.',
    });
  }
  const isCut = moments.batches.some(({ design }) => design.blocks?.layout.form === 'neighbours');
  if (kind !== 'profile' && isCut) {
    throw new FitError('OptionError', NO_DRAWS_OF_SERIES, {
      option: 'confMethod',
      remedy: 'Take profiles or Wald intervals.',
    });
  }
  const batches = kind === 'profile' ? moments.batches : withStreams(moments);
  const { chunks } = await runBatches(batches, plan, engineOptions, options);
  const width = open.parameters.length;
  for (const { batch, from, fits, at, count } of chunks) {
    const { design, index } = moments.batches[batch];
    const to = places.get(design) ?? new Int32Array(0);
    const own = limitsOf(fits);
    for (let k = at; k < at + count; k++) {
      const model = index[from + k - at];
      // A model that the table has no fit of has no intervals either.
      if (!Number.isFinite(table.sigma[model])) continue;
      for (let i = 0; i < own; i++) {
        if (to[i] < 0) continue;
        open.low[model * width + to[i]] = fits.low[k * own + i];
        open.high[model * width + to[i]] = fits.high[k * own + i];
        open.reason[model * width + to[i]] = fits.intervalReason[k * own + i];
      }
    }
  }
  if (table.structured) forgetAbsent(table, table.structured, open);
  return withoutChoice(open);
}

/** @throws OptionError for intervals by draws that generalised models do not have */
function checkFamilyDraws({ moments, table }: MomentFit, kind: IntervalKind): void {
  const refuse = (why: string, remedy: string): FitError =>
    new FitError('OptionError', why, { option: 'confMethod', remedy });
  if (kind === 'bca') {
    throw refuse(
      'percentiles of draws are corrected for acceleration in gaussian models alone',
      'Take “confMethod: bootstrap” or “confMethod: profile”.',
    );
  }
  if (table.method === 'REML') {
    throw refuse('draws of generalised models are fitted by maximum likelihood', 'Leave “reml” out, or take profiles.');
  }
  const why = undrawnFamily(moments);
  if (why !== null) throw refuse(`there are no intervals by draws: ${why}`, 'Take “confMethod: profile”.');
}

/** Marks parameters that others of the run have, and a model has no row of, as not asked for. */
function forgetAbsent(
  table: FitTable,
  structured: CovarianceTable,
  { parameters, chosen, reason }: OpenIntervals,
): void {
  const find = placesByName(parameters);
  const first = parameters.findIndex(({ effect }) => effect !== 'fixed') + thetaLength(table.terms);
  for (let model = 0; model < table.models; model++) {
    if (!Number.isFinite(table.sigma[model])) continue;
    const present = new Set(covarianceRows(structured, model).map(find));
    for (let i = first; i < parameters.length; i++) {
      if (chosen[i] && !present.has(i)) reason[model * parameters.length + i] = reasonCode('not asked for');
    }
  }
}

/** The same of a design with a covariance by blocks, whose parameters behind the columns are `covarianceQuantities`. */
function structuredPlaces(design: DesignMoments, parameters: IntervalTable['parameters'], table: FitTable): Int32Array {
  const fixed = table.coefficients.names.length;
  const places = design.coefficients.map((name) => table.coefficients.names.indexOf(name));
  if (design.p > 0) places.push(...table.contrasts.names.map((_, k) => fixed + k));
  const find = placesByName(parameters);
  for (const member of covarianceQuantities(design).members) places.push(find(member));
  // Behind them stands what draws were fitted.
  places.push(-1);
  return Int32Array.from(places);
}

/** Column of the table for every parameter of a design, in the order of `Fits.low`. */
function placesOf(design: DesignMoments, { parameters }: IntervalTable, table: FitTable): Int32Array {
  if (design.blocks) return structuredPlaces(design, parameters, table);
  const places = design.coefficients.map((name) => table.coefficients.names.indexOf(name));
  const contrasts = design.p === 0 ? [] : table.contrasts.names; // without coefficients there are none
  contrasts.forEach((_, k) => {
    places.push(table.coefficients.names.length + k);
  });
  const firstRandom = table.coefficients.names.length + table.contrasts.names.length;
  if (design.family) {
    // Behind the columns a row begins with the coefficients themselves, and ends with errors and remarks (`glmm/fit-row.ts`).
    const { p, m, d, length } = fitRowLayout(design);
    const row = new Array<number>(length + 1).fill(-1);
    thetaPlaces(table.terms, design.terms).forEach((place, j) => {
      row[p + j] = firstRandom + place;
    });
    if (d === 1 && table.family?.dispersion) row[p + m] = parameters.length - 1;
    return Int32Array.from([...places, ...row]);
  }
  for (const place of thetaPlaces(table.terms, design.terms)) places.push(firstRandom + place);
  places.push(parameters.length - 1);
  return Int32Array.from(places);
}
