import type { ResponseMoments } from '../moments/moments.ts';
import { dot } from '../numeric/dense.ts';
import { type Fits, REASON } from './engine.ts';
import { screenResponse, setStatus, ZERO_WITHIN } from './screen.ts';
import type { SpectralDesign } from './spectral-design.ts';

/** One response in the coordinates of its design. */
export interface SpectralResponse {
  /** U'Z'(y - X b_ols), length Q. */
  readonly w: Float64Array;
  /** w^2 / lambda where lambda is not zero. */
  readonly z2: Float64Array;
  /** Residual sum of squares inside the levels: rss - sum z2. */
  within: number;
}

export function emptySpectralResponse({ lambda, zeros }: SpectralDesign): SpectralResponse {
  return { w: new Float64Array(lambda.length), z2: new Float64Array(lambda.length - zeros), within: 0 };
}

/** Fills `out` from the moments of response k; false when row `at` of `fits` got a status instead. */
export function prepareResponse(
  spectral: SpectralDesign,
  responses: ResponseMoments,
  k: number,
  out: SpectralResponse,
  fits: Fits,
  at: number,
): boolean {
  const rss = responses.rss[k];
  if (screenResponse(responses.constant[k], rss, fits, at)) return false;
  out.within = projectResponse(spectral, responses, k, out.w, out.z2);
  // Where X and Z together reach every row nothing is left inside the levels, whatever the response is.
  if (out.within > ZERO_WITHIN * rss || spectral.withinRows <= 0) return true;
  setStatus(fits, at, 'perfect_fit', REASON.perfectFit);
  return false;
}

/** Fills w and z^2 (see {@link SpectralResponse}) of response k; returns the residual sum of squares inside the levels. */
export function projectResponse(
  { lambda, zeros, ut }: SpectralDesign,
  { ztr, rss }: ResponseMoments,
  k: number,
  w: Float64Array,
  z2: Float64Array,
): number {
  const Q = lambda.length;
  const from = k * Q;
  let between = 0;
  for (let j = 0; j < Q; j++) {
    let sum = 0;
    if (j >= zeros) {
      sum = dot(ut, j * Q, ztr, from, Q);
      z2[j - zeros] = (sum * sum) / lambda[j];
      between += z2[j - zeros];
    }
    w[j] = sum;
  }
  return Math.max(0, rss[k] - between);
}
