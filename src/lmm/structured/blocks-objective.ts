/**
 * The criterion of a model whose covariance V(t) is block-diagonal, with exact derivatives in its parameters t. With
 * O = V^-1, V_k = dV/dt_k, M = sum_P sum_ab O_ab S_ab over (Q, r) (`moments/covariance-blocks.ts`):
 *
 *     C = M_qq^-1,  b = C M_qr,  e = (-b, 1)                       b: coordinates of the shift from least squares
 *     f = sum_P n_P log|V_P| + e'M e  (+ log|M_qq|, REML)          -2 log likelihood without constants
 *     T_P[a,b] = e'S_ab e  (+ tr(C S_ab,qq), REML)                 the residuals' own products by pair of positions
 *     f_k = sum_P <V_k, Y_P>,   Y_P = n_P O - O T_P O
 *     f_kl = sum_P <V_kl, Y_P> + tr(O V_k O V_l (2 O T_P - n_P I)) - 2 m_k'C m_l  (- tr(C M^k C M^l), REML)
 *     M^k = dM_qq/dt_k = -sum_P sum_ab (O V_k O)_ab S_ab,qq,       m_k = dM_qe/dt_k, the same of S_ab e
 *
 * (Searle, Casella and McCulloch, Variance Components, section 8.3, with V any function of t.) The coefficients' covariance is C.
 * The average of observed and expected information, y'P V_k P V_l P y, is tr(O V_k O V_l O T^e) - m_k'C m_l, T^e the part e'S e
 * of T (Gilmour, Thompson and Cullis 1995): it is positive, and costs no products of p x p matrices.
 */
import type { CovarianceBlocks } from '../../moments/covariance-blocks.ts';
import type { DesignMoments } from '../../moments/moments.ts';
import { choleskyInPlace, inverseFromCholesky } from '../../numeric/cholesky.ts';
import { criterionDegrees } from '../objective.ts';
import type { BlockCovariance } from './block-covariance.ts';
import {
  addProducts,
  fillRows,
  formCrossed,
  formResiduals,
  type LoadedResponse,
  productsLength,
  type SecondWeights,
  subtractRowChanges,
  takePairs,
} from './block-products.ts';
import { type BlockState, type FrameState, frameStates, wideLength } from './block-states.ts';
import { addBlockTraces } from './block-traces.ts';
import { CoefficientPart } from './coefficient-part.ts';
import { covarianceAdjustment } from './covariance-adjustment.ts';
import { areStrata, type CovarianceParameters } from './covariance-parameters.ts';
import { addRowProducts, addSurrounded, subtractChanges } from './element-sums.ts';
import { JoinedPart } from './joined-part.ts';
import { isJoined } from './joined-units.ts';
import { inner, surround } from './matrix-products.ts';
import { packSquare, packTwice } from './row-combinations.ts';
import { addStrataAdjustment } from './strata-adjustment.ts';
import { StrataPart } from './strata-part.ts';

/** Derivatives: none, the gradient, with the average information, with the Hessian. */
export type Order = 'value' | 'gradient' | 'average' | 'hessian';

/** Share of a row's variance that is its own below which the inverse of V has no digits. */
const NO_INVERSE = 1e-13;
/** What is left of r'V^-1 r after the shift of the coefficients, below which it is rounding. */
const NO_DIGITS = 1e-12;

/** Second derivatives by their parts. */
const AVERAGE: SecondWeights = { determinant: 0, residual: 1, spread: 0, curvature: 0 };
const HESSIAN: SecondWeights = { determinant: -1, residual: 2, spread: 2, curvature: 1 };
const HESSIAN_ML: SecondWeights = { ...HESSIAN, spread: 0 };
const EXPECTED: SecondWeights = { determinant: 1, residual: 0, spread: -2, curvature: 0 };

export class BlocksObjective {
  readonly p: number;
  readonly count: number;
  readonly reml: boolean;
  /** f_k and f_kl. */
  readonly gradient: Float64Array;
  readonly hessian: Float64Array;
  /** C, p x p; b, length p. */
  readonly covariance: Float64Array;
  readonly shift: Float64Array;
  /** Whether blocks are neighbours of series: sums of the criterion and its derivatives, but not of products of these. */
  readonly cut: boolean;
  /** e'M e. */
  rss = Number.NaN;
  /** Least share of a row's variance that the rows before it in its block do not tell: 0 where V is singular. */
  leastShare = 1;
  private readonly frames: readonly FrameState[];
  /** In place of frames where all blocks are strata of variance beside one random effect each. */
  private readonly strata: StrataPart | null;
  /** In place of frames of blocks of many subjects that random effects join. */
  private readonly joined: JoinedPart | null;
  /** One of each kind of frame whose structure has one second derivative. */
  private readonly curvatures: readonly BlockCovariance[];
  /** M^k as packed triangles, count x p(p+1)/2. */
  private readonly triangles: Float64Array;
  readonly twiceC: Float64Array;
  readonly twiceB: Float64Array;
  private readonly F: Float64Array;
  private readonly residual: Float64Array;
  private readonly wide: Float64Array;
  private readonly M: Float64Array;
  private readonly factor: Float64Array;
  private readonly m: Float64Array;
  readonly response: LoadedResponse = { data: new Float64Array(0), from: 0, scale: 1 };
  private readonly work: Float64Array;
  private readonly half: Float64Array;
  private readonly B: Float64Array;
  private readonly coefficients: CoefficientPart;

