/** Order statistics of plain arrays, by R's definitions. NaN is not expected. */

/** A sorted copy, ascending. */
export function sorted(values: ArrayLike<number>): Float64Array {
  return Float64Array.from(values).sort();
}

/** Indices that sort the values ascending, ties in their order. */
export function orderOf(values: ArrayLike<number>): Int32Array {
  return Int32Array.from({ length: values.length }, (_, i) => i).sort((a, b) => values[a] - values[b] || a - b);
}

/** Quantile of values that are sorted: linear interpolation at (n - 1) p (R's type 7). NaN without values. */
export function quantileOfSorted(values: Float64Array, probability: number): number {
  const at = (values.length - 1) * probability;
  const low = Math.floor(at);
  const high = Math.ceil(at);
  return values[low] + (at - low) * (values[high] - values[low]);
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
