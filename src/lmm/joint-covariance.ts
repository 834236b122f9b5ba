import type { DesignMoments } from '../moments/moments.ts';
import { choleskyInPlace, forwardSolve } from '../numeric/cholesky.ts';
import { sandwich } from '../numeric/dense.ts';

/**
 * Covariance of (b_hat - b, u_hat - u), the errors of all estimates of a mixed model together: sigma^2 times the inverse
 * of the matrix of Henderson's mixed-model equations,
 *
 *     M = [ X'WX      X'WZL     ]      L the relative covariance factor, random effects L u, u ~ N(0, sigma^2 I)
 *         [ L'Z'WX    L'Z'WZL + I ]
 *
 * (Henderson 1975, doi:10.2307/2529430). With L inside, a variance of zero needs no special case. X is in the
 * orthonormal basis of the moments, where X'WX = I.
 *
 * The first factor, which has the most levels, is eliminated level by level; what is left is dense: the p coefficients
 * and the levels of the other factors.
 */
export interface JointCovariance {
  /** Relative factor L of each term, q x q row-major, lower triangle; in the units of the data. */
  readonly factors: readonly Float64Array[];
  /**
   * w' M^-1 w for w = (x, L'z): `x` has p raw coefficients, `levels` the level of each factor (-1: one that the fit did
   * not have, or none), `effects` per factor L'z of its terms together. Times sigma^2 it is the variance of
   * x'(b_hat - b) + z'(u_hat - u); a new level adds its own variance |L'z|^2.
   */
  quadraticForm(x: Float64Array, levels: Int32Array, effects: readonly Float64Array[]): number;
}

/** Columns of the dense part beyond which it is not formed: half a gigabyte. */
export const LARGEST_BORDER = 8000;

/** Columns that stay when the first factor of a design has been eliminated. */
export function borderColumns({ p, factors }: DesignMoments): number {
  return factors.slice(1).reduce((sum, { levels, q }) => sum + levels.length * q, p);
}

