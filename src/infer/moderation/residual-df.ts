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
 *     K = [ I + L'Z'ZL   L'Z'X ]          d = n - p - Q + |(K^-1)_zz|^2,
 *         [ X'ZL         X'X   ]
 *
 * |.|^2 the sum of squares of the elements, (K^-1)_zz the Q x Q block of the random effects, L their relative covariance
 * factor, Z and X scaled by the roots of the weights. The factor with most columns is block-diagonal in K: eliminated level
 * by level with blocks D_i and borders C_i, it leaves S = B - sum C_i'D_i^-1 C_i of the border's size, and with
 * E_i = D_i^-1 C_i, N = sum E_i'E_i, T = sum E_i'D_i^-1 E_i
 *
 *     |(K^-1)_zz|^2 = sum |D_i^-1|^2 + 2 tr S^-1 T + tr (S^-1 N)^2 + 2 tr_z S^-1 N S^-1 + |(S^-1)_zz|^2.
 *
 * With one scalar random term shared by many responses the eigenvalues lambda of Z'MZ (M projects X out) do the same once
 * for all: d = n - p - sum (1 - (1 + gamma lambda)^-2).
 */

import type { DesignMoments } from '../../moments/moments.ts';
import { backwardSolve, choleskyInPlace, forwardSolve } from '../../numeric/cholesky.ts';
import { sandwich } from '../../numeric/dense.ts';
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

/** A block Z_i'W Z_fl that couples level i of the eliminated factor to level l of another. */
interface Coupling {
  readonly factor: number;
  /** First column of the block in the border. */
  readonly column: number;
  /** q_e x q_f row-major. */
  readonly values: Float64Array;
}

function eliminatedDegrees(design: DesignMoments): ResidualDegrees {
  const { n, p, q: Q, factors, crosses } = design;
  const size = (f: number) => factors[f].levels.length * factors[f].q;
  let e = 0;
  for (let f = 1; f < factors.length; f++) if (size(f) > size(e)) e = f;
  const start = new Int32Array(factors.length);
  let z = 0;
  factors.forEach((_, f) => {
    if (f === e) return;
    start[f] = z;
    z += size(f);
  });
  const b = z + p;
  const couplings: Coupling[][] = factors[e].levels.map(() => []);
  for (const cross of crosses) {
    if (cross.a !== e && cross.b !== e) continue;
    const other = cross.a === e ? cross.b : cross.a;
    forEachBlock(design, cross, (i, j, values) => {
      const [own, level] = cross.a === e ? [i, j] : [j, i];
      couplings[own].push({
        factor: other,
        column: start[other] + level * factors[other].q,
        values: cross.a === e ? values : transposed(values, factors[other].q, factors[e].q),
      });
    });
  }
  const work = {
    B: new Float64Array(b * b),
    N: new Float64Array(b * b),
    T: new Float64Array(b * b),
  };
  return (theta) => {
    const L = factorsOf(design, theta);
    const { B, N, T } = work;
    fillBorder(design, e, start, z, L, B);
    N.fill(0);
    T.fill(0);
    const q = factors[e].q;
    const ztz = factors[e].ztz;
    let sum = 0;
    for (let i = 0; i < factors[e].levels.length; i++) {
      const D = sandwich(L[e], ztz.subarray(i * q * q, (i + 1) * q * q), L[e], q, q);
      for (let a = 0; a < q; a++) D[a * q + a] += 1;
      const inverse = inversePositive(D, q);
      if (!inverse) return Number.NaN;
      for (const value of inverse) sum += value * value;
      // The columns of the border that level i touches, and C_i in them.
      const columns: number[] = [];
      const C: Float64Array[] = [];
      for (const { factor, column, values } of couplings[i]) {
        const qf = factors[factor].q;
        const block = sandwich(L[e], values, L[factor], q, qf);
        for (let k = 0; k < qf; k++) {
          columns.push(column + k);
          C.push(Float64Array.from({ length: q }, (_, a) => block[a * qf + k]));
        }
      }
      const own = factors[e].ztx.subarray(i * q * p, (i + 1) * q * p);
      for (let k = 0; k < p; k++) {
        columns.push(z + k);
        C.push(
          Float64Array.from({ length: q }, (_, a) => {
            let value = 0;
            for (let c = 0; c < q; c++) value += L[e][c * q + a] * own[c * p + k];
            return value;
          }),
        );
      }
      const E = C.map((column) => multiply(inverse, column, q));
      const F = E.map((column) => multiply(inverse, column, q));
      for (let s = 0; s < columns.length; s++) {
        for (let t = 0; t < columns.length; t++) {
          const at = columns[s] * b + columns[t];
          for (let a = 0; a < q; a++) {
            B[at] -= C[s][a] * E[t][a];
            N[at] += E[s][a] * E[t][a];
            T[at] += E[s][a] * F[t][a];
          }
        }
      }
    }
    const inverse = inversePositive(B, b);
    if (!inverse) return Number.NaN;
    // M = S^-1 N.
    const M = new Float64Array(b * b);
    for (let i = 0; i < b; i++) {
      for (let k = 0; k < b; k++) {
        const value = inverse[i * b + k];
        sum += 2 * value * T[k * b + i];
        if (i < z && k < z) sum += value * value;
        if (value !== 0) for (let j = 0; j < b; j++) M[i * b + j] += value * N[k * b + j];
      }
    }
    for (let i = 0; i < b; i++) {
      for (let j = 0; j < b; j++) {
        sum += M[i * b + j] * M[j * b + i];
        if (i < z) sum += 2 * M[i * b + j] * inverse[j * b + i];
      }
    }
    return n - p - Q + sum;
  };
}

