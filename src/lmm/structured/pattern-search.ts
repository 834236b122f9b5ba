/**
 * Where the search of a device over patterns of visits begins (`shaders/kernels/pattern-search.wgsl`), in float64. A device has
 * responses in units in which their residual variance is near 1; the log standard deviations move with the unit along `flat`,
 * and nothing else does. From there the search is a quasi-Newton method in the metric of the expected information: an
 * evaluation with the average information would take five times one with the gradient alone. That metric changes most with the
 * correlation of neighbours, so that a response begins at the one of a few points whose correlation is nearest to that of its
 * residuals; points and metrics are the same for all responses.
 */
import type { DesignMoments } from '../../moments/moments.ts';
import { choleskyInPlace, inverseFromCholesky } from '../../numeric/cholesky.ts';
import { BlocksObjective } from './blocks-objective.ts';
import { type CovarianceParameters, covarianceParameters, idleParameters } from './covariance-parameters.ts';
import { flatScales, startParameters } from './parameter-start.ts';

/** Correlation of neighbours that searches begin with. */
export const START_CORRELATION = 0.3;

/** A point that searches begin at. */
export interface PatternPoint {
  /** Of neighbours. */
  readonly correlation: number;
  /** t for a residual variance of 1. */
  readonly start: Float64Array;
  /** Inverse of the expected Hessian of the criterion there, count x count. */
  readonly inverse: Float64Array;
}

export interface PatternStart {
  readonly parameters: CovarianceParameters;
  readonly points: readonly PatternPoint[];
}

/** Correlations of the points, apart by about as much in tanh^-1. */
const CORRELATIONS = [0, START_CORRELATION, 0.55, 0.75, 0.87, 0.93, 0.965, 0.982, 0.99, 0.995];

/** The points for a design with blocks; null where the criterion has no Hessian at one of them. */
export function patternStart({ blocks, terms, p }: DesignMoments, method: 'REML' | 'ML'): PatternStart | null {
  if (!blocks) return null;
  const parameters = covarianceParameters(blocks.layout, terms);
  const { count } = parameters;
  const flat = flatScales(parameters, blocks);
  const idle = idleParameters(parameters, blocks);
  const objective = new BlocksObjective(parameters, blocks, p, method === 'REML');
  objective.load(new Float64Array(blocks.width), 0, 1);
  const points: PatternPoint[] = [];
  for (const correlation of parameters.structure.parameters === 0 ? [0] : CORRELATIONS) {
    const start = startParameters(parameters, flat, 1, correlation, 1);
    if (!Number.isFinite(objective.evaluate(start, 'hessian'))) return null;
    const hessian = new Float64Array(count * count);
    const inverse = new Float64Array(count * count);
    objective.expectedInformation(hessian);
    idle.forEach((none, k) => {
      if (none) hessian[k * count + k] = 1; // moves nothing
    });
    if (Number.isNaN(choleskyInPlace(hessian, count))) return null;
    inverseFromCholesky(hessian, count, inverse);
    points.push({ correlation, start, inverse });
  }
  return { parameters, points };
}

/** Number of the point whose correlation is nearest to one that was observed, on the scale of tanh^-1. */
export function nearestPoint(points: readonly PatternPoint[], correlation: number): number {
  const z = Math.atanh(Math.max(-0.999, Math.min(0.999, correlation)));
  let nearest = 0;
  let least = Number.POSITIVE_INFINITY;
  points.forEach((point, i) => {
    const distance = Math.abs(Math.atanh(point.correlation) - z);
    if (distance < least) [nearest, least] = [i, distance];
  });
  return nearest;
}
