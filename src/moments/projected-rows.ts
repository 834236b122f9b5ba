/** Orthonormalised rows of a design, m of them. */
export interface ProjectedRows {
  /** Q of W^(1/2) X = Q R, m x p column-major. */
  readonly q: Float64Array;
  /** Square root of (prior weight x rows in the stratum), length m; null when all are 1. */
  readonly rootWeight: Float64Array | null;
  /** Per factor: level of each row (m), and zt (m x q of the factor, row-major). */
  readonly factors: readonly { readonly codes: Int32Array; readonly z: Float64Array }[];
}
