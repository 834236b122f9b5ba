/**
 * Storey's q-values (Storey 2002; Storey and Tibshirani 2003), with the choices of the Bioconductor package qvalue: the
 * share pi_0 of true null hypotheses is estimated by the share of p-values above lambda over 1 - lambda, at
 * lambda = 0.05, 0.10 ... 0.95, smoothed by a natural cubic spline with 3 degrees of freedom and read at 0.95.
 */
import { quantileOfSorted, sorted } from '../numeric/order-statistics.ts';
import { smoothingSpline } from '../numeric/smoothing-spline.ts';

/** Storey's q-values. */
export interface QValues {
  /** One a p-value; NaN where that is NaN. */
  readonly q: Float64Array;
  /** Estimated share of true null hypotheses. */
  readonly pi0: number;
}

const LAMBDA = Float64Array.from({ length: 19 }, (_, i) => (i + 1) / 20);
const SMOOTH_DF = 3;

/**
 * q-values: pi_0 m p / rank, made monotone. NaN (not tested) stays NaN and does not count as a test.
 *
 * @param method how pi_0 is estimated; where the smoother ends at or below zero the bootstrap's choice is taken, and 1
 *   where that fails too.
 */
export function estimateQValues(p: Float64Array, method: 'smoother' | 'bootstrap' = 'smoother'): QValues {
  const tested = Int32Array.from(p.keys()).filter((i) => !Number.isNaN(p[i]));
  const order = tested.sort((a, b) => p[a] - p[b] || a - b);
  const m = order.length;
  const q = new Float64Array(p.length).fill(Number.NaN);
  if (m === 0) return { q, pi0: Number.NaN };
  const pi0 = nullShare(
    Float64Array.from(order, (i) => p[i]),
    method,
  );
  let smallest = 1;
  // Ties share the largest of their ranks, which the walk downwards meets first.
  for (let rank = m; rank >= 1; rank--) {
    const i = order[rank - 1];
    smallest = Math.min(smallest, (pi0 * m * p[i]) / rank);
    q[i] = smallest;
  }
  return { q, pi0 };
}

/** pi_0 of p-values that are sorted. */
function nullShare(ascending: Float64Array, method: 'smoother' | 'bootstrap'): number {
  const m = ascending.length;
  let below = 0;
  const above = LAMBDA.map((lambda) => {
    while (below < m && ascending[below] < lambda) below++;
    return m - below;
  });
  const shares = above.map((count, i) => count / (m * (1 - LAMBDA[i])));
  if (method === 'smoother') {
    const smooth = smoothingSpline(LAMBDA, shares, SMOOTH_DF);
    const last = Math.min(smooth[smooth.length - 1], 1);
    if (last > 0) return last;
  }
  // The lambda whose estimate has the smallest mean squared error about a low one (Storey, Taylor and Siegmund 2004), in
  // closed form over bootstrap samples.
  const low = quantileOfSorted(sorted(shares), 0.1);
  let best = Infinity;
  let pi0 = 1;
  shares.forEach((share, i) => {
    const fraction = above[i] / m;
    const error = (fraction * (1 - fraction)) / (m * (1 - LAMBDA[i]) ** 2) + (share - low) ** 2;
    if (error < best || (error === best && share < pi0)) {
      best = error;
      pi0 = share;
    }
  });
  return pi0 > 0 ? Math.min(pi0, 1) : 1;
}
