/**
 * Newton's method on the exact Hessian of a criterion in covariance parameters, damped, with directions of negative curvature
 * turned (`newton-step.ts`): variances of zero are regular points of a factor, but stationary ones.
 */
import { backwardSolve, choleskyInPlace, forwardSolve } from '../../numeric/cholesky.ts';
import { newtonStep } from '../../numeric/newton-step.ts';
import type { BlocksObjective } from './blocks-objective.ts';

export interface SearchEnd {
  readonly value: number;
  readonly decrement: number;
  readonly minimum: boolean;
  readonly evaluations: number;
  /** Whether a parameter ran away, or V became singular: where the criterion falls for ever, or to a limit that no point has. */
  readonly diverged: boolean;
}

const MOST_STEPS = 80;
/**
 * Decrement, in deviance units, below which the Hessian takes over, one from which a step most likely ends below that, and steps
 * after which it does in any case.
 */
const NEAR = 0.05;
const NEXT_NEAR = 1;
const MOST_AVERAGE = 12;
/** The search goes on until the decrement is far below the certificate: parameters then have all their digits. */
const DECREMENT_GOAL = 1e-14;
/** A largest curvature below this is rounding; what a step along a flat direction must win. */
const TOLERANCE = { roughness: 1e-5, leastGain: 1e-12 };
/** No parameter moves further in one step: they are logarithms, or of order one. */
const LONGEST = 1.5;
const MOST_HALVINGS = 30;
/** No parameter of a minimum lies so far from its start: they are logarithms, or of order one. */
const FARTHEST = 14;
/** Share of a row's variance that is its own below which V is singular: products with its inverse have lost most digits. */
const LEAST_SHARE = 1e-11;
/** Halvings of a step, and how often, after which a search that is near a singular V crawls along its edge. */
const STRAINED = { halvings: 6, rounds: 2, share: 1e-5 };
/** Pivots of a Hessian of unit diagonal below this go to its eigenvalues. */
const LEAST_PIVOT = 1e-4;

export class CovarianceSearch {
  /** Where the last search ended; the objective stands there. */
  readonly t: Float64Array;
  private readonly objective: BlocksObjective;
  private readonly free: Int32Array;
  private readonly trial: Float64Array;
  private readonly gradient: Float64Array;
  private readonly hessian: Float64Array;
  private readonly vectors: Float64Array;
  private readonly step: Float64Array;

  constructor(objective: BlocksObjective, idle: Uint8Array) {
    this.objective = objective;
    this.free = Int32Array.from(idle.keys()).filter((k) => idle[k] === 0);
    const m = this.free.length;
    this.t = new Float64Array(objective.count);
    this.trial = new Float64Array(objective.count);
    this.gradient = new Float64Array(m);
    this.hessian = new Float64Array(m * m);
    this.vectors = new Float64Array(m * m);
    this.step = new Float64Array(m);
  }

