/**
 * Gradient and Hessian of Laplace's criterion of a random intercept of Poisson counts: those of `level-derivatives.ts`, in which
 * W = W' = W'' = mu and z = 1 leave of a level, with v = sum mu x, M = sum mu x x', ratio = gamma / D, c = ratio / D,
 *
 *     x~ = x - ratio v      k = v / D      sum mu x~x~' = M - ratio (1 + 1/D) v v'      D_gamma = V (1 + b / D)
 *
 *     f_beta       = -2 sum r x + c v
 *     f_gamma      = -rho^2 + D_gamma / D
 *     f_beta,beta  = (2 + c) M - ratio (2 + c (1 + 2/D)) v v'
 *     f_beta,gamma = v (2 rho / D + (1 + b / D) (1 - gamma V) / D^3)
 *     f_gamma,gamma as there
 */
import type { LevelModes } from './level-modes.ts';

export class PoissonDerivatives {
  /** Derivatives of the modes by the parameters, levels x n. */
  readonly slopes: Float64Array;
  private readonly inner: LevelModes;
  private readonly p: number;
  private readonly gradient: Float64Array;
  private readonly hessian: Float64Array;
  /** v of a level with several strata. */
  private readonly v: Float64Array;

  /** Adds to `gradient` (p + 1) and the lower triangle of `hessian`. */
  constructor(inner: LevelModes, p: number, gradient: Float64Array, hessian: Float64Array) {
    this.inner = inner;
    this.p = p;
    this.gradient = gradient;
    this.hessian = hessian;
    this.slopes = new Float64Array(inner.strata.levels * (p + 1));
    this.v = new Float64Array(p);
  }

  /** All levels, at their rho and D. `order` 1 leaves the Hessian alone. */
  add(gamma: number, rho: Float64Array, D: Float64Array, order: 1 | 2): void {
    const { inner, p, gradient, hessian, slopes, v } = this;
    const { levels, levelStart, x } = inner.strata;
    const { r, w } = inner.sums;
    const n = p + 1;
    let slopeGamma = 0;
    let curvatureGamma = 0;
    for (let g = 0; g < levels; g++) {
      const from = levelStart[g];
      const to = levelStart[g + 1];
      const inverse = 1 / D[g];
      const ratio = gamma * inverse;
      const c = ratio * inverse;
      const own = rho[g];
      const bGamma = own * inverse;
      // 1 + b / D.
      const lift = 1 + gamma * bGamma;
      const bend = ratio * (2 + c * (1 + 2 * inverse));
      let V = 0;
      if (to === from + 1) {
        V = w[from];
        const slope = c * V - 2 * r[from];
        for (let i = 0, at = from * p; i < p; i++, at++) {
          gradient[i] += slope * x[at];
          slopes[g * n + i] = -ratio * V * x[at];
        }
      } else {
        for (let i = 0; i < p; i++) v[i] = 0;
        for (let s = from; s < to; s++) {
          const mu = w[s];
          const slope = -2 * r[s];
          V += mu;
          for (let i = 0, at = s * p; i < p; i++, at++) {
            gradient[i] += slope * x[at];
            v[i] += mu * x[at];
          }
        }
        for (let i = 0; i < p; i++) {
          gradient[i] += c * v[i];
          slopes[g * n + i] = -ratio * v[i];
        }
      }
      slopes[g * n + p] = bGamma;
      const dGamma = V * lift;
      slopeGamma += dGamma * inverse - own * own;
      if (order === 1) continue;
      const across = 2 * bGamma + lift * (1 - gamma * V) * inverse * inverse * inverse;
      if (to === from + 1) {
        const curvature = V * (2 + c - V * bend);
        for (let i = 0, at = from * p; i < p; i++) {
          const scaled = curvature * x[at + i];
          for (let j = 0; j <= i; j++) hessian[i * n + j] += scaled * x[at + j];
          hessian[p * n + i] += across * V * x[at + i];
        }
      } else {
        for (let s = from; s < to; s++) {
          const mu = w[s] * (2 + c);
          for (let i = 0, at = s * p; i < p; i++) {
            const scaled = mu * x[at + i];
            for (let j = 0; j <= i; j++) hessian[i * n + j] += scaled * x[at + j];
          }
        }
        for (let i = 0; i < p; i++) {
          const scaled = bend * v[i];
          for (let j = 0; j <= i; j++) hessian[i * n + j] -= scaled * v[j];
          hessian[p * n + i] += across * v[i];
        }
      }
      const bGammaGamma = -bGamma * (V + dGamma) * inverse;
      const dGammaGamma = 2 * V * bGamma + gamma * V * (bGamma * bGamma + bGammaGamma);
      curvatureGamma += 2 * V * own * bGamma + (dGammaGamma - dGamma * dGamma * inverse) * inverse;
    }
    gradient[p] += slopeGamma;
    if (order > 1) hessian[p * n + p] += curvatureGamma;
  }
}
