/**
 * Steps of a search with bounds. They are taken in t with x = least + a e^t - origin for parameters that act on a logarithmic scale
 * at some distance from their least value (`FamilyObjective.origin`; a = x - least + origin at t = 0), else x + size t: so steps of
 * one kind have one size, and a variance reaches zero in a finite step. With g and H the derivatives by the parameters and
 * J = dx/dt,
 *
 *     g_t = J g      H_t = J H J + diag(a g)  (the second term for logarithmic scales)
 *
 * Parameters at a bound that the gradient pushes against are held. The step minimises the quadratic model within the bounds
 * and the longest changes of logarithms, one clamped coordinate after the other.
 */
import { backwardSolve, choleskyInPlace, forwardSolve } from '../numeric/cholesky.ts';
import { FLAT, newtonStep } from '../numeric/newton-step.ts';
import type { FamilyObjective } from './family-objective.ts';

/** Longest steps: of coefficients in linear predictors, of other unbounded parameters, and of logarithms down and up. */
const LONGEST = 5;
const LONGEST_OTHER = 3;
const LONGEST_DOWN = Math.log(0.1);
const LONGEST_UP = Math.log(5);
/** What is rounding in a Hessian that is not positive definite, and what a flat direction may have of other parameters. */
const SPECTRAL = { roughness: 1e-8, leastGain: 1e-12 };
const CONFINED = 1e-6;

/** The step of a point x from the derivatives g (n) and H (n x n) there. */
export class FamilyStep {
  /** In t; and what a change of t is in parameters, about t = 0. */
  readonly step: Float64Array;
  readonly scale: Float64Array;
  private readonly objective: FamilyObjective;
  private readonly n: number;
  private readonly x: Float64Array;
  private readonly g: Float64Array;
  private readonly H: Float64Array;
  private readonly logarithmic: Uint8Array;
  private readonly low: Float64Array;
  private readonly high: Float64Array;
  private readonly longest: Float64Array;
  /** 0: free, 1: held at a bound, 2: clamped to the box. */
  private readonly state: Uint8Array;
  private readonly free: Int32Array;
  private readonly matrix: Float64Array;
  private readonly vector: Float64Array;
  private readonly vectors: Float64Array;

  /** Point, gradient and Hessian are those of the search, which changes them. */
  constructor(objective: FamilyObjective, x: Float64Array, g: Float64Array, H: Float64Array) {
    const n = x.length;
    this.objective = objective;
    this.n = n;
    [this.x, this.g, this.H] = [x, g, H];
    const vector = () => new Float64Array(n);
    [this.scale, this.step, this.low, this.high] = [vector(), vector(), vector(), vector()];
    [this.vector, this.longest] = [vector(), vector()];
    [this.matrix, this.vectors] = [new Float64Array(n * n), new Float64Array(n * n)];
    this.logarithmic = new Uint8Array(n);
    this.state = new Uint8Array(n);
    this.free = new Int32Array(n);
  }

  /** Scales of the coordinates at x, which parameters are held (those of `from` up to `to` anyway), and the box. */
  rescale(from: number, to: number): void {
    const { objective, n, x, g, scale, logarithmic, low, high, state } = this;
    const { p, m, least, most, size, origin } = objective;
    for (let j = 0; j < n; j++) {
      const reference = origin?.[j] ?? Number.POSITIVE_INFINITY;
      const above = x[j] - least[j];
      logarithmic[j] = Number.isFinite(reference) ? 1 : 0;
      scale[j] = logarithmic[j] ? above + reference : (size?.[j] ?? 1);
      const longest = j < p + m ? LONGEST_OTHER * Math.max(1, Math.abs(x[j]) / scale[j]) : LONGEST_OTHER;
      this.longest[j] = logarithmic[j] ? Number.POSITIVE_INFINITY : longest;
      low[j] = logarithmic[j] ? Math.max(LONGEST_DOWN, Math.log(reference / scale[j])) : Number.NEGATIVE_INFINITY;
      high[j] = logarithmic[j] ? LONGEST_UP : Number.POSITIVE_INFINITY;
      if (most !== undefined && Number.isFinite(most[j])) {
        const room = (most[j] - x[j]) / scale[j];
        high[j] = Math.min(high[j], logarithmic[j] ? Math.log1p(room) : room);
      }
      if (!logarithmic[j]) low[j] = Math.max(low[j], -above / scale[j]);
      const pressed = (above <= 0 && g[j] >= 0) || (high[j] <= 0 && g[j] <= 0);
      state[j] = pressed || (j >= from && j < to) ? 1 : 0;
    }
  }

  /** The step within the box, and whether the Hessian over the free parameters is positive definite. */
  find(): boolean {
    const { n, step, low, high, state } = this;
    for (let j = 0; j < n; j++) if (state[j] === 2) state[j] = 0;
    step.fill(0);
    let curved = true;
    for (let round = 0; round <= n; round++) {
      const positive = this.solve();
      if (round === 0) curved = positive;
      let clamped = false;
      for (let j = 0; j < n; j++) {
        if (state[j] !== 0) continue;
        const within = Math.min(high[j], Math.max(low[j], step[j]));
        if (within === step[j] || Number.isNaN(step[j])) continue;
        step[j] = within;
        state[j] = 2;
        clamped = true;
      }
      if (!clamped) break;
    }
    // A long step of unbounded parameters keeps its direction.
    let shrink = this.coefficientShare();
    for (let j = this.objective.p; j < n; j++) {
      if (state[j] !== 1) shrink = Math.min(shrink, this.longest[j] / Math.abs(step[j]));
    }
    if (shrink < 1) for (let j = 0; j < n; j++) step[j] *= shrink;
    return curved;
  }

