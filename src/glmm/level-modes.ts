/**
 * Conditional modes of a random term with one column, level by level: b maximises sum l(eta + z b) - b^2 / (2 gamma), gamma the
 * variance of the term. By Newton's method on b, which loses no digits where gamma sum z^2 W is large:
 *
 *     R = sum z r    V = sum z^2 W    D = 1 + gamma V    step (gamma R - b) / D
 *
 * Steps are halved per level until the penalised likelihood of that level does not fall. The criterion needs W at the mode to
 * full accuracy (log D is first-order in b), so that the search ends only when the next step is so small that a Taylor series
 * over that step, from the derivatives at hand, is exact to rounding: the last evaluation of the family serves the criterion.
 */
import type { Extras, FamilyKernel, RowDerivatives, RowOrder } from './family-kernel.ts';
import type { LevelStrata } from './level-strata.ts';
import { StratumSums } from './stratum-sums.ts';

const MAXIMAL_CALLS = 120;
/** Linear predictors that every family has a likelihood at. */
const IN_RANGE = 20;
/** Longest step of a linear predictor; of one far out this part of it. */
const LONGEST = 4;
const LONGEST_SHARE = 0.5;
/** Steps this alike are those of an exponential far above its data, each about one unit long: the next may be twice as long. */
const ALIKE = 0.7;
const LONGEST_STRIDE = 1024;
/** Steps of a linear predictor below this are taken without asking the likelihood: their gain is rounding. */
const BLIND = 1e-5;
/** Steps of the linear predictor that Taylor series bridge, by order of the last evaluation: with W' and W'', or without W''. */
const BRIDGED = { 2: 1e-8, 3: 1e-5 } as const;
/** Of order 2 where only the value is wanted: without W'' its error is of the second order. */
const BRIDGED_VALUE = 1e-6;

export class LevelModes {
  readonly strata: LevelStrata;
  readonly kernel: FamilyKernel;
  /** Linear predictors by pseudo-row; with offsets and the modes of the evaluation before the last step. */
  readonly eta: Float64Array;
  /** Modes by level. */
  readonly b: Float64Array;
  /** What is left of the last step from where the sums were taken to the modes. */
  readonly shift: Float64Array;
  /** Sums of derivatives by stratum, at the modes. */
  readonly sums: RowDerivatives;
  /** Sums of dl/dphi by extra and of d2l/dphi2, at the modes. */
  readonly lE: Float64Array;
  lEE = 0;
  /** Calls of the family since the beginning. */
  calls = 0;
  private readonly offset: Float64Array;
  private readonly family: StratumSums;
  /** Linear predictors without offset by stratum. */
  private readonly common: Float64Array;
  private readonly base: Float64Array;
  private readonly step: Float64Array;
  private readonly height: Float64Array;
  /** Of the last step of a level: Newton's, and how much longer it was taken. */
  private readonly last: Float64Array;
  private readonly stride: Float64Array;
  /** Levels whose search began from within. */
  private readonly placed: Uint8Array;

  constructor(strata: LevelStrata, offset: Float64Array, kernel: FamilyKernel) {
    const { levels } = strata;
    this.strata = strata;
    this.kernel = kernel;
    this.offset = offset;
    this.eta = new Float64Array(offset.length);
    this.family = new StratumSums(kernel, { ...strata, count: strata.strata, rows: strata.order });
    this.sums = this.family.sums;
    this.common = new Float64Array(strata.strata);
    this.lE = new Float64Array(kernel.extras);
    this.b = new Float64Array(levels);
    this.shift = new Float64Array(levels);
    this.base = new Float64Array(levels);
    this.step = new Float64Array(levels);
    this.height = new Float64Array(levels);
    this.last = new Float64Array(levels);
    this.stride = new Float64Array(levels);
    this.placed = new Uint8Array(levels);
  }

