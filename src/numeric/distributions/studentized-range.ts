/**
 * Upper tail of the studentized range, for Tukey's comparisons of k means with a variance on df degrees of freedom:
 *
 *     P(Q > q) = int f(s; df) T(q s) ds,     T(w) = k int phi(z) (Phi(z)^(k-1) - (Phi(z) - Phi(z - w))^(k-1)) dz
 *
 * with f the density of sqrt(chi^2_df / df). The difference of the two powers is one positive number: with the share
 * v = Phi(z - w) / Phi(z) it is Phi^(k-1) v (1 + t + ... + t^(k-2)), t = 1 - v, so that small tails keep their digits.
 *
 * log T is tabulated once for each k, by Gauss-Legendre quadrature whose nodes and steps are such that all k and all w share the
 * values of Phi, and interpolated by polynomials of the fifth degree. The integral over s is a sum over equal steps in
 * u = log s outward from the largest value of its integrand, which falls off on both sides and is analytic for |Im u| < pi / 4:
 * the trapezoidal rule then errs by exp(-pi^2 / 2h) for steps of h (L. N. Trefethen and J. A. C. Weideman, SIAM Review 56, 2014).
 */

import type { TailProbability } from './chi-squared.ts';
import { normalProbability } from './normal.ts';
import { stirlingError } from './saddle-point.ts';

/** Nodes and weights of the 16-point Gauss-Legendre rule on [-1, 1], positive half. */
const NODES = [
  0.09501250983763744, 0.2816035507792589, 0.45801677765722737, 0.6178762444026438, 0.755404408355003,
  0.8656312023878318, 0.9445750230732326, 0.9894009349916499,
];
const WEIGHTS = [
  0.1894506104550685, 0.1826034150449236, 0.16915651939500254, 0.14959598881657674, 0.12462897125553388,
  0.09515851168249279, 0.06225352393864789, 0.027152459411754096,
];

/** Steps of the table of log T in a unit, and its end, where T is 1e-271; beyond it log T falls by a quarter of the square. */
const STEPS = 32;
const LARGEST = 50;
const COUNT = LARGEST * STEPS + 1;
/** The integral over z is taken from here in pieces of 1, and to w - LOWEST or HIGHEST. */
const LOWEST = -9;
const HIGHEST = 37;
/** Points of the quadrature in a piece. */
const POINTS = 2 * NODES.length;
/** Share of a sum below which the rest of an integral is left out. */
const NEGLIGIBLE = 1e-14;
/** Steps in log s at most, and in standard deviations of the integrand: the sum errs by 1e-11, less than the table. */
const WIDEST_STEP = 0.09;
const RELATIVE_STEP = 0.55;
/** Newton steps to the peak from a start that is exact for large tails. */
const PEAK_STEPS = 2;
/** Below it a rounding of s, times df, is nothing. */
const FACTORED_DF = 1000;
/** From here on the standard deviation counts as known. */
const KNOWN_DF = 1e8;

/**
 * P(Q > q) for the range of k means over an independent standard deviation on df degrees of freedom; df NaN or Infinity
 * stands for a known one. NaN for fewer than two means, or a number of them that is not whole, or a NaN statistic.
 */
export function upperTailStudentizedRange(q: number, k: number, df: number): TailProbability {
  if (Number.isNaN(q) || !(k >= 2) || !Number.isInteger(k) || df <= 0) return { p: Number.NaN, log10P: Number.NaN };
  if (q <= 0) return { p: 1, log10P: 0 };
  const table = rangeTable(k);
  const log = df < KNOWN_DF ? logMixed(q, df, table) : interpolate(table, q);
  return { p: Math.exp(Math.min(0, log)), log10P: Math.min(0, log) * Math.LOG10E };
}

/** log of int f(s) T(q s) ds. */
function logMixed(q: number, df: number, table: Float64Array): number {
  // log f(s) s over u = log s, the normalising constant by Stirling's formula: at s = 1 it is sqrt(df / pi) exp(-delta).
  const half = df / 2;
  const peak = peakOf(q, df, table);
  const square = Math.exp(2 * peak);
  const top = half * (2 * peak - Math.expm1(2 * peak)) + interpolate(table, q * Math.sqrt(square));
  const step = Math.min(WIDEST_STEP, RELATIVE_STEP / Math.sqrt((2 * df + q * q) * square));
  let sum = 1;
  for (let direction = -step; ; direction = step) {
    const ratio = Math.exp(direction);
    let s = Math.sqrt(square);
    for (let u = peak + direction; ; u += direction) {
      // s goes on by a factor; where df enlarges its rounding it is formed anew.
      let growth: number;
      if (df < FACTORED_DF) {
        s *= ratio;
        growth = s * s - 1;
      } else {
        growth = Math.expm1(2 * u);
        s = Math.sqrt(1 + growth);
      }
      const part = Math.exp(half * (2 * u - growth) + interpolate(table, q * s) - top);
      sum += part;
      if (part < NEGLIGIBLE * sum) break;
    }
    if (direction > 0) break;
  }
  return top + Math.log(sum * step) + 0.5 * Math.log(df / Math.PI) - stirlingError(half);
}

/** Where the integrand over u has its largest value, about: Newton's method on the slope, from log T(w) = -w^2 / 4. */
function peakOf(q: number, df: number, table: Float64Array): number {
  let u = 0.5 * Math.log(df / (df + 0.5 * q * q));
  for (let k = 0; k < PEAK_STEPS; k++) {
    const square = Math.exp(2 * u);
    const w = q * Math.sqrt(square);
    const slope = df * (1 - square) + w * slopeOf(table, w);
    u += slope / ((2 * df + q * q) * square);
  }
  return u;
}

