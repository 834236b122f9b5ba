/** Picking from typed arrays, in plain loops: `from` and `filter` go through iterators, which is slow for all genes. */

import { selectRank } from './quantiles.ts';

/** Values at the given places. */
export function gather(values: ArrayLike<number>, places: ArrayLike<number>): Float64Array {
  const picked = new Float64Array(places.length);
  for (let k = 0; k < places.length; k++) picked[k] = values[places[k]];
  return picked;
}

/** The numbers below `length` that pass a test, ascending. */
export function placesWhere(length: number, test: (place: number) => boolean): Int32Array {
  const places = new Int32Array(length);
  let count = 0;
  for (let place = 0; place < length; place++) if (test(place)) places[count++] = place;
  return places.slice(0, count);
}

/** Places of the `most` greatest values, the greatest first, ties by `tie`, then in order; NaN is never among them. */
export function greatest(values: Float64Array, most: number, tie: (place: number) => number = () => 0): Int32Array {
  const numbers = values.filter((value) => !Number.isNaN(value));
  const least = numbers.length > most && most > 0 ? selectRank(numbers, numbers.length - most) : -Infinity;
  return placesWhere(values.length, (place) => values[place] >= least)
    .sort((a, b) => (values[a] === values[b] ? tie(b) - tie(a) || a - b : values[b] - values[a]))
    .slice(0, most);
}