  /**
   * Finds the modes from those in `b`. Afterwards `sums` are those at the modes.
   *
   * @param fixed linear predictors without offset and random effects, by stratum
   * @param order of the derivatives that `sums` must have
   * @param near whether `b` is believed to be close, so that derivatives of that order are asked for at once
   * @param valueOnly whether W' at the mode itself is not needed
   * @returns false where no mode was found
   */
  find(
    fixed: Float64Array,
    gamma: number,
    extras: Extras,
    order: RowOrder,
    near: boolean,
    valueOnly: boolean,
  ): boolean {
    const { step, height } = this;
    const bridged = order === 3 ? BRIDGED[3] : valueOnly ? BRIDGED_VALUE : BRIDGED[2];
    if (gamma === 0) this.b.fill(0);
    step.fill(0);
    height.fill(Number.NEGATIVE_INFINITY);
    this.last.fill(0);
    this.stride.fill(1);
    this.placed.fill(0);
    let asked: RowOrder = near || gamma === 0 ? order : 1;
    for (let call = 0; call < MAXIMAL_CALLS; call++) {
      this.evaluate(fixed, extras, asked);
      const error = this.advance(gamma, asked);
      if (Number.isNaN(error)) return false;
      if (asked === order && error <= bridged) {
        this.settle(order);
        return true;
      }
      // The next step is about the square of this one, or its third power where W' is known.
      asked = (asked > 1 ? error ** 3 : error ** 2) <= bridged ? order : 1;
    }
    return false;
  }

  /** The family at the current effects, and the sums of the strata. */
  protected evaluate(fixed: Float64Array, extras: Extras, order: RowOrder): void {
    const { strata, eta, offset, common, b, family } = this;
    const { levels, levelStart, of, z } = strata;
    for (let g = 0; g < levels; g++) {
      for (let s = levelStart[g]; s < levelStart[g + 1]; s++) common[s] = fixed[s] + z[s] * b[g];
    }
    for (let i = 0; i < eta.length; i++) eta[i] = offset[i] + common[of[i]];
    this.calls++;
    family.evaluate(eta, extras, order);
  }

  /** Takes a step in every level, or half of one that was refused. Returns the largest of the linear predictor; Infinity after a refusal, NaN where there is no likelihood. */
  private advance(gamma: number, order: RowOrder): number {
    const { strata, sums: rows, b, base, step, height, stride, last } = this;
    const { levels, levelStart, z, reach } = strata;
    if (gamma === 0) {
      step.fill(0);
      for (let s = 0; s < strata.strata; s++) if (!Number.isFinite(rows.l[s])) return Number.NaN;
      return 0;
    }
    let largest = 0;
    for (let g = 0; g < levels; g++) {
      let l = 0;
      let R = 0;
      let V = 0;
      let V1 = 0;
      for (let s = levelStart[g]; s < levelStart[g + 1]; s++) {
        const zs = z[s];
        l += rows.l[s];
        R += zs * rows.r[s];
        V += zs * zs * rows.w[s];
        V1 += zs * zs * zs * rows.w1[s];
      }
      const penalised = 2 * l - (b[g] * b[g]) / gamma;
      const slack = 1e-11 * (1 + Math.abs(height[g]));
      // No comparison holds with NaN.
      if (!(penalised >= height[g] - slack) || !Number.isFinite(penalised)) {
        if (height[g] === Number.NEGATIVE_INFINITY) {
          // A start out of range: from zero instead, and where that is out of range, too, from within.
          if (this.placed[g] === 1) return Number.NaN;
          if (b[g] === 0) this.placed[g] = 1;
          b[g] = b[g] === 0 ? this.within(g, gamma) : 0;
          largest = Number.POSITIVE_INFINITY;
          continue;
        }
        if (Math.abs(step[g]) * reach[g] > BLIND || !Number.isFinite(penalised)) {
          step[g] /= 2;
          b[g] = base[g] + step[g];
          largest = Number.POSITIVE_INFINITY;
          continue;
        }
      }
      height[g] = penalised;
      base[g] = b[g];
      const D = 1 + gamma * V;
      // Families that are not log-concave: uphill by the prior's curvature alone.
      let change = (gamma * R - b[g]) / (D > 0.01 ? D : 1);
      // Halley's step where the third derivative is known.
      if (order > 1 && D > 0.01) {
        const bend = (change * gamma * V1) / (2 * D);
        if (Math.abs(bend) < 0.25) change /= 1 + bend;
      }
      let length = Math.abs(change) * reach[g];
      if (length > LONGEST) {
        const most = Math.max(LONGEST, LONGEST_SHARE * this.farthest(g));
        if (length > most) change *= most / length;
        length = Math.min(length, most);
        stride[g] = 1;
      } else if (length > ALIKE && alike(change, last[g])) {
        stride[g] = Math.min(2 * stride[g], LONGEST_STRIDE);
        last[g] = change;
        change *= stride[g];
        length *= stride[g];
      } else {
        stride[g] = 1;
        last[g] = change;
      }
      step[g] = change;
      b[g] += change;
      if (!(length <= largest)) largest = length;
    }
    return largest;
  }