  /**
   * The minimum that is reached from a point. The average information leads near it: it is positive everywhere and costs
   * little; the Hessian ends the search.
   */
  minimise(start: Float64Array, most = LONGEST): SearchEnd {
    const { objective, t, trial, free, step } = this;
    t.set(start);
    let order: 'average' | 'hessian' = objective.cut ? 'hessian' : 'average';
    let value = objective.evaluate(t, order);
    let evaluations = 1;
    let strained = 0;
    for (let round = 0; round < MOST_STEPS; round++) {
      let { decrement, minimum } = this.newton();
      if (order === 'average' && !(decrement > NEAR && round < MOST_AVERAGE)) {
        order = 'hessian';
        value = objective.evaluate(t, order);
        evaluations++;
        ({ decrement, minimum } = this.newton());
      }
      const done = minimum && decrement <= DECREMENT_GOAL;
      if (done || Number.isNaN(decrement) || Number.isNaN(value))
        return { value, decrement, minimum, evaluations, diverged: false };
      if (minimum && decrement < NEXT_NEAR) order = 'hessian';
      let longest = 0;
      for (let k = 0; k < step.length; k++) longest = Math.max(longest, Math.abs(step[k]));
      let length = longest > most ? most / longest : 1;
      // Below the rounding of the criterion a step is taken for what its derivatives say.
      const slack = minimum && decrement < 1e-10 * (1 + Math.abs(value)) ? 1e-9 * (1 + Math.abs(value)) : 0;
      let reached = Number.NaN;
      let lower = false;
      for (let halving = 0; halving < MOST_HALVINGS && !lower; halving++) {
        trial.set(t);
        for (let k = 0; k < free.length; k++) trial[free[k]] += length * step[k];
        // Most steps hold: their derivatives are formed at once.
        reached = objective.evaluate(trial, halving === 0 ? order : 'value');
        evaluations++;
        lower = reached < value + slack;
        if (lower && halving > 0) reached = objective.evaluate(trial, order);
        if (!lower) length /= 2;
        if (halving === STRAINED.halvings) strained++;
      }
      if (!lower) {
        value = objective.evaluate(t, 'hessian');
        if (order === 'hessian') return { value, decrement, minimum, evaluations, diverged: false };
        order = 'hessian';
        continue;
      }
      t.set(trial);
      value = reached;
      const crawls = strained > STRAINED.rounds && objective.leastShare < STRAINED.share;
      if (crawls || this.hasDiverged(start)) {
        value = objective.evaluate(t, 'hessian');
        return { value, ...this.newton(), minimum: false, evaluations, diverged: true };
      }
    }
    value = objective.evaluate(t, 'hessian');
    const { decrement, minimum } = this.newton();
    return { value, decrement, minimum, evaluations, diverged: false };
  }

  private hasDiverged(start: Float64Array): boolean {
    if (this.objective.leastShare < LEAST_SHARE) return true;
    return this.free.some((k) => Math.abs(this.t[k] - start[k]) > FARTHEST);
  }

  /** Evaluates at a point and stays there. */
  stand(point: Float64Array): SearchEnd {
    this.t.set(point);
    const value = this.objective.evaluate(this.t, 'hessian');
    return { value, ...this.newton(), evaluations: 1, diverged: false };
  }

  /** The step at the point where the objective stands. */
  private newton(): { decrement: number; minimum: boolean } {
    const { objective, free, gradient, hessian, vectors, step } = this;
    const m = free.length;
    for (let k = 0; k < m; k++) {
      gradient[k] = objective.gradient[free[k]];
      for (let l = 0; l < m; l++) hessian[k * m + l] = objective.hessian[free[k] * objective.count + free[l]];
    }
    return this.choleskyStep() ?? newtonStep(gradient, hessian, vectors, step, TOLERANCE);
  }

  /** The plain step, where the Hessian is positive definite in units of its diagonal; null elsewhere. */
  private choleskyStep(): { decrement: number; minimum: boolean } | null {
    const { gradient, hessian, vectors, step } = this;
    const m = step.length;
    for (let k = 0; k < m; k++) if (!(hessian[k * m + k] > TOLERANCE.roughness)) return null;
    for (let k = 0; k < m; k++) {
      for (let l = 0; l <= k; l++) {
        vectors[k * m + l] = hessian[k * m + l] / Math.sqrt(hessian[k * m + k] * hessian[l * m + l]);
      }
    }
    if (Number.isNaN(choleskyInPlace(vectors, m))) return null;
    for (let k = 0; k < m; k++) {
      if (!(vectors[k * m + k] > LEAST_PIVOT)) return null;
      step[k] = -gradient[k] / Math.sqrt(hessian[k * m + k]);
    }
    forwardSolve(vectors, m, step);
    let decrement = 0;
    for (let k = 0; k < m; k++) decrement += 0.5 * step[k] * step[k];
    backwardSolve(vectors, m, step);
    for (let k = 0; k < m; k++) step[k] /= Math.sqrt(hessian[k * m + k]);
    return Number.isFinite(decrement) ? { decrement, minimum: true } : null;
  }
}
