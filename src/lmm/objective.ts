import type { DesignMoments, ResponseMoments } from '../moments/moments.ts';
import { triangleSize } from '../types/parameters.ts';
import { solveUpper } from './covariance-factor.ts';

/**
 * What the Newton optimiser needs of a model whose random effects have covariance s^2 G, G block-diagonal with one
 * q x q matrix a term (the same for every level). With V = I + Z G Z', P = V^-1 - V^-1 X (X'V^-1 X)^-1 X'V^-1:
 *
 *     f        = log|V| (+ log|X'V^-1 X| for REML) + d log S,  S = y'P y
 *     df/dG_e  = tr(P V_e) - d (y'P V_e P y) / S               V_e = Z E_e Z'; V^-1 instead of P in the trace for ML
 *     d2f      = - tr(P V_e P V_f) + d (2 y'P V_e P V_f P y / S - (y'P V_e P y)(y'P V_f P y) / S^2)
 *
 * E_e runs over the symmetric basis of each term: pairs (a, b), a >= b, with ones at (a, b) and (b, a).
 */
export interface TermSlot {
  /** Effects of a level. */
  readonly q: number;
  /** Where the term's q x q factor and gradient begin in the concatenated arrays. */
  readonly square: number;
  /** Where its q(q+1)/2 basis elements begin; element (a, b), a >= b, at `basis + a(a+1)/2 + b`. */
  readonly basis: number;
}

export interface CovarianceObjective {
  readonly slots: readonly TermSlot[];
  /** Sum of q^2 and of q(q+1)/2. */
  readonly squares: number;
  readonly bases: number;
  /** d of the criterion: n - p or n. */
  readonly d: number;
  /**
   * Evaluates at relative covariance factors `lambda` (concatenated q x q row-major, G = L L'; any square factor will
   * do). Returns f without the constants, NaN when it cannot be formed; fills `S`, `gradient` (d f/d G as symmetric
   * matrices, concatenated like `lambda`) and `hessian` (bases x bases, over the symmetric basis).
   */
  evaluate(lambda: Float64Array): number;
  readonly S: number;
  readonly gradient: Float64Array;
  readonly hessian: Float64Array;
  /** d S / d G_e = -y'P V_e P y, per basis element. */
  readonly changeOfS: Float64Array;
  /** d2 S / d G_e d G_f = 2 y'P V_e P V_f P y, bases x bases. */
  readonly curvatureOfS: Float64Array;
  /** (X'V^-1 X)^-1 in the orthonormal basis, p x p, and X'V^-1 V_e V^-1 X per basis element (bases x p x p). */
  readonly covariance: Float64Array;
  readonly changeOfInformation: Float64Array;
  /** Coordinates of b - b_ols in the orthonormal basis, length p. */
  readonly shift: Float64Array;
  /** Takes response k, multiplied by `scale`, of a batch whose designs have `totalColumns` columns of Z. */
  load(responses: ResponseMoments, k: number, totalColumns: number, scale?: number): void;
  /** Residual sum of squares that no random effect of the eliminated factor can take up, and its degrees of freedom. */
  readonly within: number;
  readonly withinRows: number;
  /** By factor, at the last evaluated point: Z'P y (levels x q) and the blocks of Z'V^-1 Z (levels x q x q). */
  conditional(): readonly { readonly projected: Float64Array; readonly information: Float64Array }[];
  /** What Kenward and Roger's method needs at the last evaluated point; REML objectives only, before `conditional`. */
  expectedInformation(): ExpectedInformation;
}

/** Expected information of the elements of G, and what their uncertainty adds to the covariance of the coefficients. */
export interface ExpectedInformation {
  /** tr(P V_e), length bases. */
  readonly traces: Float64Array;
  /** tr(P V_e P V_f), bases x bases. */
  readonly information: Float64Array;
  /** sum_ef W_ef X'V^-1 V_e P V_f V^-1 X for symmetric weights (bases x bases): p x p. */
  adjustment(W: Float64Array): Float64Array;
}

/** Slots for terms of the given sizes. */
export function termSlots(sizes: readonly number[]): { slots: TermSlot[]; squares: number; bases: number } {
  let squares = 0;
  let bases = 0;
  const slots = sizes.map((q) => {
    const slot = { q, square: squares, basis: bases };
    squares += q * q;
    bases += triangleSize(q);
    return slot;
  });
  return { slots, squares, bases };
}

/** d of the criterion: n - p for restricted likelihood, n for the whole. */
export function criterionDegrees({ n, p }: Pick<DesignMoments, 'n' | 'p'>, method: 'REML' | 'ML'): number {
  return method === 'REML' ? n - p : n;
}

/**
 * What the criterion holds beside log-determinants relative to X'X = R'R and d log S, whatever the covariance is:
 * log|X'X| (REML) - log|W| + d (1 + log(2 pi / d)).
 */
export function criterionConstant({ n, p, r, logDetW }: DesignMoments, method: 'REML' | 'ML'): number {
  const d = criterionDegrees({ n, p }, method);
  let logDetX = 0;
  for (let k = 0; k < p; k++) logDetX += 2 * Math.log(Math.abs(r[k * p + k]));
  return (method === 'REML' ? logDetX : 0) - logDetW + d * (1 + Math.log((2 * Math.PI) / d));
}

/** Covariance of the raw coefficients, sigma^2 R^-1 C R^-T, from C in the orthonormal basis. */
export function covarianceInRawUnits(C: Float64Array, r: Float64Array, p: number, sigma: number): Float64Array {
  const left = solveUpper(r, C, p);
  const transposed = new Float64Array(p * p);
  for (let i = 0; i < p; i++) for (let j = 0; j < p; j++) transposed[i * p + j] = left[j * p + i];
  const both = solveUpper(r, transposed, p);
  for (let i = 0; i < p * p; i++) both[i] *= sigma * sigma;
  return both;
}
