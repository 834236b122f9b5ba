/**
 * limma's B: the log odds that an effect is not zero (Smyth 2004, section 6), with a share `proportion` of effects
 * distributed as N(0, v_0 sigma^2), v_0 from the largest moderated t statistics (limma's `tmixture.vector`):
 *
 *     B = log(pi / (1 - pi)) - log(r) / 2 + (1 + d) / 2 log((t^2 + d) / (t^2 / r + d)),   r = (v + v_0) / v
 *
 * with v the unscaled variance of the estimate and d the total degrees of freedom; t^2 (1 - 1/r) / 2 instead of the last
 * term where the prior degrees of freedom are infinite.
 */

import { twoSidedLog10P, twoSidedP } from '../../numeric/distributions/student-t.ts';
import { median } from '../../numeric/order-statistics.ts';

/** Expected share of effects. */
const PROPORTION = 0.01;
/** Bounds of the standard deviation of an effect, in units of the prior standard deviation of the residuals. */
const NARROWEST = 0.1;
const WIDEST = 4;
/** Prior degrees of freedom that count as infinite. */
const INFINITE_DF = 1e6;

/** One coefficient of many models. */
export interface ModeratedEffects {
  /** Moderated t; NaN where a model lacks the coefficient. */
  readonly statistic: Float64Array;
  /** Standard errors over the residual standard deviation. */
  readonly unscaled: Float64Array;
  /** Total degrees of freedom: residual and prior, at most the sum of the residual ones. */
  readonly df: Float64Array;
  readonly priorDf: Float64Array;
  readonly priorVariance: Float64Array;
}

/** B of each model, NaN where its t is. */
export function effectOdds({ statistic, unscaled, df, priorDf, priorVariance }: ModeratedEffects): Float64Array {
  const scale = median(priorVariance.filter((value) => !Number.isNaN(value)));
  const limits = [NARROWEST ** 2 / scale, WIDEST ** 2 / scale] as const;
  const v0 = effectVariance(statistic, unscaled, df, limits);
  return statistic.map((t, g) => {
    const r = 1 + v0 / unscaled[g] ** 2;
    const square = t * t;
    const d = df[g];
    const kernel =
      priorDf[g] > INFINITE_DF ? (square * (1 - 1 / r)) / 2 : ((1 + d) / 2) * Math.log((square + d) / (square / r + d));
    return Math.log(PROPORTION / (1 - PROPORTION)) - Math.log(r) / 2 + kernel;
  });
}

/** v_0: the mean, within limits, of what would bring each of the largest statistics to its expected quantile. */
function effectVariance(
  statistic: Float64Array,
  unscaled: Float64Array,
  df: Float64Array,
  [least, most]: readonly [number, number],
): number {
  const known = Int32Array.from(statistic.keys()).filter((g) => !Number.isNaN(statistic[g]));
  const genes = known.length;
  const targets = Math.ceil((PROPORTION / 2) * genes);
  if (targets === 0) return Number.NaN;
  const share = Math.max(targets / genes, PROPORTION);
  let largestDf = 0;
  for (const g of known) largestDf = Math.max(largestDf, df[g]);
  const evidence = new Float64Array(statistic.length);
  for (const g of known) evidence[g] = twoSidedLog10P(statistic[g], df[g]);
  const top = known.sort((a, b) => evidence[a] - evidence[b] || a - b).subarray(0, targets);
  let sum = 0;
  top.forEach((g, i) => {
    // Statistics with fewer degrees of freedom are taken to the same tail at the most that there are.
    const t = df[g] < largestDf ? statisticOfTail(evidence[g], largestDf) : Math.abs(statistic[g]);
    const null0 = twoSidedP(t, largestDf);
    const target = ((i + 0.5) / genes - (1 - share) * null0) / share;
    let v0 = 0;
    if (target > null0) v0 = unscaled[g] ** 2 * ((t / statisticOfTail(Math.log10(target), largestDf)) ** 2 - 1);
    sum += Math.min(Math.max(v0, least), most);
  });
  return sum / targets;
}

/** The t whose two-sided p-value has this log10, by bisection in log t. */
export function statisticOfTail(log10P: number, df: number): number {
  if (!(log10P < 0)) return 0;
  if (log10P === -Infinity) return Infinity;
  let low = -700;
  let high = 700;
  for (let step = 0; step < 100 && high - low > 1e-15 * Math.abs(high + low); step++) {
    const middle = 0.5 * (low + high);
    if (twoSidedLog10P(Math.exp(middle), df) > log10P) low = middle;
    else high = middle;
  }
  return Math.exp(0.5 * (low + high));
}