/** The joint covariance at theta (lower triangles of the terms, by columns). */
export function jointCovariance(design: DesignMoments, theta: Float64Array): JointCovariance {
  const { p, r, factors, terms, crosses } = design;
  const raw = termFactors(design, theta);
  const scaled = factors.map(({ q }) => new Float64Array(q * q));
  terms.forEach(({ q, factor, column, transform }, t) => {
    const width = factors[factor].q;
    for (let a = 0; a < q; a++) {
      for (let c = 0; c < q; c++) {
        let sum = 0;
        for (let b = a; b < q; b++) sum += transform[a * q + b] * raw[t][b * q + c];
        scaled[factor][(column + a) * width + column + c] = sum;
      }
    }
  });
  const size = borderColumns(design);
  const starts: number[] = [];
  let next = p;
  factors.forEach(({ levels, q }, f) => {
    starts.push(f === 0 ? -1 : next);
    if (f > 0) next += levels.length * q;
  });

  const S = new Float64Array(size * size);
  for (let k = 0; k < p; k++) S[k * size + k] = 1;
  for (let f = 1; f < factors.length; f++) {
    const { levels, q, ztz, ztx } = factors[f];
    for (let i = 0; i < levels.length; i++) {
      const at = starts[f] + i * q;
      const block = sandwich(scaled[f], ztz.subarray(i * q * q, (i + 1) * q * q), scaled[f], q, q);
      const border = timesTransposed(scaled[f], ztx.subarray(i * q * p, (i + 1) * q * p), q, p);
      for (let a = 0; a < q; a++) {
        for (let b = 0; b < q; b++) S[(at + a) * size + at + b] = block[a * q + b] + (a === b ? 1 : 0);
        for (let k = 0; k < p; k++) S[(at + a) * size + k] = border[a * p + k];
      }
    }
  }
  for (const { a, b, pointers, columns, values } of crosses) {
    if (a === 0) continue;
    const [qa, qb] = [factors[a].q, factors[b].q];
    for (let i = 0; i < factors[a].levels.length; i++) {
      for (let e = pointers[i]; e < pointers[i + 1]; e++) {
        const block = sandwich(scaled[a], values.subarray(e * qa * qb, (e + 1) * qa * qb), scaled[b], qa, qb);
        for (let k = 0; k < qa; k++) {
          for (let l = 0; l < qb; l++) {
            // the lower triangle: the later factor has the higher rows
            S[(starts[b] + columns[e] * qb + l) * size + starts[a] + i * qa + k] = block[k * qb + l];
          }
        }
      }
    }
  }

  // Elimination of the first factor: of each level its Cholesky factor, and the part of the border that it touches.
  const [first] = factors;
  const width = first.q;
  const pivots = new Float64Array(first.levels.length * width * width);
  const touched: Int32Array[] = [];
  const halves: Float64Array[] = [];
  const eliminated = crosses.filter(({ a }) => a === 0);
  for (let i = 0; i < first.levels.length; i++) {
    const pivot = sandwich(
      scaled[0],
      first.ztz.subarray(i * width * width, (i + 1) * width * width),
      scaled[0],
      width,
      width,
    );
    for (let a = 0; a < width; a++) pivot[a * width + a] += 1;
    choleskyInPlace(pivot, width);
    pivots.set(pivot, i * width * width);
    const indices = Array.from({ length: p }, (_, k) => k);
    for (const { b, pointers, columns } of eliminated) {
      for (let e = pointers[i]; e < pointers[i + 1]; e++) {
        for (let l = 0; l < factors[b].q; l++) indices.push(starts[b] + columns[e] * factors[b].q + l);
      }
    }
    const m = indices.length;
    const half = new Float64Array(width * m);
    const border = timesTransposed(scaled[0], first.ztx.subarray(i * width * p, (i + 1) * width * p), width, p);
    for (let a = 0; a < width; a++) for (let k = 0; k < p; k++) half[a * m + k] = border[a * p + k];
    let column = p;
    for (const { b, pointers, values } of eliminated) {
      const qb = factors[b].q;
      for (let e = pointers[i]; e < pointers[i + 1]; e++) {
        const block = sandwich(scaled[0], values.subarray(e * width * qb, (e + 1) * width * qb), scaled[b], width, qb);
        for (let a = 0; a < width; a++) for (let l = 0; l < qb; l++) half[a * m + column + l] = block[a * qb + l];
        column += qb;
      }
    }
    for (let k = 0; k < m; k++) forwardSolve(pivot, width, half, k, m);
    for (let k = 0; k < m; k++) {
      for (let l = 0; l < m; l++) {
        if (indices[l] > indices[k]) continue;
        let sum = 0;
        for (let a = 0; a < width; a++) sum += half[a * m + k] * half[a * m + l];
        S[indices[k] * size + indices[l]] -= sum;
      }
    }
    touched.push(Int32Array.from(indices));
    halves.push(half);
  }
  choleskyInPlace(S, size);

  const v = new Float64Array(size);
  const s = new Float64Array(width);
  return {
    factors: raw,
    quadraticForm(x, levels, effects) {
      v.fill(0);
      // the coordinates of x in the orthonormal basis: R^-T x
      for (let k = 0; k < p; k++) {
        let sum = x[k];
        for (let j = 0; j < k; j++) sum -= r[j * p + k] * v[j];
        v[k] = sum / r[k * p + k];
      }
      let total = 0;
      for (let f = 1; f < factors.length; f++) {
        const at = starts[f] + levels[f] * factors[f].q;
        effects[f].forEach((value, a) => {
          if (levels[f] >= 0) v[at + a] = value;
          else total += value * value;
        });
      }
      s.set(effects[0]);
      const level = levels[0];
      if (level >= 0) {
        forwardSolve(pivots, width, s, 0, 1, level * width * width, width);
        const indices = touched[level];
        const half = halves[level];
        const m = indices.length;
        for (let k = 0; k < m; k++) {
          for (let a = 0; a < width; a++) v[indices[k]] -= half[a * m + k] * s[a];
        }
      }
      for (let a = 0; a < width; a++) total += s[a] * s[a];
      forwardSolve(S, size, v);
      for (let k = 0; k < size; k++) total += v[k] * v[k];
      return total;
    },
  };
}

/** Relative covariance factors of the terms as full q x q lower triangles, row-major. */
export function termFactors({ terms }: DesignMoments, theta: Float64Array): Float64Array[] {
  let at = 0;
  return terms.map(({ q }) => {
    const L = new Float64Array(q * q);
    for (let c = 0; c < q; c++) for (let row = c; row < q; row++) L[row * q + c] = theta[at++];
    return L;
  });
}

/** A'C, A m x m and C m x n row-major. */
function timesTransposed(A: Float64Array, C: Float64Array, m: number, n: number): Float64Array {
  const out = new Float64Array(m * n);
  for (let a = 0; a < m; a++) {
    for (let b = 0; b < m; b++) {
      if (A[b * m + a] === 0) continue;
      for (let k = 0; k < n; k++) out[a * n + k] += A[b * m + a] * C[b * n + k];
    }
  }
  return out;
}