  /** The effect of a level that brings its linear predictors into range, by least squares with the effect's variance. */
  private within(g: number, gamma: number): number {
    const { levelStart, z } = this.strata;
    let slope = 0;
    let curvature = 1 / gamma;
    for (let s = levelStart[g]; s < levelStart[g + 1]; s++) {
      // The effect is zero: that is what the fixed effects say.
      const eta = this.common[s];
      slope += z[s] * (Math.max(-IN_RANGE, Math.min(IN_RANGE, eta)) - eta);
      curvature += z[s] * z[s];
    }
    return slope / curvature;
  }

  /** The largest linear predictor of a level without offset, by size, where the sums were taken. */
  private farthest(g: number): number {
    const { levelStart } = this.strata;
    let most = 0;
    for (let s = levelStart[g]; s < levelStart[g + 1]; s++) most = Math.max(most, Math.abs(this.common[s]));
    return most;
  }

  /** Carries the sums, the sums by extras and the linear predictors over the last step. */
  private settle(order: RowOrder): void {
    const { strata, sums: rows, step, shift, lE, kernel } = this;
    const { levels, levelStart, z } = strata;
    const count = strata.strata;
    shift.set(step);
    for (let g = 0; g < levels; g++) {
      if (shift[g] === 0) continue;
      for (let s = levelStart[g]; s < levelStart[g + 1]; s++) {
        const t = z[s] * shift[g];
        const half = (t * t) / 2;
        const r = rows.r[s];
        const w = rows.w[s];
        const w1 = rows.w1[s];
        const w2 = order > 2 ? rows.w2[s] : 0;
        const w1E = order > 2 && kernel.extras > 0 ? rows.w1E[s] : 0;
        rows.l[s] += r * t - w * half + (w1 * half * t) / 3;
        rows.r[s] += -w * t - w1 * half;
        rows.w[s] += w1 * t + w2 * half;
        rows.w1[s] += w2 * t;
        for (let e = 0, to = s; e < kernel.extras; e++, to += count) {
          const rE = rows.rE[to];
          const wE = rows.wE[to];
          rows.lE[to] += rE * t - wE * half;
          rows.rE[to] += -wE * t - w1E * half;
          rows.wE[to] += w1E * t;
        }
        if (order < 3 || kernel.extras === 0) continue;
        rows.lEE[s] += rows.rEE[s] * t;
        rows.rEE[s] -= rows.wEE[s] * t;
      }
    }
    for (let e = 0; e < kernel.extras; e++) {
      let total = 0;
      for (let s = 0; s < count; s++) total += rows.lE[e * count + s];
      lE[e] = total;
    }
    let curvature = 0;
    for (let s = 0; s < rows.lEE.length; s++) curvature += rows.lEE[s];
    this.lEE = curvature;
  }

  /** Linear predictors by pseudo-row at the modes. */
  predictors(): Float64Array {
    const { strata, eta, shift } = this;
    const { levels, levelStart, rowStart, order: rows, z } = strata;
    for (let g = 0; g < levels; g++) {
      if (shift[g] === 0) continue;
      for (let s = levelStart[g]; s < levelStart[g + 1]; s++) {
        for (let k = rowStart[s]; k < rowStart[s + 1]; k++) eta[rows[k]] += z[s] * shift[g];
      }
      shift[g] = 0;
    }
    return eta;
  }
}

/** Whether a step is about as long as the one before, and goes the same way. */
function alike(step: number, before: number): boolean {
  const ratio = step / before;
  return ratio > ALIKE && ratio < 1 / ALIKE;
}
