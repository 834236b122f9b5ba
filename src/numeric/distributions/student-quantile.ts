/**
 * The quantile of Student's t, from the tail of `student-t.ts`. Both equations are solved for z = log t.
 *
 * - Tail: log P(|T| >= t) = log p. The density of log |T| is log-concave, and so is this tail: a tangent meets log p beyond
 *   the root, so the search cannot run away. With h = 2 t f(t) / P(|T| >= t), f the density of T, the derivatives are -h and
 *   -h r, r = 1 - (df + 1) t^2 / (df + t^2) + h, for Halley's method (third order). P(|T| >= t) <= (1 + t^2/df)^(-df/2)
 *   gives the start.
 * - Middle: P(|T| <= t) = q, where the tail near 1 says little of t. With y = t^2 / (df + t^2)
 *
 *       P(|T| <= t) = 2 t f(t) S,   S = sum over n of y^n prod_{i < n} (df/2 + 1/2 + i) / (3/2 + i)
 *
 *   (DLMF 8.17.8), by Newton's method from q / (2 f(0)), which lies below the root.
 *
 * The relative error is a few roundings divided by h: that of the probability itself in t.
 */
import { binet } from './binet.ts';
import { normalDf, twoSidedLog10P } from './student-t.ts';

/** Below this q the sum S is short, unless most of the distribution lies beyond the root of df. */
const middleMass = 0.5;
/** Steps of log t after which the next would be smaller than a rounding: of Halley's method, and of Newton's. */
const lastHalley = 1e-6;
const lastNewton = 1e-9;
/** Never reached: a handful suffices. */
const mostSteps = 100;
/** Terms of S below this share of it change no digit. */
const negligible = 1e-17;
/** exp(v) - 1 is exp(v) to double precision from here on. */
const largeExponent = 40;

/**
 * The quantile of Student's t: `studentQuantile(0.975, df)` is the factor of a 95 % confidence interval.
 * df NaN or Infinity stands for the normal distribution; NaN for a probability outside [0, 1] or df <= 0.
 */
export function studentQuantile(probability: number, df: number): number {
  if (!(probability >= 0 && probability <= 1) || df <= 0) return Number.NaN;
  const isLower = probability < 0.5;
  const outside = 2 * (isLower ? probability : 1 - probability);
  const inside = 2 * Math.abs(probability - 0.5);
  const size = sizeOf(inside, outside, df < normalDf ? df : Infinity);
  return isLower ? -size : size;
}

/** The t with P(|T| <= t) = inside = 1 - outside. */
function sizeOf(inside: number, outside: number, df: number): number {
  if (inside === 0) return 0;
  if (outside === 0) return Infinity;
  const centre = logDensityAtZero(df);
  const start = inside / (2 * Math.exp(centre));
  return inside < middleMass && start * start < df
    ? middleQuantile(inside, df, centre, start)
    : tailQuantile(Math.log(outside), df, centre);
}

/** log f(0) = log(Gamma(a + 1/2) / (Gamma(a) sqrt(pi df))) for a = df/2. */
function logDensityAtZero(df: number): number {
  const a = 0.5 * df;
  // log(a)/2 and log(pi df)/2 leave -log(2 pi)/2.
  const rest = a < Infinity ? a * Math.log1p(0.5 / a) - 0.5 + binet(a + 0.5) - binet(a) : 0;
  return rest - 0.5 * Math.log(2 * Math.PI);
}

/** log(1 + t^2/df) (df + 1)/2, which takes log f(0) to log f(t). */
function logDensityFall(t: number, df: number): number {
  if (df === Infinity) return 0.5 * t * t;
  const square = (t / df) * t;
  return 0.5 * (df + 1) * (square < Infinity ? Math.log1p(square) : 2 * Math.log(t) - Math.log(df));
}

