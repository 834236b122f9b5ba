import type { DesignMoments, ResponseMoments } from '../moments/moments.ts';
import { backwardSolve, choleskyInPlace, forwardSolve } from '../numeric/cholesky.ts';
import { choleskyLarge, inverseLarge } from '../numeric/dense.ts';
import { scaleBorder, scaleBorderBack } from './border-scaling.ts';
import { informationBlocks, projectBorder, withoutFixedEffects } from './crossed-blocks.ts';
import { informationChanges, projectedForms, projectedResponse, weightedProjections } from './crossed-derivatives.ts';
import { sweepLevels } from './crossed-levels.ts';
import { sumPairs } from './crossed-pairs.ts';
import { type CrossedState, crossedState } from './crossed-state.ts';
import { type CovarianceObjective, criterionDegrees, type ExpectedInformation, termSlots } from './objective.ts';
import { PairTraces } from './pair-traces.ts';

/**
 * Objective for several grouping factors, nested or crossed. The factor with most random effects is eliminated level by level
 * as in the block path; with V1 = I + Z1 G1 Z1' and the border W = [Z2 X], M = W'V1^-1 W,
 *
 *     Omega = [ I + L2'M_zz L2   L2'M_zx ]      Xi = [L2 0; 0 I] Omega^-1 [L2' 0; 0 I]
 *             [ M_xz L2          M_xx    ]      P  = V1^-1 - V1^-1 W Xi W'V1^-1
 *
 * so that log|V|, log|X'V^-1 X| and S come out of one Cholesky of Omega, and Z'P Z out of its inverse. Levels of the
 * eliminated factor touch few border columns, and only those are visited.
 */
export class CrossedObjective implements CovarianceObjective {
  readonly slots;
  readonly squares: number;
  readonly bases: number;
  readonly d: number;
  readonly withinRows: number;
  S = Number.NaN;
  readonly gradient: Float64Array;
  readonly hessian: Float64Array;
  readonly changeOfS: Float64Array;
  readonly curvatureOfS: Float64Array;
  readonly covariance: Float64Array;
  readonly changeOfInformation: Float64Array;
  readonly shift: Float64Array;

  private readonly reml: boolean;
  private readonly p: number;
  private readonly state: CrossedState;
  /** First column of each factor among all columns of Z. */
  private readonly offsets: readonly number[];
  /** Those of the last evaluation. */
  private traces: PairTraces | null = null;

  /** `pairwise`: in place of the choice of `elimination.ts`. */
  constructor(design: DesignMoments, method: 'REML' | 'ML', pairwise?: boolean) {
    const { n, p, terms, factors } = design;
    const { slots, squares, bases } = termSlots(terms.map((term) => term.q));
    this.slots = slots;
    this.squares = squares;
    this.bases = bases;
    this.reml = method === 'REML';
    this.d = criterionDegrees(design, method);
    this.p = p;
    this.offsets = factors.map((factor) => factor.offset);
    this.state = crossedState(design, pairwise);
    this.withinRows = n - this.state.order.totalRank;
    this.changeOfS = this.state.changeOfS;
    this.curvatureOfS = new Float64Array(bases * bases);
    this.changeOfInformation = this.state.changeOfInformation;
    this.gradient = new Float64Array(squares);
    this.hessian = new Float64Array(bases * bases);
    this.covariance = new Float64Array(p * p);
    this.shift = new Float64Array(p);
  }

  load(responses: ResponseMoments, k: number, totalColumns: number, scale = 1): void {
    const { order, restY, reduced } = this.state;
    const { q, levels, pointers, touched, N } = order;
    const from = k * totalColumns;
    restY.fill(0);
    for (const { factor, offset, q: size, levels: count } of order.others) {
      const at = from + this.offsets[factor];
      for (let i = 0; i < size * count; i++) restY[offset + i] = scale * responses.ztr[at + i];
    }
    const own = this.offsets[order.factor];
    let explained = 0;
    for (let i = 0; i < levels; i++) {
      order.project(responses.ztr, from + own + i * q, i, reduced, i * q);
      const width = pointers[i + 1] - pointers[i];
      for (let a = 0; a < q; a++) {
        const r = scale * reduced[i * q + a];
        reduced[i * q + a] = r;
        explained += r * r;
        const at = pointers[i] * q + a * width;
        for (let c = 0; c < width; c++) restY[touched[pointers[i] + c]] -= N[at + c] * r;
      }
    }
    this.state.restYy = Math.max(0, responses.rss[k] * scale * scale - explained);
  }

  get within(): number {
    return this.state.restYy;
  }

