import { choleskyInPlace, forwardSolve } from '../numeric/cholesky.ts';

/** d'V^-1 d / p for a shift d of p coefficients with covariance V (p x p row-major); NaN where V is singular. */
export function cooksDistance(shift: Float64Array, covariance: Float64Array): number {
  const p = shift.length;
  const L = covariance.slice();
  if (Number.isNaN(choleskyInPlace(L, p))) return Number.NaN;
  const d = shift.slice();
  forwardSolve(L, p, d);
  return d.reduce((sum, value) => sum + value * value, 0) / p;
}
