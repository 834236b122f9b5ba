/**
 * The regularised incomplete beta function on the logarithmic scale, for any positive a and b:
 *
 *     I_x(a, b) = x^a y^b / (a B(a, b)) * continued fraction (Abramowitz and Stegun 26.5.8),  y = 1 - x
 *
 * The fraction converges in O(sqrt(max(a, b))) steps below the mean; above it the other tail is formed. The density in
 * front of it has relative errors of a few units in the last place (see `binet.ts`).
 */
import { binet, devianceTerm } from './binet.ts';

const MOST_STEPS = 100_000;
const MOST_NEWTON_STEPS = 200;
const QUANTILE_RESOLUTION = 1e-12;
const TINY = 1e-300;

/** log of x^a y^b / B(a, b), with y = 1 - x given apart. */
export function logBetaDensity(x: number, y: number, a: number, b: number): number {
  const c = a + b;
  return (
    0.5 * Math.log(((a / c) * b) / (2 * Math.PI)) +
    binet(c) -
    binet(a) -
    binet(b) -
    devianceTerm(a, c * x) -
    devianceTerm(b, c * y)
  );
}

/** log I_x(a, b) and log I_y(b, a) = log(1 - I_x(a, b)), for x, y = 1 - x in [0, 1]. */
export function logIncompleteBeta(x: number, y: number, a: number, b: number): { lower: number; upper: number } {
  if (!(x > 0)) return { lower: -Infinity, upper: 0 };
  if (!(y > 0)) return { lower: 0, upper: -Infinity };
  const front = logBetaDensity(x, y, a, b);
  if (x * (a + b + 2) <= a + 1) {
    const lower = Math.min(0, front - Math.log(a) + Math.log(fraction(x, a, b)));
    return { lower, upper: logComplement(lower) };
  }
  const upper = Math.min(0, front - Math.log(b) + Math.log(fraction(y, b, a)));
  return { lower: logComplement(upper), upper };
}

/** log(1 - exp(v)) for v <= 0. */
export function logComplement(v: number): number {
  return v > -Math.LN2 ? Math.log(-Math.expm1(v)) : Math.log1p(-Math.exp(v));
}

/** The continued fraction by the method of Lentz. */
function fraction(x: number, a: number, b: number): number {
  let c = 1;
  let d = 1 / nonZero(1 - ((a + b) * x) / (a + 1));
  let value = d;
  for (let m = 1; m <= MOST_STEPS; m++) {
    const even = ((m * (b - m)) / (a + 2 * m - 1)) * (x / (a + 2 * m));
    d = 1 / nonZero(1 + even * d);
    c = nonZero(1 + even / c);
    value *= c * d;
    const odd = -(((a + m) * (a + b + m)) / (a + 2 * m)) * (x / (a + 2 * m + 1));
    d = 1 / nonZero(1 + odd * d);
    c = nonZero(1 + odd / c);
    value *= c * d;
    if (Math.abs(c * d - 1) < 1e-16) break;
  }
  return value;
}

function nonZero(value: number): number {
  return Math.abs(value) < TINY ? TINY : value;
}

/** P(X <= x) for X ~ Beta(a, b). */
export function betaProbability(x: number, a: number, b: number): number {
  return Math.exp(logIncompleteBeta(x, 1 - x, a, b).lower);
}

/** The x with P(X <= x) = probability for X ~ Beta(a, b): Newton steps in log x, kept inside a bracket. */
export function betaQuantile(probability: number, a: number, b: number): number {
  let low = 0;
  let high = 1;
  let x = a / (a + b);
  for (let step = 0; step < MOST_NEWTON_STEPS; step++) {
    const excess = betaProbability(x, a, b) - probability;
    if (excess > 0) high = x;
    else low = x;
    // dI / d log x = x^a y^b / (B(a, b) y)
    const slope = Math.exp(logBetaDensity(x, 1 - x, a, b)) / (1 - x);
    let next = x * Math.exp(-excess / slope);
    if (!(next > low && next < high)) next = low > 0 ? Math.sqrt(low * high) : high / 4;
    if (Math.abs(next - x) <= QUANTILE_RESOLUTION * x) return next;
    x = next;
  }
  return x;
}