  evaluate(lambda: Float64Array): number {
    const { p, shift, state } = this;
    const { omega, M, v, solution } = state;
    const { border, zColumns } = state.order;
    this.placeFactors(lambda);
    const swept = sweepLevels(state);
    if (!Number.isFinite(swept.logDet)) return Number.NaN;
    omega.set(M);
    solution.set(v);
    scaleBorder(state.border, omega, solution, border);
    for (let i = 0; i < zColumns; i++) omega[i * border + i] += 1;
    const positive = border > 48 ? choleskyLarge(omega, border) : Number.isFinite(choleskyInPlace(omega, border));
    if (!positive) return Number.NaN;
    let logDet = swept.logDet;
    let logDetX = 0;
    for (let i = 0; i < border; i++) {
      const log = 2 * Math.log(omega[i * border + i]);
      if (i < zColumns) logDet += log;
      else logDetX += log;
    }
    forwardSolve(omega, border, solution);
    let S = swept.quadratic;
    for (let i = 0; i < border; i++) S -= solution[i] * solution[i];
    this.S = S;
    if (!(S > 0)) return Number.NaN;
    backwardSolve(omega, border, solution);
    for (let a = 0; a < p; a++) shift[a] = solution[zColumns + a];
    this.differentiate();
    return logDet + (this.reml ? logDetX : 0) + this.d * Math.log(S);
  }

  conditional(): { projected: Float64Array; information: Float64Array }[] {
    const { state } = this;
    const { byFactor } = projectedResponse(state);
    withoutFixedEffects(state);
    return informationBlocks(state).map((information, f) => ({ projected: byFactor[f], information }));
  }

  expectedInformation(): ExpectedInformation {
    const { state, bases, traces } = this;
    if (!traces) throw new RangeError('nothing has been evaluated');
    const single = new Float64Array(bases);
    state.parts.forEach(({ q, terms }, f) => {
      for (const { slot, column } of terms) {
        let e = slot.basis;
        for (let a = 0; a < slot.q; a++) {
          for (let b = 0; b <= a; b++) {
            single[e++] = (a === b ? 1 : 2) * traces.diagonal[f][(column + a) * q + column + b];
          }
        }
      }
    });
    return { traces: single, information: traces.squares, adjustment: (W) => weightedProjections(state, W) };
  }

  private placeFactors(lambda: Float64Array): void {
    const { parts, order, border } = this.state;
    parts.forEach((part, f) => {
      const k = order.others.findIndex((entry) => entry.factor === f);
      const full = k < 0 ? this.state.full : border[k].factor;
      full.fill(0);
      for (const { slot, column } of part.terms) {
        for (let a = 0; a < slot.q; a++) {
          for (let b = 0; b < slot.q; b++) {
            full[(column + a) * part.q + column + b] = lambda[slot.square + a * slot.q + b];
          }
        }
      }
    });
  }

  private differentiate(): void {
    const { p, reml, covariance, bases, hessian, d, S, state } = this;
    const { omega, xi, work, parts, order, changeOfS } = state;
    const { border, zColumns } = order;
    inverseLarge(omega, border, xi, work);
    for (let a = 0; a < p; a++) {
      for (let b = 0; b < p; b++) covariance[a * p + b] = xi[(zColumns + a) * border + zColumns + b];
    }
    scaleBorderBack(state.border, xi, state.solution, border);
    const t = projectedResponse(state);
    informationChanges(state);
    const forms = projectedForms(state, [t.byFactor]);
    for (let i = 0; i < forms.length; i++) this.curvatureOfS[i] = 2 * forms[i];
    // Trace part: Z'P Z for REML, Z'V^-1 Z for ML.
    if (reml) projectBorder(state);
    else withoutFixedEffects(state);
    const traces = new PairTraces(parts, bases);
    sumPairs(state, traces);
    this.traces = traces;
    parts.forEach(({ q, terms }, f) => {
      for (const { slot, column } of terms) {
        for (let a = 0; a < slot.q; a++) {
          for (let b = 0; b < slot.q; b++) {
            const at = (column + a) * q + column + b;
            this.gradient[slot.square + a * slot.q + b] = traces.diagonal[f][at] - (d * t.products[f][at]) / S;
          }
        }
      }
    });
    for (let e = 0; e < bases; e++) {
      for (let f = 0; f < bases; f++) {
        const curvature = this.curvatureOfS[e * bases + f] / S - (changeOfS[e] * changeOfS[f]) / (S * S);
        hessian[e * bases + f] = d * curvature - traces.squares[e * bases + f];
      }
    }
  }
}
