import type { FamilyNewton, FamilyNewtonEnd } from './family-newton.ts';
import { type FamilyObjective, LARGEST_DEVIATION } from './family-objective.ts';

/** Variances of the random effects in typical linear predictors, from large to small. */
const PATH = [16, 5, 1.6, 0.5, 0.16, 0.05, 0.016];
/** What a point of the path is known to. */
const ROUGHLY = 1e-3;

/** A point of the path that is lower than those beside it. */
export interface PathMinimum {
  readonly end: FamilyNewtonEnd;
  /** What its first covariance parameter is beside it. */
  readonly low: number;
  readonly high: number;
}

/**
 * Where minima of a criterion may be: along a path of covariances that are equal variances, everything else at its best. A search
 * that starts with coefficients of a model without random effects, and a large variance, does not know what they are with it.
 */
export function variancePath(
  objective: FamilyObjective,
  newton: FamilyNewton,
  start: Float64Array,
): { readonly minima: readonly PathMinimum[]; readonly evaluations: number } {
  const { p, m } = objective;
  const points: FamilyNewtonEnd[] = [];
  let evaluations = 0;
  let from = start;
  for (const variance of PATH) {
    const at = from.slice();
    at.set(equalVariances(objective, variance), p);
    const end = newton.minimise(at, { rough: ROUGHLY, held: p, count: m });
    evaluations += end.evaluations;
    points.push(end);
    if (Number.isFinite(end.value)) from = end.parameters;
  }
  const value = (k: number) => (Number.isFinite(points[k]?.value) ? points[k].value : Number.POSITIVE_INFINITY);
  const first = (k: number) => points[k]?.parameters[p];
  const minima = points.flatMap((end, k) => {
    if (!(value(k) < value(k - 1) && value(k) <= value(k + 1))) return [];
    return [{ end, low: first(k + 1) ?? 0, high: first(k - 1) ?? Number.POSITIVE_INFINITY }];
  });
  return { minima, evaluations };
}

/** Covariance parameters of uncorrelated effects with this variance, by the bounds that stand for the largest deviation. */
function equalVariances({ p, m, least, most, diagonals }: FamilyObjective, variance: number): Float64Array {
  const share = variance / LARGEST_DEVIATION ** 2;
  // One that is at least zero is a variance, others are elements of factors.
  return Float64Array.from({ length: m }, (_, j) => {
    const bound = most?.[p + j] ?? 0;
    if (least[p + j] === 0 && bound > 0) return share * bound;
    return diagonals?.[j] === 1 ? Math.sqrt(share) * bound : 0;
  });
}