  /** `joins` tells which blocks are taken by subjects; the others are whole matrices. */
  constructor(
    parameters: CovarianceParameters,
    { blocks: all }: CovarianceBlocks,
    p: number,
    reml: boolean,
    joins = isJoined,
  ) {
    this.p = p;
    this.reml = reml;
    this.count = parameters.count;
    this.cut = parameters.layout.form === 'neighbours';
    const k = this.count;
    this.strata = areStrata(parameters, all) ? new StrataPart(parameters, all, p) : null;
    const others = this.strata ? [] : all;
    const joined = others.filter((block) => joins(parameters, block));
    const blocks = others.filter((block) => !joined.includes(block));
    this.joined = joined.length > 0 ? new JoinedPart(parameters, joined, p) : null;
    const largest = blocks.reduce((most, { size }) => Math.max(most, size), 0);
    this.gradient = new Float64Array(k);
    this.hessian = new Float64Array(k * k);
    this.covariance = new Float64Array(p * p);
    this.shift = new Float64Array(p);
    this.twiceC = new Float64Array((p * (p + 1)) / 2);
    this.twiceB = new Float64Array((p * (p + 1)) / 2);
    this.M = new Float64Array((p + 1) * (p + 1));
    this.factor = new Float64Array(p * p);
    this.m = new Float64Array(k * p);
    const most = Math.max(largest * largest, p * p, productsLength(largest, p));
    this.work = new Float64Array(most);
    this.half = new Float64Array(most);
    this.B = new Float64Array(largest * largest);
    this.F = new Float64Array(largest * largest);
    this.residual = new Float64Array(largest);
    this.wide = new Float64Array(wideLength(blocks, p));
    this.coefficients = new CoefficientPart(k, p, reml);
    this.triangles = new Float64Array(k * ((p * (p + 1)) / 2));
    this.frames = frameStates(parameters, blocks, p);
    const kinds = new Map<string, BlockCovariance>();
    for (const { covariance: V } of this.frames) {
      const first = kinds.get(V.curvatureKey);
      if (first) V.shareCurvature(first);
      else kinds.set(V.curvatureKey, V);
    }
    this.curvatures = [...kinds.values()];
  }

  /** Takes the numbers of a response, which stand in `data` from `from` on and are multiplied by `scale`. */
  load(data: Float64Array, from: number, scale: number): void {
    Object.assign(this.response, { data, from, scale });
    this.strata?.load(this.response);
  }

  /** f at t, NaN where it cannot be formed; `gradient` and `hessian` are filled as far as the order says. */
  evaluate(t: Float64Array, order: Order): number {
    const { p, frames, strata, joined, reml, M, factor, covariance, shift, response } = this;
    const log = Math.log(response.scale);
    let value = 0;
    this.leastShare = 1;
    M.fill(0);
    for (const { covariance: V, members } of frames) {
      V.form(t, log, order !== 'value');
      for (const state of members) {
        const { block, inverse, types } = state;
        const m = block.size;
        for (let a = 0; a < m; a++) {
          for (let b = 0; b <= a; b++) this.work[a * m + b] = V.V[types[a] * V.size + types[b]];
        }
        const logDet = choleskyInPlace(this.work, m);
        if (Number.isNaN(logDet)) return Number.NaN;
        for (let a = 0; a < m; a++) {
          const share = this.work[a * m + a] ** 2 / V.V[types[a] * (V.size + 1)];
          if (share < this.leastShare) this.leastShare = share;
        }
        if (this.leastShare < NO_INVERSE) return Number.NaN;
        inverseFromCholesky(this.work, m, inverse);
        value += block.count * logDet;
        addProducts(state, response, p, this.half, M);
      }
    }
    if (strata) {
      value += strata.addProducts(t, log, M, order === 'hessian');
      this.leastShare = strata.leastShare;
    }
    if (joined) {
      value += joined.addProducts(t, log, response, M, order !== 'value');
      this.leastShare = Math.min(this.leastShare, joined.leastShare);
    }
    if (this.leastShare < NO_INVERSE || Number.isNaN(value)) return Number.NaN;
    // M_qq is in the leading p rows, M_qr and M_rr in the last one.
    for (let i = 0; i < p; i++) for (let j = 0; j <= i; j++) factor[i * p + j] = M[i * (p + 1) + j];
    const logDet = p === 0 ? 0 : choleskyInPlace(factor, p);
    if (Number.isNaN(logDet)) return Number.NaN;
    if (p > 0) inverseFromCholesky(factor, p, covariance);
    let rss = M[p * (p + 1) + p];
    for (let i = 0; i < p; i++) {
      let sum = 0;
      for (let j = 0; j < p; j++) sum += covariance[i * p + j] * M[p * (p + 1) + j];
      shift[i] = sum;
    }
    for (let i = 0; i < p; i++) rss -= shift[i] * M[p * (p + 1) + i];
    this.rss = rss;
    if (!(rss >= NO_DIGITS * M[p * (p + 1) + p])) return Number.NaN;
    value += rss + (reml ? logDet : 0);
    if (order === 'value' || !Number.isFinite(value)) return value;
    packTwice(covariance, p, this.twiceC);
    packSquare(shift, p, this.twiceB);
    this.gradient.fill(0);
    for (const frame of frames) this.addGradient(frame);
    strata?.addGradient(this, this.gradient, order === 'hessian');
    joined?.addGradient(this, this.gradient);
    if (order === 'gradient') return value;
    this.formHessian(t, order === 'hessian');
    return value;
  }

