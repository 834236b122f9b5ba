import { eigenInPlace } from './symmetric-eigen.ts';

/** Eigenvalues of the Hessian below this multiple of the largest count as zero (the gauge of a degenerate factor). */
export const FLAT = 1e-9;
/** Length of the step away from a stationary point that is no minimum, and the longest step, in units of the factor. */
const ESCAPE = 0.1;
const LONGEST = 3;

/** What counts as nothing in a criterion. */
export interface NewtonTolerance {
  /** A largest curvature below this is rounding, and {@link FLAT} of it means nothing. */
  readonly roughness: number;
  /** What a step along a flat direction must win for that direction to have a slope. */
  readonly leastGain: number;
}

/**
 * The Newton step with negative curvature turned and flat directions left alone (the modified Newton method by the
 * spectrum of the Hessian, Nocedal & Wright, Numerical Optimization, section 3.4), into `step`.
 *
 * @param gradient m
 * @param hessian m x m, symmetric; its eigenvalues stand on its diagonal afterwards
 * @param vectors m x m, row-major; receives the eigenvectors by columns
 * @param step m
 * @returns the decrement, half of g'H^-1 g over what is not flat (NaN, and `step` as it was, where a derivative is not finite), and
 *   whether no direction has negative curvature
 */
export function newtonStep(
  gradient: Float64Array,
  hessian: Float64Array,
  vectors: Float64Array,
  step: Float64Array,
  { roughness, leastGain }: NewtonTolerance,
): { decrement: number; minimum: boolean } {
  const m = step.length;
  let finite = 0;
  for (let k = 0; k < m * m; k++) finite += hessian[k];
  for (let k = 0; k < m; k++) finite += gradient[k];
  if (!Number.isFinite(finite)) return { decrement: Number.NaN, minimum: false };
  step.fill(0);
  eigenInPlace(hessian, m, vectors);
  let largest = roughness;
  for (let i = 0; i < m; i++) largest = Math.max(largest, Math.abs(hessian[i * m + i]));
  let decrement = 0;
  let minimum = true;
  for (let i = 0; i < m; i++) {
    let g = 0;
    for (let k = 0; k < m; k++) g += vectors[k * m + i] * gradient[k];
    const curvature = hessian[i * m + i];
    let along = 0;
    if (curvature > FLAT * largest) {
      decrement += (0.5 * g * g) / curvature;
      along = -g / curvature;
    } else if (curvature < -FLAT * largest) {
      minimum = false;
      // Down along the slope where there is one, else away from the stationary point.
      const size = Math.max(Math.abs(g / curvature), ESCAPE);
      along = g > 0 ? -size : size;
    } else {
      // Flat: the gauge of a degenerate factor, or a variance that the data say nothing about. Only a true slope moves.
      const gain = largest > 0 ? (0.5 * g * g) / (FLAT * largest) : 0;
      if (gain > leastGain) {
        along = Math.max(-1, Math.min(1, -g / (FLAT * largest)));
        decrement += gain;
      }
    }
    for (let k = 0; k < m; k++) step[k] += vectors[k * m + i] * along;
  }
  // No step beyond three times the size of the factor: far away the quadratic model says nothing.
  let norm = 0;
  for (let k = 0; k < m; k++) norm += step[k] * step[k];
  if (norm > LONGEST * LONGEST) for (let k = 0; k < m; k++) step[k] *= LONGEST / Math.sqrt(norm);
  return { decrement, minimum };
}
