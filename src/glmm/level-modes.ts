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
import { rowDerivatives } from './family-kernel.ts';
import type { LevelStrata } from './level-strata.ts';

/** Sums of a stratum, from `stratum x width` on: l, r, W, W', W'', d W'/dphi, d2r/dphi2, d2W/dphi2, then dr/dphi and dW/dphi by extras. */
export const SUM = { l: 0, r: 1, w: 2, w1: 3, w2: 4, w1E: 5, rEE: 6, wEE: 7, rE: 8 } as const;

const MAXIMAL_CALLS = 120;
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
  /** Numbers of a stratum in `sums`. */
  readonly width: number;
  readonly sums: Float64Array;
  /** Sums of dl/dphi by extra and of d2l/dphi2, at the modes. */
  readonly lE: Float64Array;
  lEE = 0;
  /** Calls of the family since the beginning. */
  calls = 0;
  private readonly offset: Float64Array;
  private readonly derivatives: RowDerivatives;
  private readonly base: Float64Array;
  private readonly step: Float64Array;
  private readonly height: Float64Array;
  /** Of the last step of a level: Newton's, and how much longer it was taken. */
  private readonly last: Float64Array;
  private readonly stride: Float64Array;

  constructor(strata: LevelStrata, offset: Float64Array, kernel: FamilyKernel) {
    const { levels } = strata;
    this.strata = strata;
    this.kernel = kernel;
    this.offset = offset;
    this.eta = new Float64Array(offset.length);
    this.derivatives = rowDerivatives(offset.length, kernel.extras);
    this.width = SUM.rE + 2 * kernel.extras;
    this.sums = new Float64Array(strata.strata * this.width);
    this.lE = new Float64Array(kernel.extras);
    this.b = new Float64Array(levels);
    this.shift = new Float64Array(levels);
    this.base = new Float64Array(levels);
    this.step = new Float64Array(levels);
    this.height = new Float64Array(levels);
    this.last = new Float64Array(levels);
    this.stride = new Float64Array(levels);
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
  private evaluate(fixed: Float64Array, extras: Extras, order: RowOrder): void {
    const { strata, eta, offset, derivatives, b, kernel } = this;
    const { levels, levelStart, rowStart, order: rows, z } = strata;
    for (let g = 0; g < levels; g++) {
      for (let s = levelStart[g]; s < levelStart[g + 1]; s++) {
        const common = fixed[s] + z[s] * b[g];
        for (let k = rowStart[s]; k < rowStart[s + 1]; k++) eta[rows[k]] = offset[rows[k]] + common;
      }
    }
    this.calls++;
    kernel.evaluate(eta, extras, order, derivatives);
    if (order > 2) this.sumAll();
    else this.sumFirst(order);
  }

  private sumFirst(order: RowOrder): void {
    const { strata, sums, width, lE, kernel } = this;
    const { rowStart, order: rows } = strata;
    const { l, r, w, w1, lE: dl, rE: dr, wE: dw } = this.derivatives;
    const n = rows.length;
    for (let s = 0; s < strata.strata; s++) {
      let sl = 0;
      let sr = 0;
      let sw = 0;
      let sw1 = 0;
      for (let k = rowStart[s]; k < rowStart[s + 1]; k++) {
        const i = rows[k];
        sl += l[i];
        sr += r[i];
        sw += w[i];
        if (order > 1) sw1 += w1[i];
      }
      const at = s * width;
      sums[at + SUM.l] = sl;
      sums[at + SUM.r] = sr;
      sums[at + SUM.w] = sw;
      sums[at + SUM.w1] = sw1;
    }
    if (order === 1) return;
    for (let e = 0; e < kernel.extras; e++) {
      let total = 0;
      for (let s = 0; s < strata.strata; s++) {
        let sr = 0;
        let sw = 0;
        for (let k = rowStart[s]; k < rowStart[s + 1]; k++) {
          const i = e * n + rows[k];
          total += dl[i];
          sr += dr[i];
          sw += dw[i];
        }
        sums[s * width + SUM.rE + 2 * e] = sr;
        sums[s * width + SUM.rE + 2 * e + 1] = sw;
      }
      lE[e] = total;
    }
  }

  /** All derivatives of families with one extra at most, in one pass. */
  private sumAll(): void {
    const { strata, sums, width, lE, kernel } = this;
    const { rowStart, order: rows } = strata;
    const { l, r, w, w1, w2, lE: dl, rE: dr, wE: dw, lEE, rEE, wEE, w1E } = this.derivatives;
    const extra = kernel.extras > 0;
    let total = 0;
    let curvature = 0;
    for (let s = 0; s < strata.strata; s++) {
      let sl = 0;
      let sr = 0;
      let sw = 0;
      let sw1 = 0;
      let sw2 = 0;
      let srE = 0;
      let swE = 0;
      let srEE = 0;
      let swEE = 0;
      let sw1E = 0;
      for (let k = rowStart[s]; k < rowStart[s + 1]; k++) {
        const i = rows[k];
        sl += l[i];
        sr += r[i];
        sw += w[i];
        sw1 += w1[i];
        sw2 += w2[i];
        if (!extra) continue;
        total += dl[i];
        srE += dr[i];
        swE += dw[i];
        curvature += lEE[i];
        srEE += rEE[i];
        swEE += wEE[i];
        sw1E += w1E[i];
      }
      const at = s * width;
      sums[at + SUM.l] = sl;
      sums[at + SUM.r] = sr;
      sums[at + SUM.w] = sw;
      sums[at + SUM.w1] = sw1;
      sums[at + SUM.w2] = sw2;
      if (!extra) continue;
      sums[at + SUM.w1E] = sw1E;
      sums[at + SUM.rEE] = srEE;
      sums[at + SUM.wEE] = swEE;
      sums[at + SUM.rE] = srE;
      sums[at + SUM.rE + 1] = swE;
    }
    this.lEE = curvature;
    if (extra) lE[0] = total;
  }

  /** Takes a step in every level, or half of one that was refused. Returns the largest of the linear predictor; Infinity after a refusal, NaN where there is no likelihood. */
  private advance(gamma: number, order: RowOrder): number {
    const { strata, sums, width, b, base, step, height, stride, last } = this;
    const { levels, levelStart, z, reach } = strata;
    if (gamma === 0) {
      step.fill(0);
      for (let s = 0; s < strata.strata; s++) if (!Number.isFinite(sums[s * width])) return Number.NaN;
      return 0;
    }
    let largest = 0;
    for (let g = 0; g < levels; g++) {
      let l = 0;
      let R = 0;
      let V = 0;
      let V1 = 0;
      for (let s = levelStart[g]; s < levelStart[g + 1]; s++) {
        const at = s * width;
        const zs = z[s];
        l += sums[at + SUM.l];
        R += zs * sums[at + SUM.r];
        V += zs * zs * sums[at + SUM.w];
        V1 += zs * zs * zs * sums[at + SUM.w1];
      }
      const penalised = 2 * l - (b[g] * b[g]) / gamma;
      const slack = 1e-11 * (1 + Math.abs(height[g]));
      // No comparison holds with NaN.
      if (!(penalised >= height[g] - slack) || !Number.isFinite(penalised)) {
        if (height[g] === Number.NEGATIVE_INFINITY) {
          // A start out of range: from zero instead.
          if (b[g] === 0) return Number.NaN;
          b[g] = 0;
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
      } else if (length > ALIKE && last[g] * change > 0 && alike(change, last[g])) {
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

  /** The largest linear predictor of a level, by size, where the sums were taken. */
  private farthest(g: number): number {
    const { levelStart, rowStart, order } = this.strata;
    let most = 0;
    for (let k = rowStart[levelStart[g]]; k < rowStart[levelStart[g + 1]]; k++) {
      most = Math.max(most, Math.abs(this.eta[order[k]]));
    }
    return most;
  }

  /** Carries the sums, the sums by extras and the linear predictors over the last step. */
  private settle(order: RowOrder): void {
    const { strata, sums, width, step, shift, lE, kernel } = this;
    const { levels, levelStart, z } = strata;
    shift.set(step);
    for (let g = 0; g < levels; g++) {
      if (shift[g] === 0) continue;
      for (let s = levelStart[g]; s < levelStart[g + 1]; s++) {
        const at = s * width;
        const t = z[s] * shift[g];
        const half = (t * t) / 2;
        const r = sums[at + SUM.r];
        const w = sums[at + SUM.w];
        const w1 = sums[at + SUM.w1];
        const w2 = order > 2 ? sums[at + SUM.w2] : 0;
        const w1E = order > 2 ? sums[at + SUM.w1E] : 0;
        sums[at + SUM.l] += r * t - w * half + (w1 * half * t) / 3;
        sums[at + SUM.r] += -w * t - w1 * half;
        sums[at + SUM.w] += w1 * t + w2 * half;
        sums[at + SUM.w1] += w2 * t;
        for (let e = 0; e < kernel.extras; e++) {
          const to = at + SUM.rE + 2 * e;
          const rE = sums[to];
          const wE = sums[to + 1];
          lE[e] += rE * t - wE * half;
          sums[to] += -wE * t - w1E * half;
          sums[to + 1] += w1E * t;
        }
        if (order < 3) continue;
        this.lEE += sums[at + SUM.rEE] * t;
        sums[at + SUM.rEE] -= sums[at + SUM.wEE] * t;
      }
    }
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

function alike(step: number, before: number): boolean {
  const ratio = step / before;
  return ratio > ALIKE && ratio < 1 / ALIKE;
}