  private addGradient({ covariance: V, members, Y: whole }: FrameState): void {
    const { half, B, gradient } = this;
    const { size, places, changes } = V;
    whole.fill(0);
    for (const state of members) {
      const { block, inverse, T, Y, types } = state;
      const { size: m, count } = block;
      formResiduals(state, this.response, this, half, this.work);
      // Y = n O - O T O
      surround(inverse, T, m, half, B);
      for (let i = 0; i < m * m; i++) Y[i] = count * inverse[i] - B[i];
      for (let a = 0; a < m; a++) {
        for (let b = 0; b < m; b++) whole[types[a] * size + types[b]] += Y[a * m + b];
      }
    }
    for (let e = 0; e < places.length; e++)
      gradient[places[e]] += inner(changes, e * size * size, whole, 0, size * size);
  }

  /** The Hessian, or the average information in its place. */
  private formHessian(t: Float64Array, exact: boolean): void {
    const { count: k, frames, hessian, m: crossed, triangles, reml, B, half } = this;
    hessian.fill(0);
    triangles.fill(0);
    crossed.fill(0);
    if (exact) for (const V of this.curvatures) V.beginCurvature();
    for (const frame of frames) {
      const { covariance: V, members, Y, sums } = frame;
      if (exact) V.addCurvature(t, Y, hessian);
      const F = this.F;
      sums?.G.fill(0);
      for (const { block, inverse, T, spread, places } of members) {
        const { size: m, count } = block;
        // F = 2 O T O - n O, or O T^e O
        if (exact || !reml) surround(inverse, T, m, half, F);
        else {
          for (let i = 0; i < m * m; i++) B[i] = T[i] - spread[i];
          surround(inverse, B, m, half, F);
        }
        if (exact) for (let i = 0; i < m * m; i++) F[i] = 2 * F[i] - count * inverse[i];
        if (sums) sums.addQuadratic(inverse, F, m, places);
        else addBlockTraces(frame, inverse, F, B, hessian, k);
      }
      sums?.contract(V.changes, V.places, hessian, k);
      this.addChanges(frame, exact);
    }
    if (exact) for (const V of this.curvatures) V.endCurvature(t, hessian);
    const weights = exact ? (reml ? HESSIAN : HESSIAN_ML) : AVERAGE;
    this.strata?.addSecond(this, hessian, weights);
    this.strata?.addChanges(crossed, triangles, exact);
    this.joined?.addSecond(weights, hessian);
    this.joined?.addChanges(crossed, triangles, exact);
    this.coefficients.addTo(hessian, this.covariance, crossed, triangles, exact);
  }

