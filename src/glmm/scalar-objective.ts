/**
 * Laplace's criterion of models with one random term of one column (or none), with exact gradient and Hessian. Parameters:
 * beta, gamma (the variance of the term), extras phi. With b = gamma rho the mode of a level, sums over its rows,
 *
 *     V = sum z^2 W    V' = sum z^3 W'    V'' = sum z^4 W''    D = 1 + gamma V    rho = sum z r
 *     f = -2 l + sum_g [ gamma rho^2 + log D ]
 *
 * and everything is regular where gamma is zero. Subscripts are derivatives along the mode, x~ = x + z b_beta,
 * w = sum z W x, k = sum z^2 W' x~:
 *
 *     b_beta  = -gamma w / D                    D_beta  = gamma k
 *     b_gamma = rho / D                         D_gamma = V + gamma V' b_gamma
 *     b_phi   = gamma R_phi / D                 D_phi   = gamma (V_phi + V' b_phi)
 *     f_beta  = -2 sum r x + sum_g D_beta / D
 *     f_gamma = sum_g [ -rho^2 + D_gamma / D ]
 *     f_phi   = -2 l_phi + sum_g D_phi / D
 *
 * The envelope theorem takes the mode out of -2 l + gamma rho^2; second derivatives follow by differentiating these lines.
 * Where a family has no second derivatives by its extras, the Hessian comes from differences of the exact gradient.
 */
import type { FamilyEvidence } from '../moments/family-evidence.ts';
import { median } from '../numeric/order-statistics.ts';
import { differenceHessian } from './difference-hessian.ts';
import type { FamilyKernel, Remainder, RowOrder } from './family-kernel.ts';
import {
  columnSizes,
  type FamilyObjective,
  LARGEST_DEVIATION,
  LARGEST_LOG_DISPERSION,
  shiftedColumns,
  typicalChange,
  typicalSizes,
} from './family-objective.ts';
import { LevelDerivatives } from './level-derivatives.ts';
import { LevelModes } from './level-modes.ts';
import { levelStrata } from './level-strata.ts';
import { PoissonDerivatives } from './poisson-derivatives.ts';
import { PoissonModes } from './poisson-modes.ts';

/** A step between points so small that its square is far below what Taylor series bridge. */
const NEAR = 3e-3;
/** Products beyond this, or below its reciprocal, are put away as logarithms. */
const LARGE = 1e150;
/** What a minimum by parabolas may be above the criterion without the effect, for a search to begin there. */
const PROMISING = 2;
/** Modes are extrapolated from the point before by at most this, in the linear predictor. */
const FARTHEST = 2;

export class ScalarObjective implements FamilyObjective {
  readonly p: number;
  readonly m: number;
  readonly d: number;
  readonly least: Float64Array;
  readonly most: Float64Array;
  readonly size: Float64Array;
  readonly origin: Float64Array;
  readonly costlyHessian: boolean;
  readonly gradient: Float64Array;
  readonly hessian: Float64Array;
  private readonly kernel: FamilyKernel;
  private readonly inner: LevelModes;
  private readonly remainder: Remainder;
  private readonly mass: number;
  private readonly countsSize: boolean;
  private readonly fixed: Float64Array;
  private readonly extras: Float64Array;
  /** Derivatives of the modes by level: beta, gamma, extras; and the point they belong to. */
  private readonly slopes: Float64Array;
  private readonly anchor: Float64Array;
  private readonly anchorModes: Float64Array;
  private readonly anchorFixed: Float64Array;
  private anchored = false;
  private modesAreNear = false;
  private gamma = 0;
  private readonly rho: Float64Array;
  private readonly D: Float64Array;
  private readonly information: Float64Array;
  private readonly levels: LevelDerivatives | PoissonDerivatives;