  /** The share of the step that moves no typical linear predictor by more than the longest step of it. */
  private coefficientShare(): number {
    const { objective, scale, step } = this;
    const { p } = objective;
    let most = 0;
    for (let j = 0; j < p; j++) most = Math.max(most, Math.abs(step[j]));
    // Sizes of columns with an outlier are those of one row.
    if (most > LONGEST && objective.typicalChange) {
      most = objective.typicalChange(step.subarray(0, p).map((change, j) => change * scale[j]));
    }
    return most > LONGEST ? LONGEST / most : 1;
  }

  /** Solves for the free coordinates with the clamped ones where they are. */
  private solve(): boolean {
    const { n, g, H, scale, logarithmic, step, state, free, matrix: a, vector: v, vectors } = this;
    let k = 0;
    for (let j = 0; j < n; j++) if (state[j] === 0) free[k++] = j;
    if (k === 0) return true;
    for (let i = 0; i < k; i++) {
      const row = free[i];
      let slope = g[row];
      for (let j = 0; j < n; j++) if (state[j] === 2) slope += H[row * n + j] * scale[j] * step[j];
      v[i] = -scale[row] * slope;
      for (let j = 0; j <= i; j++) a[i * k + j] = scale[row] * scale[free[j]] * H[row * n + free[j]];
      if (logarithmic[row]) a[i * k + i] += scale[row] * g[row];
    }
    if (!Number.isNaN(choleskyInPlace(a, k, 0, k))) {
      forwardSolve(a, k, v);
      backwardSolve(a, k, v);
      for (let i = 0; i < k; i++) step[free[i]] = v[i];
      return true;
    }
    // Not convex here: by the spectrum, negative curvature turned.
    const hessian = new Float64Array(k * k);
    const gradient = new Float64Array(k);
    const found = new Float64Array(k);
    for (let i = 0; i < k; i++) {
      const row = free[i];
      gradient[i] = scale[row] * g[row];
      for (let j = 0; j < n; j++) if (state[j] === 2) gradient[i] += scale[row] * H[row * n + j] * scale[j] * step[j];
      for (let j = 0; j < k; j++) hessian[i * k + j] = scale[row] * scale[free[j]] * H[row * n + free[j]];
      if (logarithmic[row]) hessian[i * k + i] += scale[row] * g[row];
    }
    const { decrement, minimum } = newtonStep(gradient, hessian, vectors.subarray(0, k * k), found, SPECTRAL);
    for (let i = 0; i < k; i++) step[free[i]] = Number.isNaN(decrement) ? Number.NaN : found[i];
    return minimum && this.isRidge(hessian, k);
  }

  /** Whether what is flat of a Hessian that was turned to its spectrum is of covariances alone: terms whose sum is all that shows. */
  private isRidge(spectrum: Float64Array, k: number): boolean {
    const { free, vectors } = this;
    const { p, m } = this.objective;
    let largest = SPECTRAL.roughness;
    for (let a = 0; a < k; a++) largest = Math.max(largest, Math.abs(spectrum[a * (k + 1)]));
    for (let a = 0; a < k; a++) {
      if (Math.abs(spectrum[a * (k + 1)]) > FLAT * largest) continue;
      let elsewhere = 0;
      for (let i = 0; i < k; i++) if (free[i] < p || free[i] >= p + m) elsewhere += vectors[i * k + a] ** 2;
      if (elsewhere > CONFINED) return false;
    }
    return true;
  }

  /** Half of g'H^-1 g over what is not held, in the parameters themselves. */
  decrement(): number {
    const { n, g, H, scale, state, free, matrix: a, vector: v } = this;
    let k = 0;
    for (let j = 0; j < n; j++) if (state[j] !== 1) free[k++] = j;
    for (let i = 0; i < k; i++) {
      v[i] = scale[free[i]] * g[free[i]];
      for (let j = 0; j <= i; j++) a[i * k + j] = scale[free[i]] * scale[free[j]] * H[free[i] * n + free[j]];
    }
    if (k > 0 && Number.isNaN(choleskyInPlace(a, k, 0, k))) return this.spectralDecrement(k);
    forwardSolve(a, k, v);
    let total = 0;
    for (let i = 0; i < k; i++) total += v[i] * v[i];
    return total / 2;
  }

  /** The same over all but a ridge of covariances; NaN where the Hessian has negative curvature, or other flat directions. */
  private spectralDecrement(k: number): number {
    const { n, H, scale, free, vector, vectors } = this;
    const hessian = Float64Array.from({ length: k * k }, (_, e) => {
      const [i, j] = [free[Math.floor(e / k)], free[e % k]];
      return scale[i] * scale[j] * H[i * n + j];
    });
    const found = new Float64Array(k);
    const { decrement, minimum } = newtonStep(
      vector.subarray(0, k),
      hessian,
      vectors.subarray(0, k * k),
      found,
      SPECTRAL,
    );
    return minimum && this.isRidge(hessian, k) ? decrement : Number.NaN;
  }

  /** The slope of the criterion along the step, where its gradient is this. */
  slope(gradient: Float64Array): number {
    const { n, scale, step } = this;
    let slope = 0;
    for (let j = 0; j < n; j++) slope += scale[j] * gradient[j] * step[j];
    return slope;
  }

  /** The point after part t of the step, into `trial`. */
  move(t: number, trial: Float64Array): void {
    const { objective, n, x, scale, logarithmic, step, low } = this;
    const { least, most } = objective;
    for (let j = 0; j < n; j++) {
      const s = t * step[j];
      let to = x[j] + scale[j] * (logarithmic[j] ? Math.expm1(s) : s);
      if (s <= low[j] && to < least[j] + 1e-12 * scale[j]) to = least[j];
      trial[j] = Math.min(most?.[j] ?? Number.POSITIVE_INFINITY, Math.max(least[j], to));
    }
  }
}
