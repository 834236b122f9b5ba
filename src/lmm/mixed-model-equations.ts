/**
 * The equations of a mixed model (Henderson 1975, doi:10.2307/2529430) in relative units, with the factor that
 * `elimination.ts` names eliminated level by level:
 *
 *     K = [ I + L'Z'WZL   L'Z'WX ]        D_i = I + L'Z_i'WZ_i L,  C_i = L'Z_i'W [Z_rest L, X]
 *         [ X'WZL         X'WX   ]        S   = B - sum C_i'D_i^-1 C_i
 *
 * L is the relative covariance factor, so that a variance of zero needs no special case; X is in the orthonormal basis of
 * the moments, where X'WX = I. B, and with it S, has the columns of the other factors and then those of X: its leading part
 * is what remains of I + L'Z'WZL alone.
 */
import type { DesignMoments } from '../moments/moments.ts';
import { choleskyInPlace, forwardSolve } from '../numeric/cholesky.ts';
import { sandwich } from '../numeric/dense.ts';
import { factorsOfGroups } from './covariance-factor.ts';
import { type Coupling, couplingsOf, type EliminationChoice, eliminationChoice, forEachBlock } from './elimination.ts';

/** The equations at one theta. */
export interface EliminatedEquations {
  readonly choice: EliminationChoice;
  /** T L of each grouping factor, q x q. */
  readonly factors: readonly Float64Array[];
  /** Cholesky factors of D_i, levels x q x q, and the sum of log|D_i|; NaN where one is not positive. */
  readonly pivots: Float64Array;
  readonly logDet: number;
  /** Border columns that level i touches, and D_i^(-1/2) C_i on them, q x touched row-major. */
  readonly touched: readonly Int32Array[];
  readonly halves: readonly Float64Array[];
  /** S, border x border; the lower triangle counts. */
  readonly S: Float64Array;
}

/** The equations of a design as a function of theta (lower triangles of the terms by columns); set up once per design. */
export function mixedModelEquations(design: DesignMoments): EquationsAt {
  const found = known.get(design) ?? setUpEquations(design);
  known.set(design, found);
  return found;
}

type EquationsAt = (theta: ArrayLike<number>) => EliminatedEquations;

const known = new WeakMap<DesignMoments, EquationsAt>();

function setUpEquations(design: DesignMoments): EquationsAt {
  const { p, factors } = design;
  const choice = eliminationChoice(design);
  const { factor: own, zColumns, border } = choice;
  const couplings = couplingsOf(design, choice);
  const touched = couplings.map((list) => touchedColumns(list, zColumns, p));
  return (theta) => {
    const L = factorsOfGroups(design, theta);
    const S = borderMatrix(design, choice, L);
    const halves: Float64Array[] = [];
    const q = own < 0 ? 0 : factors[own].q;
    const pivots = new Float64Array(couplings.length * q * q);
    let logDet = 0;
    couplings.forEach((list, i) => {
      const { ztz, ztx } = factors[own];
      const pivot = sandwich(L[own], ztz.subarray(i * q * q, (i + 1) * q * q), L[own], q, q);
      for (let a = 0; a < q; a++) pivot[a * q + a] += 1;
      logDet += choleskyInPlace(pivot, q);
      pivots.set(pivot, i * q * q);
      const columns = touched[i];
      const m = columns.length;
      const half = new Float64Array(q * m);
      let at = 0;
      for (const { other, values } of list) {
        const block = sandwich(L[own], values, L[other.factor], q, other.q);
        for (let a = 0; a < q; a++) for (let l = 0; l < other.q; l++) half[a * m + at + l] = block[a * other.q + l];
        at += other.q;
      }
      const fixed = timesTransposed(L[own], ztx.subarray(i * q * p, (i + 1) * q * p), q, p);
      for (let a = 0; a < q; a++) for (let k = 0; k < p; k++) half[a * m + at + k] = fixed[a * p + k];
      for (let k = 0; k < m; k++) forwardSolve(pivot, q, half, k, m);
      for (let k = 0; k < m; k++) {
        for (let l = 0; l <= k; l++) {
          let sum = 0;
          for (let a = 0; a < q; a++) sum += half[a * m + k] * half[a * m + l];
          S[columns[k] * border + columns[l]] -= sum;
        }
      }
      halves.push(half);
    });
    return { choice, factors: L, pivots, logDet, touched, halves, S };
  };
}

/** Increasing: the columns of the couplings, then those of X. */
function touchedColumns(couplings: readonly Coupling[], zColumns: number, p: number): Int32Array {
  const columns = couplings.flatMap(({ other, column }) => Array.from({ length: other.q }, (_, l) => column + l));
  for (let k = 0; k < p; k++) columns.push(zColumns + k);
  return Int32Array.from(columns);
}

/** B, the lower triangle. */
function borderMatrix(
  { p, factors, crosses }: DesignMoments,
  { others, zColumns, border }: EliminationChoice,
  L: readonly Float64Array[],
): Float64Array {
  const B = new Float64Array(border * border);
  for (let i = 0; i < border; i++) B[i * border + i] = 1;
  const place = new Map(others.map((other) => [other.factor, other.offset]));
  for (const { factor, offset, q, levels } of others) {
    const { ztz, ztx } = factors[factor];
    for (let i = 0; i < levels; i++) {
      const at = offset + i * q;
      const block = sandwich(L[factor], ztz.subarray(i * q * q, (i + 1) * q * q), L[factor], q, q);
      const fixed = timesTransposed(L[factor], ztx.subarray(i * q * p, (i + 1) * q * p), q, p);
      for (let a = 0; a < q; a++) {
        for (let b = 0; b < q; b++) B[(at + a) * border + at + b] += block[a * q + b];
        for (let k = 0; k < p; k++) B[(zColumns + k) * border + at + a] = fixed[a * p + k];
      }
    }
  }
  for (const cross of crosses) {
    const [first, second] = [place.get(cross.a), place.get(cross.b)];
    if (first === undefined || second === undefined) continue;
    const [qa, qb] = [factors[cross.a].q, factors[cross.b].q];
    // The later factor has the higher rows.
    forEachBlock({ factors }, cross, (i, j, values) => {
      const block = sandwich(L[cross.a], values, L[cross.b], qa, qb);
      for (let k = 0; k < qa; k++) {
        for (let l = 0; l < qb; l++) B[(second + j * qb + l) * border + first + i * qa + k] = block[k * qb + l];
      }
    });
  }
  return B;
}

/** A'C, A m x m and C m x n row-major. */
export function timesTransposed(A: Float64Array, C: Float64Array, m: number, n: number): Float64Array {
  const out = new Float64Array(m * n);
  for (let a = 0; a < m; a++) {
    for (let b = 0; b < m; b++) {
      if (A[b * m + a] === 0) continue;
      for (let k = 0; k < n; k++) out[a * n + k] += A[b * m + a] * C[b * n + k];
    }
  }
  return out;
}