/** The relative covariance factor of each grouping factor, for its orthonormalised columns: T L, block-diagonal by term. */
function factorsOf({ factors, terms }: DesignMoments, theta: Float64Array): Float64Array[] {
  const out = factors.map(({ q }) => new Float64Array(q * q));
  let from = 0;
  for (const { factor, column, q, transform } of terms) {
    const L = new Float64Array(q * q);
    for (let c = 0; c < q; c++) for (let r = c; r < q; r++) L[r * q + c] = theta[from++];
    const width = factors[factor].q;
    for (let a = 0; a < q; a++) {
      for (let c = 0; c < q; c++) {
        let sum = 0;
        for (let k = a; k < q; k++) sum += transform[a * q + k] * L[k * q + c];
        out[factor][(column + a) * width + column + c] = sum;
      }
    }
  }
  return out;
}

/** B: I + L'Z'ZL of the factors that are not eliminated, with X, whose columns are orthonormal. */
function fillBorder(
  design: DesignMoments,
  e: number,
  start: Int32Array,
  z: number,
  L: readonly Float64Array[],
  B: Float64Array,
): void {
  const { p, factors, crosses } = design;
  const b = z + p;
  B.fill(0);
  for (let i = 0; i < b; i++) B[i * b + i] = 1;
  factors.forEach(({ levels, q, ztz, ztx }, f) => {
    if (f === e) return;
    for (let i = 0; i < levels.length; i++) {
      const at = start[f] + i * q;
      const block = sandwich(L[f], ztz.subarray(i * q * q, (i + 1) * q * q), L[f], q, q);
      for (let a = 0; a < q; a++) {
        for (let c = 0; c < q; c++) B[(at + a) * b + at + c] += block[a * q + c];
        for (let k = 0; k < p; k++) {
          let value = 0;
          for (let c = 0; c < q; c++) value += L[f][c * q + a] * ztx[(i * q + c) * p + k];
          B[(at + a) * b + z + k] = value;
          B[(z + k) * b + at + a] = value;
        }
      }
    }
  });
  for (const cross of crosses) {
    if (cross.a === e || cross.b === e) continue;
    const qa = factors[cross.a].q;
    const qb = factors[cross.b].q;
    forEachBlock(design, cross, (i, j, values) => {
      const block = sandwich(L[cross.a], values, L[cross.b], qa, qb);
      for (let k = 0; k < qa; k++) {
        for (let l = 0; l < qb; l++) {
          const row = start[cross.a] + i * qa + k;
          const column = start[cross.b] + j * qb + l;
          B[row * b + column] = block[k * qb + l];
          B[column * b + row] = block[k * qb + l];
        }
      }
    });
  }
}

function forEachBlock(
  { factors }: DesignMoments,
  { a, b, pointers, columns, values }: DesignMoments['crosses'][number],
  visit: (levelOfA: number, levelOfB: number, block: Float64Array) => void,
): void {
  const size = factors[a].q * factors[b].q;
  for (let i = 0; i + 1 < pointers.length; i++) {
    for (let k = pointers[i]; k < pointers[i + 1]; k++) {
      visit(i, columns[k], values.subarray(k * size, (k + 1) * size));
    }
  }
}

function transposed(values: Float64Array, rows: number, columns: number): Float64Array {
  return Float64Array.from({ length: rows * columns }, (_, k) => values[(k % rows) * columns + Math.floor(k / rows)]);
}

function multiply(A: Float64Array, x: Float64Array, k: number): Float64Array {
  const out = new Float64Array(k);
  for (let i = 0; i < k; i++) for (let j = 0; j < k; j++) out[i] += A[i * k + j] * x[j];
  return out;
}

/** The inverse of a positive definite matrix, which is overwritten; null where it is not one. */
function inversePositive(A: Float64Array, k: number): Float64Array | null {
  if (Number.isNaN(choleskyInPlace(A, k))) return null;
  const out = new Float64Array(k * k);
  for (let i = 0; i < k; i++) {
    const column = new Float64Array(k);
    column[i] = 1;
    forwardSolve(A, k, column);
    backwardSolve(A, k, column);
    out.set(column, i * k);
  }
  return out;
}
