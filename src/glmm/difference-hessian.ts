import type { FamilyObjective } from './family-objective.ts';

/** Steps in units of what moves a linear predictor by one: rounding of gradients and the fifth derivative weigh about the same. */
const STEP = 5e-4;

/**
 * Points in steps from the centre, in the order of their evaluation, with their weights in a first derivative of the fourth
 * order, that of the centre, and for each point the weights of the modes at the centre and at the points before it by which its
 * own are extrapolated (Lagrange).
 */
interface Stencil {
  readonly at: readonly number[];
  readonly weights: readonly number[];
  readonly centre: number;
  readonly modes: readonly (readonly number[])[];
}

const CENTRAL = stencil([1, -1, 2, -2], [2 / 3, -2 / 3, -1 / 12, 1 / 12], 0);
const FORWARD = stencil([1, 2, 3, 4], [4, -3, 4 / 3, -1 / 4], -25 / 12);

function stencil(at: readonly number[], weights: readonly number[], centre: number): Stencil {
  const modes = at.map((x, i) => {
    const known = [0, ...at.slice(0, i)];
    return known.map((a) => known.reduce((product, b) => (a === b ? product : (product * (x - b)) / (a - b)), 1));
  });
  return { at, weights, centre, modes };
}

/** What an objective may add to its differences. */
export interface DifferenceAids {
  /** Steps that replace `size`, where the criterion's own scale at the point is smaller. */
  readonly size?: Float64Array;
  /** What evaluations begin with and leave behind: extrapolated from point to point, they save inner iterations. */
  readonly modes?: Float64Array;
}

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
  { size = objective.size, modes }: DifferenceAids = {},
): number {
  const { gradient, least, most, origin } = objective;
  const n = parameters.length;
  if (!Number.isFinite(evaluate(parameters))) return Number.NaN;
  const centre = gradient.slice();
  const origins = origin?.slice();
  const point = parameters.slice();
  const known = modes ? [modes.slice()] : [];
  // Apart from the objective's Hessian, which its own evaluations may clear.
  const hessian = new Float64Array(n * n);
  for (let j = 0; j < n; j++) {
    const logarithmic = origins !== undefined && Number.isFinite(origins[j]);
    let h = STEP * (logarithmic ? parameters[j] - least[j] + origins[j] : (size?.[j] ?? 1));
    const forward = parameters[j] - 2 * h < least[j];
    if (most !== undefined && parameters[j] + (forward ? 4 : 2) * h > most[j])
      h = forward ? (most[j] - parameters[j]) / 4 : -h;
    const { at, weights, centre: own, modes: extrapolation } = forward || h < 0 ? FORWARD : CENTRAL;
    for (let i = 0; i < n; i++) hessian[j * n + i] = (own / h) * centre[i];
    for (let k = 0; k < at.length; k++) {
      if (modes) extrapolate(known, extrapolation[k], modes);
      point[j] = parameters[j] + at[k] * h;
      if (!Number.isFinite(evaluate(point))) return Number.NaN;
      if (modes) known[k + 1] = modes.slice();
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
  if (modes) modes.set(known[0]);
  const value = evaluate(parameters);
  objective.hessian.set(hessian);
  return value;
}

/** out = sum of weights[k] known[k]. */
function extrapolate(known: readonly Float64Array[], weights: readonly number[], out: Float64Array): void {
  out.fill(0);
  weights.forEach((weight, k) => {
    const from = known[k];
    for (let i = 0; i < out.length; i++) out[i] += weight * from[i];
  });
}
