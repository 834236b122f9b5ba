import type { DesignMoments } from '../moments/moments.ts';
import { symmetricEigen } from '../numeric/symmetric-eigen.ts';
import type { DdfMethod } from '../types/inference.ts';
import type { EngineOptions } from './engine.ts';
import { criterionConstant, criterionDegrees } from './objective.ts';
import { type SpectralSpace, spectralSpace } from './spectral-search.ts';
import { testRows } from './test-rows.ts';

/** Eigenvalues of Z'MZ below this multiple of the largest are zero: they are exactly so in theory (Z'1 in the span of X). */
const ZERO_EIGENVALUE = 1e-11;
/** So are all of them where the largest is below this multiple of Z'Z's: X holds every level, and what is left is rounding. */
const ALL_ZERO = 1e-12;

/** What the fits of all responses of a design with one scalar random term share. */
export interface SpectralDesign {
  readonly design: DesignMoments;
  /** Z'MZ = U diag(lambda) U': Q eigenvalues ascending, the first `zeros` of them exactly 0. */
  readonly lambda: Float64Array;
  readonly zeros: number;
  /** U', Q x Q row-major, so that U'(Z'r) reads contiguous memory. */
  readonly ut: Float64Array;
  /** The criterion over the Q - zeros eigenvalues that are not zero. */
  readonly space: SpectralSpace;
  /** Coefficients and contrasts. */
  readonly columns: number;
  /** columns x p row-major: rows l'R^-1. */
  readonly rows: Float64Array;
  /** X'Z U in the orthonormal basis of X, p x Q row-major. */
  readonly basis: Float64Array;
  /** columns x Q row-major: l'(X'X)^-1 X'Z U. */
  readonly k: Float64Array;
  /** l'(X'X)^-1 l, a column. */
  readonly variance0: Float64Array;
  /** What the criterion holds beside its dependence on gamma and on the residual sum of squares. */
  readonly constant: number;
  /** theta in the user's units is sqrt(gamma) / scale. */
  readonly scale: number;
  readonly ddf: DdfMethod;
  /** Degrees of freedom inside the levels: n - p - rank of Z'MZ. */
  readonly withinRows: number;
}

/** Sets a design up: O(Q^3), once. The design must have passed `screenDesign` and have one scalar random term. */
export function spectralDesign(design: DesignMoments, options: EngineOptions): SpectralDesign {
  const { n, p, q: Q } = design;
  const factor = design.factors[0];
  const reml = options.method === 'REML';
  const d = criterionDegrees(design, options.method);

  // K0 = Z'MZ, its eigenvectors, and K0's coordinates of X.
  const k0 = new Float64Array(Q * Q);
  for (let i = 0; i < Q; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = i === j ? factor.ztz[i] : 0;
      for (let k = 0; k < p; k++) sum -= factor.ztx[i * p + k] * factor.ztx[j * p + k];
      k0[i * Q + j] = sum;
      k0[j * Q + i] = sum;
    }
  }
  const { values, vectors } = symmetricEigen(k0, Q);
  const largest = Math.max(
    values[Q - 1],
    (ALL_ZERO / ZERO_EIGENVALUE) * factor.ztz.reduce((a, b) => Math.max(a, b), 0),
  );
  let zeros = 0;
  while (zeros < Q && !(values[zeros] > ZERO_EIGENVALUE * largest)) zeros++;
  const lambda = new Float64Array(Q);
  for (let j = zeros; j < Q; j++) lambda[j] = values[j];
  const ut = new Float64Array(Q * Q);
  for (let j = 0; j < Q; j++) for (let i = 0; i < Q; i++) ut[j * Q + i] = vectors[i * Q + j];

  const { rows, columns } = testRows(design, options.contrasts);
  const k = new Float64Array(columns * Q);
  const variance0 = new Float64Array(columns);
  const basis = new Float64Array(p * Q);
  for (let l = 0; l < p; l++) {
    for (let j = 0; j < Q; j++) {
      let sum = 0;
      for (let i = 0; i < Q; i++) sum += factor.ztx[i * p + l] * ut[j * Q + i];
      basis[l * Q + j] = sum;
    }
  }
  for (let c = 0; c < columns; c++) {
    for (let i = 0; i < p; i++) {
      const l = rows[c * p + i];
      variance0[c] += l * l;
      if (l !== 0) for (let j = 0; j < Q; j++) k[c * Q + j] += l * basis[i * Q + j];
    }
  }
  const positive = lambda.subarray(zeros);
  return {
    design,
    lambda,
    zeros,
    ut,
    space: spectralSpace(positive, reml ? positive : Float64Array.from(factor.ztz), d),
    columns,
    rows,
    basis,
    k,
    variance0,
    constant: criterionConstant(design, options.method),
    scale: design.terms[0].transform[0],
    ddf: options.ddf,
    withinRows: n - p - (Q - zeros),
  };
}