  constructor(evidence: FamilyEvidence, kernel: FamilyKernel) {
    const { rows, x, effects, offset, mass, family } = evidence;
    const strata = levelStrata(evidence);
    const p = rows === 0 ? 0 : x.length / rows;
    const m = effects.length;
    const d = kernel.extras;
    this.p = p;
    this.m = m;
    this.d = d;
    this.kernel = kernel;
    const intercepts = family === 'poisson' && m > 0 && PoissonModes.suits(strata);
    this.inner = new (intercepts ? PoissonModes : LevelModes)(strata, offset, kernel);
    this.costlyHessian = !kernel.hasSecond;
    const n = p + m + d;
    this.least = new Float64Array(n).fill(Number.NEGATIVE_INFINITY);
    this.most = new Float64Array(n).fill(Number.POSITIVE_INFINITY);
    this.origin = new Float64Array(n).fill(Number.POSITIVE_INFINITY);
    this.size = new Float64Array(n).fill(1);
    this.size.set(columnSizes(x, p));
    if (m > 0) {
      const { z } = effects[0];
      this.size[p] = columnSizes(z, 1)[0] ** 2;
      this.least[p] = 0;
      this.most[p] = LARGEST_DEVIATION ** 2 * Math.max(this.size[p], typicalSizes(z, 1)[0] ** 2);
      this.origin[p] = this.size[p];
    }
    this.least.set(kernel.least, p + m);
    for (let e = 0; e < d; e++) {
      if (kernel.least[e] === 0) this.origin[p + m + e] = 1;
      else if (family !== 'cumulative') this.most[p + m + e] = LARGEST_LOG_DISPERSION;
    }
    this.countsSize = family === 'nbinom2';
    let total = 0;
    for (let i = 0; i < rows; i++) total += mass[i];
    this.mass = total;
    this.gradient = new Float64Array(n);
    this.hessian = new Float64Array(n * n);
    this.remainder = { value: 0, first: new Float64Array(d), second: new Float64Array(d * d) };
    this.fixed = new Float64Array(strata.strata);
    this.anchorFixed = new Float64Array(strata.strata);
    this.extras = new Float64Array(d);
    this.anchor = new Float64Array(n);
    this.anchorModes = new Float64Array(strata.levels);
    this.rho = new Float64Array(strata.levels);
    this.D = new Float64Array(strata.levels);
    this.information = new Float64Array(strata.levels);
    this.levels = intercepts
      ? new PoissonDerivatives(this.inner, p, this.gradient, this.hessian)
      : new LevelDerivatives(this.inner, { p, m, d }, this.gradient, this.hessian);
    this.slopes = this.levels.slopes;
  }

  get eta(): Float64Array {
    return this.inner.predictors();
  }

  /** Calls of the family's kernel so far. */
  get calls(): number {
    return this.inner.calls;
  }

  load(values: Float64Array, at: number): void {
    this.kernel.load(values, at);
    this.inner.b.fill(0);
    this.anchored = false;
  }

  theta(parameters: Float64Array): Float64Array {
    return this.m === 0 ? new Float64Array(0) : Float64Array.of(Math.sqrt(parameters[this.p]));
  }

  parametersOf(beta: Float64Array, theta: Float64Array, extras: Float64Array): Float64Array {
    const { p, m, d } = this;
    const point = new Float64Array(p + m + d);
    point.set(beta);
    if (m > 0) point[p] = theta[0] * theta[0];
    point.set(extras, p + m);
    return point;
  }

  modes(): { readonly estimate: Float64Array; readonly standardError: Float64Array }[] {
    if (this.m === 0) return [];
    const { gamma } = this;
    return [{ estimate: this.inner.b.slice(), standardError: this.D.map((D) => Math.sqrt(gamma / D)) }];
  }

  medianInformation(): number {
    return this.gamma > 0 ? (median(this.D) - 1) / this.gamma : Number.NaN;
  }

  effectVariance(levels: ArrayLike<number>, z: readonly ArrayLike<number>[]): number {
    if (this.m === 0 || levels[0] < 0) return 0;
    return (z[0][0] * z[0][0] * this.gamma) / this.D[levels[0]];
  }

