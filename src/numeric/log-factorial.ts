/** Logarithms of factorials and binomial coefficients, for numbers that need not be whole. */
import { binet, devianceTerm } from './distributions/binet.ts';

const HALF_LOG_TWO_PI = 0.5 * Math.log(2 * Math.PI);

/** log k! of small k, which is what counts mostly are. */
const SMALL = new Float64Array(256);
for (let k = 2; k < SMALL.length; k++) SMALL[k] = SMALL[k - 1] + Math.log(k);

/** log x! = log Gamma(x + 1), x >= 0. */
export function logFactorial(x: number): number {
  if (x < SMALL.length && Number.isInteger(x)) return SMALL[x];
  const y = x + 1;
  return (y - 0.5) * Math.log(y) - y + HALF_LOG_TWO_PI + binet(y);
}

/** Stirling's correction log y! - (y log y - y) = log(2 pi y) / 2 + binet(y), y > 0. */
export function stirlingCorrection(y: number): number {
  return y < CORRECTIONS.length && Number.isInteger(y)
    ? CORRECTIONS[y]
    : HALF_LOG_TWO_PI + 0.5 * Math.log(y) + binet(y);
}

const CORRECTIONS = Float64Array.from({ length: 256 }, (_, y) =>
  y === 0 ? 0 : HALF_LOG_TWO_PI + 0.5 * Math.log(y) + binet(y),
);

/** log of m! / (k! (m - k)!), 0 <= k <= m, without cancellation (C. Loader's form, see `binet.ts`). */
export function logBinomial(m: number, k: number): number {
  const rest = m - k;
  if (!(k > 0 && rest > 0)) return 0;
  // At p = 1/2 the density of k is C(m, k) 2^-m.
  const density = binet(m) - binet(k) - binet(rest) - devianceTerm(k, m / 2) - devianceTerm(rest, m / 2);
  return density + 0.5 * Math.log(m / (2 * Math.PI * k * rest)) + m * Math.LN2;
}
