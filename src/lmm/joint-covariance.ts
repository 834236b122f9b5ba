import type { DesignMoments } from '../moments/moments.ts';
import { choleskyInPlace, forwardSolve } from '../numeric/cholesky.ts';
import { termFactors } from './covariance-factor.ts';
import { eliminationChoice } from './elimination.ts';
import { mixedModelEquations } from './mixed-model-equations.ts';

/**
 * Covariance of (b_hat - b, u_hat - u), the errors of all estimates of a mixed model together: sigma^2 K^-1, K the matrix of
 * `mixed-model-equations.ts`, with one factor eliminated and the rest dense.
 */
export interface JointCovariance {
  /** Relative factor L of each term, q x q row-major, lower triangle; in the units of the data. */
  readonly factors: readonly Float64Array[];
  /**
   * w' K^-1 w for w = (x, L'z): `x` has p raw coefficients, `levels` the level of each factor (-1: one that the fit did
   * not have, or none), `effects` per factor L'z of its terms together. Times sigma^2 it is the variance of
   * x'(b_hat - b) + z'(u_hat - u); a new level adds its own variance |L'z|^2.
   */
  quadraticForm(x: Float64Array, levels: Int32Array, effects: readonly Float64Array[]): number;
}

/** Columns of the dense part beyond which it is not formed: half a gigabyte. */
export const LARGEST_BORDER = 8000;

/** Columns of the dense part. */
export function borderColumns(design: DesignMoments): number {
  return eliminationChoice(design).border;
}

/** The joint covariance at theta (lower triangles of the terms, by columns). */
export function jointCovariance(design: DesignMoments, theta: Float64Array): JointCovariance {
  const { p, r, factors, terms } = design;
  const { choice, pivots, touched, halves, S } = mixedModelEquations(design)(theta);
  const { factor: own, others, zColumns, border } = choice;
  choleskyInPlace(S, border);
  const width = own < 0 ? 0 : factors[own].q;
  const v = new Float64Array(border);
  const s = new Float64Array(width);
  return {
    factors: termFactors(terms, theta),
    quadraticForm(x, levels, effects) {
      v.fill(0);
      // the coordinates of x in the orthonormal basis: R^-T x
      for (let k = 0; k < p; k++) {
        let sum = x[k];
        for (let j = 0; j < k; j++) sum -= r[j * p + k] * v[zColumns + j];
        v[zColumns + k] = sum / r[k * p + k];
      }
      let total = 0;
      for (const { factor, offset, q } of others) {
        effects[factor].forEach((value, a) => {
          if (levels[factor] >= 0) v[offset + levels[factor] * q + a] = value;
          else total += value * value;
        });
      }
      if (own >= 0) {
        s.set(effects[own]);
        const level = levels[own];
        if (level >= 0) {
          forwardSolve(pivots, width, s, 0, 1, level * width * width, width);
          const m = touched[level].length;
          touched[level].forEach((column, k) => {
            for (let a = 0; a < width; a++) v[column] -= halves[level][a * m + k] * s[a];
          });
        }
        for (let a = 0; a < width; a++) total += s[a] * s[a];
      }
      forwardSolve(S, border, v);
      for (let k = 0; k < border; k++) total += v[k] * v[k];
      return total;
    },
  };
}
