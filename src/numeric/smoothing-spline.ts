/**
 * The natural cubic smoothing spline with a given trace of its smoother matrix ("degrees of freedom"), for small n
 * (Green and Silverman, "Nonparametric Regression and Generalized Linear Models", 1994, chapter 2):
 *
 *     S = (I + lambda K)^-1,  K = D W^-1 D',  trace S = sum_j 1 / (1 + lambda k_j)
 *
 * D (n x (n-2)) takes second divided differences, W ((n-2) x (n-2)) holds the inner products of hat functions, k_j are
 * the eigenvalues of K, two of them zero.
 */
import { backwardSolve, choleskyInPlace, forwardSolve } from './cholesky.ts';
import { symmetricEigen } from './symmetric-eigen.ts';

/** Values at the x of the smoothing spline through (x, y), x strictly increasing, n >= 4, with trace `df` in (2, n). */
export function smoothingSpline(x: ArrayLike<number>, y: ArrayLike<number>, df: number): Float64Array {
  const n = x.length;
  const m = n - 2;
  const h = Float64Array.from({ length: n - 1 }, (_, i) => x[i + 1] - x[i]);
  const D = new Float64Array(n * m);
  const W = new Float64Array(m * m);
  for (let j = 0; j < m; j++) {
    D[j * m + j] = 1 / h[j];
    D[(j + 1) * m + j] = -1 / h[j] - 1 / h[j + 1];
    D[(j + 2) * m + j] = 1 / h[j + 1];
    W[j * m + j] = (h[j] + h[j + 1]) / 3;
    if (j > 0) W[j * m + j - 1] = h[j] / 6;
  }
  choleskyInPlace(W, m);
  // Column i of W^-1 D'.
  const solved = new Float64Array(n * m);
  for (let i = 0; i < n; i++) {
    const column = D.slice(i * m, (i + 1) * m);
    forwardSolve(W, m, column);
    backwardSolve(W, m, column);
    solved.set(column, i * m);
  }
  const K = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = 0;
      for (let l = 0; l < m; l++) sum += D[i * m + l] * solved[j * m + l];
      K[i * n + j] = sum;
      K[j * n + i] = sum;
    }
  }
  const { values, vectors } = symmetricEigen(K, n);
  // Straight lines cost nothing: two eigenvalues are zero up to rounding.
  const penalty = values.map((value, j) => (j < 2 ? 0 : value));
  const lambda = lambdaForTrace(penalty, df);
  const out = new Float64Array(n);
  for (let j = 0; j < n; j++) {
    let coordinate = 0;
    for (let i = 0; i < n; i++) coordinate += vectors[i * n + j] * y[i];
    coordinate /= 1 + lambda * penalty[j];
    for (let i = 0; i < n; i++) out[i] += vectors[i * n + j] * coordinate;
  }
  return out;
}

/** The trace falls with log lambda: bisection to double precision. */
function lambdaForTrace(penalty: Float64Array, df: number): number {
  let low = -100;
  let high = 100;
  for (let step = 0; step < 200 && high - low > 1e-15 * Math.abs(high + low); step++) {
    const middle = 0.5 * (low + high);
    const lambda = Math.exp(middle);
    let trace = 0;
    for (const k of penalty) trace += 1 / (1 + lambda * k);
    if (trace > df) low = middle;
    else high = middle;
  }
  return Math.exp(0.5 * (low + high));
}
