import { normalProbability } from './normal.ts';
/**
 * Upper tail of the studentized range, for Tukey's comparisons of k means with a variance on df degrees of freedom:
 *
 *     P(Q > q) = int f(s; df) T(q s) ds,     T(w) = k int phi(z) (Phi(z)^(k-1) - (Phi(z) - Phi(z - w))^(k-1)) dz
 *
 * with f the density of sqrt(chi^2_df / df). The difference of the two powers is one positive number,
 * -Phi^(k-1) expm1((k-1) log1p(-Phi(z-w) / Phi(z))), so that small tails keep their digits. Gauss-Legendre quadrature in
 * pieces; log T is tabulated once for each k and interpolated by cubics; the integral over s is taken over log s outward
 * from the largest value of its integrand.
 */

import type { TailProbability } from './chi-squared.ts';
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

/** Spacing and end of the table of log T, where T is 1e-271; beyond it log T falls by a quarter of the square. */
const STEP = 1 / 32;
const LARGEST = 50;
/** Share of a sum below which the rest of an integral is left out. */
const NEGLIGIBLE = 1e-16;

/**
 * P(Q > q) for the range of k means over an independent standard deviation on df degrees of freedom; df NaN or Infinity
 * stands for a known one. NaN for fewer than two means or a NaN statistic.
 */
export function upperTailStudentizedRange(q: number, k: number, df: number): TailProbability {
  if (Number.isNaN(q) || !(k >= 2) || df <= 0) return { p: Number.NaN, log10P: Number.NaN };
  if (q <= 0) return { p: 1, log10P: 0 };
  const logT = rangeTable(k);
  const log = df < 1e8 ? logMixed(q, df, logT) : logT(q);
  return { p: Math.exp(Math.min(0, log)), log10P: Math.min(0, log) * Math.LOG10E };
}

/** log of int f(s) T(q s) ds. */
function logMixed(q: number, df: number, logT: (w: number) => number): number {
  // log f(s) s over u = log s, the normalising constant by Stirling's formula: at s = 1 it is sqrt(df / pi) exp(-delta).
  const half = df / 2;
  const constant = 0.5 * Math.log(df / Math.PI) - stirlingError(half);
  const log = (u: number) => constant + half * (2 * u - Math.expm1(2 * u)) + logT(q * Math.exp(u));
  const peak = maximum(log, Math.log(1e-6 / (1 + q)), Math.log(1 + 10 / Math.sqrt(df)));
  const top = log(peak);
  const reach = 1e-3;
  const curvature = -(log(peak + reach) - 2 * top + log(peak - reach)) / (reach * reach);
  const width = Math.min(2, 2 / Math.sqrt(Math.max(curvature, 1e-3)));
  let sum = 0;
  for (const direction of [-1, 1]) {
    let from = peak;
    let size = width;
    for (let piece = 0; piece < 200; piece++) {
      const part = legendre((u) => Math.exp(log(u) - top), from, from + direction * size) * direction;
      sum += part;
      if (part < NEGLIGIBLE * sum) break;
      from += direction * size;
      size *= 1.2;
    }
  }
  return top + Math.log(sum);
}

/** Where a function with one maximum has it, by golden sections. */
function maximum(f: (x: number) => number, from: number, to: number): number {
  const golden = (Math.sqrt(5) - 1) / 2;
  let a = from;
  let b = to;
  let x = b - golden * (b - a);
  let y = a + golden * (b - a);
  let fx = f(x);
  let fy = f(y);
  while (b - a > 1e-5) {
    if (fx > fy) {
      [b, y, fy] = [y, x, fx];
      x = b - golden * (b - a);
      fx = f(x);
    } else {
      [a, x, fx] = [x, y, fy];
      y = a + golden * (b - a);
      fy = f(y);
    }
  }
  return (a + b) / 2;
}

const tables = new Map<number, (w: number) => number>();

/** log T for k means, interpolated between tabulated values with their slopes. */
function rangeTable(k: number): (w: number) => number {
  const known = tables.get(k);
  if (known) return known;
  const count = Math.round(LARGEST / STEP) + 1;
  const values = Float64Array.from({ length: count }, (_, i) => Math.log(rangeTail(i * STEP, k)));
  // Four-point (Lagrange) interpolation needs no slopes; log T is smooth on the scale of the step.
  const logT = (w: number): number => {
    if (w >= LARGEST - 2 * STEP) return values[count - 1] - ((w - LARGEST) * (w + LARGEST)) / 4;
    const position = w / STEP;
    const i = Math.max(0, Math.min(count - 4, Math.floor(position) - 1));
    const t = position - i;
    const [a, b, c, d] = [values[i], values[i + 1], values[i + 2], values[i + 3]];
    return (
      (-a * (t - 1) * (t - 2) * (t - 3)) / 6 +
      (b * t * (t - 2) * (t - 3)) / 2 -
      (c * t * (t - 1) * (t - 3)) / 2 +
      (d * t * (t - 1) * (t - 2)) / 6
    );
  };
  tables.set(k, logT);
  return logT;
}

/** T(w). */
function rangeTail(w: number, k: number): number {
  const integrand = (z: number): number => {
    const whole = normalProbability(z);
    if (whole === 0) return 0;
    const share = Math.min(1, normalProbability(z - w) / whole);
    const lost = share < 1 ? -Math.expm1((k - 1) * Math.log1p(-share)) : 1;
    return Math.exp(-0.5 * z * z) * whole ** (k - 1) * lost;
  };
  let sum = 0;
  for (let z = -9; z < Math.min(37, w + 9); z += 1) sum += legendre(integrand, z, z + 1);
  return Math.min(1, (k * sum) / Math.sqrt(2 * Math.PI));
}

function legendre(f: (x: number) => number, from: number, to: number): number {
  const middle = (from + to) / 2;
  const half = (to - from) / 2;
  let sum = 0;
  for (let i = 0; i < NODES.length; i++) {
    sum += WEIGHTS[i] * (f(middle - half * NODES[i]) + f(middle + half * NODES[i]));
  }
  return sum * half;
}
