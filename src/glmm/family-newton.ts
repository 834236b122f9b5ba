/**
 * Projected Newton search of a criterion with bounds. Steps are taken in t with x = least + a e^t - origin for parameters that
 * act on a logarithmic scale at some distance from their least value (`FamilyObjective.origin`; a = x - least + origin at t = 0),
 * else x + size t: so steps of one kind have one size, and a variance reaches zero in a finite step. With g and H the
 * derivatives by the parameters and J = dx/dt,
 *
 *     g_t = J g      H_t = J H J + diag(a g)  (the second term for logarithmic scales)
 *
 * Parameters at a bound that the gradient pushes against are held. The step minimises the quadratic model within the bounds
 * and the longest changes of logarithms, one clamped coordinate after the other. Where a Hessian is dear it is updated by differences of gradients
 * (BFGS), and formed only where the search begins to end.
 */
import { backwardSolve, choleskyInPlace, forwardSolve } from '../numeric/cholesky.ts';
import { FLAT, newtonStep } from '../numeric/newton-step.ts';
import type { FamilyObjective } from './family-objective.ts';

/** Where a search ended; the objective stands there, with its Hessian. */
export interface FamilyNewtonEnd {
  readonly parameters: Float64Array;
  readonly value: number;
  /** Half of g'H^-1 g over the free parameters; NaN where H is not positive definite. */
  readonly decrement: number;
  readonly evaluations: number;
  readonly converged: boolean;
  /** The step that the search would take next, in the parameters' units. */
  readonly step: Float64Array;
}

/** The decrement that certifies a minimum. */
export const CERTIFICATE = 1e-8;
/** The search goes on until estimates are known to a millionth of their standard error. */
export const GOAL = 1e-12;
const MAXIMAL_EVALUATIONS = 250;
/** Longest steps: of coefficients in linear predictors, of other unbounded parameters, and of logarithms down and up. */
const LONGEST = 5;
const LONGEST_OTHER = 3;
const LONGEST_DOWN = Math.log(0.1);
const LONGEST_UP = Math.log(5);
/** Decrements below which differences of the criterion may be rounding, and below which they are. */
const NEAR = 1e-4;
const BLIND = 1e-9;
/** A decrement from which twice its size is what a search may still win. */
const PROMISING = 0.5;
/** Steps in a row that win next to nothing, until the search is given up, and what is next to nothing. */
const PATIENCE = 12;
const STALLING = 1e-7;
/** What is rounding in a Hessian that is not positive definite, and what a flat direction may have of other parameters. */
const SPECTRAL = { roughness: 1e-8, leastGain: 1e-12 };
const CONFINED = 1e-6;
/** A decrement whose Hessian serves to its end: standard errors change by less than a ten thousandth. */
const SETTLED = 1e-9;
/** What the decrement must come down to before a dear Hessian is formed anew. */
const ENDING = 1e-5;

export class FamilyNewton {
  private readonly objective: FamilyObjective;
  private readonly n: number;
  private readonly x: Float64Array;
  private readonly trial: Float64Array;
  private readonly g: Float64Array;
  private readonly H: Float64Array;
  private readonly scale: Float64Array;
  private readonly logarithmic: Uint8Array;
  private readonly step: Float64Array;
  private readonly low: Float64Array;
  private readonly high: Float64Array;
  private readonly longest: Float64Array;
  /** 0: free, 1: held at a bound, 2: clamped to the box. */
  private readonly state: Uint8Array;
  private readonly free: Int32Array;
  private readonly matrix: Float64Array;
  private readonly vector: Float64Array;
  private readonly vectors: Float64Array;
  private held = -1;

  constructor(objective: FamilyObjective) {
    const n = objective.p + objective.m + objective.d;
    this.objective = objective;
    this.n = n;
    const vector = () => new Float64Array(n);
    [this.x, this.trial, this.g, this.scale, this.step] = [vector(), vector(), vector(), vector(), vector()];
    [this.low, this.high, this.vector, this.longest] = [vector(), vector(), vector(), vector()];
    [this.H, this.matrix, this.vectors] = [new Float64Array(n * n), new Float64Array(n * n), new Float64Array(n * n)];
    this.logarithmic = new Uint8Array(n);
    this.state = new Uint8Array(n);
    this.free = new Int32Array(n);
  }

