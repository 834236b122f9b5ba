/** Sufficient statistics of grouping factors and their random terms; notation in `moments.ts`. */

/** One random term, as a slice of its grouping factor. */
export interface TermMoments {
  readonly group: string;
  readonly names: readonly string[];
  readonly q: number;
  /** Index into `factors`, and first column of the term within the factor's q columns. */
  readonly factor: number;
  readonly column: number;
  /** T, q x q row-major, upper triangular: z = zt T. */
  readonly transform: Float64Array;
  /** Mean of z z' over the rows, unweighted, raw units; q x q row-major (for R2). */
  readonly meanSquare: Float64Array;
}

/** One grouping factor with all terms on it: J levels, q columns a level. */
export interface FactorMoments {
  readonly group: string;
  readonly levels: readonly string[];
  readonly q: number;
  /** First column of the factor among all Q columns of Z; column of (level, k) = offset + level * q + k. */
  readonly offset: number;
  /** J x q x q: Z_i'W Z_i. */
  readonly ztz: Float64Array;
  /** J x q x p: Z_i'W^(1/2) Q. */
  readonly ztx: Float64Array;
}
