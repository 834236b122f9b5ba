/**
 * Degrees of freedom of tests of fixed effects. What Satterthwaite's and Kenward and Roger's methods need of a fitted model is the
 * same: how the covariance of the coefficients moves with the variance parameters, and how uncertain those are. With
 * V = s^2 H(G), H = I + Z G Z', P = H^-1 - H^-1 X C X'H^-1, C = (X'H^-1 X)^-1, and G_e the elements of the relative
 * covariances:
 *
 *     M_e    = K^(-1/2) L C_e L' K^(-1/2) - t_e I,   C_e = dC/dG_e = C X'H^-1 V_e H^-1 X C,  K = L C L'
 *     2 / df = 2/d + sum_ef W_ef M_e M_f             for a single row L
 *
 * Satterthwaite: t_e = -d log S/dG_e, W = 2 (observed curvature)^+ of the criterion (Kuznetsova, Brockhoff and Christensen
 * 2017). Kenward and Roger (1997): t_e = tr(P V_e)/d, W = 2 (tr(P V_e P V_f) - tr(P V_e) tr(P V_f)/d)^-1, the expected
 * information with the scale s^2 eliminated. Taking V itself in place of the residual variance as a parameter leaves their
 * formulas as they are (both are invariant under linear changes of the parameters) and every sum free of cancellation: the
 * adjustment of the covariance, 2 s^2 C (sum W_ef X'H^-1 V_e P V_f H^-1 X) C, has no part in the scale at all.
 */
import { quadraticForm } from '../numeric/dense.ts';
import type { VarianceModel } from '../types/inference.ts';

/** Degrees of freedom below this are the rounding of none: the test needs a variance of which the data say nothing. */
export const NO_DF_BELOW = 1e-3;

/** u_e of the row at hand: rows come by the million. */
let movement = new Float64Array(16);

/** Degrees of freedom of one row in orthonormal coordinates: the p elements of `x` from `at` on. */
export function rowDf(
  { model, elements, changes, shift, weights }: VarianceModel,
  d: number,
  x: Float64Array,
  at = 0,
  p = x.length,
): number {
  if (movement.length < elements) movement = new Float64Array(elements);
  const c = quadraticForm(model, 0, x, at, p);
  for (let e = 0; e < elements; e++) movement[e] = quadraticForm(changes, e * p * p, x, at, p) / c - shift[e];
  return 2 / (2 / d + quadraticForm(weights, 0, movement, 0, elements));
}
