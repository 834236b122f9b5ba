import { choleskyInPlace } from '../numeric/cholesky.ts';
import { eigenInPlace } from '../numeric/symmetric-eigen.ts';
import type { VarianceModel } from '../types/inference.ts';
import { NO_DF_BELOW, rowDf } from './degrees-of-freedom.ts';
import type { FactorNewton } from './newton.ts';
import type { CovarianceObjective } from './objective.ts';

/** Eigenvalues of the scaled information below this say nothing of any variance. */
const UNINFORMED = 1e-10;
/**
 * Kenward and Roger's adjustment only adds to a variance. Where rounding takes more than this share of it away, or it adds
 * more than so many times the variance, the information on the variance parameters is singular (one of them redundant, or the
 * residual variance all but zero) and the adjustment is noise.
 */
export const LEAST_ADDED = -1e-6;
export const MOST_ADDED = 1e4;

/** Satterthwaite's ingredients where the objective and its optimiser stand; formulas in `infer/small-sample.ts`. */
export function satterthwaiteModel(objective: CovarianceObjective, newton: FactorNewton): VarianceModel {
  const { bases, covariance, changeOfS, S } = objective;
  const model = covariance.slice();
  return {
    model,
    adjusted: model,
    elements: bases,
    changes: covarianceChanges(objective),
    shift: changeOfS.map((change) => -change / S),
    weights: newton.deltaMatrix().map((value) => 2 * value),
  };
}

/** Kenward and Roger's, where the (REML) objective stands; null where it is not defined (see the constants above). */
export function kenwardRogerModel(objective: CovarianceObjective): VarianceModel | null {
  const { bases, covariance, d } = objective;
  const expected = objective.expectedInformation();
  const shift = expected.traces.map((trace) => trace / d);
  const reduced = new Float64Array(bases * bases);
  for (let e = 0; e < bases; e++) {
    for (let f = 0; f < bases; f++) {
      reduced[e * bases + f] = expected.information[e * bases + f] - expected.traces[e] * shift[f];
    }
  }
  const weights = pseudoInverse(reduced, bases).map((value) => 2 * value);
  const p = objective.shift.length;
  const model = covariance.slice();
  const added = congruence(model, expected.adjustment(weights), 0, p);
  const adjusted = model.map((value, i) => value + 2 * added[i]);
  for (let i = 0; i < p; i++) {
    const share = (2 * added[i * p + i]) / model[i * p + i];
    if (!(share >= LEAST_ADDED && share <= MOST_ADDED)) return null;
  }
  if (Number.isNaN(choleskyInPlace(adjusted.slice(), p))) return null;
  const variance = { model, adjusted, elements: bases, changes: covarianceChanges(objective), shift, weights };
  for (let i = 0; i < p; i++) {
    const unit = new Float64Array(p);
    unit[i] = 1;
    if (rowDf(variance, d, unit) < NO_DF_BELOW) return null;
  }
  return variance;
}

/** dC/dG_e = C (X'V^-1 V_e V^-1 X) C, bases x p x p. */
function covarianceChanges({ bases, covariance, changeOfInformation, shift }: CovarianceObjective): Float64Array {
  const p = shift.length;
  const changes = new Float64Array(bases * p * p);
  for (let e = 0; e < bases; e++) changes.set(congruence(covariance, changeOfInformation, e * p * p, p), e * p * p);
  return changes;
}

/** C A C for symmetric C and the p x p matrix at `at` of A. */
function congruence(C: Float64Array, A: Float64Array, at: number, p: number): Float64Array {
  const half = new Float64Array(p * p);
  for (let i = 0; i < p; i++) {
    for (let j = 0; j < p; j++) {
      const c = C[i * p + j];
      for (let k = 0; k < p; k++) half[i * p + k] += c * A[at + j * p + k];
    }
  }
  const out = new Float64Array(p * p);
  for (let i = 0; i < p; i++) {
    for (let j = 0; j < p; j++) {
      const h = half[i * p + j];
      for (let k = 0; k < p; k++) out[i * p + k] += h * C[j * p + k];
    }
  }
  return out;
}

/** Moore-Penrose inverse of a positive semi-definite matrix, judged in units of its diagonal. */
function pseudoInverse(A: Float64Array, m: number): Float64Array {
  const size = Float64Array.from({ length: m }, (_, i) => (A[i * m + i] > 0 ? Math.sqrt(A[i * m + i]) : 1));
  const scaled = A.map((value, at) => value / (size[Math.floor(at / m)] * size[at % m]));
  const vectors = new Float64Array(m * m);
  eigenInPlace(scaled, m, vectors);
  let largest = 0;
  for (let i = 0; i < m; i++) largest = Math.max(largest, scaled[i * m + i]);
  const inverse = new Float64Array(m * m);
  for (let k = 0; k < m; k++) {
    const value = scaled[k * m + k];
    if (!(value > UNINFORMED * largest)) continue;
    for (let i = 0; i < m; i++) {
      const left = vectors[i * m + k] / (value * size[i]);
      for (let j = 0; j < m; j++) inverse[i * m + j] += (left * vectors[j * m + k]) / size[j];
    }
  }
  return inverse;
}