  /** Adds a frame's part of M^k (as packed triangles, if it is wanted) and of m_k. */
  private addChanges({ covariance: V, members, sums, N }: FrameState, exact: boolean): void {
    const { p, m: crossed, triangles, work } = this;
    const triangle = (p * (p + 1)) / 2;
    if (!sums) {
      for (const state of members) {
        if (state.block.sums) this.addPatternChanges(V, state);
        else this.addBlockChanges(V, state, N, exact);
      }
      return;
    }
    sums.U.fill(0);
    sums.Ue.fill(0);
    for (const state of members) {
      const { block, inverse, Se, places: elements } = state;
      const { size: m, sums: summed, q, count } = block;
      if (summed && V.places.length <= V.size) {
        // Of few parameters each by itself is less than all elements of V.
        this.addPatternChanges(V, state);
        continue;
      }
      if (summed) {
        formCrossed(state, this.response, this.shift);
        addSurrounded(inverse, Se, m, p, elements, this.wide, sums.Ue);
        if (exact) addSurrounded(inverse, q, m, triangle, elements, this.wide, sums.U);
        continue;
      }
      for (let s = 0; s < count; s++) {
        fillRows(block, s, inverse, this.response, this.shift, this.residual, work, this.half);
        addRowProducts(work, this.half, m, p, elements, exact ? sums.U : null, sums.Ue);
      }
    }
    subtractChanges(V, sums.U, sums.Ue, p, crossed, exact ? triangles : null);
  }

  /** The same of a pattern of sums, parameter by parameter: A = O V_k O. */
  private addPatternChanges({ places, changes, size }: BlockCovariance, state: BlockState): void {
    const { half, B, F, response, shift, work } = this;
    const { block, inverse, types } = state;
    const { size: m } = block;
    for (let e = 0; e < places.length; e++) {
      for (let a = 0; a < m; a++) {
        for (let b = 0; b < m; b++) B[a * m + b] = changes[(e * size + types[a]) * size + types[b]];
      }
      surround(inverse, B, m, half, F);
      takePairs(state, response, F, shift, work, this.triangles, this.m, places[e]);
    }
  }

  /** The same of a large block, subject by subject; N_k = V_k O. */
  private addBlockChanges(V: BlockCovariance, { block, inverse }: BlockState, N: Float64Array, exact: boolean): void {
    const { p, m: crossed, work, half, wide } = this;
    const triangles = exact ? this.triangles : null;
    for (let s = 0; s < block.count; s++) {
      fillRows(block, s, inverse, this.response, this.shift, this.residual, work, half);
      subtractRowChanges(V, block, s, N, work, half, p, wide, crossed, triangles);
    }
  }

  /** M^k of an evaluation with the Hessian, count x p x p, into `out`. */
  writeChanges(out: Float64Array): void {
    const { p, count, triangles } = this;
    let from = 0;
    for (let e = 0; e < count; e++) {
      for (let i = 0; i < p; i++) {
        for (let j = 0; j <= i; j++) {
          out[(e * p + i) * p + j] = triangles[from];
          out[(e * p + j) * p + i] = triangles[from++];
        }
      }
    }
  }

  /**
   * Expected information of t at the point of an evaluation with the Hessian:
   * E f_kl = sum_P n tr(O V_k O V_l) - 2 tr(O V_k O V_l O spread) + tr(C M^k C M^l), spread = tr(C S_ab,qq), into `out`.
   */
  expectedInformation(out: Float64Array): void {
    const { count: k, frames, F, half } = this;
    out.fill(0);
    for (const frame of frames) {
      const { covariance: V, members, sums } = frame;
      sums?.G.fill(0);
      for (const { block, inverse, spread, places } of members) {
        const { size: m, count } = block;
        surround(inverse, spread, m, half, F);
        for (let i = 0; i < m * m; i++) F[i] = count * inverse[i] - 2 * F[i];
        if (sums) sums.addQuadratic(inverse, F, m, places);
        else addBlockTraces(frame, inverse, F, this.B, out, k);
      }
      sums?.contract(V.changes, V.places, out, k);
    }
    this.strata?.addSecond(this, out, EXPECTED);
    this.joined?.addSecond(EXPECTED, out);
    this.coefficients.addTraces(out, this.covariance, this.triangles);
  }

  /** sum_kl W_kl (Q_kl - M^k C M^l), Q_kl = X'O V_k O V_l O X, at the point of an evaluation with the Hessian: p x p. */
  adjustment(W: Float64Array): Float64Array {
    const { count: k, p, frames, covariance } = this;
    const changes = new Float64Array(k * p * p);
    this.writeChanges(changes);
    const out = covarianceAdjustment(frames, changes, covariance, W, p);
    if (this.strata) addStrataAdjustment(this.strata, W, out);
    this.joined?.addAdjustment(W, out);
    return out;
  }
}

/** -2 log likelihood beside log|V|, the residual sum of squares and log|M|: log|X'X| (REML) - log|W| + d log 2 pi. */
export function blocksConstant(design: DesignMoments, method: 'REML' | 'ML'): number {
  const { p, r, logDetW } = design;
  let logDetX = 0;
  for (let k = 0; k < p; k++) logDetX += 2 * Math.log(Math.abs(r[k * p + k]));
  return (method === 'REML' ? logDetX : 0) - logDetW + criterionDegrees(design, method) * Math.log(2 * Math.PI);
}
