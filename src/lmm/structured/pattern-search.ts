/**
 * Where the search of a device over patterns of visits begins (`shaders/kernels/pattern-search.wgsl`), in float64: what all
 * responses to a design share. A device has responses in units in which their residual variance is near 1; the log standard
 * deviations move with the unit along `flat`, and nothing else does. From the start the search is a quasi-Newton method in
 * the metric of the expected information there: an evaluation with the average information would take five times one with the
 * gradient alone.
 */
import type { DesignMoments } from '../../moments/moments.ts';
import { choleskyInPlace, inverseFromCholesky } from '../../numeric/cholesky.ts';
import { BlocksObjective } from './blocks-objective.ts';
import { type CovarianceParameters, covarianceParameters, idleParameters } from './covariance-parameters.ts';
import { flatScales, startParameters } from './parameter-start.ts';

/** Correlation of neighbours that searches begin with. */
export const START_CORRELATION = 0.3;

/** A power of two that brings the residual variance of a response near 1, so that no square overflows. */
export function responseScale(rss: number, degrees: number): number {
  return 2 ** -Math.round(Math.log2(rss / degrees) / 2);
}

/** t of a response from that of the response times `scale`. */
export function inUserUnits(t: ArrayLike<number>, flat: Float64Array, scale: number): Float64Array {
  const log = Math.log(scale);
  return Float64Array.from(t, (value, k) => (k < flat.length ? value - flat[k] * log : value));
}

export interface PatternStart {
  readonly parameters: CovarianceParameters;
  /** t for a residual variance of 1. */
  readonly start: Float64Array;
  /** Inverse of the expected Hessian of the criterion there, count x count. */
  readonly inverse: Float64Array;
}

/** The start for a design with blocks; null where the criterion has no Hessian there. */
export function patternStart({ blocks, terms, p }: DesignMoments, method: 'REML' | 'ML'): PatternStart | null {
  if (!blocks) return null;
  const parameters = covarianceParameters(blocks.layout, terms);
  const { count } = parameters;
  const start = startParameters(parameters, flatScales(parameters, blocks), 1, START_CORRELATION, 1);
  const objective = new BlocksObjective(parameters, blocks, p, method === 'REML');
  objective.load(new Float64Array(blocks.width), 0, 1);
  if (!Number.isFinite(objective.evaluate(start, 2))) return null;
  const hessian = new Float64Array(count * count);
  const inverse = new Float64Array(count * count);
  objective.expectedInformation(hessian);
  idleParameters(parameters, blocks).forEach((idle, k) => {
    if (idle) hessian[k * count + k] = 1; // moves nothing
  });
  if (Number.isNaN(choleskyInPlace(hessian, count))) return null;
  inverseFromCholesky(hessian, count, inverse);
  return { parameters, start, inverse };
}