  /**
   * Minimises from `start`. `rough`: a minimum of this decrement will do; `held`: a parameter that stays as it is;
   * `below`: a value that the minimum must promise to reach, else the search ends without it.
   */
  minimise(start: Float64Array, { rough = GOAL, held = -1, below = Number.POSITIVE_INFINITY } = {}): FamilyNewtonEnd {
    const { objective, n, x, g, H, step, trial } = this;
    this.held = held;
    const dear = objective.costlyHessian === true;
    x.set(start);
    let evaluations = 1;
    let value = objective.evaluate(x, dear ? 1 : 2);
    let decrement = Number.NaN;
    const end = (converged: boolean): FamilyNewtonEnd => {
      return { ...{ parameters: x.slice(), value, decrement, evaluations, converged }, step: step.slice() };
    };
    if (!Number.isFinite(value)) return end(false);
    g.set(objective.gradient);
    let stalled = 0;
    // Whether H is the Hessian of a point this close, by the decrement that was left there.
    let exactAt = Number.POSITIVE_INFINITY;
    if (dear) evaluations += this.roughHessian();
    else H.set(objective.hessian);
    for (;;) {
      this.rescale();
      const curved = this.newton();
      decrement = curved ? this.decrement() : Number.NaN;
      if (Number.isNaN(step[0])) return end(false);
      if (
        dear &&
        curved &&
        decrement <= ENDING &&
        (exactAt > Math.max(100 * decrement, SETTLED) || (decrement <= rough && exactAt > SETTLED))
      ) {
        value = objective.evaluate(x, 2);
        evaluations += 4 * n;
        if (!Number.isFinite(value)) return end(false);
        g.set(objective.gradient);
        H.set(objective.hessian);
        exactAt = decrement;
        const again = this.newton();
        decrement = again ? this.decrement() : Number.NaN;
        exactAt = Number.isNaN(decrement) ? Number.POSITIVE_INFINITY : decrement;
        if (!again) continue;
      }
      if (decrement <= rough) return end(true);
      if (decrement < PROMISING && value - 2 * decrement > below) return end(false);
      if (evaluations >= MAXIMAL_EVALUATIONS * (dear ? 4 : 1)) return end(decrement <= CERTIFICATE);
      let slope = 0;
      for (let j = 0; j < n; j++) slope += this.scale[j] * g[j] * step[j];
      const noise = 1e-13 * (Math.abs(value) + 100);
      let accepted = false;
      let next = Number.NaN;
      for (let t = 1, tries = 0; tries < 25; tries++) {
        this.move(t);
        next = objective.evaluate(trial, dear ? 1 : 2);
        evaluations++;
        if (next <= value + 1e-4 * t * slope + noise && (!(decrement < BLIND) || this.flatter(slope))) {
          accepted = true;
          break;
        }
        // Differences of large criteria are rounding before their gradients are: near the end those decide.
        if (decrement < NEAR && Math.abs(next - value) <= 1e-9 * (Math.abs(value) + 100) && this.flatter(slope)) {
          accepted = true;
          break;
        }
        // The minimum of the parabola through both values and the slope.
        const best = Number.isFinite(next) ? (-slope * t * t) / (2 * (next - value - slope * t)) : 0;
        t = Math.min(0.5 * t, Math.max(0.1 * t, best));
        if (decrement < BLIND) break;
      }
      if (!accepted) {
        value = objective.evaluate(x, 2);
        evaluations += dear ? 4 * n : 1;
        if (dear && exactAt > SETTLED && Number.isFinite(value) && !Number.isFinite(exactAt)) {
          // Perhaps the updated Hessian was wrong: once more with the true one.
          g.set(objective.gradient);
          H.set(objective.hessian);
          exactAt = 1;
          continue;
        }
        return end(decrement <= CERTIFICATE);
      }
      // Flat for long, and no minimum: a ridge that goes on for ever.
      stalled = value - next < STALLING ? stalled + 1 : 0;
      if (stalled > PATIENCE) {
        value = objective.evaluate(x, 2);
        return end(decrement <= CERTIFICATE);
      }
      if (dear && curved) this.update();
      value = next;
      x.set(trial);
      g.set(objective.gradient);
      if (!dear) H.set(objective.hessian);
      else if (!curved) evaluations += this.roughHessian();
    }
  }

  /** Whether the slope along the step is at most half of what it was at its beginning. */
  private flatter(slope: number): boolean {
    const { objective, n, scale, step } = this;
    let now = 0;
    for (let j = 0; j < n; j++) now += scale[j] * objective.gradient[j] * step[j];
    return Math.abs(now) <= 0.5 * Math.abs(slope);
  }

