/** Sideways shifts that spread points of one strip, the same on every drawing. */
import type { Density } from './kernel-density.ts';

/** The k-th number of van der Corput's sequence in base 2, in (0, 1): neighbours in order lie far apart. */
export function vanDerCorput(k: number): number {
  let value = 0;
  let weight = 0.5;
  for (let rest = k + 1; rest > 0; rest >>= 1) {
    if (rest & 1) value += weight;
    weight /= 2;
  }
  return value;
}

/** Shifts in [-1, 1] for sorted values, wide where the density is high: the outline of the points is that of a violin. */
export function jitterOf(sorted: Float64Array, { x, density }: Density): Float64Array {
  const highest = density.reduce((most, value) => Math.max(most, value), 0);
  const step = x[1] - x[0];
  return Float64Array.from(sorted, (value, k) => {
    const at = Math.max(0, Math.min(x.length - 1, Math.round((value - x[0]) / step)));
    return (2 * vanDerCorput(k) - 1) * (highest > 0 ? density[at] / highest : 1);
  });
}
