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
    return change > UNKNOWN ? this.movers(move) : [];
  }

  /**
   * Columns with a part in directions of beta that the criterion does not see: X has full rank, so that means have gone to their
   * limits there. Thresholds stand for an intercept, and go with it.
   */
  private flatCoefficients(parameters: Float64Array): number[] {
    const { own: objective } = this.objective;
    const { p, m, d, size, gradient, hessian } = objective;
    const n = p + m + d;
    if (p === 0 || !Number.isFinite(objective.evaluate(parameters, 2))) return [];
    const places = Array.from({ length: p }, (_, k) => k);
    if (this.evidence.family === 'cumulative' && d > 0) places.push(p + m);
    const count = places.length;
    const scale = places.map((j) => size?.[j] ?? 1);
    const block = Float64Array.from({ length: count * count }, (_, e) => {
      const [i, j] = [Math.floor(e / count), e % count];
      return scale[i] * scale[j] * hessian[places[i] * n + places[j]];
    });
    const { values, vectors } = symmetricEigen(block, count);
    const found = new Set<number>();
    values.forEach((curvature, a) => {
      const slope = scale.reduce((sum, factor, k) => sum + factor * gradient[places[k]] * vectors[k * count + a], 0);
      if (!(Math.abs(curvature) < UNSEEN * Math.max(1, values[count - 1]) && Math.abs(slope) < NEARLY)) return;
      const move = new Float64Array(n);
      let part = 0;
      for (let k = 0; k < count; k++) {
        move[places[k]] = scale[k] * vectors[k * count + a];
        if (k < p) part += vectors[k * count + a] ** 2;
      }
      if (part < PART) return;
      for (const k of this.movers(move)) found.add(k);
    });
    return [...found].sort((a, b) => a - b);
  }

  /** Columns with a part in a move of the own parameters whose coefficients move some linear predictor as far as that. */
  private movers(own: Float64Array, least = 0): number[] {
    const { evidence, reach, objective } = this;
    const { p } = objective;
    const move = objective.rawParameters(own).subarray(0, p);
    let bound = 0;
    for (let k = 0; k < p; k++) bound += Math.abs(move[k]) * reach[k];
    if (bound < least) return [];
    let longest = 0;
    for (let i = 0; i < evidence.rows; i++) {
      let sum = 0;
      for (let k = 0; k < p; k++) sum += evidence.x[i * p + k] * move[k];
      longest = Math.max(longest, Math.abs(sum));
    }
    if (longest < least) return [];
    return Array.from(move.keys()).filter((k) => Math.abs(move[k]) * reach[k] > MOVING * longest);
  }
}
