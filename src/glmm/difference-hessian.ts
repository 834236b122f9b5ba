import type { FamilyObjective } from './family-objective.ts';

/** Steps in units of what moves a linear predictor by one: rounding of gradients and the fifth derivative weigh about the same. */
const STEP = 5e-4;
/** First derivative at 0 from the values at steps -2 .. 2, and from those at 0 .. 4: both of the fourth order. */
const CENTRAL = [1 / 12, -2 / 3, 0, 2 / 3, -1 / 12];
const FORWARD = [-25 / 12, 4, -3, 4 / 3, -1 / 4];

/**
 * Fills an objective's Hessian with differences of its exact gradient: central ones, forward ones where a parameter is close to
 * its least value. Four gradients a parameter. The objective stands at `parameters` afterwards; returns its value there.
 *
 * @param evaluate value and gradient (into the objective's) at a point
 */
export function differenceHessian(
  objective: FamilyObjective,
  evaluate: (point: Float64Array) => number,
  parameters: Float64Array,
): number {
  const { gradient, hessian, least, most, size, origin } = objective;
  const n = parameters.length;
  if (!Number.isFinite(evaluate(parameters))) return Number.NaN;
  const centre = gradient.slice();
  const origins = origin?.slice();
  const point = parameters.slice();
  for (let j = 0; j < n; j++) {
    const logarithmic = origins !== undefined && Number.isFinite(origins[j]);
    let h = STEP * (logarithmic ? parameters[j] - least[j] + origins[j] : (size?.[j] ?? 1));
    const forward = parameters[j] - 2 * h < least[j];
    if (most !== undefined && parameters[j] + (forward ? 4 : 2) * h > most[j])
      h = forward ? (most[j] - parameters[j]) / 4 : -h;
    const backward = h < 0;
    const weights = forward || backward ? FORWARD : CENTRAL;
    for (let i = 0; i < n; i++) hessian[j * n + i] = weights === FORWARD ? (weights[0] / h) * centre[i] : 0;
    for (let k = 0; k < 5; k++) {
      const steps = weights === FORWARD ? k : k - 2;
      if (steps === 0) continue;
      point[j] = parameters[j] + steps * h;
      if (!Number.isFinite(evaluate(point))) return Number.NaN;
      for (let i = 0; i < n; i++) hessian[j * n + i] += (weights[k] / h) * gradient[i];
    }
    point[j] = parameters[j];
  }
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < i; j++) {
      const mean = (hessian[i * n + j] + hessian[j * n + i]) / 2;
      hessian[i * n + j] = mean;
      hessian[j * n + i] = mean;
    }
  }
  return evaluate(parameters);
}
