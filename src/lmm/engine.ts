/**
 * The contract between the pipeline and what runs the fits. A backend gets moments (plain data) and fills columns of
 * plain numbers; it knows nothing of formulas, files or printing. Tests of significance beyond degrees of freedom,
 * covariances in the user's units and random effects are derived afterwards from moments and theta.
 */

import type { MomentBatch } from '../moments/moments.ts';
import { FINISHES, STATUSES } from '../types/fit-table.ts';
import { type DdfMethod, KENWARD_ROGER_UNFORMED, NO_KENWARD_ROGER, type SmallSample } from '../types/inference.ts';
import type { IntervalOptions } from './intervals/interval-options.ts';

/** What to draw. */
export interface BootstrapOptions {
  /** Draws of each response. */
  readonly draws: number;
  /** A safe integer, not negative. */
  readonly seed: number;
  /** Level of confidence intervals, say 0.95; none are formed without it. */
  readonly level: number | undefined;
}

/** How the models of a design are fitted: least squares, by eigenvalues, level by level, with other factors as a border, by blocks of a structured covariance, or as generalised models. */
export type EnginePath = PlainPath | 'structured' | 'family';

/** Paths of gaussian models whose residuals are independent: what most runs fit. */
export type PlainPath = 'linear' | 'spectral' | 'block' | 'crossed';

/** What the engine of a path can do beside fitting; whoever offers an option asks here. */
export interface EngineAbilities {
  /** Draws: a parametric bootstrap, its intervals, simulated null distributions. */
  readonly draws: boolean;
  /** Profile likelihood limits. */
  readonly profiles: boolean;
  /** Whether a device may search for it. */
  readonly device: boolean;
}

export const ABILITIES: Readonly<Record<EnginePath, EngineAbilities>> = {
  linear: { draws: false, profiles: false, device: false },
  spectral: { draws: true, profiles: true, device: true },
  block: { draws: true, profiles: true, device: true },
  crossed: { draws: true, profiles: true, device: true },
  structured: { draws: true, profiles: true, device: true },
  family: { draws: true, profiles: true, device: true },
};

export interface EngineOptions {
  readonly method: 'REML' | 'ML';
  readonly ddf: DdfMethod;
  /** Rows of coefficients over `design.coefficients`, contrasts x p row-major. */
  readonly contrasts: Float64Array;
  readonly bootstrap?: BootstrapOptions | undefined;
  /** Information on the covariance parameters that Kenward and Roger's method takes, of models with blocks; observed. */
  readonly information?: 'observed' | 'expected' | undefined;
  /** Nodes of adaptive quadrature of generalised models; 1, Laplace's approximation, without it. */
  readonly nodes?: number | undefined;
  /** Confidence limits to find beside each fit; by profile, `method` has to be ML. */
  readonly intervals?: IntervalOptions | undefined;
}

/** Why a model has no ordinary fit, or no ordinary test, in words. */
export const REASON = {
  none: '',
  constant: 'the response does not vary',
  noRows: 'no rows with a value',
  noResidual: 'as many fixed effects as rows: nothing is left to estimate the variance from',
  unseenPair: 'no subject has two of the visits together, so that their covariance cannot be told',
  fewSubjects:
    'fewer subjects than visits: an unstructured covariance cannot be told from so few; take csh, ar1h, cs or ar1',
  fewLevels: 'a grouping factor has fewer than 2 levels in use',
  effectsAsRows: 'a random term has as many effects as there are rows, so that it cannot be told from the residuals',
  perfectFit: 'the fixed and random effects reproduce the response: the residual variance is zero',
  vanishedStratum:
    'the standard deviation of some residuals vanishes beside that of others: the effects reproduce these rows, or the response is in another unit there',
  farApart:
    'standard deviations of residuals are so far apart that rounding ends the search: take the response in one unit in all rows',
  noFixedEffect: 'no fixed effect can be estimated: all columns of the design are zero or aliased',
  noOptimum: 'the optimiser did not reach a point with zero gradient and positive curvature',
  noCovariance:
    'the search of the covariance did not end at a minimum: these data may tell fewer parameters (csh or ar1h in place of us, cs or ar1 in place of these)',
  unbounded:
    'the likelihood has no maximum: it rises without bound as the covariance becomes singular, because some combination of visits is reproduced exactly in the few rows that tell it; take a structure with fewer parameters (csh or ar1h in place of us, cs or ar1 in place of these), or fewer groups with parameters of their own',
  endOfRange:
    'the likelihood rises up to the end of a range: a correlation of 1 or -1, or a standard deviation of zero in some rows; take a structure with fewer parameters (csh or ar1h in place of us, cs or ar1 in place of these), or fewer groups with parameters of their own',
  noCriterion: 'the criterion could not be evaluated',
  outOfRange: 'the response holds infinite values, or values whose squares are out of range: rescale it',
  noKenwardRoger: NO_KENWARD_ROGER,
  kenwardRogerUnformed: KENWARD_ROGER_UNFORMED,
  separated:
    'a coefficient has no finite estimate: on one side of it all answers are the same or all counts zero, so that Wald tests say nothing (compare models by their likelihoods instead)',
  noMode: 'the modes of the random effects could not be found',
  noOptimumOfFamily: 'the search did not end at a minimum of the criterion',
  saturated: 'fixed and random effects together are as many as the rows: nothing is left to tell the variances apart',
} as const;
export type Reason = (typeof REASON)[keyof typeof REASON];