  /**
   * By a parabola a level adds log(1 + gamma V) - gamma R^2 / (1 + gamma V), R and V at zero. The lowest minimum over a grid of
   * factors of two, which is enough for a start; one a little above zero, too, as coefficients will win what that is.
   */
  likelyVariance(): number {
    const { inner, rho, size, p } = this;
    const { strata, sums: rows } = inner;
    const V = this.information;
    for (let g = 0; g < strata.levels; g++) {
      let sum = 0;
      for (let s = strata.levelStart[g]; s < strata.levelStart[g + 1]; s++) sum += strata.z[s] ** 2 * rows.w[s];
      V[g] = sum;
    }
    const valueAt = (gamma: number): number => {
      let product = 1;
      let value = 0;
      for (let g = 0; g < strata.levels; g++) {
        const D = 1 + gamma * Math.max(V[g], 0);
        product *= D;
        if (product > LARGE) {
          value += Math.log(product);
          product = 1;
        }
        value -= (gamma * rho[g] * rho[g]) / D;
      }
      return value + Math.log(product);
    };
    let best = 0;
    let least = PROMISING;
    let [last, before] = [0, 0];
    for (let gamma = 4 ** -7, k = 0; gamma <= 8; gamma *= 2, k++) {
      const value = valueAt(gamma * size[p]);
      // Where the parabola through three of them has its least value; at the grid's ends they.
      if (before < last && before < least && (value >= before || gamma === 8)) {
        least = before;
        const bend = value - 2 * before + last;
        const move = k > 1 && gamma < 8 && bend > 0 ? (last - value) / (2 * bend) : 0;
        best = gamma * 2 ** (Math.max(-1, Math.min(1, move)) - 1) * size[p];
      }
      last = before;
      before = value;
    }
    return best;
  }

  typicalChange(step: Float64Array): number {
    return typicalChange(this.inner.strata.x, step);
  }

  startModes([estimate]: readonly Float64Array[], near = false): void {
    this.inner.b.set(estimate);
    this.anchored = false;
    this.modesAreNear = near;
  }

  effectGain(): number {
    const { inner, gamma, D } = this;
    if (gamma === 0) return 0;
    let gain = 0;
    for (let g = 0; g < D.length; g++) gain += (inner.b[g] * inner.b[g] * D[g]) / gamma - Math.log(D[g]);
    return gain;
  }

  fixedInformation(shift?: Float64Array): Float64Array {
    const { p, inner, gamma, D } = this;
    const { strata, sums: rows } = inner;
    const { levelStart, z } = strata;
    const x = shiftedColumns(strata.x, shift);
    const information = new Float64Array(p * p);
    const wx = new Float64Array(p);
    for (let g = 0; g < strata.levels; g++) {
      wx.fill(0);
      for (let s = levelStart[g]; s < levelStart[g + 1]; s++) {
        const w = rows.w[s];
        for (let i = 0; i < p; i++) {
          const wxi = w * x[s * p + i];
          wx[i] += z[s] * wxi;
          for (let j = 0; j < p; j++) information[i * p + j] += wxi * x[s * p + j];
        }
      }
      for (let i = 0; i < p; i++) {
        for (let j = 0; j < p; j++) information[i * p + j] -= (gamma / D[g]) * wx[i] * wx[j];
      }
    }
    return information;
  }

  evaluate(parameters: Float64Array, order: 0 | 1 | 2): number {
    if (order < 2 || !this.costlyHessian) return this.evaluateExactly(parameters, order);
    return differenceHessian(this, (point) => this.evaluateExactly(point, 1), parameters);
  }

  private evaluateExactly(parameters: Float64Array, order: 0 | 1 | 2): number {
    const { p, m, d, kernel, inner, extras, least, most, remainder, rho, D, origin } = this;
    const n = p + m + d;
    for (let j = 0; j < n; j++) {
      // NaN fails too.
      if (!(parameters[j] >= least[j] && parameters[j] <= most[j])) return Number.NaN;
    }
    const gamma = m > 0 ? parameters[p] : 0;
    for (let e = 0; e < d; e++) extras[e] = parameters[p + m + e];
    this.gamma = gamma;
    const near = this.approach(parameters) || this.modesAreNear;
    this.modesAreNear = false;
    const asked: RowOrder = order === 2 ? 3 : order === 0 && gamma === 0 ? 1 : 2;
    if (!inner.find(this.fixed, gamma, extras, asked, near, order === 0)) {
      inner.b.fill(0);
      this.anchored = false;
      return Number.NaN;
    }
    kernel.remainder(extras, order === 2 ? 3 : 2, remainder);
    const { strata, sums: rows, b } = inner;
    // What additions round off is carried: counts of a million are sums of billions.
    let value = -2 * remainder.value;
    let carry = 0;
    let information = 0;
    // The logarithm of a product of few factors at a time: logarithms are what costs.
    let product = 1;
    for (let g = 0; g < strata.levels; g++) {
      let l = 0;
      let R = 0;
      let V = 0;
      for (let s = strata.levelStart[g]; s < strata.levelStart[g + 1]; s++) {
        const z = strata.z[s];
        l += rows.l[s];
        R += z * rows.r[s];
        V += z * z * rows.w[s];
      }
      rho[g] = gamma > 0 ? b[g] / gamma : R;
      D[g] = 1 + gamma * V;
      if (!(D[g] > 0)) return Number.NaN;
      information += V;
      product *= D[g];
      let term = -2 * l + b[g] * rho[g];
      if (product > LARGE || product < 1 / LARGE || g === strata.levels - 1) {
        term += Math.log(product);
        product = 1;
      }
      const total = value + term;
      carry += Math.abs(value) >= Math.abs(term) ? value - total + term : term - total + value;
      value = total;
    }
    value += carry;
    if (!Number.isFinite(value)) return Number.NaN;
    if (order === 0) return value;
    if (m > 0) origin[p] = information > 0 ? strata.levels / information : this.size[p];
    if (this.countsSize) this.placeOrigin(extras[0]);
    this.differentiate(gamma, order);
    this.anchored = true;
    this.anchor.set(parameters);
    this.anchorModes.set(b);
    this.anchorFixed.set(this.fixed);
    return value;
  }

