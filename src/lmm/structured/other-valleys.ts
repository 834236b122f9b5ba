/**
 * Other minima of a criterion, where few subjects tell the correlations: from a minimum each correlation alone is moved over its
 * range, and where the criterion falls again behind a ridge a search begins. `ad` and `toep` have a sign of their own for each
 * correlation that few rows tell.
 */
import type { BlocksObjective } from './blocks-objective.ts';

/** Values of a correlation's parameter (a hyperbolic arc tangent, or of that order) that are looked at. */
const GRID = [-2, -1.2, -0.5, 0, 0.5, 1.2, 2];

/**
 * Points behind ridges around t, where the criterion is `value`: the lowest first, `most` of them. The objective is left standing
 * elsewhere.
 */
export function otherValleys(
  objective: BlocksObjective,
  t: Float64Array,
  value: number,
  places: readonly number[],
  most: number,
): Float64Array[] {
  const found: { readonly value: number; readonly t: Float64Array }[] = [];
  const at = t.slice();
  const heightOf = (k: number, x: number) => {
    at[k] = x;
    const height = objective.evaluate(at, 'value');
    at[k] = t[k];
    return Number.isFinite(height) ? height : Number.POSITIVE_INFINITY;
  };
  for (const k of places) {
    const line = [...GRID.map((x) => ({ x, height: heightOf(k, x) })), { x: t[k], height: value }];
    line.sort((a, b) => a.x - b.x);
    const own = line.findIndex(({ x }) => x === t[k]);
    line.forEach(({ x, height }, i) => {
      // A neighbour of the minimum lies on its own slope.
      if (Math.abs(i - own) < 2 || !Number.isFinite(height)) return;
      if ([line[i - 1], line[i + 1]].some((next) => next !== undefined && next.height <= height)) return;
      const point = t.slice();
      point[k] = x;
      found.push({ value: height, t: point });
    });
  }
  found.sort((a, b) => a.value - b.value);
  return found.slice(0, most).map((point) => point.t);
}
