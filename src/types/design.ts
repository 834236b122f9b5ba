/** Plain data of a model on the rows of a table: its model matrices. */
import type { DispersionRows, ResidualRows, StructureName } from './residual.ts';

/** One random term `(z1 + z2 | group)`: q columns of values, one grouping factor. */
export interface RandomTerm {
  /** Name of the grouping factor as lme4 prints it (`donor`, `b:a`). */
  readonly group: string;
  /** Column names of the term (`(Intercept)`, `Days`), length q. */
  readonly names: readonly string[];
  readonly levels: readonly string[];
  /** Level of each used row, length n. */
  readonly codes: Int32Array;
  /** n x q, column-major. */
  readonly z: Float64Array;
  /** Covariance of the effects of a level, where the formula gives one (`ar1(0 + visit | donor)`); any without it. */
  readonly structure?: Extract<StructureName, 'cs' | 'ar1' | 'diag'>;
}

/** Model matrices of one formula on the used rows of one table. */
export interface Design {
  readonly formula: string;
  /** Used rows of the table (after missing values and zero weights), increasing; length n. */
  readonly rows: Int32Array;
  readonly n: number;
  /** Names of those rows, where the table has names: a matrix is joined by them. */
  readonly rowNames?: readonly string[];
  /** Fixed effects, full column rank. */
  readonly fixed: {
    readonly names: readonly string[];
    /** Index into `termLabels` of each column; 0 is the intercept, where there is one. */
    readonly assign: readonly number[];
    /** `(Intercept)`, then the terms in R's order. */
    readonly termLabels: readonly string[];
    /** n x p, column-major. */
    readonly x: Float64Array;
    /** Aliased columns that were left out, in order. */
    readonly dropped: readonly string[];
    /** Each of them as a combination of the columns kept, dropped x p row-major; absent where that is not known. */
    readonly aliases?: Float64Array;
  };
  /** In lme4's order (by number of levels, decreasing). Empty for a model without random terms. */
  readonly random: readonly RandomTerm[];
  /** How residuals of a subject go together, and how their standard deviations move; independent and equal without them. */
  readonly residual?: ResidualRows;
  readonly dispersion?: DispersionRows;
  /** Prior weights, length n. */
  readonly weights?: Float64Array;
  /** Sum of the offsets, length n. */
  readonly offset?: Float64Array;
  /** Remarks for the user: rows dropped, columns dropped, levels dropped. */
  readonly notes: readonly string[];
}
