/**
 * The regularised incomplete gamma function on the logarithmic scale, for any positive shape a: the series
 * (Abramowitz and Stegun 6.5.29) below the mean, the continued fraction (6.5.31) above it, each O(sqrt(a)) steps, behind
 * a density with relative errors of a few units in the last place (see `binet.ts`).
 */
import { binet, devianceTerm } from './binet.ts';
import { logComplement } from './incomplete-beta.ts';

const MOST_STEPS = 100_000;
const TINY = 1e-300;

/** log of x^a e^-x / Gamma(a). */
export function logGammaDensity(x: number, a: number): number {
  return 0.5 * Math.log(a / (2 * Math.PI)) - binet(a) - devianceTerm(a, x);
}

/** log P(a, x) and log Q(a, x) = log(1 - P(a, x)). */
export function logIncompleteGamma(x: number, a: number): { lower: number; upper: number } {
  if (!(x > 0)) return { lower: -Infinity, upper: 0 };
  if (x === Infinity) return { lower: 0, upper: -Infinity };
  const front = logGammaDensity(x, a);
  if (x < a + 1) {
    let term = 1 / a;
    let sum = term;
    for (let k = 1; k <= MOST_STEPS; k++) {
      term *= x / (a + k);
      sum += term;
      if (term < 1e-17 * sum) break;
    }
    const lower = Math.min(0, front + Math.log(sum));
    return { lower, upper: logComplement(lower) };
  }
  // Lentz on 1 / (x + 1 - a - 1 (1 - a) / (x + 3 - a - ...)).
  let b = x + 1 - a;
  let c = 1 / TINY;
  let d = 1 / b;
  let value = d;
  for (let k = 1; k <= MOST_STEPS; k++) {
    const numerator = -k * (k - a);
    b += 2;
    d = numerator * d + b;
    d = 1 / (Math.abs(d) < TINY ? TINY : d);
    c = b + numerator / c;
    if (Math.abs(c) < TINY) c = TINY;
    value *= c * d;
    if (Math.abs(c * d - 1) < 1e-16) break;
  }
  const upper = Math.min(0, front + Math.log(value));
  return { lower: logComplement(upper), upper };
}
