/** Quantiles and the box of a box plot. */

/** The values that are not NaN, in ascending order. */
export function sortedValues(values: Float64Array): Float64Array {
  return values.filter((value) => !Number.isNaN(value)).sort();
}

/** Quantile of sorted values by linear interpolation between order statistics (R's type 7); NaN of none. */
export function quantileSorted(sorted: ArrayLike<number>, probability: number): number {
  const { length } = sorted;
  if (length === 0) return NaN;
  const position = (length - 1) * probability;
  const below = Math.floor(position);
  const share = position - below;
  return share === 0 ? sorted[below] : sorted[below] + share * (sorted[below + 1] - sorted[below]);
}

/** The same of values in any order, without NaN: found by selection, several times faster than sorting. */
export function quantileOf(values: Float64Array, probability: number): number {
  const { length } = values;
  if (length === 0) return NaN;
  const position = (length - 1) * probability;
  const below = Math.floor(position);
  const copy = values.slice();
  const first = selectRank(copy, below);
  if (position === below) return first;
  // What stands behind the selected place is not less.
  let next = Infinity;
  for (let i = below + 1; i < length; i++) if (copy[i] < next) next = copy[i];
  return first + (position - below) * (next - first);
}

/**
 * The value that would stand at place `rank` of the sorted values (C. A. R. Hoare, Algorithm 65: Find, Comm. ACM 4,
 * 1961). Reorders them: what stands before that place is not greater, what stands behind it not less.
 */
export function selectRank(values: Float64Array, rank: number): number {
  let low = 0;
  let high = values.length - 1;
  while (low < high) {
    const pivot = middleOf(values[low], values[(low + high) >> 1], values[high]);
    let i = low;
    let j = high;
    while (i <= j) {
      while (values[i] < pivot) i++;
      while (values[j] > pivot) j--;
      if (i > j) break;
      const swapped = values[i];
      values[i++] = values[j];
      values[j--] = swapped;
    }
    if (rank <= j) high = j;
    else if (rank >= i) low = i;
    else break;
  }
  return values[rank];
}

function middleOf(a: number, b: number, c: number): number {
  return Math.max(Math.min(a, b), Math.min(Math.max(a, b), c));
}

export interface Box {
  readonly count: number;
  readonly lower: number;
  readonly median: number;
  readonly upper: number;
  /** Least and greatest value within one and a half interquartile ranges of the box. */
  readonly whiskerLow: number;
  readonly whiskerHigh: number;
}

/** Box and whiskers of sorted values (J. W. Tukey, Exploratory Data Analysis, 1977); quartiles of type 7. */
export function boxOf(sorted: Float64Array): Box {
  const [lower, median, upper] = [0.25, 0.5, 0.75].map((probability) => quantileSorted(sorted, probability));
  const reach = 1.5 * (upper - lower);
  const inside = sorted.filter((value) => value >= lower - reach && value <= upper + reach);
  return {
    count: sorted.length,
    lower,
    median,
    upper,
    whiskerLow: inside.length > 0 ? inside[0] : NaN,
    whiskerHigh: inside.length > 0 ? inside[inside.length - 1] : NaN,
  };
}

/** Arithmetic mean; NaN of none. */
export function meanOf(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i];
  return values.length === 0 ? NaN : sum / values.length;
}
