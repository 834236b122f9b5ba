import type { FamilyObjective } from './family-objective.ts';
import { thresholdsOf } from './fit-row.ts';

/** Standard deviations of random effects, in linear predictors, from which all of a level's answers may be alike. */
const WIDE = 3;

/**
 * Another place for a search of grades, or of yes and no, whose random effects are so large that levels are all on one side or
 * the other: the general level then has two minima, about as far on either side of the middle. The point with it on the other
 * side; null where random effects are not that large.
 *
 * @param x columns of the fixed effects, rows x p, as orthogonal as the objective has them
 */
export function mirroredPoint(
  objective: FamilyObjective,
  x: Float64Array,
  parameters: Float64Array,
): Float64Array | null {
  const { p, m, d } = objective;
  if (largestDeviation(objective, parameters) < WIDE) return null;
  const rows = p === 0 ? 0 : x.length / p;
  const means = new Float64Array(p);
  for (let e = 0; e < x.length; e++) means[e % p] += x[e] / rows;
  let level = 0;
  let square = 0;
  for (let k = 0; k < p; k++) {
    level += means[k] * parameters[k];
    square += means[k] * means[k];
  }
  const mirrored = parameters.slice();
  if (d > 0) {
    const thresholds = thresholdsOf(parameters.slice(p + m));
    const middle = thresholds.reduce((sum, value) => sum + value, 0) / d;
    mirrored[p + m] -= 2 * (middle - level);
    return mirrored;
  }
  if (!(square > 0)) return null;
  for (let k = 0; k < p; k++) mirrored[k] -= (2 * level * means[k]) / square;
  return mirrored;
}

/** The largest standard deviation of a random effect, in linear predictors. */
function largestDeviation({ p, m, least, size, diagonals }: FamilyObjective, parameters: Float64Array): number {
  let most = 0;
  for (let j = p; j < p + m; j++) {
    const own = parameters[j] / (size?.[j] ?? 1);
    if (least[j] === 0) most = Math.max(most, Math.sqrt(own));
    else if (diagonals?.[j - p] === 1) most = Math.max(most, Math.abs(own));
  }
  return most;
}
