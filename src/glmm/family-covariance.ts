import { choleskyInPlace, inverseFromCholesky } from '../numeric/cholesky.ts';
import { symmetricEigen } from '../numeric/symmetric-eigen.ts';
import type { FamilyName } from '../types/family.ts';
import { DISPERSION_OF } from '../types/family.ts';
import type { FamilyObjective } from './family-objective.ts';
import { firstBlock, OrthogonalObjective } from './orthogonal-objective.ts';

/**
 * Covariance of the estimates of a generalised mixed model together: twice the inverse of the criterion's Hessian, over the
 * coefficients, the covariance factors theta, and the logarithm of the dispersion as it is shown (size = 1 / nu, ...) or the
 * thresholds. Parameters at a bound are held there: their rows are NaN.
 */
export interface FamilyCovariance {
  /** n x n, symmetric. */
  readonly joint: Float64Array;
  /** The same over the parameters as searches have them. */
  readonly search: Float64Array;
  /** p x p. */
  readonly beta: Float64Array;
  /** Standard errors of coefficients; and with everything else held, NaN of criteria that do not know that information. */
  readonly standardErrors: Float64Array;
  readonly conditionalErrors: Float64Array;
  /** Of theta. */
  readonly thetaErrors: Float64Array;
  /** Of the logarithm of the dispersion (one number), or of the thresholds; empty for families that have neither. */
  readonly extraErrors: Float64Array;
  /** Whether the Hessian was positive definite; else directions without curvature are left out. */
  readonly positive: boolean;
}

/** Steps of central differences of factors by those in other coordinates. */
const THETA_STEP = 1e-5;
/** Curvatures of a Hessian with unit diagonal below this say nothing. */
const FLAT = 1e-9;

/** The covariance at the point where the objective stands with its Hessian. */
export function familyCovariance(
  objective: FamilyObjective,
  family: FamilyName,
  parameters: Float64Array,
): FamilyCovariance {
  const { p, m, d } = objective;
  const n = p + m + d;
  // Hessians are inverted in the coordinates in which they were formed.
  const view = objective instanceof OrthogonalObjective ? objective : null;
  const own = view?.own ?? objective;
  const point = view?.ownParameters(parameters) ?? parameters;
  const free: number[] = [];
  for (let j = 0; j < n; j++) if (point[j] !== own.least[j] && point[j] !== own.most?.[j]) free.push(j);
  const { inverse, positive } = twiceInverse(own.hessian, n, free);
  const search = view ? sandwiched(view.basis.back, inverse, n) : inverse;
  const joint = sandwiched(jacobianOf(objective, family, parameters), search, n);
  const errors = rootsOfDiagonal(joint, n);
  const coefficients = Array.from({ length: p }, (_, j) => j);
  const information = view ? view.ownInformation() : objective.fixedInformation?.();
  const held = twiceInverse(
    information?.map((value) => 2 * value) ?? new Float64Array(p * p).fill(Number.NaN),
    p,
    coefficients,
  ).inverse;
  const conditional = view ? sandwiched(firstBlock(view.basis.back, n, p), held, p) : held;
  return {
    ...{ joint, search, positive },
    beta: firstBlock(joint, n, p),
    standardErrors: errors.slice(0, p),
    conditionalErrors: rootsOfDiagonal(conditional, p),
    thetaErrors: errors.slice(p, p + m),
    extraErrors: family in DISPERSION_OF || family === 'cumulative' ? errors.slice(p + m) : new Float64Array(0),
  };
}

function rootsOfDiagonal(A: Float64Array, n: number): Float64Array {
  const roots = new Float64Array(n);
  for (let j = 0; j < n; j++) roots[j] = Math.sqrt(A[j * n + j]);
  return roots;
}

/** A V A' of a symmetric V, n x n; zeros of A hide what is NaN in V. */
function sandwiched(A: Float64Array, V: Float64Array, n: number): Float64Array {
  return timesTransposed(A, timesTransposed(A, V, n), n);
}

/** A B' of n x n matrices. */
function timesTransposed(A: Float64Array, B: Float64Array, n: number): Float64Array {
  const out = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let a = 0; a < n; a++) {
      const weight = A[i * n + a];
      if (weight !== 0) for (let b = 0; b < n; b++) out[i * n + b] += weight * B[b * n + a];
    }
  }
  return out;
}

/** 2 H^-1 over some of n parameters, the rest NaN. */
export function twiceInverse(
  H: Float64Array,
  n: number,
  free: readonly number[],
): { inverse: Float64Array; positive: boolean } {
  const k = free.length;
  const scale = free.map((j) => (H[j * n + j] > 0 ? 1 / Math.sqrt(H[j * n + j]) : 1));
  const scaled = new Float64Array(k * k);
  for (let i = 0; i < k; i++) {
    for (let j = 0; j < k; j++) scaled[i * k + j] = scale[i] * scale[j] * H[free[i] * n + free[j]];
  }
  const found = new Float64Array(k * k);
  const factor = scaled.slice();
  const positive = !Number.isNaN(choleskyInPlace(factor, k));
  if (positive) inverseFromCholesky(factor, k, found);
  else {
    const { values, vectors } = symmetricEigen(scaled, k);
    for (let a = 0; a < k; a++) {
      if (!(values[a] > FLAT)) continue;
      for (let i = 0; i < k; i++) {
        for (let j = 0; j < k; j++) found[i * k + j] += (vectors[i * k + a] * vectors[j * k + a]) / values[a];
      }
    }
  }
  const inverse = new Float64Array(n * n).fill(Number.NaN);
  for (let i = 0; i < k; i++) {
    for (let j = 0; j < k; j++) inverse[free[i] * n + free[j]] = 2 * scale[i] * scale[j] * found[i * k + j];
  }
  return { inverse, positive };
}

/** Derivatives of what is shown by the parameters of the search, n x n. */
function jacobianOf(objective: FamilyObjective, family: FamilyName, parameters: Float64Array): Float64Array {
  const { p, m, d, least } = objective;
  const n = p + m + d;
  const jacobian = new Float64Array(n * n);
  for (let j = 0; j < n; j++) jacobian[j * n + j] = 1;
  // A single variance stands for its square root.
  if (m === 1 && least[p] === 0) jacobian[p * n + p] = 0.5 / Math.sqrt(parameters[p]);
  else if (objective instanceof OrthogonalObjective && objective.turned) {
    for (let j = p; j < p + m; j++) {
      const [low, high] = [-THETA_STEP, THETA_STEP].map((h) => {
        return objective.theta(parameters.map((x, k) => (k === j ? x + h * objective.size[j] : x)));
      });
      for (let k = 0; k < m; k++) {
        jacobian[(p + k) * n + j] = (high[k] - low[k]) / (2 * THETA_STEP * objective.size[j]);
      }
    }
  }
  // Columns of factors are shown with diagonals >= 0, whatever signs a search left them with.
  else {
    objective.theta(parameters).forEach((theta, k) => {
      const raw = parameters[p + k];
      if (Math.abs(theta + raw) < Math.abs(theta - raw)) jacobian[(p + k) * (n + 1)] = -1;
    });
  }
  const at = p + m;
  if (family === 'nbinom2') jacobian[at * n + at] = -1 / parameters[at];
  if (family === 'nbinom1') jacobian[at * n + at] = 1 / parameters[at];
  if (family === 'cumulative') {
    for (let j = at; j < n; j++) {
      jacobian[j * n + at] = 1;
      for (let k = at + 1; k <= j; k++) jacobian[j * n + k] = Math.exp(parameters[k]);
    }
  }
  return jacobian;
}
