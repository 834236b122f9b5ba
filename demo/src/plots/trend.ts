/** A smooth line through a cloud of points. */
import { gather, placesWhere } from './gather.ts';
import { quantileSorted } from './quantiles.ts';

export interface Trend {
  readonly x: Float64Array;
  readonly y: Float64Array;
}

/**
 * Medians of y in bins of equally many points along x, at the medians of x, smoothed once with weights 1-2-1. Points with
 * a coordinate that is not finite are left out; null with fewer than three points for each bin.
 */
export function medianTrend(x: Float64Array, y: Float64Array, bins: number): Trend | null {
  const order = placesWhere(x.length, (i) => Number.isFinite(x[i]) && Number.isFinite(y[i])).sort(
    (i, j) => x[i] - x[j],
  );
  if (order.length < 3 * bins) return null;
  const centres = new Float64Array(bins);
  const medians = new Float64Array(bins);
  for (let bin = 0; bin < bins; bin++) {
    const members = order.slice(Math.floor((bin * order.length) / bins), Math.floor(((bin + 1) * order.length) / bins));
    centres[bin] = quantileSorted(gather(x, members), 0.5);
    medians[bin] = quantileSorted(gather(y, members).sort(), 0.5);
  }
  const smooth = medians.map((value, i) =>
    i === 0 || i === bins - 1 ? value : (medians[i - 1] + 2 * value + medians[i + 1]) / 4,
  );
  return { x: centres, y: smooth };
}
