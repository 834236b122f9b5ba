import type { FactorMoments } from '../moments/moments.ts';
import { pivotedCholesky } from '../numeric/cholesky.ts';

/** Levels of a grouping factor sorted into types with identical blocks, and the blocks' QR factors. */
export interface BlockTypes {
  /** Type of each level. */
  readonly of: Int32Array;
  /** Levels of each type. */
  readonly count: Float64Array;
  /** R_i, q x q a type, with R'R = Z_i'W Z_i; rows beyond the rank are zero. */
  readonly R: Float64Array;
  /** N_i = Q_i'X_i, q x p a type. */
  readonly N: Float64Array;
  /** Sum of the ranks of all blocks. */
  readonly totalRank: number;
  /** What of X'X = I lies outside the blocks: I - sum N'N, p x p. */
  readonly restXx: Float64Array;
  /** out = Q_i'r from Z_i'W r at `from`, for a level of the type. */
  project(ztr: Float64Array, from: number, type: number, out: Float64Array): void;
}

/** Relative size below which a pivot of Z_i'Z_i is rounding: a level with fewer rows than effects is rank-deficient. */
const ZERO_PIVOT = 1e-11;

export function blockTypes(factor: FactorMoments, p: number): BlockTypes {
  const { q, ztz, ztx } = factor;
  const levels = factor.levels.length;
  const of = new Int32Array(levels);
  const representative: number[] = [];
  const counts: number[] = [];
  const known = new Map<string, number>();
  for (let i = 0; i < levels; i++) {
    // Rounded to 12 digits: sums over rows in another order differ in the last place.
    const key =
      Array.from(ztz.subarray(i * q * q, (i + 1) * q * q), (v) => v.toPrecision(12)).join() +
      ';' +
      Array.from(ztx.subarray(i * q * p, (i + 1) * q * p), (v) =>
        Math.abs(v) < 1e-13 ? '0' : v.toPrecision(12),
      ).join();
    let type = known.get(key);
    if (type === undefined) {
      type = counts.length;
      known.set(key, type);
      representative.push(i);
      counts.push(0);
    }
    of[i] = type;
    counts[type]++;
  }
  const kinds = counts.length;
  const R = new Float64Array(kinds * q * q);
  const N = new Float64Array(kinds * q * p);
  const lower = new Float64Array(kinds * q * q);
  const orders = new Int32Array(kinds * q);
  const ranks = new Int32Array(kinds);
  let totalRank = 0;
  const restXx = new Float64Array(p * p);
  for (let a = 0; a < p; a++) restXx[a * p + a] = 1;
  for (let type = 0; type < kinds; type++) {
    const level = representative[type];
    const l = lower.subarray(type * q * q, (type + 1) * q * q);
    const order = orders.subarray(type * q, (type + 1) * q);
    const rank = pivotedCholesky(ztz.subarray(level * q * q, (level + 1) * q * q), q, l, order, ZERO_PIVOT);
    ranks[type] = rank;
    totalRank += counts[type] * rank;
    for (let i = 0; i < q; i++) for (let j = 0; j < rank; j++) R[(type * q + j) * q + order[i]] = l[i * q + j];
    for (let k = 0; k < p; k++) {
      for (let i = 0; i < rank; i++) {
        let sum = ztx[(level * q + order[i]) * p + k];
        for (let j = 0; j < i; j++) sum -= l[i * q + j] * N[(type * q + j) * p + k];
        N[(type * q + i) * p + k] = sum / l[i * q + i];
      }
    }
    for (let i = 0; i < rank; i++) {
      for (let a = 0; a < p; a++) {
        const value = counts[type] * N[(type * q + i) * p + a];
        for (let b = 0; b < p; b++) restXx[a * p + b] -= value * N[(type * q + i) * p + b];
      }
    }
  }
  for (let a = 0; a < p; a++) if (restXx[a * p + a] < 1e-15) restXx[a * p + a] = Math.max(0, restXx[a * p + a]);
  function project(ztr: Float64Array, from: number, type: number, out: Float64Array): void {
    const at = type * q * q;
    for (let i = 0; i < q; i++) {
      if (i >= ranks[type]) {
        out[i] = 0;
        continue;
      }
      let sum = ztr[from + orders[type * q + i]];
      for (let j = 0; j < i; j++) sum -= lower[at + i * q + j] * out[j];
      out[i] = sum / lower[at + i * q + i];
    }
  }
  return { of, count: Float64Array.from(counts), R, N, totalRank, restXx, project };
}
