import type { DesignMoments, ResponseMoments } from '../moments/moments.ts';
import { backwardSolve, choleskyInPlace, forwardSolve, inverseFromCholesky } from '../numeric/cholesky.ts';
import { blockDerivatives } from './block-derivatives.ts';
import { blockExpectedInformation } from './block-expected.ts';
import { sweepPairs } from './block-pair.ts';
import { type FirstSweep, factorOfType, sweepTypes } from './block-sweep.ts';
import { type BlockTypes, blockTypes } from './block-types.ts';
import { type BlockSums, type BlockSweep, type BlockWorkspace, blockWorkspace } from './block-workspace.ts';
import { type CovarianceObjective, criterionDegrees, type ExpectedInformation, termSlots } from './objective.ts';

/**
 * Objective for one grouping factor with any terms on it. Per level, from the QR of its block Z_i = Q_i R_i:
 * F_i = I + (R_i L)(R_i L)', A_i = R_i'F_i^-1 R_i = Z_i'V_i^-1 Z_i, B_i = Z_i'V_i^-1 X: sums of positive terms only
 * (nothing cancels). Levels with the same R_i and N_i = Q_i'X_i form one type; a response enters a type through the
 * mean and the centred cross-product of its r_i = Q_i'r, so that a balanced design costs one block an evaluation.
 */
export class BlockObjective implements CovarianceObjective, BlockSweep, BlockSums, FirstSweep {
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

  readonly reml: boolean;
  readonly p: number;
  readonly q: number;
  readonly types: BlockTypes;
  readonly basis: readonly { a: number; b: number }[];
  // The loaded response: r_i of each level, per type the mean of r_i and the centred cross-product, and what lies outside all blocks.
  private readonly reduced: Float64Array;
  readonly mean: Float64Array;
  readonly scatter: Float64Array;
  private readonly restXy: Float64Array;
  private restYy = 0;
  // Per type, kept between the two sweeps of an evaluation.
  readonly E: Float64Array;
  readonly Y: Float64Array;
  readonly ym: Float64Array;
  readonly Wd: Float64Array;
  readonly sums = new Float64Array(2);
  readonly space: BlockWorkspace;
  readonly information: Float64Array;
  private readonly full: Float64Array;
  private readonly K: Float64Array;
  private readonly F: Float64Array;
  private readonly residual: Float64Array;

  constructor(design: DesignMoments, method: 'REML' | 'ML') {
    const { n, p, terms } = design;
    const { slots, squares, bases } = termSlots(terms.map((term) => term.q));
    this.slots = slots;
    this.squares = squares;
    this.bases = bases;
    this.reml = method === 'REML';
    this.d = criterionDegrees(design, method);
    this.p = p;
    this.types = blockTypes(design.factors[0], p);
    this.withinRows = n - this.types.totalRank;
    const q = design.factors[0].q;
    this.q = q;
    // Symmetric basis elements as pairs of columns of the whole factor.
    this.basis = terms.flatMap((term) => {
      const pairs: { a: number; b: number }[] = [];
      for (let a = 0; a < term.q; a++)
        for (let b = 0; b <= a; b++) pairs.push({ a: term.column + a, b: term.column + b });
      return pairs;
    });
    this.columns = terms.map((term) => term.column);
    const count = this.types.count.length;
    const numbers = (length: number) => new Float64Array(length);
    this.gradient = numbers(squares);
    this.hessian = numbers(bases * bases);
    this.changeOfS = numbers(bases);
    this.curvatureOfS = numbers(bases * bases);
    this.covariance = numbers(p * p);
    this.changeOfInformation = numbers(bases * p * p);
    this.shift = numbers(p);
    this.reduced = numbers(this.types.of.length * q);
    this.mean = numbers(count * q);
    this.scatter = numbers(count * q * q);
    this.restXy = numbers(p);
    this.E = numbers(count * q * q);
    this.Y = numbers(count * q * p);
    this.ym = numbers(count * q);
    this.Wd = numbers(count * q * q);
    this.space = blockWorkspace(q, p, this.basis);
    this.full = numbers(q * q);
    this.K = numbers(q * q);
    this.F = numbers(q * q);
    this.information = numbers(p * p);
    this.residual = numbers(q);
  }

  private readonly columns: readonly number[];