  /** Forward differences of gradients; returns the number of evaluations. */
  private roughHessian(): number {
    const { objective, n, x, g, H, trial } = this;
    const origins = objective.origin?.slice();
    for (let j = 0; j < n; j++) {
      const logarithmic = origins !== undefined && Number.isFinite(origins[j]);
      let h = 1e-4 * (logarithmic ? x[j] - objective.least[j] + origins[j] : (objective.size?.[j] ?? 1));
      if (objective.most !== undefined && x[j] + h > objective.most[j]) h = -h;
      trial.set(x);
      trial[j] += h;
      const value = objective.evaluate(trial, 1);
      for (let i = 0; i < n; i++) {
        H[j * n + i] = Number.isFinite(value) ? (objective.gradient[i] - g[i]) / h : i === j ? Math.abs(g[j]) + 1 : 0;
      }
    }
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < i; j++) {
        const mean = (H[i * n + j] + H[j * n + i]) / 2;
        H[i * n + j] = mean;
        H[j * n + i] = mean;
      }
    }
    objective.evaluate(x, 1);
    return n + 1;
  }

  /** Scales of the coordinates at x, which parameters are held, and the box. */
  private rescale(): void {
    const { objective, n, x, g, scale, logarithmic, low, high, state } = this;
    const { p, m, least, most, size, origin } = objective;
    for (let j = 0; j < n; j++) {
      const reference = origin?.[j] ?? Number.POSITIVE_INFINITY;
      const above = x[j] - least[j];
      logarithmic[j] = Number.isFinite(reference) ? 1 : 0;
      scale[j] = logarithmic[j] ? above + reference : (size?.[j] ?? 1);
      const longest =
        j < p ? LONGEST : j < p + m ? LONGEST_OTHER * Math.max(1, Math.abs(x[j]) / scale[j]) : LONGEST_OTHER;
      this.longest[j] = logarithmic[j] ? Number.POSITIVE_INFINITY : longest;
      low[j] = logarithmic[j] ? Math.max(LONGEST_DOWN, Math.log(reference / scale[j])) : Number.NEGATIVE_INFINITY;
      high[j] = logarithmic[j] ? LONGEST_UP : Number.POSITIVE_INFINITY;
      if (most !== undefined && Number.isFinite(most[j])) {
        const room = (most[j] - x[j]) / scale[j];
        high[j] = Math.min(high[j], logarithmic[j] ? Math.log1p(room) : room);
      }
      if (!logarithmic[j]) low[j] = Math.max(low[j], -above / scale[j]);
      const pressed = (above <= 0 && g[j] >= 0) || (high[j] <= 0 && g[j] <= 0);
      state[j] = pressed || j === this.held ? 1 : 0;
    }
  }

  /** The step within the box, and whether the Hessian over the free parameters is positive definite. */
  private newton(): boolean {
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
    let shrink = 1;
    for (let j = 0; j < n; j++) {
      if (state[j] !== 1) shrink = Math.min(shrink, this.longest[j] / Math.abs(step[j]));
    }
    if (shrink < 1) for (let j = 0; j < n; j++) step[j] *= shrink;
    return curved;
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
  private decrement(): number {
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

  /** `trial`: part t of the step. */
  private move(t: number): void {
    const { objective, n, x, trial, scale, logarithmic, step, low } = this;
    const { least, most } = objective;
    for (let j = 0; j < n; j++) {
      const s = t * step[j];
      let to = x[j] + scale[j] * (logarithmic[j] ? Math.expm1(s) : s);
      if (s <= low[j] && to < least[j] + 1e-12 * scale[j]) to = least[j];
      trial[j] = Math.min(most?.[j] ?? Number.POSITIVE_INFINITY, Math.max(least[j], to));
    }
  }

  /** BFGS over the step from x to trial, in scaled coordinates, damped where the curvature is negative (Powell). */
  private update(): void {
    const { objective, n, x, g, H, trial } = this;
    const s = new Float64Array(n);
    const y = new Float64Array(n);
    const Hs = new Float64Array(n);
    let sy = 0;
    let sHs = 0;
    for (let j = 0; j < n; j++) {
      s[j] = trial[j] - x[j];
      y[j] = objective.gradient[j] - g[j];
    }
    for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) Hs[i] += H[i * n + j] * s[j];
    for (let j = 0; j < n; j++) {
      sy += s[j] * y[j];
      sHs += s[j] * Hs[j];
    }
    if (!(sHs > 0)) return;
    const damping = sy < 0.2 * sHs ? (0.8 * sHs) / (sHs - sy) : 1;
    for (let j = 0; j < n; j++) y[j] = damping * y[j] + (1 - damping) * Hs[j];
    const total = damping * sy + (1 - damping) * sHs;
    for (let i = 0; i < n; i++)
      for (let j = 0; j < n; j++) H[i * n + j] += (y[i] * y[j]) / total - (Hs[i] * Hs[j]) / sHs;
  }
}
