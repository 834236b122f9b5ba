/**
 * Gradient and Hessian of Laplace's criterion of one variance, level by level. Of a level, sums over its rows, subscripts being
 * derivatives along the mode b = gamma rho:
 *
 *     V = sum z^2 W    V' = sum z^3 W'    V'' = sum z^4 W''    D = 1 + gamma V    rho = sum z r
 *     x~ = x + z b_beta    w = sum z W x    k = sum z^2 W' x~
 *
 *     b_beta  = -gamma w / D                    D_beta  = gamma k
 *     b_gamma = rho / D                         D_gamma = V + gamma V' b_gamma
 *     b_phi   = gamma R_phi / D                 D_phi   = gamma (V_phi + V' b_phi)
 *
 *     b_beta,beta   = -(gamma/D) sum z W' x~x~'                  b_beta,gamma = -(w + gamma rho k) / D^2
 *     b_gamma,gamma = -(b_gamma/D) (V + D_gamma)                 b_beta,phi   = -(gamma/D) (sum z W_phi x~ + k b_phi)
 *     b_phi,phi     = (gamma/D) (R_phi,phi - V_phi b_phi) - gamma R_phi D_phi / D^2
 *     b_gamma,phi   = R_phi/D - (gamma/D) V_phi b_gamma - gamma R_phi D_gamma / D^2
 *
 *     D_beta,beta   = gamma (sum z^2 W'' x~x~' + V' b_beta,beta)
 *     D_beta,gamma  = k + gamma (b_gamma sum z^3 W'' x~ + V' b_beta,gamma)
 *     D_gamma,gamma = 2 V' b_gamma + gamma (V'' b_gamma^2 + V' b_gamma,gamma)
 *     D_beta,phi    = gamma (sum z^2 W'_phi x~ + b_phi sum z^3 W'' x~ + V' b_beta,phi)
 *     D_gamma,phi   = V_phi + V' b_phi + gamma (V'_phi b_gamma + V'' b_gamma b_phi + V' b_gamma,phi)
 *     D_phi,phi     = gamma (V_phi,phi + 2 V'_phi b_phi + V'' b_phi^2 + V' b_phi,phi)
 *
 * and with d2 log D = D_ab / D - D_a D_b / D^2:
 *
 *     f_beta  = -2 sum r x + D_beta / D         f_beta,beta   = 2 sum W x x~' + d2 log D
 *     f_gamma = -rho^2 + D_gamma / D            f_beta,gamma  = 2 w b_gamma + d2 log D
 *     f_phi   = D_phi / D  (beside -2 l_phi)    f_gamma,gamma = 2 V rho b_gamma + d2 log D
 *                                               f_beta,phi    = -2 (sum r_phi x - w b_phi) + d2 log D
 *                                               f_gamma,phi   = -2 rho R_phi / D + d2 log D
 *                                               f_phi,phi     = -2 R_phi b_phi + d2 log D  (beside -2 l_phi,phi)
 */
import type { LevelModes } from './level-modes.ts';

/** Numbers of parameters: coefficients, variances (0 or 1), extras. */
interface Sizes {
  readonly p: number;
  readonly m: number;
  readonly d: number;
}

export class LevelDerivatives {
  /** Derivatives of the modes by the parameters, levels x n. */
  readonly slopes: Float64Array;
  private readonly inner: LevelModes;
  private readonly sizes: Sizes;
  private readonly gradient: Float64Array;
  private readonly hessian: Float64Array;
  private readonly full: LevelTerms;
  /** With one column of ones: derivatives by a linear predictor that all rows of a level share. */
  private readonly shared: LevelTerms;

  /** Adds to `gradient` (n) and the lower triangle of `hessian` (n x n). */
  constructor(inner: LevelModes, sizes: Sizes, gradient: Float64Array, hessian: Float64Array) {
    const { p, m, d } = sizes;
    const { x, strata, levels } = inner.strata;
    this.inner = inner;
    this.sizes = sizes;
    this.gradient = gradient;
    this.hessian = hessian;
    this.slopes = new Float64Array(levels * (p + m + d));
    const k = 1 + m + d;
    this.full = new LevelTerms(inner, sizes, x, gradient, hessian);
    const ones = new Float64Array(strata).fill(1);
    this.shared = new LevelTerms(inner, { p: 1, m, d }, ones, new Float64Array(k), new Float64Array(k * k));
  }

  /** All levels, at their rho and D. `order` 1 leaves the Hessian alone. */
  add(gamma: number, rho: Float64Array, D: Float64Array, order: 1 | 2): void {
    const { inner, slopes, sizes, full, shared } = this;
    const { levels, levelStart } = inner.strata;
    const n = sizes.p + sizes.m + sizes.d;
    for (let g = 0; g < levels; g++) {
      if (levelStart[g + 1] === levelStart[g] + 1) {
        shared.clear();
        shared.add(g, gamma, rho[g], D[g], order);
        this.spread(g, order);
        continue;
      }
      full.add(g, gamma, rho[g], D[g], order);
      for (let j = 0; j < n; j++) slopes[g * n + j] = full.slopes[j];
    }
  }

