/**
 * Plain data of structured covariances: what the residuals of a subject are to each other, and how their standard
 * deviations move with the data. Structures have mmrm's names.
 */

/**
 * Correlations, and standard deviations: one for all, or (h, `us`, `diag`) one a visit.
 *
 *     us    any covariance                       toep, toeph  one correlation a lag
 *     cs, csh    one correlation for all pairs   ad, adh      products of the correlations of neighbours
 *     ar1, ar1h  rho^|i - j| over the visits     diag         none
 *     sp_exp     exp(-|t_i - t_j| / range) over times
 */
export const STRUCTURES = ['us', 'cs', 'csh', 'ar1', 'ar1h', 'toep', 'toeph', 'ad', 'adh', 'diag', 'sp_exp'] as const;
/** A structure of residuals, as formulas name it. */
export type StructureName = (typeof STRUCTURES)[number];

/** Levels of a factor and the level of each used row; every level is in use, no code is missing. */
export interface RowFactor {
  readonly name: string;
  readonly levels: readonly string[];
  readonly codes: Int32Array;
}

/** `us(visit | arm / subject)` on the used rows of a table. No subject has two rows at one visit, or at one time. */
export interface ResidualRows {
  readonly structure: StructureName;
  /** As the user wrote it. */
  readonly text: string;
  /** Visits in order; null for times. */
  readonly visit: RowFactor | null;
  /** Name and values of the times of `sp_exp`, length n; null for visits. */
  readonly time: { readonly name: string; readonly values: Float64Array } | null;
  /** Rows of different subjects are independent. A subject has one level of `by`. */
  readonly subject: RowFactor;
  /** Groups with parameters of their own; null for one set of them. */
  readonly by: RowFactor | null;
}

/** `~ sex`: columns in which the log standard deviation of the residuals is linear, on the used rows of a table. */
export interface DispersionRows {
  readonly text: string;
  readonly names: readonly string[];
  /** n x names, column-major, full column rank. */
  readonly x: Float64Array;
}

/** Whether a structure has a standard deviation for each visit. */
export function isHeterogeneous(name: StructureName): boolean {
  return name === 'us' || name === 'diag' || name.endsWith('h');
}

/** Whether a row depends on the rows before it over its neighbour alone. */
export function isMarkov(name: StructureName): boolean {
  return ['ar1', 'ar1h', 'ad', 'adh', 'sp_exp'].includes(name);
}
