import { triangleSize } from '../types/parameters.ts';
import type { BlockTypes } from './block-types.ts';

/** What an evaluation of a block objective leaves for its derivatives, and where they go. */
export interface BlockSweep {
  readonly p: number;
  readonly q: number;
  readonly d: number;
  readonly reml: boolean;
  readonly S: number;
  readonly types: BlockTypes;
  /** Symmetric basis elements as pairs of columns of the factor. */
  readonly basis: readonly { readonly a: number; readonly b: number }[];
  /** Per type, as the first sweep leaves them (`block-sweep.ts`). */
  readonly E: Float64Array;
  readonly Y: Float64Array;
  readonly ym: Float64Array;
  readonly Wd: Float64Array;
  readonly covariance: Float64Array;
  readonly shift: Float64Array;
  /** Results, as in `CovarianceObjective`. */
  readonly hessian: Float64Array;
  readonly changeOfS: Float64Array;
  readonly curvatureOfS: Float64Array;
  readonly changeOfInformation: Float64Array;
}

/**
 * Sums over the levels, and space for them, once per design, with A = Z_i'V_i^-1 Z_i, B = Z_i'V_i^-1 X, c = B C B' and
 * t = Z_i'P r, over the elements E_e of a basis of the symmetric q x q matrices.
 */
export type BlockWorkspace = ReturnType<typeof blockWorkspace>;

export function blockWorkspace(q: number, p: number, basis: BlockSweep['basis']) {
  const numbers = (length: number) => new Float64Array(length);
  // Two effects are summed over the whole basis of their matrices, whichever elements the terms have.
  const elements = q === 2 ? 3 : basis.length;
  return {
    /** Place among the summed elements of each element of the basis. */
    place: Int32Array.from(basis, ({ a, b }, e) => (q === 2 ? a + b : e)),
    elements,
    A: numbers(q * q),
    B: numbers(q * p),
    BC: numbers(q * p),
    c: numbers(q * q),
    t: numbers(q),
    T: numbers(q * q),
    /** sum A - c (A for ML) and sum t t', q x q. */
    traces: numbers(q * q),
    products: numbers(q * q),
    /** sum B'E_e B (the lower triangle) and sum B'E_e t, elements x p x p and elements x p. */
    H: numbers(elements * p * p),
    h: numbers(elements * p),
    /** sum tr(A E_e A E_f) - 2 tr(A E_e c E_f) (tr(A E_e A E_f) for ML) and sum t'E_e A E_f t, elements x elements. */
    squares: numbers(elements * elements),
    quadratic: numbers(elements * elements),
    CH: numbers(basis.length * p * p),
    /** tr(P V_e P V_f), V^-1 in place of P for ML: bases x bases. */
    pairTraces: numbers(basis.length * basis.length),
    sum: numbers(q * q),
    /** Of the expected information: its traces, and space for what its uncertainty adds. */
    expected: {
      traces: numbers(basis.length),
      out: numbers(p * p),
      D: numbers(basis.length * q * q),
      blend: numbers(p * p),
      half: numbers(p * p),
      map: numbers(triangleSize(q) ** 2),
      M: numbers(triangleSize(q)),
      packed: numbers(triangleSize(q)),
      MB: numbers(q * p),
    },
  };
}

/** What the second sweep reads, and the space that it fills. */
export type BlockSums = Pick<
  BlockSweep,
  'p' | 'q' | 'types' | 'basis' | 'reml' | 'E' | 'Y' | 'ym' | 'Wd' | 'covariance' | 'shift'
> & { readonly space: BlockWorkspace };