function tailQuantile(logTail: number, df: number, centre: number): number {
  const v = (-2 * logTail) / df;
  const logExcess = v > largeExponent ? v : Math.log(Math.expm1(v));
  const z = 0.5 * (df === Infinity ? Math.log(-2 * logTail) : Math.log(df) + logExcess);
  let t = Math.min(Math.exp(z), Number.MAX_VALUE);
  for (let step = 0; step < mostSteps; step++) {
    const reached = twoSidedLog10P(t, df) / Math.LOG10E;
    const hazard = 2 * Math.exp(centre - logDensityFall(t, df) + Math.log(t) - reached);
    const newton = (reached - logTail) / hazard;
    const bend = 1 - (1 + 1 / df) / (1 / t / t + 1 / df) + hazard;
    const change = newton / Math.max(0.5, 1 + 0.5 * newton * bend);
    t *= Math.exp(change);
    if (!(Math.abs(change) > lastHalley) || t === Infinity) break;
  }
  return t;
}

function middleQuantile(inside: number, df: number, centre: number, start: number): number {
  let t = start;
  for (let step = 0; step < mostSteps; step++) {
    const sum = middleSum(t, df);
    const reached = 2 * t * Math.exp(centre - logDensityFall(t, df)) * sum;
    const change = sum * (1 - inside / reached);
    t -= t * change;
    if (!(Math.abs(change) > lastNewton)) break;
  }
  return t;
}

/** S of the file's comment. */
function middleSum(t: number, df: number): number {
  // y (df/2 + 1/2 + n) = half + n y, also where df is infinite.
  const square = t * t;
  const y = square / (df + square);
  const half = (0.5 * square * (1 + 1 / df)) / (1 + square / df);
  let sum = 1;
  let term = 1;
  for (let n = 0; term > negligible * sum; n++) {
    term *= (half + n * y) / (1.5 + n);
    sum += term;
  }
  return sum;
}

/** Degrees of freedom from which on quantiles are interpolated, and points of the interpolation in 1/df. */
const interpolatedDf = 4;
const interpolationPoints = 20;
/** How far the interpolation may be off at once, relative: a few units in the last place. */
const interpolationError = 1e-13;

/**
 * {@link studentQuantile} at one probability for many degrees of freedom, say the factors of a million confidence intervals. A
 * quantile is smooth in 1/df: from 4 degrees of freedom on it is a sum of Chebyshev polynomials over [0, 1/4], to the last digits;
 * below, and where the probability is too extreme for that, it is found anew.
 */
export function studentQuantiles(probability: number): (df: number) => number {
  const n = interpolationPoints;
  const nodes = Float64Array.from({ length: n }, (_, k) => Math.cos((Math.PI * (k + 0.5)) / n));
  const dfAt = (x: number) => (2 * interpolatedDf) / (x + 1);
  const values = nodes.map((x) => studentQuantile(probability, dfAt(x)));
  const coefficients = Float64Array.from({ length: n }, (_, j) => {
    const sum = values.reduce((total, value, k) => total + value * Math.cos((Math.PI * j * (k + 0.5)) / n), 0);
    return (j === 0 ? sum : 2 * sum) / n;
  });
  // Clenshaw's recurrence; x = -1 is the normal distribution.
  const interpolate = (df: number): number => {
    const x = Number.isNaN(df) ? -1 : (2 * interpolatedDf) / df - 1;
    let above = 0;
    let value = 0;
    for (let j = n - 1; j > 0; j--) {
      const next = 2 * x * value - above + coefficients[j];
      above = value;
      value = next;
    }
    return x * value - above + coefficients[0];
  };
  const isSmooth = [1, 0.9, 0.4, -0.3, -0.8, -1].every((x) => {
    const exact = studentQuantile(probability, dfAt(x));
    return Math.abs(interpolate(dfAt(x)) - exact) <= interpolationError * Math.abs(exact);
  });
  return (df) => (isSmooth && !(df < interpolatedDf) ? interpolate(df) : studentQuantile(probability, df));
}