/** The code in `Fits.reason` is the index. */
export const REASONS: readonly Reason[] = Object.values(REASON);

/** Fits of some responses of one batch, columnar; k-th response of the request in row k. */
export interface Fits {
  readonly count: number;
  /** p coefficients, then the contrasts. */
  readonly columns: number;
  readonly thetas: number;
  /** count x columns. */
  readonly estimate: Float64Array;
  readonly standardError: Float64Array;
  readonly df: Float64Array;
  /** count x thetas: relative covariance factors in the user's units, lower triangles by columns, terms in order. */
  readonly theta: Float64Array;
  readonly sigma: Float64Array;
  readonly criterion: Float64Array;
  readonly gradient: Float64Array;
  readonly evaluations: Int32Array;
  readonly singular: Uint8Array;
  readonly converged: Uint8Array;
  /** Index into STATUSES. */
  readonly status: Uint8Array;
  /** Index into REASONS. */
  readonly reason: Uint8Array;
  /** Where the optimum was searched: 0 cpu, 1 webgpu. */
  readonly search: Uint8Array;
  /** What finished the numbers: index into FINISHES. */
  readonly finish: Uint8Array;
  /** count x columns: log10 of the bootstrap's p, and half widths of its intervals in standard errors; or empty. */
  readonly bootstrapLog10P: Float64Array;
  readonly bootstrapWidth: Float64Array;
  /** count x columns: 1 where that p is an upper bound; or empty. */
  readonly bootstrapBound: Uint8Array;
  /** Likelihood ratio against no random effects at all, and its p under that hypothesis; or empty. */
  readonly varianceRatio: Float64Array;
  readonly varianceP: Float64Array;
  /**
   * Confidence limits, count x what is asked for (`IntervalOptions.asked`), in the user's units; and why a limit is missing (index
   * into INTERVAL_REASONS). Or empty.
   */
  readonly low: Float64Array;
  readonly high: Float64Array;
  readonly intervalReason: Uint8Array;
}

/** Rows without results; those of the bootstrap only where it was asked for, and so many limits each. */
export function emptyFits(count: number, columns: number, thetas: number, bootstrap = false, limits = 0): Fits {
  const numbers = (length: number) => new Float64Array(length).fill(Number.NaN);
  const drawn = bootstrap ? count : 0;
  return {
    count,
    columns,
    thetas,
    estimate: numbers(count * columns),
    standardError: numbers(count * columns),
    df: numbers(count * columns),
    theta: numbers(count * thetas),
    sigma: numbers(count),
    criterion: numbers(count),
    gradient: numbers(count),
    evaluations: new Int32Array(count),
    singular: new Uint8Array(count),
    converged: new Uint8Array(count),
    status: new Uint8Array(count),
    reason: new Uint8Array(count),
    search: new Uint8Array(count),
    finish: new Uint8Array(count), // cpu
    bootstrapLog10P: numbers(drawn * columns),
    bootstrapWidth: numbers(drawn * columns),
    bootstrapBound: new Uint8Array(drawn * columns),
    varianceRatio: numbers(drawn),
    varianceP: numbers(drawn),
    low: numbers(count * limits),
    high: numbers(count * limits),
    intervalReason: new Uint8Array(count * limits),
  };
}

/** Copies the rows of a chunk to rows `to` onward of `target`. */
export function copyFits(chunk: FitRows, target: Fits, to: number): void {
  const { columns, thetas } = chunk.fits;
  for (const name of ['estimate', 'standardError', 'df'] as const) copyRows(chunk, name, columns, target, to);
  copyRows(chunk, 'theta', thetas, target, to);
  for (const name of ['sigma', 'criterion', 'gradient', 'evaluations'] as const) copyRows(chunk, name, 1, target, to);
  copyBootstrap(chunk, target, to);
  for (const name of ['singular', 'converged', 'status', 'reason', 'search', 'finish'] as const) {
    copyRows(chunk, name, 1, target, to);
  }
}

/** Copies what a bootstrap found of the rows of a chunk to rows `to` onward of `target`. */
export function copyBootstrap(chunk: FitRows, target: Fits, to: number): void {
  const { columns, varianceP } = chunk.fits;
  if (varianceP.length === 0) return;
  for (const name of ['bootstrapLog10P', 'bootstrapWidth', 'bootstrapBound'] as const) {
    copyRows(chunk, name, columns, target, to);
  }
  for (const name of ['varianceRatio', 'varianceP'] as const) copyRows(chunk, name, 1, target, to);
}

type FitColumn = Exclude<keyof Fits, 'count' | 'columns' | 'thetas'>;