  /** Takes response k. */
  load(responses: ResponseMoments, k: number, totalColumns: number, scale = 1): void {
    const { q, p, types, mean, scatter, restXy, residual, reduced } = this;
    mean.fill(0);
    scatter.fill(0);
    restXy.fill(0);
    const levels = types.of.length;
    const from = k * totalColumns;
    let explained = 0;
    // Two passes over the levels: means of each type, then deviations from them.
    for (let i = 0; i < levels; i++) {
      const type = types.of[i];
      types.project(responses.ztr, from + i * q, type, residual);
      for (let a = 0; a < q; a++) {
        residual[a] *= scale;
        reduced[i * q + a] = residual[a];
        explained += residual[a] * residual[a];
        mean[type * q + a] += residual[a] / types.count[type];
      }
    }
    for (let i = 0; i < levels; i++) {
      const type = types.of[i];
      if (types.count[type] === 1) continue;
      for (let a = 0; a < q; a++) residual[a] = reduced[i * q + a] - mean[type * q + a];
      const at = type * q * q;
      for (let a = 0; a < q; a++) for (let b = 0; b < q; b++) scatter[at + a * q + b] += residual[a] * residual[b];
    }
    for (let type = 0; type < types.count.length; type++) {
      for (let a = 0; a < q; a++) {
        const value = types.count[type] * mean[type * q + a];
        for (let l = 0; l < p; l++) restXy[l] -= types.N[(type * q + a) * p + l] * value;
      }
    }
    this.restYy = Math.max(0, responses.rss[k] * scale * scale - explained);
  }

  /** Residual sum of squares that no random effect can take up. */
  get within(): number {
    return this.restYy;
  }

  evaluate(lambda: Float64Array): number {
    const { q, p, types, full, information, shift, sums } = this;
    this.placeFactors(lambda, full);
    information.set(types.restXx);
    shift.set(this.restXy);
    const positive = q === 2 ? sweepPairs(this, full) : sweepTypes(this, full, this.F, this.K);
    if (!positive) return Number.NaN;
    const logDet = sums[0];
    let quadratic = this.restYy + sums[1];
    const logDetX = choleskyInPlace(information, p);
    if (!Number.isFinite(logDetX)) return Number.NaN;
    // S = r'V^-1 r - |L^-1 X'V^-1 r|^2; then shift = C X'V^-1 r.
    forwardSolve(information, p, shift);
    for (let a = 0; a < p; a++) quadratic -= shift[a] * shift[a];
    backwardSolve(information, p, shift);
    this.S = quadratic;
    if (!(quadratic > 0)) return Number.NaN;
    inverseFromCholesky(information, p, this.covariance);
    const gradient = blockDerivatives(this);
    for (let s = 0; s < this.slots.length; s++) {
      const { q: own, square } = this.slots[s];
      const column = this.columns[s];
      for (let a = 0; a < own; a++) {
        for (let b = 0; b < own; b++) this.gradient[square + a * own + b] = gradient[(column + a) * q + column + b];
      }
    }
    return logDet + (this.reml ? logDetX : 0) + this.d * Math.log(quadratic);
  }

  conditional(): { projected: Float64Array; information: Float64Array }[] {
    const { q, p, types, E, Y, shift, residual } = this;
    const levels = types.of.length;
    const projected = new Float64Array(levels * q);
    const information = new Float64Array(levels * q * q);
    const F = new Float64Array(q * q);
    for (let i = 0; i < levels; i++) {
      const type = types.of[i];
      const R = type * q * q;
      // t_i = R'F^-1 (r_i - N b), with r_i kept from `load` and F from the factor of this type.
      for (let a = 0; a < q; a++) {
        for (let b = 0; b < q; b++) {
          let sum = 0;
          for (let l = 0; l < q; l++) sum += E[R + l * q + a] * E[R + l * q + b];
          information[i * q * q + a * q + b] = sum;
        }
      }
      factorOfType(this, type, this.full, F, this.K);
      for (let a = 0; a < q; a++) residual[a] = this.reduced[i * q + a];
      forwardSolve(F, q, residual);
      for (let l = 0; l < q; l++) {
        for (let k = 0; k < p; k++) residual[l] -= Y[(type * q + l) * p + k] * shift[k];
      }
      for (let a = 0; a < q; a++) {
        let sum = 0;
        for (let l = 0; l < q; l++) sum += E[R + l * q + a] * residual[l];
        projected[i * q + a] = sum;
      }
    }
    return [{ projected, information }];
  }

  expectedInformation(): ExpectedInformation {
    return blockExpectedInformation(this);
  }

  /** Places the factors of the terms on the diagonal of the factor of the whole level. */
  private placeFactors(lambda: Float64Array, full: Float64Array): void {
    full.fill(0);
    for (let s = 0; s < this.slots.length; s++) {
      const { q, square } = this.slots[s];
      const column = this.columns[s];
      for (let a = 0; a < q; a++) {
        for (let b = 0; b < q; b++) full[(column + a) * this.q + column + b] = lambda[square + a * q + b];
      }
    }
  }
}