  /** Derivatives by t = x'beta, as those by beta. */
  private spread(g: number, order: 1 | 2): void {
    const { inner, sizes, gradient, hessian, slopes, shared } = this;
    const { levelStart, x } = inner.strata;
    const { p, m, d } = sizes;
    const { gradient: slope, hessian: curvature } = shared;
    const n = p + m + d;
    const k = 1 + m + d;
    const at = levelStart[g] * p;
    for (let i = 0; i < p; i++) {
      const xi = x[at + i];
      gradient[i] += slope[0] * xi;
      slopes[g * n + i] = shared.slopes[0] * xi;
    }
    for (let e = 1; e < k; e++) {
      gradient[p - 1 + e] += slope[e];
      slopes[g * n + p - 1 + e] = shared.slopes[e];
    }
    if (order === 1) return;
    for (let i = 0; i < p; i++) {
      const scaled = curvature[0] * x[at + i];
      for (let j = 0; j <= i; j++) hessian[i * n + j] += scaled * x[at + j];
    }
    for (let e = 1; e < k; e++) {
      const row = (p - 1 + e) * n;
      const across = curvature[e * k];
      for (let i = 0; i < p; i++) hessian[row + i] += across * x[at + i];
      for (let f = 1; f <= e; f++) hessian[row + p - 1 + f] += curvature[e * k + f];
    }
  }
}

/** One level, with the columns of x by stratum. */
class LevelTerms {
  readonly gradient: Float64Array;
  readonly hessian: Float64Array;
  readonly slopes: Float64Array;
  private readonly inner: LevelModes;
  private readonly sizes: Sizes;
  private readonly x: Float64Array;
  private readonly wx: Float64Array;
  private readonly kx: Float64Array;
  private readonly bx: Float64Array;
  private readonly xt: Float64Array;
  private readonly w2x: Float64Array;
  private readonly wEx: Float64Array;
  private readonly w1Ex: Float64Array;
  private readonly rEx: Float64Array;
  private V = 0;
  private V1 = 0;
  private V2 = 0;

  constructor(inner: LevelModes, sizes: Sizes, x: Float64Array, gradient: Float64Array, hessian: Float64Array) {
    this.inner = inner;
    this.sizes = sizes;
    this.x = x;
    this.gradient = gradient;
    this.hessian = hessian;
    this.slopes = new Float64Array(gradient.length);
    const vector = () => new Float64Array(sizes.p);
    [this.wx, this.kx, this.bx, this.xt] = [vector(), vector(), vector(), vector()];
    [this.w2x, this.wEx, this.w1Ex, this.rEx] = [vector(), vector(), vector(), vector()];
  }

  clear(): void {
    const { gradient, hessian } = this;
    // So few numbers that calls of `fill` would take longer.
    for (let i = 0; i < gradient.length; i++) gradient[i] = 0;
    for (let e = 0; e < hessian.length; e++) hessian[e] = 0;
  }

  add(g: number, gamma: number, rho: number, D: number, order: 1 | 2): void {
    const { gradient, slopes, inner, x, wx, kx, bx } = this;
    const { p, m, d } = this.sizes;
    const rows = inner.sums;
    const { levelStart, strata, z } = inner.strata;
    const from = levelStart[g];
    const to = levelStart[g + 1];
    const ratio = gamma / D;
    let V = 0;
    let V1 = 0;
    for (let k = 0; k < p; k++) {
      wx[k] = 0;
      kx[k] = 0;
    }
    for (let s = from; s < to; s++) {
      const zs = z[s];
      const r = -2 * rows.r[s];
      const zw = zs * rows.w[s];
      const zzw1 = zs * zs * rows.w1[s];
      V += zs * zw;
      V1 += zs * zzw1;
      for (let k = 0; k < p; k++) {
        const xk = x[s * p + k];
        gradient[k] += r * xk;
        wx[k] += zw * xk;
        kx[k] += zzw1 * xk;
      }
    }
    for (let k = 0; k < p; k++) {
      bx[k] = -ratio * wx[k];
      kx[k] += V1 * bx[k];
      gradient[k] += ratio * kx[k];
      slopes[k] = bx[k];
    }
    const bGamma = rho / D;
    const dGamma = V + gamma * V1 * bGamma;
    if (m > 0) {
      gradient[p] += -rho * rho + dGamma / D;
      slopes[p] = bGamma;
    }
    for (let e = 0; e < d; e++) {
      let RE = 0;
      let VE = 0;
      for (let s = from; s < to; s++) {
        RE += z[s] * rows.rE[e * strata + s];
        VE += z[s] * z[s] * rows.wE[e * strata + s];
      }
      const bE = ratio * RE;
      gradient[p + m + e] += ratio * (VE + V1 * bE);
      slopes[p + m + e] = bE;
    }
    if (order === 1) return;
    this.V = V;
    this.V1 = V1;
    this.addBeta(from, to, ratio);
    if (m > 0) this.addVariance(gamma, rho, D, dGamma);
    if (d > 0) this.addExtra(from, to, gamma, rho, D, dGamma);
  }

