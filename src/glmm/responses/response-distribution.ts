/**
 * What a family says of one response at a linear predictor eta (offset and random effects in it), on the scale of the response:
 * residuals, checks, predictions and draws are made of these. Prior weights are not in it.
 */

/** P(Y <= y) and P(Y > y), each with its own digits. */
export interface Tails {
  readonly lower: number;
  readonly upper: number;
}

/** `y` is a count of successes of `trials` (binomial), a category from 1 on (cumulative), else the response itself. */
export interface ResponseDistribution {
  /** Whether responses are whole numbers. */
  readonly discrete: boolean;
  /** Mean: of binomial responses the probability of success, of ordinal ones the mean number of the category. */
  mean(eta: number): number;
  /** Its derivative by eta. */
  slope(eta: number): number;
  /** Variance of one response, of binomial ones of one trial. */
  variance(eta: number): number;
  /**
   * Twice what the log likelihood of y falls short of its maximum over the mean, the dispersion held; of Gamma over the shape, as R
   * has it. Not negative.
   */
  deviance(y: number, eta: number, trials?: number): number;
  upTo(y: number, eta: number, trials?: number): Tails;
  /** The least y with P(Y <= y) >= probability, 0 < probability < 1. */
  quantile(probability: number, eta: number, trials?: number): number;
  /** Of ordinal responses the probability of each category. */
  probabilities?(eta: number): Float64Array;
  /** Of ordinal responses the density at each threshold less eta: what the probability below it gains with the threshold. */
  densities?(eta: number): Float64Array;
}

/** Tails where all lies below, or all above. */
export const ALL_BELOW: Tails = { lower: 1, upper: 0 };
export const ALL_ABOVE: Tails = { lower: 0, upper: 1 };
