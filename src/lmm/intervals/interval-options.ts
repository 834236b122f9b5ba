import { INTERVAL_REASONS } from '../../types/inference.ts';

/** How confidence limits are found from moments. */
export type IntervalKind = 'profile' | 'percentile' | 'bca';

/** Which confidence intervals to form beside a fit. */
export interface IntervalOptions {
  readonly kind: IntervalKind;
  /** Confidence level, say 0.95. */
  readonly level: number;
  /**
   * 1 for every parameter whose interval is asked for, in the order of `Fits.low`: coefficients, contrasts, standard
   * deviations and correlations of each term (lower triangles by columns), sigma; of structured models what
   * `covarianceQuantities` has behind the contrasts.
   */
  readonly asked: Uint8Array;
  /** Draws of the bootstrap and their seed; a profile needs neither. */
  readonly draws: number;
  readonly seed: number;
}

/** One of {@link INTERVAL_REASONS}. */
export type IntervalReason = (typeof INTERVAL_REASONS)[number];

/** Why a standard error makes no Wald interval. */
export const UNTESTED: IntervalReason =
  'there is no test of it, and no Wald interval: its comparison is not repeated, or the fit has not converged';

/** Index of a reason. */
export function reasonCode(reason: IntervalReason): number {
  return INTERVAL_REASONS.indexOf(reason);
}

/** Limits of a row. */
export function limitsOf({ low, count }: { readonly low: Float64Array; readonly count: number }): number {
  return count === 0 ? 0 : low.length / count;
}

/** Parameters that have an interval: columns of estimates, one for each element of theta, sigma. */
export function intervalWidth(columns: number, thetas: number): number {
  return columns + thetas + 1;
}
