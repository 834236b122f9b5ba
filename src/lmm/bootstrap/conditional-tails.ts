import { scaledErfc } from '../../numeric/distributions/error-function.ts';

/**
 * Bootstrap distribution of |t|, one draw a pair (mean, ratio): given the draw's variance estimates,
 *
 *     t* = (Z + mean) / ratio,   mean = l'(b(theta*) - b(theta)) / sqrt(c(theta)),   ratio = s* sqrt(c(theta*) / c(theta))
 *
 * with Z standard normal and independent of them (R. N. Kackar and D. A. Harville, JASA 79, 1984: the difference of two
 * generalised least-squares estimates depends on error contrasts only). Averaging the normal tails instead of counting
 * draws gives p-values far below 1 / draws, with a smaller Monte-Carlo error everywhere. A ratio that is negative or no
 * number marks a draw that could not be fitted.
 */
export interface ConditionalDraws {
  readonly mean: Float64Array;
  readonly ratio: Float64Array;
}

/** The average over the draws of P(|Z + mean| >= t ratio), and how many draws carry it. */
export interface AverageTail {
  readonly log: number;
  /** Effective number: the squared sum of the draws' tails over the sum of their squares. */
  readonly effective: number;
}

/**
 * Draws that must carry a tail: fewer leave out much of what rarer ones would add. With thirty an average errs by a tenth
 * of itself in the mean.
 */
export const CARRYING_DRAWS = 30;
/** Share of the draws that may fail to be fitted before nothing is said. */
export const LOST_SHARE = 0.01;

export function averageTail({ mean, ratio }: ConditionalDraws, t: number): AverageTail {
  let largest = Number.NEGATIVE_INFINITY;
  let sum = 0;
  let squares = 0;
  let counted = 0;
  for (let b = 0; b < mean.length; b++) {
    if (!(ratio[b] >= 0)) continue;
    counted++;
    const log = logBeyond(mean[b], t * ratio[b]);
    if (log > largest) {
      const scale = Math.exp(largest - log);
      sum *= scale;
      squares *= scale * scale;
      largest = log;
    }
    const share = Math.exp(log - largest);
    sum += share;
    squares += share * share;
  }
  if (counted < (1 - LOST_SHARE) * mean.length) return { log: Number.NaN, effective: Number.POSITIVE_INFINITY };
  return { log: largest + Math.log(sum / counted), effective: (sum * sum) / squares };
}

/**
 * Natural logarithm of the bootstrap's p for an observed |t|: the average tail as far out as enough draws carry it, and
 * its value there for any larger t, where it is about an upper bound.
 */
export function logP(draws: ConditionalDraws, t: number): { readonly log: number; readonly bound: boolean } {
  const needed = Math.min(CARRYING_DRAWS, draws.mean.length / 4);
  const there = averageTail(draws, t);
  if (there.effective >= needed) return { log: there.log, bound: false };
  let low = 0;
  let high = t;
  let log = 0;
  for (let k = 0; k < FLOOR_STEPS && (high - low) * high > FLOOR_ERROR; k++) {
    const middle = 0.5 * (low + high);
    const tail = averageTail(draws, middle);
    if (tail.effective >= needed) {
      low = middle;
      log = tail.log;
    } else high = middle;
  }
  return { log, bound: true };
}

/** Error of log p at the floor, about: its slope is at most t. */
const FLOOR_ERROR = 0.02;
const FLOOR_STEPS = 60;

/** log P(|Z + mean| >= a) for a >= 0. */
export function logBeyond(mean: number, a: number): number {
  const m = Math.abs(mean);
  const near = logUpper(a - m);
  const far = logUpper(a + m);
  return near + Math.log1p(Math.exp(far - near));
}

/** log P(Z > x). */
function logUpper(x: number): number {
  const s = x * Math.SQRT1_2;
  if (x >= 0) return Math.log(0.5 * scaledErfc(s)) - s * s;
  return Math.log1p(-0.5 * scaledErfc(-s) * Math.exp(-s * s));
}

const QUANTILE_TOLERANCE = 1e-9;

/** The t beyond which the average tail is `alpha`. */
export function tailQuantile(draws: ConditionalDraws, alpha: number): number {
  const goal = Math.log(alpha);
  let low = 0;
  let high = 2;
  if (Number.isNaN(averageTail(draws, high).log)) return Number.NaN;
  while (averageTail(draws, high).log > goal) {
    low = high;
    high *= 2;
    if (high > 1e9) return Number.POSITIVE_INFINITY;
  }
  // Illinois: the logarithm of the tail is nearly a parabola.
  let atLow = averageTail(draws, low).log - goal;
  let atHigh = averageTail(draws, high).log - goal;
  let kept = 0;
  for (let k = 0; k < 60 && high - low > QUANTILE_TOLERANCE * high; k++) {
    const t = low + ((high - low) * atLow) / (atLow - atHigh);
    const value = averageTail(draws, t).log - goal;
    if (Math.abs(value) < 1e-12) return t;
    if (value > 0) {
      low = t;
      atLow = value;
      if (kept === 1) atHigh *= 0.5;
      kept = 1;
    } else {
      high = t;
      atHigh = value;
      if (kept === -1) atLow *= 0.5;
      kept = -1;
    }
  }
  return low + ((high - low) * atLow) / (atLow - atHigh);
}
