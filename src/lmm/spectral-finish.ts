import type { ResponseMoments } from '../moments/moments.ts';
import { type Fits, REASON } from './engine.ts';
import type { RatioOptimum } from './ratio-search.ts';
import { setStatus } from './screen.ts';
import type { SpectralDesign } from './spectral-design.ts';
import type { SpectralResponse } from './spectral-response.ts';
import { SINGULAR_BELOW } from './test-rows.ts';

/** Writes all columns of row `at` of `fits` from the optimum of response k, but `search` and `finish`. */
export type SpectralWriter = (
  responses: ResponseMoments,
  k: number,
  response: SpectralResponse,
  optimum: RatioOptimum,
  fits: Fits,
  at: number,
) => void;

/**
 * Returns the writer of a design, which owns the space that it works in:
 *
 *     b(gamma) = b_ols - K [gamma w / (1 + gamma lambda)],    C(gamma) = (X'X)^-1 + K diag(gamma / (1 + gamma lambda)) K'
 *     1 / df   = 1 / d + (d log(c S) / du)^2 / f''            Satterthwaite, with c = l'C l and u = log gamma
 *
 * Kenward and Roger, whose sums over the eigenvalues have the factors t = 1 / (1 + gamma lambda) beside k = l'K:
 *
 *     W      = 2 / (sum (lambda t)^2 - (sum lambda t)^2 / d),    c_A = c + 2 W sum k^2 lambda t^3
 *     2 / df = 2 / d + W (sum (k t)^2 / c - sum (lambda t) / d)^2
 */
export function spectralWriter(spectral: SpectralDesign): SpectralWriter {
  const { lambda, columns, k: K, variance0, ddf } = spectral;
  const { d } = spectral.space;
  const Q = lambda.length;
  const shrunk = new Float64Array(Q); // gamma w t
  const weight = new Float64Array(Q); // gamma t
  return (responses, k, { w }, optimum, fits, at) => {
    const { gamma } = optimum;
    writeOptimum(spectral, responses.rss[k], optimum, fits, at);
    for (let j = 0; j < Q; j++) {
      const gt = gamma / (1 + gamma * lambda[j]);
      weight[j] = gt;
      shrunk[j] = gt * w[j];
    }
    const expected = ddf === 'kenward-roger' ? expectedInformation(lambda, gamma, d) : null;
    for (let c = 0; c < columns; c++) {
      let shift = 0;
      let variance = variance0[c];
      let change = 0; // d variance / du
      if (gamma > 0) {
        const row = c * Q;
        const inverseGamma = 1 / gamma;
        for (let j = 0; j < Q; j++) {
          const kj = K[row + j];
          const part = kj * kj * weight[j];
          shift += kj * shrunk[j];
          variance += part;
          change += part * weight[j];
        }
        change *= inverseGamma; // gamma t^2 = (gamma t)^2 / gamma
      }
      if (!writeColumn(spectral, responses, k, c, { shift, variance, change }, optimum, fits, at)) return;
      if (!expected) continue;
      const { weight: W, shift: mean } = expected;
      let information = 0; // sum (k t)^2
      let added = 0;
      for (let j = 0; j < Q; j++) {
        const t = 1 / (1 + gamma * lambda[j]);
        const kt = K[c * Q + j] * t;
        information += kt * kt;
        added += kt * kt * lambda[j] * t;
      }
      const u = information / variance - mean;
      fits.standardError[at * columns + c] *= Math.sqrt(1 + (2 * W * added) / variance);
      fits.df[at * columns + c] = 2 / (2 / d + W * u * u);
    }
  };
}

/** W and sum (lambda t) / d; W is zero where the data tell gamma from the scale in no way. */
export function expectedInformation(lambda: Float64Array, gamma: number, d: number): { weight: number; shift: number } {
  let sum = 0;
  let squares = 0;
  for (let j = 0; j < lambda.length; j++) {
    const a = lambda[j] / (1 + gamma * lambda[j]);
    sum += a;
    squares += a * a;
  }
  const information = squares - (sum * sum) / d;
  return { weight: information > UNINFORMED * squares ? 2 / information : 0, shift: sum / d };
}

/** Share of the sum of squares below which what is left of it is rounding. */
const UNINFORMED = 1e-12;

/** Writes what an optimum says of the model as a whole into row `at`. */
export function writeOptimum(
  { constant, scale, space }: SpectralDesign,
  rss: number,
  optimum: RatioOptimum,
  fits: Fits,
  at: number,
): void {
  const { gamma, S, curvature } = optimum;
  fits.sigma[at] = Math.sqrt(S / space.d);
  const theta = Math.sqrt(gamma) / scale;
  fits.theta[at * fits.thetas] = theta;
  fits.criterion[at] = constant + optimum.difference + space.d * Math.log(rss);
  fits.evaluations[at] = optimum.evaluations;
  fits.singular[at] = theta < SINGULAR_BELOW ? 1 : 0;
  fits.gradient[at] = gamma === 0 ? 0 : (optimum.slope * optimum.slope) / (2 * curvature);
  fits.converged[at] = optimum.converged ? 1 : 0;
  if (!optimum.converged) setStatus(fits, at, 'not_converged', REASON.noOptimum);
}

/** What a column's test is made of: l'(b_ols - b), l'C l and d l'C l / du. */
export interface ColumnSums {
  readonly shift: number;
  readonly variance: number;
  readonly change: number;
}

/** Writes column c of row `at`; false, with a status, where a coefficient has no variance. */
export function writeColumn(
  { design: { p }, rows, columns, space: { d }, ddf }: SpectralDesign,
  responses: ResponseMoments,
  k: number,
  c: number,
  { shift, variance, change }: ColumnSums,
  { gamma, S, A, curvature }: RatioOptimum,
  fits: Fits,
  at: number,
): boolean {
  let estimate = -shift;
  for (let i = 0; i < p; i++) estimate += rows[c * p + i] * responses.qty[k * p + i];
  if (c < p && !(variance > 0 && Number.isFinite(estimate * variance))) {
    setStatus(fits, at, 'failed', REASON.noCriterion);
    return false;
  }
  const to = at * columns + c;
  const standardError = Math.sqrt((S / d) * variance);
  if (c < p && !(standardError > 0 && standardError < Number.POSITIVE_INFINITY)) {
    setStatus(fits, at, 'failed', REASON.outOfRange);
    return false;
  }
  fits.estimate[to] = estimate;
  fits.standardError[to] = standardError;
  if (ddf === 'satterthwaite') {
    const u = gamma > 0 ? change / variance - A : 0;
    fits.df[to] = gamma > 0 ? 1 / (1 / d + (u * u) / curvature) : d;
  }
  return true;
}