  /** Fixed parts of the predictors and modes extrapolated to a new point. Returns whether it is near. */
  private approach(parameters: Float64Array): boolean {
    const { p, m, d, inner, fixed, slopes, anchor, anchored, anchorModes, anchorFixed } = this;
    const { strata, b } = inner;
    const n = p + m + d;
    let farthest = 0;
    for (let s = 0; s < strata.strata; s++) {
      let sum = 0;
      for (let k = 0; k < p; k++) sum += strata.x[s * p + k] * parameters[k];
      fixed[s] = sum;
      farthest = Math.max(farthest, Math.abs(sum - anchorFixed[s]));
    }
    if (!anchored) return false;
    for (let e = m; e < m + d; e++) farthest = Math.max(farthest, Math.abs(parameters[p + e] - anchor[p + e]));
    if (m === 0) return true;
    for (let g = 0; g < strata.levels; g++) {
      let change = 0;
      for (let j = 0; j < n; j++) change += slopes[g * n + j] * (parameters[j] - anchor[j]);
      const length = Math.abs(change) * strata.reach[g];
      // Rows far out are held by what goes against the fixed effects.
      if (length > FARTHEST && this.farthest(g, change) > FARTHEST) change *= FARTHEST / length;
      farthest = Math.max(farthest, length);
      b[g] = anchorModes[g] + change;
    }
    return farthest < NEAR;
  }

  /** The largest change of a linear predictor of a level, from the anchor, with a change of its effect. */
  private farthest(g: number, change: number): number {
    const { inner, fixed, anchorFixed } = this;
    const { levelStart, z } = inner.strata;
    let most = 0;
    for (let s = levelStart[g]; s < levelStart[g + 1]; s++) {
      most = Math.max(most, Math.abs(fixed[s] - anchorFixed[s] + z[s] * change));
    }
    return most;
  }

  /** Where nu = 1/size turns from a matter of differences to one of ratios: 1/mu. A pseudo-row's W is about mu / (1 + nu mu). */
  private placeOrigin(nu: number): void {
    const { inner, mass, origin, p, m } = this;
    const { sums: rows, strata } = inner;
    let total = 0;
    for (let s = 0; s < strata.strata; s++) total += rows.w[s];
    const mean = total / mass;
    origin[p + m] = Math.max((1 - nu * mean) / mean, 1e-3 * nu);
  }

  private differentiate(gamma: number, order: 1 | 2): void {
    const { p, m, d, gradient, hessian, inner, remainder, rho, D, levels } = this;
    const n = p + m + d;
    gradient.fill(0);
    if (order === 2) hessian.fill(0);
    for (let e = 0; e < d; e++) gradient[p + m + e] = -2 * (inner.lE[e] + remainder.first[e]);
    levels.add(gamma, rho, D, order);
    if (order < 2) return;
    if (d > 0) hessian[n * n - 1] += -2 * (inner.lEE + remainder.second[0]);
    for (let i = 0; i < n; i++) for (let j = 0; j < i; j++) hessian[j * n + i] = hessian[i * n + j];
  }
}
