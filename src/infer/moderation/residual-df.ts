/**
 * Degrees of freedom of the residuals of a mixed model. With H the matrix that maps y to its fitted values X b + Z u,
 *
 *     d = trace (I - H)'(I - H) = n - 2 trace H + trace H H,
 *
 * the first moment of the residual sum of squares in units of sigma^2 (Hastie and Tibshirani 1990; it is what
 * variancePartition calls the residual degrees of freedom of a mixed model from version 1.28 on). n - p without random
 * effects; less where a variance is large, down to n minus the rank of (X, Z).
 *
 * No rows are needed. I - H is s^2 P = V^-1 - V^-1 X (X'V^-1 X)^-1 X'V^-1 in relative units, and with
 *
 *     d = n - p - Q + |(K^-1)_zz|^2,
 *
 * K the matrix of `lmm/mixed-model-equations.ts`, |.|^2 the sum of squares of the elements, (K^-1)_zz its Q x Q block of the
 * random effects. With D_i, C_i and S as they are there, E_i = D_i^-1 C_i, N = sum E_i'E_i, T = sum E_i'D_i^-1 E_i,
 *
 *     |(K^-1)_zz|^2 = sum |D_i^-1|^2 + 2 tr S^-1 T + tr (S^-1 N)^2 + 2 tr_z S^-1 N S^-1 + |(S^-1)_zz|^2.
 *
 * With one scalar random term shared by many responses the eigenvalues lambda of Z'MZ (M projects X out) do the same once
 * for all: d = n - p - sum (1 - (1 + gamma lambda)^-2).
 */

import { mixedModelEquations } from '../../lmm/mixed-model-equations.ts';
import type { DesignMoments } from '../../moments/moments.ts';
import { backwardSolve, choleskyInPlace, forwardSolve, inverseFromCholesky } from '../../numeric/cholesky.ts';
import { symmetricEigen } from '../../numeric/symmetric-eigen.ts';

/** Degrees of freedom of the residuals at relative covariance factors theta (lower triangles by columns, terms in order). */
export type ResidualDegrees = (theta: Float64Array) => number;

/** More levels than that are not decomposed: the elimination is cheaper. */
const MOST_EIGENVALUES = 600;

/** The function for one design; `responses` says how many will use it. NaN where the numbers are out of range. */
export function residualDegrees(design: DesignMoments, responses = 1): ResidualDegrees {
  const { terms, q } = design;
  const scalar = terms.length === 1 && terms[0].q === 1;
  if (scalar && q <= MOST_EIGENVALUES && responses > q) return spectralDegrees(design);
  return eliminatedDegrees(design);
}

function spectralDegrees({ n, p, q, terms, factors }: DesignMoments): ResidualDegrees {
  const { ztz, ztx } = factors[0];
  const inside = new Float64Array(q * q);
  for (let i = 0; i < q; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = i === j ? ztz[i] : 0;
      for (let k = 0; k < p; k++) sum -= ztx[i * p + k] * ztx[j * p + k];
      inside[i * q + j] = sum;
      inside[j * q + i] = sum;
    }
  }
  const lambda = symmetricEigen(inside, q).values;
  return (theta) => {
    const gamma = (terms[0].transform[0] * theta[0]) ** 2;
    let lost = 0;
    for (const value of lambda) {
      const more = gamma * Math.max(0, value);
      lost += (more * (2 + more)) / (1 + more) ** 2;
    }
    return n - p - lost;
  };
}

function eliminatedDegrees(design: DesignMoments): ResidualDegrees {
  const { n, p, q: Q, factors } = design;
  const equationsAt = mixedModelEquations(design);
  return (theta) => {
    const { choice, pivots, logDet, touched, halves, S } = equationsAt(theta);
    const { factor: own, zColumns, border } = choice;
    if (Number.isNaN(logDet) || Number.isNaN(choleskyInPlace(S, border))) return Number.NaN;
    const N = new Float64Array(border * border);
    const T = new Float64Array(border * border);
    const q = own < 0 ? 0 : factors[own].q;
    const inverseOfD = new Float64Array(q * q);
    let sum = 0;
    touched.forEach((columns, i) => {
      const pivot = pivots.subarray(i * q * q, (i + 1) * q * q);
      inverseFromCholesky(pivot, q, inverseOfD);
      for (const value of inverseOfD) sum += value * value;
      const m = columns.length;
      const E = halves[i].slice();
      for (let k = 0; k < m; k++) backwardSolve(pivot, q, E, k, m);
      const F = E.slice();
      for (let k = 0; k < m; k++) forwardSolve(pivot, q, F, k, m);
      for (let s = 0; s < m; s++) {
        for (let t = 0; t < m; t++) {
          const at = columns[s] * border + columns[t];
          for (let a = 0; a < q; a++) {
            N[at] += E[a * m + s] * E[a * m + t];
            T[at] += F[a * m + s] * F[a * m + t];
          }
        }
      }
    });
    const inverse = new Float64Array(border * border);
    inverseFromCholesky(S, border, inverse);
    // M = S^-1 N.
    const M = new Float64Array(border * border);
    for (let i = 0; i < border; i++) {
      for (let k = 0; k < border; k++) {
        const value = inverse[i * border + k];
        sum += 2 * value * T[k * border + i];
        if (i < zColumns && k < zColumns) sum += value * value;
        if (value !== 0) for (let j = 0; j < border; j++) M[i * border + j] += value * N[k * border + j];
      }
    }
    for (let i = 0; i < border; i++) {
      for (let j = 0; j < border; j++) {
        sum += M[i * border + j] * M[j * border + i];
        if (i < zColumns) sum += 2 * M[i * border + j] * inverse[j * border + i];
      }
    }
    return n - p - Q + sum;
  };
}
