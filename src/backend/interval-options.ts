/** How confidence limits are found from moments. */
export type IntervalKind = 'profile' | 'percentile' | 'bca';

/** Which confidence intervals to form beside a fit. */
export interface IntervalOptions {
  readonly kind: IntervalKind;
  /** Confidence level, say 0.95. */
  readonly level: number;
  /**
   * 1 for every parameter whose interval is asked for, in the order of `Fits.low`: coefficients, contrasts, standard
   * deviations and correlations of each term (lower triangles by columns), sigma.
   */
  readonly asked: Uint8Array;
  /** Draws of the bootstrap and their seed; a profile needs neither. */
  readonly draws: number;
  readonly seed: number;
}

/** Why a limit is no number; the code in `Fits.intervalReason` is the index. */
export const INTERVAL_REASONS = [
  '',
  'not asked for',
  'the model has no fit',
  'the optimum by maximum likelihood was not certified',
  'a standard deviation is estimated as zero: the correlation is not defined',
  'the profile could not be followed to its limit',
  'too many draws could not be fitted, or too few lie beyond the limit',
] as const;
export type IntervalReason = (typeof INTERVAL_REASONS)[number];

/** Index of a reason. */
export function reasonCode(reason: IntervalReason): number {
  return INTERVAL_REASONS.indexOf(reason);
}

/** Parameters that have an interval: columns of estimates, one for each element of theta, sigma. */
export function intervalWidth(columns: number, thetas: number): number {
  return columns + thetas + 1;
}
