import type { FitTable } from '../types/fit-table.ts';

/**
 * Information criteria from -2 log-likelihood. Parameters are the fixed effects, the covariance parameters and the
 * residual variance; n counts rows, for REML too, as lme4 counts.
 */
export interface InformationCriteria {
  /** -2 log L + 2 k (H. Akaike 1974). */
  readonly AIC: number;
  /** -2 log L + k log n (G. Schwarz 1978). */
  readonly BIC: number;
  /** AIC + 2 k (k + 1) / (n - k - 1) (C. M. Hurvich and C.-L. Tsai 1989); NaN where n <= k + 1. */
  readonly AICc: number;
}

export function informationCriteria(criterion: number, parameters: number, n: number): InformationCriteria {
  const AIC = criterion + 2 * parameters;
  const left = n - parameters - 1;
  return {
    AIC,
    BIC: criterion + Math.log(n) * parameters,
    AICc: left > 0 ? AIC + (2 * parameters * (parameters + 1)) / left : Number.NaN,
  };
}

/** Parameters of a model of a table, the residual variance among them; NaN without a fit. */
export function parametersOf({ AIC, criterion }: Pick<FitTable, 'AIC' | 'criterion'>, model: number): number {
  return Math.round((AIC[model] - criterion[model]) / 2);
}

/**
 * How far apart two values of -2 log-likelihood (or of a criterion built on it) may be and still be called equal. A fit is certified
 * to 1e-8, and its criterion is a sum over rows, known to some 1e-9 of its size: reparametrisations of one model differ by that.
 * No difference of evidence is this small: 1e-6 is a likelihood ratio of 1.0000005.
 */
const EQUAL = { absolute: 1e-6, relative: 1e-9 };

/** Whether criterion `a` is lower than `b` by more than what two fits of one model differ by. False where one is NaN. */
export function isLower(a: number, b: number): boolean {
  // An infinite `b` has no size to compare with.
  const size = Number.isFinite(a) && Number.isFinite(b) ? Math.max(Math.abs(a), Math.abs(b)) : 0;
  return b - a > Math.max(EQUAL.absolute, EQUAL.relative * size);
}

/** Where one model stands among others of the same data. */
export interface Ranking {
  /** Distance from the lowest criterion; 0 for all that are equal to it but for rounding. */
  readonly delta: Float64Array;
  /** exp(-delta/2) over their sum (Akaike weights). */
  readonly weight: Float64Array;
  /** 1 for the lowest; those that are equal but for rounding share the lower number, 0 where there is no value. */
  readonly rank: Int32Array;
}

/** Ranks models by one criterion, in units of -2 log-likelihood; NaN (no fit) has no rank, and no weight. */
export function rankModels(values: ArrayLike<number>): Ranking {
  const count = values.length;
  const delta = new Float64Array(count).fill(Number.NaN);
  const weight = new Float64Array(count).fill(Number.NaN);
  const rank = new Int32Array(count);
  const ranked = Array.from({ length: count }, (_, i) => i).filter((i) => !Number.isNaN(values[i]));
  ranked.sort((a, b) => (values[a] === values[b] ? a - b : values[a] < values[b] ? -1 : 1));
  let total = 0;
  // Equal is what is not above the first of its rank, so that a chain of small steps does not join what lies apart.
  let first = 0;
  ranked.forEach((i, place) => {
    if (isLower(values[ranked[first]], values[i])) first = place;
    rank[i] = first + 1;
    delta[i] = first === 0 ? 0 : values[i] - values[ranked[0]];
    weight[i] = Math.exp(-delta[i] / 2);
    total += weight[i];
  });
  for (let i = 0; i < count; i++) weight[i] /= total;
  return { delta, weight, rank };
}
