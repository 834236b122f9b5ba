import type { DesignMoments } from '../moments/moments.ts';

export interface VarianceShares {
  /** Variance of X b over total. */
  readonly marginal: number;
  /** Variance of X b plus that of the random effects over total. */
  readonly conditional: number;
  /** Variance of the random effects over that and the residual's (adjusted ICC). */
  readonly icc: number;
}

/**
 * Nakagawa's R2 (Nakagawa & Schielzeth 2013; Johnson 2014 for random slopes): the variance of the fixed effects is the
 * unweighted sample variance (n - 1) of X b, that of the random effects the mean diagonal of Z G Z', the residual's
 * sigma^2. `beta` has p raw coefficients, `covariances` the q x q covariance of each term in raw units.
 */
export function varianceShares(
  design: DesignMoments,
  beta: Float64Array,
  covariances: readonly Float64Array[],
  sigma: number,
): VarianceShares {
  const { p, n, xtxCentred } = design;
  let fixed = 0;
  for (let a = 0; a < p; a++) for (let b = 0; b < p; b++) fixed += beta[a] * beta[b] * xtxCentred[a * p + b];
  fixed /= n - 1;
  let random = 0;
  design.terms.forEach((term, t) => {
    for (let i = 0; i < term.q * term.q; i++) random += covariances[t][i] * term.meanSquare[i];
  });
  const residual = sigma * sigma;
  const total = fixed + random + residual;
  return { marginal: fixed / total, conditional: (fixed + random) / total, icc: random / (random + residual) };
}
