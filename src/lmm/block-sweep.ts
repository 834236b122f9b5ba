import { choleskyInPlace, forwardSolve } from '../numeric/cholesky.ts';
import type { BlockTypes } from './block-types.ts';

/** What the first sweep over the types of a block objective reads, and where its sums go. */
export interface FirstSweep {
  readonly p: number;
  readonly q: number;
  readonly types: BlockTypes;
  /** The loaded response: per type the mean of r_i (q) and its centred cross-product (q x q). */
  readonly mean: Float64Array;
  readonly scatter: Float64Array;
  /** Per type, with F_i = L L': L^-1 R (q x q), L^-1 N (q x p), L^-1 mean (q), and of several levels L^-1 scatter L^-T (q x q). */
  readonly E: Float64Array;
  readonly Y: Float64Array;
  readonly ym: Float64Array;
  readonly Wd: Float64Array;
  /** X'V^-1 X (its lower triangle) and X'V^-1 r, to which the types are added. */
  readonly information: Float64Array;
  readonly shift: Float64Array;
  /** sum log det F_i, and what the types add to r'V^-1 r. */
  readonly sums: Float64Array;
}

/** Cholesky factor of F = I + (R L)(R L)' of a type at the factor `full`, into `F`; returns log det F. `K` is space. */
export function factorOfType(
  { q, types }: Pick<FirstSweep, 'q' | 'types'>,
  type: number,
  full: Float64Array,
  F: Float64Array,
  K: Float64Array,
): number {
  const R = type * q * q;
  for (let i = 0; i < q; i++) {
    for (let j = 0; j < q; j++) {
      let sum = 0;
      for (let l = 0; l < q; l++) sum += types.R[R + i * q + l] * full[l * q + j];
      K[i * q + j] = sum;
    }
  }
  for (let i = 0; i < q; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = i === j ? 1 : 0;
      for (let l = 0; l < q; l++) sum += K[i * q + l] * K[j * q + l];
      F[i * q + j] = sum;
    }
  }
  return choleskyInPlace(F, q);
}

/** The first sweep at the factor `full` (q x q) of a level; false where a block has no factor. `F` and `K` are space, q x q. */
export function sweepTypes(sweep: FirstSweep, full: Float64Array, F: Float64Array, K: Float64Array): boolean {
  const { p, q, types, mean, scatter, information, shift, E, Y, ym, Wd, sums } = sweep;
  let quadratic = 0;
  let logDet = 0;
  for (let type = 0; type < types.count.length; type++) {
    const weight = types.count[type];
    const R = type * q * q;
    const logDetF = factorOfType(sweep, type, full, F, K);
    if (!Number.isFinite(logDetF)) return false;
    logDet += weight * logDetF;
    for (let i = 0; i < q * q; i++) {
      E[R + i] = types.R[R + i];
      Wd[R + i] = scatter[R + i];
    }
    for (let j = 0; j < q; j++) forwardSolve(F, q, E, R + j, q);
    const N = type * q * p;
    for (let i = 0; i < q * p; i++) Y[N + i] = types.N[N + i];
    for (let j = 0; j < p; j++) forwardSolve(F, q, Y, N + j, p);
    const M = type * q;
    for (let i = 0; i < q; i++) ym[M + i] = mean[M + i];
    forwardSolve(F, q, ym, M);
    if (weight > 1) {
      for (let j = 0; j < q; j++) forwardSolve(F, q, Wd, R + j, q);
      for (let i = 0; i < q; i++) forwardSolve(F, q, Wd, R + i * q);
    }
    for (let i = 0; i < q; i++) {
      const y = ym[M + i];
      quadratic += weight * y * y + Wd[R + i * q + i];
      for (let a = 0; a < p; a++) {
        const ya = weight * Y[N + i * p + a];
        if (ya === 0) continue;
        shift[a] += ya * y;
        for (let b = 0; b <= a; b++) information[a * p + b] += ya * Y[N + i * p + b];
      }
    }
  }
  sums[0] = logDet;
  sums[1] = quadratic;
  return true;
}