function copyRows({ fits, at, count }: FitRows, name: FitColumn, width: number, target: Fits, to: number): void {
  target[name].set(fits[name].subarray(at * width, (at + count) * width), to * width);
}

/** Row `k` alone, as far as a bootstrap reads it. */
export function rowForBootstrap(fits: Fits, k: number): Fits {
  const { columns, thetas } = fits;
  const row = emptyFits(1, columns, thetas, true);
  for (const name of ['estimate', 'standardError'] as const) {
    row[name].set(fits[name].subarray(k * columns, (k + 1) * columns));
  }
  row.theta.set(fits.theta.subarray(k * thetas, (k + 1) * thetas));
  row.criterion[0] = fits.criterion[k];
  return row;
}

/** Rows `at` onward of some fits, `count` of them. */
export interface FitRows {
  readonly fits: Fits;
  readonly at: number;
  readonly count: number;
}

/** Fits of responses `from` onward of batch number `batch`; chunks may share their `fits`, as batches of one response do. */
export interface FitChunk extends FitRows {
  readonly batch: number;
  readonly from: number;
}

/** Where a search on a device ended. */
export interface DeviceStart {
  /**
   * Spectral path: log gamma, -Infinity at gamma = 0, NaN where the device is unsure. Of generalised models all parameters
   * (`glmm/family-objective.ts`) and the modes of their random effects. Else the relative covariance factors as squares one after another, row-major; with blocks t
   * of the response as the engine scales it. Empty where the device found nothing.
   */
  readonly point: Float64Array;
  readonly evaluations: number;
  /** Takes the point as it is, for a preview: results are those of single precision, and say so. */
  readonly preview?: boolean;
}

/** Fits the responses of one design one by one. */
export interface Engine {
  /** Fits response k of the batch into row `at` of `fits`. */
  fit(batch: MomentBatch, k: number, fits: Fits, at: number): void;
  /**
   * The same from the point where a device's search ended, in float64. Returns whether that point held; where it did
   * not the response has been searched anew. Sets `search` and `finish` of a model that is fitted.
   */
  finish(batch: MomentBatch, k: number, fits: Fits, at: number, start: DeviceStart): boolean;
}

/** An engine that does one thing more with every row once its fit stands there. */
export function afterEachFit(
  engine: Engine,
  then: (batch: MomentBatch, k: number, fits: Fits, at: number) => void,
): Engine {
  return {
    fit(batch, k, fits, at) {
      engine.fit(batch, k, fits, at);
      then(batch, k, fits, at);
    },
    finish(batch, k, fits, at, start) {
      const held = engine.finish(batch, k, fits, at, start);
      then(batch, k, fits, at);
      return held;
    },
  };
}

/** Codes of `Fits.search` and `Fits.finish` for what a device searched. */
export const SEARCHED_ON_DEVICE = 1;
export const FINISHED_ON_HOST = FINISHES.indexOf('host');
export const REFITTED_ON_CPU = FINISHES.indexOf('cpu-refit');
export const FINISHED_IN_F32 = FINISHES.indexOf('f32');

/** Labels row `at` as a preview; a point that single precision left uncertified is `ok`, but not `converged`. */
export function labelPreview(fits: Fits, at: number): void {
  fits.search[at] = SEARCHED_ON_DEVICE;
  fits.finish[at] = FINISHED_IN_F32;
  if (STATUSES[fits.status[at]] !== 'not_converged') return;
  fits.status[at] = STATUSES.indexOf('ok');
  fits.reason[at] = 0;
}

/** Quantities of one fitted model that are formed on demand from its moments and theta. */
export interface ModelReader {
  /** Covariance of the raw coefficients, p x p; Kenward and Roger's adjusted one with that method. */
  covariance(batch: MomentBatch, k: number, theta: Float64Array, sigma: number, ddf: DdfMethod): Float64Array;
  /** What tests of the fixed effects need; its arrays hold until the next call of the reader. */
  smallSample(batch: MomentBatch, k: number, theta: Float64Array, sigma: number, ddf: DdfMethod): SmallSample;
  /**
   * The same of an ordinal response with an intercept before its coefficients, less the mean of the thresholds: what marginal means
   * of the latent variable take.
   */
  latentSample?(batch: MomentBatch, k: number, theta: Float64Array): SmallSample;
  /** The raw coefficients at theta, length p. */
  coefficients(batch: MomentBatch, k: number, theta: Float64Array): Float64Array;
  /** The criterion (-2 log-likelihood, all constants) at theta, and sigma there. */
  criterion(batch: MomentBatch, k: number, theta: Float64Array): { readonly criterion: number; readonly sigma: number };
  /**
   * Conditional modes and their standard deviations with beta held fixed, by term: levels x q row-major each.
   * b = G Z'P y and Var(b | y) = s^2 (G - G Z'V^-1 Z G), level by level.
   */
  modes(
    batch: MomentBatch,
    k: number,
    theta: Float64Array,
    sigma: number,
  ): { estimate: Float64Array; standardError: Float64Array }[];
}
