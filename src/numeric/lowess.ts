/**
 * Locally weighted regression (W. S. Cleveland, "Robust locally weighted regression and smoothing scatterplots", JASA 74,
 * 1979), with the choices of R's `lowess`: the nearest f n points, tricube weights, local lines, robustness weights from
 * six times the median absolute residual, and linear interpolation between points less than `delta` apart.
 */
import { orderOf, sorted } from './order-statistics.ts';

export interface LowessOptions {
  /** Share of the points that each local line uses; 2/3. */
  readonly span?: number;
  /** Robustness steps; 3. */
  readonly iterations?: number;
  /** Distance below which values are interpolated; a hundredth of the range of x. */
  readonly delta?: number;
}

/** Weights above and below these shares of the width are exactly 0 and 1. */
const OUTER = 0.999;
const INNER = 0.001;

/** Smooth of y at each x, in the order of the input. */
export function lowess(x: ArrayLike<number>, y: ArrayLike<number>, options: LowessOptions = {}): Float64Array {
  const order = orderOf(x);
  const n = order.length;
  const xs = Float64Array.from(order, (i) => x[i]);
  const ys = Float64Array.from(order, (i) => y[i]);
  const { span = 2 / 3, iterations = 3 } = options;
  const delta = options.delta ?? 0.01 * (xs[n - 1] - xs[0]);
  const smooth = n < 2 ? ys : smoothSorted(xs, ys, span, iterations, delta);
  const out = new Float64Array(n);
  order.forEach((i, rank) => {
    out[i] = smooth[rank];
  });
  return out;
}

function smoothSorted(x: Float64Array, y: Float64Array, span: number, iterations: number, delta: number): Float64Array {
  const n = x.length;
  const points = Math.max(2, Math.min(n, Math.floor(span * n + 1e-7)));
  const fitted = new Float64Array(n);
  const weight = new Float64Array(n);
  let robustness: Float64Array | null = null;
  for (let step = 0; step <= iterations; step++) {
    onePass(x, y, points, delta, robustness, weight, fitted);
    if (step === iterations) break;
    const size = Float64Array.from(y, (value, i) => Math.abs(value - fitted[i]));
    const mean = size.reduce((sum, value) => sum + value, 0) / n;
    const ascending = sorted(size);
    const half = n >> 1;
    const cutoff = n % 2 === 0 ? 3 * (ascending[half] + ascending[n - half - 1]) : 6 * ascending[half];
    if (cutoff < 1e-7 * mean) break; // an exact fit
    robustness = size.map((value) => {
      if (value <= INNER * cutoff) return 1;
      return value <= OUTER * cutoff ? (1 - (value / cutoff) ** 2) ** 2 : 0;
    });
  }
  return fitted;
}

/** Local fits from left to right, skipping points within `delta` of the one before, which are interpolated. */
function onePass(
  x: Float64Array,
  y: Float64Array,
  points: number,
  delta: number,
  robustness: Float64Array | null,
  weight: Float64Array,
  fitted: Float64Array,
): void {
  const n = x.length;
  let left = 0;
  let last = -1;
  let i = 0;
  while (last < n - 1) {
    // The window moves right while its left end is farther away than the point beyond its right end.
    while (left + points < n && x[i] - x[left] > x[left + points] - x[i]) left++;
    const value = localLine(x, y, x[i], left, left + points - 1, robustness, weight);
    fitted[i] = Number.isNaN(value) ? y[i] : value;
    for (let j = last + 1; j < i; j++) {
      const share = (x[j] - x[last]) / (x[i] - x[last]);
      fitted[j] = share * fitted[i] + (1 - share) * fitted[last];
    }
    last = i;
    const cut = x[last] + delta;
    for (i = last + 1; i < n; i++) {
      if (x[i] > cut) break;
      if (x[i] === x[last]) {
        fitted[i] = fitted[last];
        last = i;
      }
    }
    i = Math.max(last + 1, i - 1);
  }
}

/** (1 - u^3)^3; products, which are several times as fast as powers. */
function tricube(u: number): number {
  const rest = 1 - u * u * u;
  return rest * rest * rest;
}

/** The local line at `at`, or NaN where all weights are zero. */
function localLine(
  x: Float64Array,
  y: Float64Array,
  at: number,
  left: number,
  right: number,
  robustness: Float64Array | null,
  weight: Float64Array,
): number {
  const n = x.length;
  const width = Math.max(at - x[left], x[right] - at);
  let total = 0;
  let end = left;
  for (; end < n; end++) {
    weight[end] = 0;
    const distance = Math.abs(x[end] - at);
    if (distance <= OUTER * width) {
      weight[end] = distance <= INNER * width ? 1 : tricube(distance / width);
      if (robustness) weight[end] *= robustness[end];
      total += weight[end];
    } else if (x[end] > at) break;
  }
  if (!(total > 0)) return Number.NaN;
  let mean = 0;
  let level = 0;
  for (let j = left; j < end; j++) {
    weight[j] /= total;
    mean += weight[j] * x[j];
    level += weight[j] * y[j];
  }
  if (!(width > 0)) return level;
  let spread = 0;
  for (let j = left; j < end; j++) {
    const apart = x[j] - mean;
    spread += weight[j] * apart * apart;
  }
  // Points that hardly differ in x give no slope.
  if (!(Math.sqrt(spread) > INNER * (x[n - 1] - x[0]))) return level;
  let slope = 0;
  for (let j = left; j < end; j++) slope += weight[j] * (x[j] - mean) * y[j];
  return level + ((at - mean) / spread) * slope;
}
