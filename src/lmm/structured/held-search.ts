/**
 * The minimum of a criterion f over the surface h(t) = x that a held parameter leaves, by Newton's method in its tangent plane:
 * with Z an orthonormal basis of the directions along it, g and H derivatives of f, a and B those of h,
 *
 *     lambda = -g'a / a'a,   gradient Z'g,   Hessian Z'(H + lambda B) Z
 *
 * the derivatives of f along the surface wherever the way back to it is along a (Nocedal and Wright, Numerical Optimization,
 * section 12.4). Any parameter of a covariance can be held so, whatever elements it is made of.
 */
import { newtonStep } from '../../numeric/newton-step.ts';
import type { BlocksObjective } from './blocks-objective.ts';
import type { HeldQuantity } from './held-quantity.ts';

export interface HeldEnd {
  readonly t: Float64Array;
  readonly value: number;
  /** Whether it is a minimum along the surface, to a decrement that a profile takes. */
  readonly certified: boolean;
}

/** Decrement at most which a point of a profile counts: its deviance is then known to that. */
export const PROFILE_CERTIFICATE = 1e-6;
/** The value at the minimum then has all its digits. */
const DECREMENT_GOAL = 1e-12;
const MOST_STEPS = 60;
const MOST_HALVINGS = 30;
/** No element moves further in one step. */
const LONGEST = 1.5;
const TOLERANCE = { roughness: 1e-5, leastGain: 1e-10 };

export class HeldSearch {
  private readonly objective: BlocksObjective;
  private readonly free: Int32Array;
  /** The Householder vector whose reflection takes the first axis to a, and 2 over its square. */
  private readonly v: Float64Array;
  private beta = 0;
  private readonly trial: Float64Array;
  private readonly gradient: Float64Array;
  private readonly hessian: Float64Array;
  private readonly product: Float64Array;
  private readonly vectors: Float64Array;
  private readonly step: Float64Array;

  constructor(objective: BlocksObjective, free: Int32Array) {
    this.objective = objective;
    this.free = free;
    const m = free.length;
    this.v = new Float64Array(m);
    this.trial = new Float64Array(objective.count);
    this.gradient = new Float64Array(m - 1);
    this.hessian = new Float64Array((m - 1) * (m - 1));
    this.product = new Float64Array(m);
    this.vectors = new Float64Array((m - 1) * (m - 1));
    this.step = new Float64Array(m - 1);
  }

  /** From a point that need not have h = x; where `isLost` says so of a point on the way, without a certificate. */
  minimise(held: HeldQuantity, x: number, start: Float64Array, isLost?: (t: Float64Array) => boolean): HeldEnd {
    const { objective, trial, step } = this;
    const t = start.slice();
    if (!held.moveTo(x, t)) return { t, value: Number.NaN, certified: false };
    let value = objective.evaluate(t, 'hessian');
    let certified = false;
    for (let round = 0; round < MOST_STEPS && Number.isFinite(value); round++) {
      const { decrement, minimum } = this.newton(held, t);
      certified = minimum && decrement <= PROFILE_CERTIFICATE;
      if (Number.isNaN(decrement) || (minimum && decrement <= DECREMENT_GOAL)) break;
      let longest = 0;
      for (const size of step) longest = Math.max(longest, Math.abs(size));
      let length = longest > LONGEST ? LONGEST / longest : 1;
      // Below the rounding of the criterion a step is taken for what its derivatives say.
      const slack = certified ? 1e-12 * (1 + Math.abs(value)) : 0;
      let lower = false;
      let reached = Number.NaN;
      for (let halving = 0; halving < MOST_HALVINGS && !lower; halving++, length /= 2) {
        this.place(t, length);
        if (!held.moveTo(x, trial)) continue;
        reached = objective.evaluate(trial, halving === 0 ? 'hessian' : 'value');
        lower = reached < value + slack;
        if (lower && halving > 0) reached = objective.evaluate(trial, 'hessian');
        if (certified && !lower) break;
      }
      if (!lower) break;
      t.set(trial);
      value = reached;
      if (isLost?.(t)) return { t, value, certified: false };
    }
    return { t, value, certified };
  }

  /** Sets the trial point to t and a share of the step. */
  private place(t: Float64Array, length: number): void {
    const { trial, free, v, step } = this;
    trial.set(t);
    // H (0, step)
    let along = 0;
    for (let k = 1; k < free.length; k++) along += v[k] * step[k - 1];
    for (let k = 0; k < free.length; k++) {
      trial[free[k]] += length * ((k === 0 ? 0 : step[k - 1]) - this.beta * along * v[k]);
    }
  }

  /** The step along the surface at t, where the objective stands. */
  private newton(held: HeldQuantity, t: Float64Array): { decrement: number; minimum: boolean } {
    const { objective, free, v, gradient, hessian, product, vectors, step } = this;
    const m = free.length;
    held.differentiate(t);
    const { gradient: a, hessian: B } = held;
    let square = 0;
    let inner = 0;
    for (let k = 0; k < m; k++) {
      square += a[k] * a[k];
      inner += objective.gradient[free[k]] * a[k];
    }
    if (!(square > 0)) return { decrement: Number.NaN, minimum: false };
    const lambda = -inner / square;
    if (m === 1) return { decrement: 0, minimum: true };
    const norm = Math.sqrt(square);
    for (let k = 0; k < m; k++) v[k] = a[k] / norm;
    v[0] += v[0] >= 0 ? 1 : -1;
    this.beta = 1 / Math.abs(v[0]); // 2 / v'v, v'v = 2 |v_0|
    // H M H = M - beta (v q' + q v') + beta^2 (v'q) v v', q = M v
    const M = (k: number, l: number) => objective.hessian[free[k] * objective.count + free[l]] + lambda * B[k * m + l];
    let form = 0;
    let slope = 0;
    for (let k = 0; k < m; k++) {
      let sum = 0;
      for (let l = 0; l < m; l++) sum += M(k, l) * v[l];
      product[k] = sum;
      form += v[k] * sum;
      slope += v[k] * objective.gradient[free[k]];
    }
    for (let k = 1; k < m; k++) {
      gradient[k - 1] = objective.gradient[free[k]] - this.beta * slope * v[k];
      for (let l = 1; l < m; l++) {
        hessian[(k - 1) * (m - 1) + l - 1] =
          M(k, l) - this.beta * (v[k] * product[l] + product[k] * v[l]) + this.beta * this.beta * form * v[k] * v[l];
      }
    }
    return newtonStep(gradient, hessian, vectors, step, TOLERANCE);
  }
}
