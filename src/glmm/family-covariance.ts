import { choleskyInPlace, inverseFromCholesky } from '../numeric/cholesky.ts';
import { symmetricEigen } from '../numeric/symmetric-eigen.ts';
import type { FamilyName } from '../types/family.ts';
import { DISPERSION_OF } from '../types/family.ts';
import type { FamilyObjective } from './family-objective.ts';

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

/** Curvatures of a Hessian with unit diagonal below this say nothing. */
const FLAT = 1e-9;

/** The covariance at the point where the objective stands with its Hessian. */
export function familyCovariance(
  objective: FamilyObjective,
  family: FamilyName,
  parameters: Float64Array,
): FamilyCovariance {
  const { p, m, d, hessian, least, most } = objective;
  const n = p + m + d;
  const free: number[] = [];
  for (let j = 0; j < n; j++) if (parameters[j] !== least[j] && parameters[j] !== most?.[j]) free.push(j);
  const { inverse, positive } = twiceInverse(hessian, n, free);
  const jacobian = jacobianOf(objective, family, parameters);
  const joint = timesTransposed(jacobian, timesTransposed(jacobian, inverse, n), n);
  const errors = rootsOfDiagonal(joint, n);
  const beta = new Float64Array(p * p);
  const coefficients: number[] = [];
  for (let i = 0; i < p; i++) {
    coefficients.push(i);
    for (let j = 0; j < p; j++) beta[i * p + j] = joint[i * n + j];
  }
  const information = objective.fixedInformation?.().map((value) => 2 * value);
  const conditional = twiceInverse(information ?? new Float64Array(p * p).fill(Number.NaN), p, coefficients).inverse;
  return {
    ...{ joint, search: inverse, beta, positive },
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

/** A B' of n x n matrices, so that A (A V)' = A V A' of symmetric V; zeros of A hide what is NaN in B. */
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
  // Columns of factors are shown with diagonals >= 0, whatever signs a search left them with.
  else {
    objective.theta(parameters).forEach((theta, k) => {
      if (theta !== parameters[p + k]) jacobian[(p + k) * (n + 1)] = -1;
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