  /** f_beta,beta, and the sums over x~ that the rest needs. */
  private addBeta(from: number, to: number, ratio: number): void {
    const { hessian, inner, x, wx, kx, bx, xt, w2x, wEx, w1Ex, rEx, V1 } = this;
    const { p, m, d } = this.sizes;
    const rows = inner.sums;
    const { z } = inner.strata;
    const n = p + m + d;
    let V2 = 0;
    for (let k = 0; k < p; k++) {
      w2x[k] = 0;
      wEx[k] = 0;
      w1Ex[k] = 0;
      rEx[k] = 0;
    }
    for (let s = from; s < to; s++) {
      const zs = z[s];
      const zz = zs * zs;
      const w = 2 * rows.w[s];
      const zzw2 = zz * rows.w2[s];
      // D_beta,beta / D = ratio (sum z^2 W'' x~x~' - ratio V' sum z W' x~x~')
      const bend = ratio * (zzw2 - ratio * V1 * zs * rows.w1[s]);
      V2 += zz * zzw2;
      for (let i = 0; i < p; i++) {
        const xi = x[s * p + i];
        const ti = xi + zs * bx[i];
        xt[i] = ti;
        w2x[i] += zs * zzw2 * ti;
        const row = i * n;
        for (let j = 0; j <= i; j++) hessian[row + j] += w * xi * x[s * p + j] + bend * ti * xt[j];
      }
      if (d === 0) continue;
      const rE = rows.rE[s];
      const zwE = zs * rows.wE[s];
      const zzw1E = zz * rows.w1E[s];
      for (let i = 0; i < p; i++) {
        rEx[i] += rE * x[s * p + i];
        wEx[i] += zwE * xt[i];
        w1Ex[i] += zzw1E * xt[i];
      }
    }
    this.V2 = V2;
    for (let i = 0; i < p; i++) {
      const row = i * n;
      for (let j = 0; j <= i; j++) hessian[row + j] -= ratio * (2 * wx[i] * wx[j] + ratio * kx[i] * kx[j]);
    }
  }

  private addVariance(gamma: number, rho: number, D: number, dGamma: number): void {
    const { hessian, wx, kx, w2x, V, V1, V2 } = this;
    const { p, m, d } = this.sizes;
    const row = p * (p + m + d);
    const bGamma = rho / D;
    for (let i = 0; i < p; i++) {
      const bxGamma = -(wx[i] + gamma * rho * kx[i]) / (D * D);
      const dxGamma = kx[i] + gamma * (w2x[i] * bGamma + V1 * bxGamma);
      hessian[row + i] += 2 * wx[i] * bGamma + (dxGamma - (gamma * kx[i] * dGamma) / D) / D;
    }
    const bGammaGamma = (-bGamma * (V + dGamma)) / D;
    const dGammaGamma = 2 * V1 * bGamma + gamma * (V2 * bGamma * bGamma + V1 * bGammaGamma);
    hessian[row + p] += 2 * V * rho * bGamma + (dGammaGamma - (dGamma * dGamma) / D) / D;
  }

  private addExtra(from: number, to: number, gamma: number, rho: number, D: number, dGamma: number): void {
    const { hessian, inner, wx, kx, w2x, wEx, w1Ex, rEx, V1, V2 } = this;
    const { p, m, d } = this.sizes;
    const rows = inner.sums;
    const { z } = inner.strata;
    const ratio = gamma / D;
    let RE = 0;
    let VE = 0;
    let V1E = 0;
    let REE = 0;
    let VEE = 0;
    for (let s = from; s < to; s++) {
      const zs = z[s];
      const zz = zs * zs;
      RE += zs * rows.rE[s];
      VE += zz * rows.wE[s];
      V1E += zz * zs * rows.w1E[s];
      REE += zs * rows.rEE[s];
      VEE += zz * rows.wEE[s];
    }
    const row = (p + m) * (p + m + d);
    const bE = ratio * RE;
    const dE = gamma * (VE + V1 * bE);
    for (let i = 0; i < p; i++) {
      const bxE = -ratio * (wEx[i] + kx[i] * bE);
      const dxE = gamma * (w1Ex[i] + w2x[i] * bE + V1 * bxE);
      hessian[row + i] += -2 * (rEx[i] - wx[i] * bE) + (dxE - ratio * kx[i] * dE) / D;
    }
    const bEE = ratio * (REE - VE * bE - (RE * dE) / D);
    const dEE = gamma * (VEE + 2 * V1E * bE + V2 * bE * bE + V1 * bEE);
    hessian[row + p + m] += -2 * RE * bE + (dEE - (dE * dE) / D) / D;
    if (m === 0) return;
    const bGamma = rho / D;
    const bGammaE = (RE - gamma * VE * bGamma - ratio * RE * dGamma) / D;
    const dGammaE = VE + V1 * bE + gamma * (V1E * bGamma + V2 * bGamma * bE + V1 * bGammaE);
    hessian[row + p] += (-2 * rho * RE + dGammaE - (dGamma * dE) / D) / D;
  }
}