const tables = new Map<number, Float64Array>();

/** log T for k means at w = 0, 1/32, ..., 50. */
function rangeTable(k: number): Float64Array {
  const known = tables.get(k);
  if (known) return known;
  const table = tabulate(k);
  tables.set(k, table);
  return table;
}

/** log T between tabulated values (Lagrange, six points; it is smooth on the scale of the step). */
function interpolate(table: Float64Array, w: number): number {
  if (w >= LARGEST - 3 / STEPS) return table[COUNT - 1] - ((w - LARGEST) * (w + LARGEST)) / 4;
  const position = w * STEPS;
  const i = Math.max(0, Math.min(COUNT - 6, Math.floor(position) - 2));
  const t = position - i;
  const t1 = t - 1;
  const t2 = t - 2;
  const t3 = t - 3;
  const t4 = t - 4;
  const t5 = t - 5;
  const outer = t * t5;
  const inner = t1 * t4;
  const middle = t2 * t3;
  return (
    (inner * middle * (table[i + 5] * t - table[i] * t5)) / 120 +
    (outer * middle * (table[i + 1] * t4 - table[i + 4] * t1)) / 24 +
    (outer * inner * (table[i + 3] * t2 - table[i + 2] * t3)) / 12
  );
}

/** Slope of log T, about. */
function slopeOf(table: Float64Array, w: number): number {
  const i = Math.floor(w * STEPS);
  return i >= COUNT - 1 ? -0.5 * w : (table[i + 1] - table[i]) * STEPS;
}

/** What the tables of all k share, by piece and point of the quadrature. */
interface Quadrature {
  /** Phi at x_j + m / 32 for point j, m from `lowest` on: POINTS values one behind the other. */
  readonly probability: Float64Array;
  readonly lowest: number;
  /** Weight times phi(z). */
  readonly density: Float64Array;
}

let shared: Quadrature | null = null;

function quadrature(): Quadrature {
  if (shared) return shared;
  const x = Float64Array.from({ length: POINTS }, (_, j) => 0.5 + 0.5 * (j % 2 ? 1 : -1) * NODES[j >> 1]);
  const lowest = LOWEST * STEPS - (COUNT - 1);
  const steps = HIGHEST * STEPS - lowest;
  const probability = new Float64Array(steps * POINTS);
  for (let m = 0; m < steps; m++) {
    for (let j = 0; j < POINTS; j++) probability[m * POINTS + j] = normalProbability(x[j] + (lowest + m) / STEPS);
  }
  const density = new Float64Array((HIGHEST - LOWEST) * POINTS);
  for (let piece = 0; piece < HIGHEST - LOWEST; piece++) {
    for (let j = 0; j < POINTS; j++) {
      const z = LOWEST + piece + x[j];
      density[piece * POINTS + j] = 0.5 * WEIGHTS[j >> 1] * Math.exp(-0.5 * z * z);
    }
  }
  shared = { probability, lowest, density };
  return shared;
}

/** log T at all steps. */
function tabulate(k: number): Float64Array {
  const { probability, lowest, density } = quadrature();
  const pieces = HIGHEST - LOWEST;
  const whole = new Float64Array(pieces * POINTS);
  const outer = new Float64Array(pieces * POINTS); // weight phi(z) Phi(z)^(k-1)
  for (let piece = 0; piece < pieces; piece++) {
    const at = ((LOWEST + piece) * STEPS - lowest) * POINTS;
    for (let j = 0; j < POINTS; j++) {
      const to = piece * POINTS + j;
      whole[to] = probability[at + j];
      outer[to] = density[to] * power(whole[to], k - 1);
    }
  }
  const table = new Float64Array(COUNT);
  for (let i = 0; i < COUNT; i++) {
    let sum = 0;
    for (let piece = 0; piece < pieces && LOWEST + piece < i / STEPS - LOWEST; piece++) {
      const at = ((LOWEST + piece) * STEPS - i - lowest) * POINTS;
      for (let j = 0; j < POINTS; j++) {
        const to = piece * POINTS + j;
        const factor = outer[to];
        if (factor === 0) continue;
        const share = Math.min(1, probability[at + j] / whole[to]);
        sum += factor * share * geometricSum(1 - share, k - 1);
      }
    }
    table[i] = Math.log(Math.min(1, (k * sum) / Math.sqrt(2 * Math.PI)));
  }
  return table;
}

/** x^n for a whole n >= 1, by squaring. */
function power(x: number, n: number): number {
  let result = 1;
  for (let base = x, left = n; left > 0; left = Math.floor(left / 2)) {
    if (left % 2 === 1) result *= base;
    base *= base;
  }
  return result;
}

/** Powers up to which Horner's rule is faster than doubling. */
const FEW = 10;

/** 1 + t + ... + t^(n-1): by Horner's rule, or by doubling, where the sum of 2 m terms is that of m times 1 + t^m. */
function geometricSum(t: number, n: number): number {
  let sum = 1;
  if (n <= FEW) {
    for (let m = 1; m < n; m++) sum = 1 + t * sum;
    return sum;
  }
  let last = t; // t^m for the sum of m terms
  let bit = 1;
  while (2 * bit <= n) bit *= 2;
  for (bit /= 2; bit >= 1; bit /= 2) {
    sum += sum * last;
    last *= last;
    if (Math.floor(n / bit) % 2 === 1) {
      sum = 1 + t * sum;
      last *= t;
    }
  }
  return sum;
}
