/**
 * The design of an ordinal model with a column of ones in front. Its thresholds do the work of an intercept, so that a
 * comparison of levels is one of levels against the others, not against nothing. With W^(1/2) X = Q R, s = Q'W^(1/2) 1 and
 * w = 1'W 1
 *
 *     W^(1/2) [1 X] = [W^(1/2) 1 / sqrt(w)   (Q - W^(1/2) 1 s'/w) L^-T]  [sqrt(w)  s'R / sqrt(w)]
 *                                                                       [  0          L'R       ],    L L' = I - s s'/w
 */

import { interceptPlace } from '../lmm/level-means.ts';
import type { DesignMoments, FactorMoments } from '../moments/moments.ts';
import { choleskyInPlace, forwardSolve } from '../numeric/cholesky.ts';

/** The design itself where its columns span the ones, or a factor has no intercepts that tell of them. */
export function withThresholds(design: DesignMoments): DesignMoments {
  const { p, r, factors } = design;
  const sums = factors.map((factor) => levelSums(design, factor));
  const [known] = sums;
  if (!known || sums.includes(null)) return design;
  const { w, s } = known;
  const L = new Float64Array(p * p);
  for (let i = 0; i < p; i++) for (let j = 0; j < p; j++) L[i * p + j] = (i === j ? 1 : 0) - (s[i] * s[j]) / w;
  if (Number.isNaN(choleskyInPlace(L, p))) return design;

  const P = p + 1;
  const root = Math.sqrt(w);
  const wider = new Float64Array(P * P);
  wider[0] = root;
  for (let k = 0; k < p; k++) {
    for (let j = 0; j <= k; j++) {
      wider[k + 1] += (s[j] * r[j * p + k]) / root;
      for (let i = 0; i <= j; i++) wider[(i + 1) * P + k + 1] += L[j * p + i] * r[j * p + k];
    }
  }
  const moved = factors.map((factor, f): FactorMoments => {
    const { ztx } = factor;
    const ones = sums[f]?.ones ?? new Float64Array(0);
    const to = new Float64Array(ones.length * P);
    const t = new Float64Array(p);
    ones.forEach((one, row) => {
      for (let k = 0; k < p; k++) t[k] = ztx[row * p + k] - (one * s[k]) / w;
      forwardSolve(L, p, t);
      to[row * P] = one / root;
      to.set(t, row * P + 1);
    });
    return { ...factor, ztx: to };
  });
  return { ...design, p: P, r: wider, factors: moved, coefficients: ['(Intercept)', ...design.coefficients] };
}

/** Z'W 1 by level and column, w and s of a factor with intercepts; null of one without. */
function levelSums(
  design: DesignMoments,
  factor: FactorMoments,
): { readonly ones: Float64Array; readonly w: number; readonly s: Float64Array } | null {
  const place = interceptPlace(design, factor);
  if (!place) return null;
  const { p } = design;
  const { q, ztz, ztx, levels } = factor;
  const ones = new Float64Array(levels.length * q);
  const s = new Float64Array(p);
  let w = 0;
  for (let row = 0; row < ones.length; row++) {
    const own = place[row % q];
    for (let c = 0; c < q; c++) ones[row] += place[c] * ztz[row * q + c];
    w += own * ones[row];
    for (let k = 0; k < p; k++) s[k] += own * ztx[row * p + k];
  }
  return { ones, w, s };
}
