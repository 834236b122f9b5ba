import type { FamilyNewton, FamilyNewtonEnd } from './family-newton.ts';
import { type FamilyObjective, LARGEST_DEVIATION } from './family-objective.ts';

/** Variances of the random effects in typical linear predictors, from large to small. */
const PATH = [16, 5, 1.6, 0.5, 0.16, 0.05, 0.016];
/** What a point of the path is known to. */
const ROUGHLY = 1e-3;

/** Effects beyond which each variance has no path of its own. */
const FEW_EFFECTS = 3;

/** A point of a path that is lower than those beside it. */
export interface PathMinimum {
  readonly end: FamilyNewtonEnd;
  /** What its first covariance parameter is beside it. */
  readonly low: number;
  readonly high: number;
}

/**
 * Where minima of a criterion may be: along a path of covariances that are equal variances, everything else at its best, and of few
 * effects along paths of each variance, the others at their best, too. A search that starts with coefficients of a model without
 * random effects, and a large variance, does not know what they are with it.
 */
export function variancePaths(
  objective: FamilyObjective,
  newton: FamilyNewton,
  start: Float64Array,
): { readonly minima: readonly PathMinimum[]; readonly evaluations: number } {
  const { p, m, diagonals } = objective;
  const own = Array.from(diagonals ?? []).flatMap((diagonal, j) => (diagonal === 1 ? [j] : []));
  const paths = [
    { held: p, count: m, at: (variance: number) => equalVariances(objective, variance) },
    ...(m > 1 && own.length <= FEW_EFFECTS ? own : []).map((j) => ({
      ...{ held: p + j, count: 1 },
      at: (variance: number) => equalVariances(objective, variance).subarray(j, j + 1),
    })),
  ];
  const found = paths.map((path) => follow(newton, start, path));
  return {
    minima: found.flatMap(({ minima }) => minima),
    evaluations: found.reduce((sum, { evaluations }) => sum + evaluations, 0),
  };
}

interface Path {
  readonly held: number;
  readonly count: number;
  readonly at: (variance: number) => Float64Array;
}

function follow(newton: FamilyNewton, start: Float64Array, { held, count, at }: Path) {
  const points: FamilyNewtonEnd[] = [];
  let evaluations = 0;
  let from = start;
  for (const variance of PATH) {
    const point = from.slice();
    point.set(at(variance), held);
    const end = newton.minimise(point, { rough: ROUGHLY, held, count });
    evaluations += end.evaluations;
    points.push(end);
    if (Number.isFinite(end.value)) from = end.parameters;
  }
  const value = (k: number) => (Number.isFinite(points[k]?.value) ? points[k].value : Number.POSITIVE_INFINITY);
  const first = (k: number) => points[k]?.parameters[held];
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
