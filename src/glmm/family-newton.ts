/**
 * Projected Newton search of a criterion with bounds, by the steps of `family-step.ts`. Where a Hessian is dear it is updated by
 * differences of gradients (BFGS), and formed only where the search begins to end.
 */
import type { FamilyObjective } from './family-objective.ts';
import { FamilyStep } from './family-step.ts';

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
/** The search goes on until estimates are known to a millionth of their standard error; by updated Hessians, which say that less well, to a tenth of it. */
export const GOAL = 1e-12;
const UPDATED_GOAL = 1e-14;
const MAXIMAL_EVALUATIONS = 250;
/** Decrements below which differences of the criterion may be rounding, and below which they are. */
const NEAR = 1e-4;
const BLIND = 1e-9;
/** A decrement from which twice its size is what a search may still win. */
const PROMISING = 0.5;
/** Steps in a row that win next to nothing, until the search is given up, and what is next to nothing. */
const PATIENCE = 12;
const STALLING = 1e-7;
/** How often a search that stalls may ask for a dear Hessian. */
const EXACT_HESSIANS = 8;
/** A decrement whose Hessian serves to its end: standard errors change by less than a millionth. */
const SETTLED = 1e-12;

export class FamilyNewton {
  private readonly objective: FamilyObjective;
  private readonly n: number;
  private readonly x: Float64Array;
  private readonly trial: Float64Array;
  private readonly g: Float64Array;
  private readonly H: Float64Array;
  private readonly steps: FamilyStep;

  constructor(objective: FamilyObjective) {
    const n = objective.p + objective.m + objective.d;
    this.objective = objective;
    this.n = n;
    [this.x, this.trial, this.g] = [new Float64Array(n), new Float64Array(n), new Float64Array(n)];
    this.H = new Float64Array(n * n);
    this.steps = new FamilyStep(objective, this.x, this.g, this.H);
  }

  /**
   * Minimises from `start`. `rough`: a minimum of this decrement will do; `held`: a parameter that stays as it is, and how
   * many from it on do; `below`: a value that the minimum must promise to reach, else the search ends without it.
   */
  minimise(
    start: Float64Array,
    { rough = GOAL, held = -1, count = 1, below = Number.POSITIVE_INFINITY } = {},
  ): FamilyNewtonEnd {
    const { objective, n, x, g, H, steps, trial } = this;
    const { step } = steps;
    const dear = objective.costlyHessian === true;
    const goal = dear && rough === GOAL ? UPDATED_GOAL : rough;
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
    /** The Hessian itself at x, of objectives whose Hessians are updated. */
    const formExactly = (): boolean => {
      value = objective.evaluate(x, 2);
      evaluations += dear ? 4 * n : 1;
      g.set(objective.gradient);
      H.set(objective.hessian);
      return Number.isFinite(value);
    };
    // Whether H is the Hessian of a point this close, by the decrement that was left there, and how often it was.
    let exactAt = Number.POSITIVE_INFINITY;
    let formed = 0;
    if (dear) evaluations += this.roughHessian();
    else H.set(objective.hessian);
    for (;;) {
      steps.rescale(held, held < 0 ? held : held + count);
      const curved = steps.find();
      decrement = curved ? steps.decrement() : Number.NaN;
      if (Number.isNaN(step[0])) return end(false);
      if (dear && decrement <= goal && exactAt > SETTLED && goal <= CERTIFICATE) {
        if (!formExactly()) return end(false);
        decrement = steps.find() ? steps.decrement() : Number.NaN;
        exactAt = Number.isNaN(decrement) ? Number.POSITIVE_INFINITY : decrement;
      }
      if (decrement <= goal) return end(true);
      if (decrement < PROMISING && value - 2 * decrement > below) return end(false);
      if (evaluations >= MAXIMAL_EVALUATIONS * (dear ? 4 : 1)) return end(decrement <= CERTIFICATE);
      const slope = steps.slope(g);
      const noise = 1e-13 * (Math.abs(value) + 100);
      let accepted = false;
      let next = Number.NaN;
      for (let t = 1, tries = 0; tries < 25; tries++) {
        steps.move(t, trial);
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
        // Perhaps the updated Hessian was wrong: once more with the true one.
        if (!formExactly() || !dear || formed > 0) return end(decrement <= CERTIFICATE);
        formed++;
        continue;
      }
      stalled = value - next < STALLING ? stalled + 1 : 0;
      if (dear && curved) this.update();
      value = next;
      x.set(trial);
      g.set(objective.gradient);
      if (!dear) H.set(objective.hessian);
      else if (!curved) evaluations += this.roughHessian();
      if (stalled < PATIENCE) continue;
      // Flat for long, and no minimum: a ridge that goes on for ever, unless the true Hessian knows the way.
      if (!formExactly() || !dear || ++formed > EXACT_HESSIANS) return end(decrement <= CERTIFICATE);
      stalled = PATIENCE - 2;
    }
  }

  /** Whether the slope along the step is at most half of what it was at its beginning. */
  private flatter(slope: number): boolean {
    return Math.abs(this.steps.slope(this.objective.gradient)) <= 0.5 * Math.abs(slope);
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
