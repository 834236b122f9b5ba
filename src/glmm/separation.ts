/**
 * Coefficients without a finite estimate: where all answers on one side are the same, or all counts zero, the likelihood grows as
 * they go to infinity. A search ends on the way there, in one of three ways that tell.
 */
import type { FamilyEvidence } from '../moments/family-evidence.ts';
import { symmetricEigen } from '../numeric/symmetric-eigen.ts';
import { twiceInverse } from './family-covariance.ts';
import type { FamilyNewtonEnd } from './family-newton.ts';
import { firstBlock, type OrthogonalObjective } from './orthogonal-objective.ts';

/** A step of the linear predictor this long that wins less than that goes to infinity: its standard error is above sixty. */
const RUNAWAY = 0.2;
const NEARLY = 1e-5;
/** A standard error in linear predictors that says that nothing is known. */
const UNKNOWN = 100;
/** Coefficients that move less than this part of the predictor in such a step stay where they are. */
const MOVING = 0.02;
/** Curvature in beta, of the largest and of one a linear predictor, that differences of gradients cannot see. */
const UNSEEN = 1e-7;
/** Thresholds this far apart, in linear predictors, may be on the way to infinity with coefficients between them. */
const FAR_APART = 4;
/** Curvature in one of a linear predictor, of the largest, from which on no direction leads to infinity. */
const SLIGHT = 1e-3;
/** How far linear predictors are moved to see whether the criterion rises there, and what of it is rounding. */
const FURTHER = 5;
const RISE = 1e-6;
/** Deviance of a step of one standard error that is little: it is one where the criterion is a parabola. */
const LITTLE = 1e-3;
/** What of a direction is of coefficients, at the least, for them to be those that move. */
const PART = 1e-4;

export class Separation {
  private readonly evidence: FamilyEvidence;
  private readonly objective: OrthogonalObjective;
  /** Largest |x| of each column. */
  private readonly reach: Float64Array;

  constructor(evidence: FamilyEvidence, objective: OrthogonalObjective) {
    const { p } = objective;
    this.evidence = evidence;
    this.objective = objective;
    this.reach = new Float64Array(p);
    evidence.x.forEach((value, e) => {
      this.reach[e % p] = Math.max(this.reach[e % p], Math.abs(value));
    });
  }

  /** Columns of the coefficients that a certified minimum would still move far, or as far as one likes. */
  columns({ step, decrement, value, parameters }: FamilyNewtonEnd): number[] {
    const { evidence } = this;
    const { own } = this.objective;
    const { p } = own;
    // All that was seen is certain: there is no slope left to see.
    const discrete = evidence.family === 'binomial' || evidence.family === 'cumulative';
    if (discrete && Math.abs(value) < NEARLY) return Array.from({ length: p }, (_, k) => k);
    // A threshold that goes away with coefficients bends the way in the search's own parameters, which have logs of differences.
    if (this.thresholdsFarApart(parameters) && Number.isFinite(value)) {
      const flat = this.flatCoefficients(parameters);
      if (flat.length > 0) return flat;
    }
    if (decrement <= NEARLY) {
      const move = step.slice();
      for (let j = 0; j < move.length; j++) move[j] *= own.size?.[j] ?? 1;
      const moved = this.movers(move, RUNAWAY);
      return moved.length > 0 ? moved : this.unknownCoefficients(parameters);
    }
    return Number.isNaN(decrement) && Number.isFinite(value) ? this.flatCoefficients(parameters) : [];
  }

  /** Columns with a part in the least known direction of beta, where its standard error is beyond all that data can say. */
  private unknownCoefficients(parameters: Float64Array): number[] {
    const { own } = this.objective;
    const { p, m, d, least, most, hessian } = own;
    const n = p + m + d;
    const free: number[] = [];
    for (let j = 0; j < n; j++) if (parameters[j] > least[j] && parameters[j] !== most?.[j]) free.push(j);
    const { inverse, positive } = twiceInverse(hessian, n, free);
    // Directions without curvature are left out of the inverse.
    if (!positive) return this.flatCoefficients(parameters);
    let trace = 0;
    for (let k = 0; k < p; k++) trace += inverse[k * (n + 1)] / (own.size?.[k] ?? 1) ** 2;
    if (!(trace > UNKNOWN ** 2)) return [];
    const { values, vectors } = symmetricEigen(firstBlock(inverse, n, p), p);
    const move = new Float64Array(n);
    for (let k = 0; k < p; k++) move[k] = Math.sqrt(values[p - 1]) * vectors[k * p + p - 1];
    const change = own.typicalChange?.(move.subarray(0, p)) ?? 0;
    return change > UNKNOWN || this.levelsOff(parameters, move) ? this.movers(move) : [];
  }

  /**
   * Whether a move by one standard error of the least known direction, far for a few rows, costs next to nothing one way: these have
   * gone to their limit. It costs about one where the estimate is finite, as with a row far out in a covariate.
   */
  private levelsOff(parameters: Float64Array, move: Float64Array): boolean {
    const { own } = this.objective;
    if (!(this.longestMove(this.objective.rawParameters(move).subarray(0, own.p)) > UNKNOWN)) return false;
    const here = own.evaluate(parameters, 0);
    const further = (way: number): number =>
      own.evaluate(
        parameters.map((value, j) => value + way * move[j]),
        0,
      );
    const levels = [1, -1].some((way) => further(way) < here + LITTLE);
    own.evaluate(parameters, 2);
    return levels;
  }

