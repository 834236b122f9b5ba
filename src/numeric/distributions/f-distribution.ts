/**
 * Upper tail of the F distribution, with log10 p where p underflows.
 *
 * With a = df2/2, b = df1/2, n = a + b, x = df2 / (df2 + df1 F) and y = 1 - x the tail is the regularised incomplete beta
 * function I_x(a, b), for F >= 1
 *
 *     I_x(a, b) = factor / (beta_0 + alpha_1 / (beta_1 + alpha_2 / (beta_2 + ...)))
 *     alpha_m   = (a + m - 1) (a + b + m - 1) m (b - m) x^2 / (a + 2m - 1)^2
 *     beta_m    = m + m (b - m) x / (a + 2m - 1) + (a + m) (lambda + 1 + m (1 + y)) / (a + 2m + 1),  lambda = a - n x
 *
 * (A. R. Didonato and A. H. Morris, ACM TOMS 18 (1992), equation 9), else its complement, and
 *
 *     factor = x^a y^b / B(a, b) = a b / n exp(-a D(u) - b D(v)) sqrt(n / (2 pi a b)) exp(delta_n - delta_a - delta_b)
 *
 * with D(u) = u - log(1 + u), u = n x / a - 1 and v = n y / b - 1, which are multiples of 1 - F, and Stirling's errors delta.
 */
import { type TailProbability, upperTailChiSquared } from './chi-squared.ts';
import { logOnePlusLessU, stirlingError } from './saddle-point.ts';
import { twoSidedT } from './student-t.ts';

/** Beyond it F and chi-squared / df1 agree to double precision. */
const CHI_SQUARED_DF = 1e20;
const MAXIMAL_STEPS = 1_000_000;
const TINY = 1e-300;

/**
 * P(F >= statistic) with df1 and df2 degrees of freedom, whole or not; df2 NaN or Infinity stands for an exactly known
 * residual variance (chi-squared / df1). NaN for a NaN statistic and for degrees of freedom that are not positive.
 */
export function upperTailF(statistic: number, df1: number, df2: number): TailProbability {
  if (Number.isNaN(statistic) || !(df1 > 0) || df2 <= 0) return { p: Number.NaN, log10P: Number.NaN };
  if (!(df2 < CHI_SQUARED_DF)) return upperTailChiSquared(df1 * statistic, df1);
  // The square of Student's t, whose tail takes a third of the time.
  if (df1 === 1 && statistic > 0) return twoSidedT(Math.sqrt(statistic), df2);
  const log = logTail(statistic, df1, df2);
  return { p: Math.exp(log), log10P: log * Math.LOG10E };
}

function logTail(statistic: number, df1: number, df2: number): number {
  if (statistic <= 0) return 0;
  if (statistic === Number.POSITIVE_INFINITY) return Number.NEGATIVE_INFINITY;
  const a = df2 / 2;
  const b = df1 / 2;
  const n = a + b;
  // Divided by the statistic where that is large, so that nothing overflows.
  const large = statistic > 1;
  const scale = large ? df2 / statistic + df1 : df2 + df1 * statistic;
  const excess = large ? 1 - 1 / statistic : statistic - 1;
  const x = (large ? df2 / statistic : df2) / scale;
  const y = (large ? df1 : df1 * statistic) / scale;
  const ratioX = (large ? (df1 + df2) / statistic : df1 + df2) / scale; // n x / a
  const ratioY = (large ? df1 + df2 : (df1 + df2) * statistic) / scale; // n y / b
  const logFactor =
    a * logOnePlusLessU((-df1 * excess) / scale, ratioX) +
    b * logOnePlusLessU((df2 * excess) / scale, ratioY) +
    0.5 * Math.log((a * b) / (2 * Math.PI * n)) +
    stirlingError(n) -
    stirlingError(a) -
    stirlingError(b);
  const lambda = (a * df1 * excess) / scale; // a - n x
  if (statistic >= 1) return logFactor + Math.log(fraction(a, b, x, y, lambda));
  return Math.log1p(-Math.min(1, Math.exp(logFactor) * fraction(b, a, y, x, -lambda)));
}

/** I_x(a, b) B(a, b) / (x^a y^b) for lambda = a - (a + b) x >= 0, by W. J. Lentz's method. */
function fraction(a: number, b: number, x: number, y: number, lambda: number): number {
  let c = ((lambda + 1) * a) / (a + 1);
  let d = 0;
  let value = c;
  for (let m = 1; m < MAXIMAL_STEPS; m++) {
    const s = a + 2 * m - 1;
    const w = m * (b - m) * x;
    const numerator = ((((a + m - 1) / s) * (a + b + m - 1)) / s) * w * x;
    const denominator = m + w / s + ((a + m) / (s + 2)) * (lambda + 1 + m * (1 + y));
    d = numerator * d + denominator;
    if (Math.abs(d) < TINY) d = TINY;
    c = denominator + numerator / c;
    if (Math.abs(c) < TINY) c = TINY;
    d = 1 / d;
    const change = d * c;
    value *= change;
    if (Math.abs(change - 1) < 1e-16) break;
  }
  return 1 / value;
}
