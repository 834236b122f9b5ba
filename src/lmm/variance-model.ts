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

/** The variance models of the point where an objective stands; arrays are valid until the next call. */
export interface VarianceModels {
  /** Satterthwaite's, the objective's Newton method standing there as well; formulas in `degrees-of-freedom.ts`. */
  satterthwaite(newton: FactorNewton): VarianceModel;
  /** Kenward and Roger's, of a REML objective; null where it is not defined (see the constants above). */
  kenwardRoger(): VarianceModel | null;
}

export function varianceModels(objective: CovarianceObjective): VarianceModels {
  const { bases } = objective;
  const p = objective.shift.length;
  const numbers = (length: number) => new Float64Array(length);
  const [model, adjusted, half, changes] = [p * p, p * p, p * p, bases * p * p].map(numbers);
  const [shift, weights, information] = [bases, bases * bases, bases * bases].map(numbers);
  const unadjusted: VarianceModel = { model, adjusted: model, elements: bases, changes, shift, weights };
  const kenwardRoger: VarianceModel = { ...unadjusted, adjusted };
  const inverse = pseudoInverter(bases);

  /** C, and dC/dG_e = C (X'V^-1 V_e V^-1 X) C. */
  function takeCovariance(): void {
    model.set(objective.covariance);
    for (let e = 0; e < bases; e++) {
      congruence(model, objective.changeOfInformation, e * p * p, p, half, changes, e * p * p);
    }
  }

  return {
    satterthwaite(newton) {
      takeCovariance();
      const { changeOfS, S } = objective;
      for (let e = 0; e < bases; e++) shift[e] = -changeOfS[e] / S;
      newton.deltaMatrix(weights);
      for (let i = 0; i < bases * bases; i++) weights[i] *= 2;
      return unadjusted;
    },
    kenwardRoger() {
      const { d } = objective;
      const expected = objective.expectedInformation();
      for (let e = 0; e < bases; e++) shift[e] = expected.traces[e] / d;
      for (let e = 0; e < bases; e++) {
        for (let f = 0; f < bases; f++) {
          information[e * bases + f] = expected.information[e * bases + f] - expected.traces[e] * shift[f];
        }
      }
      inverse(information, weights);
      for (let i = 0; i < bases * bases; i++) weights[i] *= 2;
      takeCovariance();
      congruence(model, expected.adjustment(weights), 0, p, half, adjusted, 0);
      for (let i = 0; i < p * p; i++) adjusted[i] = model[i] + 2 * adjusted[i];
      return isAdjustable(kenwardRoger, d, p) ? kenwardRoger : null;
    },
  };
}

/** Space of {@link isAdjustable}, for one model at a time. */
let space = { factor: new Float64Array(0), unit: new Float64Array(0) };

/** Whether Kenward and Roger's adjustment of a covariance is one (see the constants above). */
export function isAdjustable(variance: VarianceModel, d: number, p: number): boolean {
  const { model, adjusted } = variance;
  for (let i = 0; i < p; i++) {
    const share = (adjusted[i * p + i] - model[i * p + i]) / model[i * p + i];
    if (!(share >= LEAST_ADDED && share <= MOST_ADDED)) return false;
  }
  if (space.unit.length !== p) space = { factor: new Float64Array(p * p), unit: new Float64Array(p) };
  const { factor, unit } = space;
  factor.set(adjusted);
  if (Number.isNaN(choleskyInPlace(factor, p))) return false;
  for (let i = 0; i < p; i++) {
    unit.fill(0);
    unit[i] = 1;
    if (rowDf(variance, d, unit) < NO_DF_BELOW) return false;
  }
  return true;
}

/** out = C A C for symmetric C and the symmetric p x p matrix at `at` of A, into `out` from `to` on; `half` is space. */
function congruence(
  C: Float64Array,
  A: Float64Array,
  at: number,
  p: number,
  half: Float64Array,
  out: Float64Array,
  to: number,
): void {
  for (let i = 0; i < p; i++) {
    for (let k = 0; k < p; k++) {
      let sum = 0;
      for (let j = 0; j < p; j++) sum += C[i * p + j] * A[at + j * p + k];
      half[i * p + k] = sum;
    }
  }
  for (let i = 0; i < p; i++) {
    for (let k = 0; k <= i; k++) {
      let sum = 0;
      for (let j = 0; j < p; j++) sum += half[i * p + j] * C[k * p + j];
      out[to + i * p + k] = sum;
      out[to + k * p + i] = sum;
    }
  }
}

/** Forms Moore-Penrose inverses of positive semi-definite m x m matrices, judged in units of their diagonals. */
function pseudoInverter(m: number): (A: Float64Array, inverse: Float64Array) => void {
  const size = new Float64Array(m);
  const scaled = new Float64Array(m * m);
  const vectors = new Float64Array(m * m);
  return (A, inverse) => {
    for (let i = 0; i < m; i++) size[i] = A[i * m + i] > 0 ? Math.sqrt(A[i * m + i]) : 1;
    for (let i = 0; i < m; i++) for (let j = 0; j < m; j++) scaled[i * m + j] = A[i * m + j] / (size[i] * size[j]);
    eigenInPlace(scaled, m, vectors);
    let largest = 0;
    for (let i = 0; i < m; i++) largest = Math.max(largest, scaled[i * m + i]);
    inverse.fill(0);
    for (let k = 0; k < m; k++) {
      const value = scaled[k * m + k];
      if (!(value > UNINFORMED * largest)) continue;
      for (let i = 0; i < m; i++) {
        const left = vectors[i * m + k] / (value * size[i]);
        for (let j = 0; j < m; j++) inverse[i * m + j] += (left * vectors[j * m + k]) / size[j];
      }
    }
  };
}
