/**
 * Gaussian kernel density on a grid:
 *
 *     f(x) = 1 / (n h) sum_i phi((x - x_i) / h),   h = 0.9 min(s, IQR / 1.34) n^(-1/5)
 *
 * B. W. Silverman, Density Estimation (1986), eq. 3.31; R's `bw.nrd0`. The values are shared out linearly between the two
 * nearest grid points first (M. P. Wand, J. Comput. Graph. Statist. 3, 1994), so the cost does not grow with n. At bounds
 * the density is reflected: mass that would leak out is folded back.
 */
import { meanOf, quantileSorted } from './quantiles.ts';

export interface Density {
  /** Grid, ascending. */
  readonly x: Float64Array;
  /** Density at the grid points, per unit of x. */
  readonly density: Float64Array;
  readonly bandwidth: number;
}

export interface DensityOptions {
  readonly low: number;
  readonly high: number;
  /** Grid points, 128 unless told. */
  readonly points?: number;
  /** True where no value can lie outside [low, high]. */
  readonly bounded?: boolean;
}

/** Silverman's rule of thumb; of constant values the standard deviation stands in, then a fallback. */
export function bandwidthOf(sorted: Float64Array, fallback: number): number {
  const n = sorted.length;
  if (n < 2) return fallback;
  const mean = meanOf(sorted);
  let squares = 0;
  for (const value of sorted) squares += (value - mean) ** 2;
  const deviation = Math.sqrt(squares / (n - 1));
  const quartiles = (quantileSorted(sorted, 0.75) - quantileSorted(sorted, 0.25)) / 1.34;
  const spread = Math.min(deviation, quartiles) || deviation;
  return spread > 0 ? 0.9 * spread * n ** -0.2 : fallback;
}

/** Density of sorted values without NaN. */
export function kernelDensity(sorted: Float64Array, options: DensityOptions): Density {
  const { low, high, points = 128, bounded = false } = options;
  const step = (high - low) / (points - 1);
  // Narrower than the grid a kernel would be a comb.
  const bandwidth = Math.max(bandwidthOf(sorted, (high - low) / 50), step);
  const weights = new Float64Array(points);
  for (const value of sorted) {
    const position = Math.min(points - 1, Math.max(0, (value - low) / step));
    const below = Math.min(points - 2, Math.floor(position));
    weights[below] += below + 1 - position;
    weights[below + 1] += position - below;
  }
  const reach = Math.ceil((5 * bandwidth) / step);
  const scale = step / bandwidth;
  const kernel = Float64Array.from({ length: reach + 1 }, (_, j) => Math.exp(-0.5 * (j * scale) ** 2));
  const density = new Float64Array(points);
  const add = (place: number, mass: number): void => {
    let target = place;
    if (bounded && target < 0) target = -target;
    if (bounded && target > points - 1) target = 2 * (points - 1) - target;
    if (target >= 0 && target < points) density[target] += mass;
  };
  for (let i = 0; i < points; i++) {
    if (weights[i] === 0) continue;
    add(i, weights[i]);
    for (let j = 1; j <= reach; j++) {
      add(i - j, weights[i] * kernel[j]);
      add(i + j, weights[i] * kernel[j]);
    }
  }
  if (bounded) {
    // A border point stands for half a cell, and its mirror image falls onto itself.
    density[0] *= 2;
    density[points - 1] *= 2;
  }
  const unit = 1 / (Math.max(1, sorted.length) * bandwidth * Math.sqrt(2 * Math.PI));
  return {
    x: Float64Array.from({ length: points }, (_, i) => low + i * step),
    density: density.map((sum) => sum * unit),
    bandwidth,
  };
}