  /**
   * Columns with a part in directions of beta that the criterion does not see: X has full rank, so that means have gone to their
   * limits there. Thresholds stand for intercepts, and go with them: by themselves, as the criterion is linear in them.
   */
  private flatCoefficients(parameters: Float64Array): number[] {
    const { own: objective } = this.objective;
    const { p, m, d, size, gradient, hessian } = objective;
    const n = p + m + d;
    if (p === 0 || !Number.isFinite(objective.evaluate(parameters, 2))) return [];
    const thresholds = this.evidence.family === 'cumulative' ? d : 0;
    const count = p + thresholds;
    const moves = Array.from({ length: count }, (_, k) => {
      const move = new Float64Array(n);
      if (k < p) move[k] = size?.[k] ?? 1;
      else thresholdMove(parameters, p + m, k - p, d, move);
      return move;
    });
    const curved = moves.map((move) => {
      const own = Float64Array.from(move, (_, i) => move.reduce((sum, x, j) => sum + x * hessian[i * n + j], 0));
      return moves.map((other) => other.reduce((sum, x, i) => sum + x * own[i], 0));
    });
    const { values, vectors } = symmetricEigen(Float64Array.from(curved.flat()), count);
    const found = new Set<number>();
    values.forEach((curvature, a) => {
      const move = new Float64Array(n);
      for (let k = 0; k < count; k++) for (let j = 0; j < n; j++) move[j] += vectors[k * count + a] * moves[k][j];
      const slope = move.reduce((sum, x, j) => sum + x * gradient[j], 0);
      const largest = Math.max(1, values[count - 1]);
      const unseen = Math.abs(curvature) < UNSEEN * largest && Math.abs(slope) < NEARLY;
      const goesOn = () => thresholds > 1 && Math.abs(curvature) < SLIGHT * largest && this.recedes(parameters, move);
      if (!unseen && !goesOn()) return;
      let part = 0;
      for (let k = 0; k < p; k++) part += vectors[k * count + a] ** 2;
      if (part < PART) return;
      for (const k of this.movers(move)) found.add(k);
    });
    return [...found].sort((a, b) => a - b);
  }

  /** Whether the criterion is no higher further on, one way or the other; thresholds move along with coefficients, not their logs. */
  private recedes(parameters: Float64Array, move: Float64Array): boolean {
    const { own } = this.objective;
    const { p, m, d } = own;
    const at = p + m;
    const here = own.evaluate(parameters, 0);
    const change = this.longestMove(this.objective.rawParameters(move).subarray(0, p));
    if (!(change > 0)) return false;
    return [1, -1].some((way) => {
      const length = (way * FURTHER) / change;
      const there = parameters.slice();
      for (let j = 0; j <= at; j++) there[j] += length * move[j];
      for (let j = at + 1; j < at + d; j++) there[j] += Math.log1p(length * move[j]);
      return there.every(Number.isFinite) && own.evaluate(there, 0) <= here + RISE;
    });
  }

  private thresholdsFarApart(parameters: Float64Array): boolean {
    const { p, m, d } = this.objective.own;
    return (
      this.evidence.family === 'cumulative' &&
      parameters.subarray(p + m + 1, p + m + d).some((log) => log > Math.log(FAR_APART))
    );
  }

  /** Columns with a part in a move of the own parameters whose coefficients move some linear predictor as far as that. */
  private movers(own: Float64Array, least = 0): number[] {
    const { reach, objective } = this;
    const { p } = objective;
    const move = objective.rawParameters(own).subarray(0, p);
    let bound = 0;
    for (let k = 0; k < p; k++) bound += Math.abs(move[k]) * reach[k];
    if (bound < least) return [];
    const longest = this.longestMove(move);
    if (longest < least) return [];
    return Array.from(move.keys()).filter((k) => Math.abs(move[k]) * reach[k] > MOVING * longest);
  }

  /** How far a change of the raw coefficients moves a linear predictor at the most. */
  private longestMove(change: Float64Array): number {
    const { rows, x } = this.evidence;
    const p = change.length;
    let longest = 0;
    for (let i = 0; i < rows; i++) {
      let sum = 0;
      for (let k = 0; k < p; k++) sum += x[i * p + k] * change[k];
      longest = Math.max(longest, Math.abs(sum));
    }
    return longest;
  }
}

/** What moves one of d thresholds alone by one, in the first and the logs of differences, which stand from `at` on. */
function thresholdMove(parameters: Float64Array, at: number, threshold: number, d: number, move: Float64Array): void {
  if (threshold === 0) move[at] = 1;
  else move[at + threshold] = Math.exp(-parameters[at + threshold]);
  if (threshold + 1 < d) move[at + threshold + 1] = -Math.exp(-parameters[at + threshold + 1]);
}
