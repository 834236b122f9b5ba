/** Order statistics of plain arrays, by R's definitions. NaN is not expected. */

/** A sorted copy, ascending. */
export function sorted(values: ArrayLike<number>): Float64Array {
  return (values instanceof Float64Array ? values.slice() : Float64Array.from(values)).sort();
}

/** Indices that sort the values ascending, ties in their order. */
export function orderOf(values: ArrayLike<number>): Int32Array {
  return Int32Array.from({ length: values.length }, (_, i) => i).sort((a, b) => values[a] - values[b] || a - b);
}

/**
 * Quantile of values that are sorted: linear interpolation at (n - 1) p (R's type 7), in R's order of operations, since
 * knots close together show the last bits. NaN without values.
 */
export function quantileOfSorted(values: Float64Array, probability: number): number {
  if (values.length === 0) return Number.NaN;
  const place = 1 + (values.length - 1) * probability;
  const low = values[Math.floor(place) - 1];
  const high = values[Math.ceil(place) - 1];
  const share = place - Math.floor(place);
  return share === 0 || low === high ? low : (1 - share) * low + share * high;
}

/** The median; NaN without values. */
export function median(values: ArrayLike<number>): number {
  const all = sorted(values);
  const half = all.length >> 1;
  return all.length % 2 === 1 ? all[half] : 0.5 * (all[half - 1] + all[half]);
}

/** Ranks from 1, ties sharing their mean rank. */
export function meanRanks(values: ArrayLike<number>): Float64Array {
  const order = orderOf(values);
  const ranks = new Float64Array(values.length);
  for (let from = 0; from < order.length; ) {
    let to = from + 1;
    while (to < order.length && values[order[to]] === values[order[from]]) to++;
    for (let i = from; i < to; i++) ranks[order[i]] = (from + to + 1) / 2;
    from = to;
  }
  return ranks;
}
