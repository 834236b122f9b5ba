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
  const joint = jointOf(objective, family, parameters, search);
  const errors = rootsOfDiagonal(joint, n);
  const coefficients: number[] = [];
  for (let j = 0; j < p; j++) coefficients.push(j);
  const information = view ? view.ownInformation() : objective.fixedInformation?.();
  const held = information
    ? twiceInverse(information, p, coefficients).inverse
    : new Float64Array(p * p).fill(Number.NaN);
  // The information is half of a criterion's curvature.
  for (let e = 0; e < p * p; e++) held[e] /= 2;
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
  const half = workspace(0, n);
  timesTransposed(A, V, n, half);
  return timesTransposed(A, half, n, new Float64Array(n * n));
}

/** Space that no call keeps: small matrices of their own cost more than what is done with them. */
const SPACE: Float64Array[] = [];

function workspace(place: number, n: number): Float64Array {
  if (!(SPACE[place]?.length >= n * n)) SPACE[place] = new Float64Array(n * n);
  return SPACE[place];
}

/** A B' of n x n matrices, into `out`. */
function timesTransposed(A: Float64Array, B: Float64Array, n: number, out: Float64Array): Float64Array {
  out.fill(0);
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
  const scale = new Float64Array(k);
  for (let i = 0; i < k; i++) {
    const own = H[free[i] * (n + 1)];
    scale[i] = own > 0 ? 1 / Math.sqrt(own) : 1;
  }
  const factor = workspace(0, k);
  const found = workspace(1, k);
  const fill = (scaled: Float64Array): Float64Array => {
    for (let i = 0; i < k; i++) {
      for (let j = 0; j < k; j++) scaled[i * k + j] = scale[i] * scale[j] * H[free[i] * n + free[j]];
    }
    return scaled;
  };
  const positive = !Number.isNaN(choleskyInPlace(fill(factor), k));
  if (positive) inverseFromCholesky(factor, k, found);
  else {
    found.fill(0);
    const { values, vectors } = symmetricEigen(fill(new Float64Array(k * k)), k);
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

/** The covariance of what is shown from that of the parameters of the search. */
function jointOf(
  objective: FamilyObjective,
  family: FamilyName,
  parameters: Float64Array,
  search: Float64Array,
): Float64Array {
  const { p, m, d, least } = objective;
  const n = p + m + d;
  if (m > 1 || d > 0 || (m === 1 && least[p] !== 0)) {
    return sandwiched(jacobianOf(objective, family, parameters), search, n);
  }
  const joint = search.slice();
  const scale = m === 1 ? 0.5 / Math.sqrt(parameters[p]) : 1;
  for (let j = p; j < n; j++) {
    for (let i = 0; i < n; i++) {
      joint[i * n + j] *= scale;
      joint[j * n + i] *= scale;
    }
  }
  return joint;
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
