/**
 * Regression on natural cubic splines: cubic between the knots, linear beyond the outermost two, which are the range of
 * x; the others are quantiles of x (as R's `ns(x, df, intercept = TRUE)` places them).
 *
 * Basis on t = (x - min) / (max - min) with knots k_1 = 0 < ... < k_K = 1 (Hastie, Tibshirani and Friedman, "The Elements
 * of Statistical Learning", 5.4):  1, t, d_j(t) - d_{K-1}(t) for j = 1 ... K - 2,
 * d_j(t) = ((t - k_j)+^3 - (t - 1)+^3) / (1 - k_j).
 */
import { quantileOfSorted, sorted } from './order-statistics.ts';
import { pivotedQr, thinQ, upperR } from './pivoted-qr.ts';

export interface NaturalSplineFit {
  readonly fitted: Float64Array;
  /** Residual sum of squares. */
  readonly rss: number;
  readonly rank: number;
  /** The curve at any x. */
  predict(x: number): number;
}

/** Least-squares fit of a natural cubic spline with `df` coefficients (2 or more: 2 is a line). */
export function fitNaturalSpline(x: Float64Array, y: Float64Array, df: number): NaturalSplineFit {
  const n = x.length;
  const ascending = sorted(x);
  const low = ascending[0];
  const range = ascending[n - 1] - low;
  const knots = Array.from({ length: df }, (_, j) => (quantileOfSorted(ascending, j / (df - 1)) - low) / range);
  const values = new Float64Array(n * df);
  const row = new Float64Array(df);
  for (let i = 0; i < n; i++) {
    basis((x[i] - low) / range, knots, row);
    for (let j = 0; j < df; j++) values[j * n + i] = row[j];
  }
  // Coinciding knots leave fewer columns.
  const qr = pivotedQr(values, n, df, 1e-10);
  const { rank, pivot } = qr;
  const q = thinQ(qr);
  const r = upperR(qr);
  const coordinates = new Float64Array(rank);
  const fitted = new Float64Array(n);
  for (let j = 0; j < rank; j++) {
    for (let i = 0; i < n; i++) coordinates[j] += q[j * n + i] * y[i];
    for (let i = 0; i < n; i++) fitted[i] += coordinates[j] * q[j * n + i];
  }
  let rss = 0;
  for (let i = 0; i < n; i++) rss += (y[i] - fitted[i]) * (y[i] - fitted[i]);
  const coefficients = new Float64Array(df);
  for (let j = rank - 1; j >= 0; j--) {
    let value = coordinates[j];
    for (let k = j + 1; k < rank; k++) value -= r[j * rank + k] * coefficients[pivot[k]];
    coefficients[pivot[j]] = value / r[j * rank + j];
  }
  return {
    fitted,
    rss,
    rank,
    predict(at) {
      basis((at - low) / range, knots, row);
      return row.reduce((sum, value, j) => sum + value * coefficients[j], 0);
    },
  };
}

/** Values of the basis at t. */
function basis(t: number, knots: readonly number[], out: Float64Array): void {
  const K = knots.length;
  const cube = (value: number) => (value > 0 ? value * value * value : 0);
  const d = (j: number) => (cube(t - knots[j]) - cube(t - 1)) / (1 - knots[j]);
  out[0] = 1;
  out[1] = t;
  for (let j = 0; j < K - 2; j++) out[j + 2] = d(j) - d(K - 2);
}
