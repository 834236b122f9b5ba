/**
 * exp(x) and log1p(z), z >= 0, for loops over many values: short polynomials about tabulated points, which the compiler can
 * place into a loop where it would call Math's. Both within two units of the last place.
 *
 * exp: x = n log(2)/64 + r, so that exp(x) = 2^(n >> 6) 2^((n & 63)/64) exp(r), |r| < 0.0055.
 * log1p: 1 + z = 2^k m, m = c (1 + r) with c the middle of one of 128 parts of [1, 2) (1 itself in the first, so that small
 * z keep their digits), |r| < 1/128; what 1 + z is rounded by is put back.
 */

const PARTS = 64;
/** 2^(j/64). */
const ROOTS = Float64Array.from({ length: PARTS }, (_, j) => rootOfTwo(j));
/** 2^k from k = -1023 on. */
const LEAST_POWER = -1023;
const POWERS = Float64Array.from({ length: 1023 - LEAST_POWER + 1 }, (_, k) => 2 ** (k + LEAST_POWER));
/** 64 / log(2); log(2) / 64 in two parts, of which the first times n is exact. */
const PER_PART = PARTS / Math.LN2;
const PART_HIGH = 0.6931471803691238 / PARTS;
const PART_LOW = 1.9082149292705877e-10 / PARTS;
/** Adding and subtracting it rounds to whole numbers. */
const ROUNDING = 6755399441055744;

/** Correctly rounded, from the exponential series in whole numbers over 2^100. */
function rootOfTwo(j: number): number {
  const one = 1n << 100n;
  // log 2 times 2^100.
  const x = (BigInt('878668439483319573618263538048') * BigInt(j)) / BigInt(PARTS);
  let term = one;
  let sum = one;
  for (let k = 1n; term > 0n; k++) {
    term = (term * x) / one / k;
    sum += term;
  }
  return Number(sum) / 2 ** 100;
}

export function exp(x: number): number {
  if (!(x > -708 && x < 709)) return Math.exp(x);
  const n = x * PER_PART + ROUNDING - ROUNDING;
  const r = x - n * PART_HIGH - n * PART_LOW;
  const i = n | 0;
  const root = ROOTS[i & (PARTS - 1)];
  const rest = r + r * r * (1 / 2 + r * (1 / 6 + r * (1 / 24 + r * (1 / 120))));
  return POWERS[(i >> 6) - LEAST_POWER] * (root + root * rest);
}

const SLICES = 128;
const MIDDLES = Float64Array.from({ length: SLICES }, (_, i) => (i === 0 ? 1 : 1 + (i + 0.5) / SLICES));
const RECIPROCALS = MIDDLES.map((c) => 1 / c);
const LOGARITHMS = MIDDLES.map(Math.log);
const VALUE = Float64Array.of(1);
const WORDS = new Int32Array(VALUE.buffer);
/** Which of its words holds the exponent. */
const HIGH = WORDS[0] === 0 ? 1 : 0;

/** log(1 + z), z >= 0; `inverse` is 1 / (1 + z). */
export function log1p(z: number, inverse: number): number {
  const u = 1 + z;
  if (!(u < Number.POSITIVE_INFINITY)) return u;
  VALUE[0] = u;
  const high = WORDS[HIGH];
  const k = (high >> 20) - 1023;
  const i = (high >> 13) & (SLICES - 1);
  const r = (u * POWERS[-k - LEAST_POWER] - MIDDLES[i]) * RECIPROCALS[i];
  const rest = r * r * (-1 / 2 + r * (1 / 3 + r * (-1 / 4 + r * (1 / 5 + r * (-1 / 6 + r * (1 / 7 + r * (-1 / 8)))))));
  return k * Math.LN2 + LOGARITHMS[i] + (r + (rest + (z - (u - 1)) * inverse));
}
