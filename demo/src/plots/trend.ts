/** A smooth line through a cloud of points. */
import { gather, placesWhere } from './gather.ts';
import { quantileOf, quantileSorted } from './quantiles.ts';

export interface Trend {
  readonly x: Float64Array;
  readonly y: Float64Array;
}

/** Values of x from which the borders of the bins are found: enough for bins of about the same count. */
const BORDER_SAMPLE = 2000;

/**
 * Medians of y in bins of about equally many points along x, at the medians of x, smoothed once with weights 1-2-1. Points
 * with a coordinate that is not finite are left out, bins of fewer than three points too; null with fewer than three
 * points for each bin.
 */
export function medianTrend(x: Float64Array, y: Float64Array, bins: number): Trend | null {
  const places = placesWhere(x.length, (i) => Number.isFinite(x[i]) && Number.isFinite(y[i]));
  if (places.length < 3 * bins) return null;
  const stride = Math.max(1, Math.floor(places.length / BORDER_SAMPLE));
  const sample = gather(
    x,
    places.filter((_, k) => k % stride === 0),
  ).sort();
  const borders = Float64Array.from({ length: bins - 1 }, (_, bin) => quantileSorted(sample, (bin + 1) / bins));
  const members = Array.from({ length: bins }, (): number[] => []);
  for (const place of places) members[binOf(x[place], borders)].push(place);
  const filled = members.filter(({ length }) => length >= 3);
  const medians = filled.map((own) => quantileOf(gather(y, own), 0.5));
  return {
    x: Float64Array.from(filled, (own) => quantileOf(gather(x, own), 0.5)),
    y: Float64Array.from(medians, (value, i) =>
      i === 0 || i === medians.length - 1 ? value : (medians[i - 1] + 2 * value + medians[i + 1]) / 4,
    ),
  };
}

/** Number of borders that are not greater than a value, by bisection. */
function binOf(value: number, borders: Float64Array): number {
  let low = 0;
  let high = borders.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (borders[middle] <= value) low = middle + 1;
    else high = middle;
  }
  return low;
}
