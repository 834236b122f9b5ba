import { scaledErfc } from './error-function.ts';
/**
 * Upper tails of chi-squared distributions and of mixtures of them (chi-bar-squared), with log10 p where p underflows.
 *
 * With a = df/2 and x = statistic/2 the tail is the regularised incomplete gamma function Q(a, x). Both expansions below
 * carry the factor x^a e^-x / Gamma(a + 1), formed by its deviance so that it is exact at a = 1e6 as well:
 *
 *     P(a, x) = factor sum_k x^k / ((a + 1) ... (a + k))                       x < a + 1 (DLMF 8.11.4)
 *     Q(a, x) = factor a / (x + 1 - a - 1 (1 - a) / (x + 3 - a - ...))         beyond (DLMF 8.9.2, contracted)
 */
import { logOnePlusLessU, stirlingError } from './saddle-point.ts';

/** A p-value and its decimal logarithm, which is right also where p underflows. */
export interface TailProbability {
  readonly p: number;
  readonly log10P: number;
}

/** One component of a mixture; df 0 is a point mass at zero. */
export interface ChiSquaredShare {
  readonly df: number;
  readonly weight: number;
}

/** A term below this share of a sum changes no digit. */
const NEGLIGIBLE = 1e-17;
/** Far more steps than the square root of the largest shape asks for. */
const MAXIMAL_STEPS = 1_000_000;
const TINY = 1e-300;

/** P(X >= statistic) of a chi-squared variable; NaN for a NaN statistic or df < 0. */
export function upperTailChiSquared(statistic: number, df: number): TailProbability {
  return fromLog(logUpperTail(statistic, df));
}

/** The tail of a mixture of chi-squared distributions whose weights sum to 1. */
export function upperTailMixture(statistic: number, shares: readonly ChiSquaredShare[]): TailProbability {
  const logs = shares.map(({ df, weight }) => Math.log(weight) + logUpperTail(statistic, df));
  const largest = Math.max(...logs);
  if (!Number.isFinite(largest)) return fromLog(largest);
  return fromLog(Math.min(0, largest + Math.log(logs.reduce((sum, log) => sum + Math.exp(log - largest), 0))));
}

/**
 * Reference distribution of the likelihood ratio for adding one random effect to a term that has q of them, which moves
 * a variance off its bound at zero: an equal mixture of q and q + 1 degrees of freedom; q = 0 is the first random effect
 * of a grouping factor, 50:50 of zero and one. `fixed` further coefficients without bounds are added to both.
 * S. G. Self and K.-Y. Liang, JASA 82 (1987), case 5; D. O. Stram and J. W. Lee, Biometrics 50 (1994), cases 1 to 3.
 */
export function boundaryMixture(q: number, fixed = 0): ChiSquaredShare[] {
  return [
    { df: fixed + q, weight: 0.5 },
    { df: fixed + q + 1, weight: 0.5 },
  ];
}

function fromLog(log: number): TailProbability {
  return { p: Math.exp(log), log10P: log * Math.LOG10E };
}

/** log P(X >= statistic). */
function logUpperTail(statistic: number, df: number): number {
  if (Number.isNaN(statistic) || !(df >= 0)) return Number.NaN;
  if (statistic <= 0) return 0;
  if (df === 0 || statistic === Number.POSITIVE_INFINITY) return Number.NEGATIVE_INFINITY;
  const x = statistic / 2;
  if (df === 1) return Math.log(scaledErfc(Math.sqrt(x))) - x;
  if (df === 2) return -x;
  const a = df / 2;
  const logFactor = a * logOnePlusLessU((x - a) / a, x / a) - 0.5 * Math.log(2 * Math.PI * a) - stirlingError(a);
  if (x < a + 1) return Math.log1p(-Math.min(1, Math.exp(logFactor) * lowerSeries(a, x)));
  return logFactor + Math.log(a * upperFraction(a, x));
}

/** sum of x^k / ((a + 1) ... (a + k)), k from 0. */
function lowerSeries(a: number, x: number): number {
  let sum = 1;
  let term = 1;
  for (let k = 1; k < MAXIMAL_STEPS; k++) {
    term *= x / (a + k);
    sum += term;
    if (term < NEGLIGIBLE * sum) break;
  }
  return sum;
}

/** The continued fraction of Q, by W. J. Lentz's method. */
function upperFraction(a: number, x: number): number {
  let b = x + 1 - a;
  let c = 1 / TINY;
  let d = 1 / b;
  let value = d;
  for (let k = 1; k < MAXIMAL_STEPS; k++) {
    const numerator = -k * (k - a);
    b += 2;
    d = numerator * d + b;
    if (Math.abs(d) < TINY) d = TINY;
    c = b + numerator / c;
    if (Math.abs(c) < TINY) c = TINY;
    d = 1 / d;
    const change = d * c;
    value *= change;
    if (Math.abs(change - 1) < 1e-16) break;
  }
  return value;
}
