/**
 * How the rows of a design are made from a table: R's terms, xlevels, contrasts and predvars, as plain data that
 * survives JSON and structured cloning.
 */

/** What a function of a formula learned from the data it was trained on; `call` is its text in the formula. */
export type TrainedFunction =
  /** `scale`: (x - center) / scale. */
  | { readonly kind: 'scale'; readonly call: string; readonly center: number; readonly scale: number }
  /**
   * `poly`: on x = (value - mean) / scale, column 0 is 1 / sqrt(count), column k is x times the one before, less
   * `projections[k - 1]` (two rounds over columns 0 .. k - 1), divided by `norms[k - 1]`.
   */
  | {
      readonly kind: 'poly';
      readonly call: string;
      readonly mean: number;
      readonly scale: number;
      readonly count: number;
      readonly projections: readonly (readonly number[])[];
      readonly norms: readonly number[];
    }
  /** `ns` and `bs`: interior and boundary knots, increasing; the call says the rest. */
  | {
      readonly kind: 'spline';
      readonly call: string;
      readonly knots: readonly number[];
      readonly boundary: readonly [number, number];
    }
  /** `cut` into a number of intervals: their ends, increasing. */
  | { readonly kind: 'cut'; readonly call: string; readonly breaks: readonly number[] }
  /** `factor` and its kin: the levels found, before any labels. */
  | { readonly kind: 'factor'; readonly call: string; readonly levels: readonly string[] }
  /** `within` and `between`: means by group; `call` is `mean(x, g)`. */
  | { readonly kind: 'means'; readonly call: string; readonly levels: readonly string[]; readonly means: number[] };

/** A column of the table that a formula reads, and what its used rows hold. */
export type ColumnRecipe =
  | {
      readonly name: string;
      readonly kind: 'numeric' | 'logical';
      /** Of the used rows; null where there is no value. Of a logical column the mean is the share of TRUE. */
      readonly mean: number | null;
      readonly minimum: number | null;
      readonly maximum: number | null;
    }
  | {
      readonly name: string;
      readonly kind: 'factor';
      /** All levels of the table, in order, and how many used rows have each. */
      readonly levels: readonly string[];
      readonly counts: readonly number[];
      readonly ordered: boolean;
    };

/** A variable of the fixed effects or of the left side of a random term. */
export interface VariableRecipe {
  /** Its text in the formula: `time`, `poly(x, 2)`. */
  readonly label: string;
  /** Columns of the table that it reads. */
  readonly columns: readonly string[];
  readonly kind: 'numeric' | 'factor';
  /** What follows the label in the names of a numeric variable's columns; one empty text unless it is a matrix. */
  readonly suffixes: readonly string[];
  /** Levels in use, in order; empty for numbers. */
  readonly levels: readonly string[];
  readonly ordered: boolean;
  /** Levels FALSE and TRUE of a logical. */
  readonly logical: boolean;
  /** Contrasts among the fixed effects. */
  readonly coding: 'treatment' | 'sum' | 'helmert' | 'poly';
}

/** Levels of a grouping factor. */
export interface GroupRecipe {
  /** Variables that make the grouping factor, the first varying slowest, each with its levels in use. */
  readonly atoms: readonly { readonly label: string; readonly levels: readonly string[] }[];
  /** Of each level of an interaction, the code over its atoms (mixed radix); null for one atom. */
  readonly combinations: readonly number[] | null;
}

/** A random term: its columns, and the levels of its grouping factor. */
export interface RandomRecipe extends GroupRecipe {
  readonly group: string;
  readonly names: readonly string[];
  /** Place among the random terms of the formula. */
  readonly part: number;
  /** Covariance of the effects of a level, where the formula gives one. */
  readonly structure?: 'cs' | 'ar1' | 'diag';
}

/** A structure of residuals, and the levels that it had in the fit. */
export interface ResidualRecipe {
  /** As the user wrote it: `us(visit | arm / subject)`. */
  readonly text: string;
  /** Null for the times of `sp_exp`. */
  readonly visit: GroupRecipe | null;
  readonly subject: GroupRecipe;
  readonly by: GroupRecipe | null;
}

/** The model of the residuals' log standard deviation. */
export interface DispersionRecipe {
  /** As the user wrote it: `~ sex`. */
  readonly text: string;
  /** Columns kept, and their places among all of them. */
  readonly names: readonly string[];
  readonly kept: readonly number[];
}

/**
 * How the rows of a design are made from a table: R's terms, xlevels, contrasts and predvars. Plain data that survives
 * JSON and structured cloning.
 */
export interface ModelRecipe {
  readonly formula: string;
  /** Rows used. */
  readonly rows: number;
  readonly columns: readonly ColumnRecipe[];
  readonly variables: readonly VariableRecipe[];
  readonly trained: readonly TrainedFunction[];
  readonly fixed: {
    /** Coefficients kept, the term of each (0 is the intercept) and its place among all columns. */
    readonly names: readonly string[];
    readonly assign: readonly number[];
    readonly kept: readonly number[];
    readonly dropped: readonly string[];
    /** Each dropped column as a combination of the kept ones, row by row; null where that is not known. */
    readonly aliases: readonly (readonly number[])[] | null;
    /** Terms from 1 on: text and labels of variables. */
    readonly terms: readonly { readonly label: string; readonly variables: readonly string[] }[];
    readonly intercept: boolean;
  };
  /** Factors of the fixed effects whose levels lie each in one level of another: `holder` has its code for each of them. */
  readonly nesting?: readonly { readonly label: string; readonly within: string; readonly holder: readonly number[] }[];
  /** In the order of the design. */
  readonly random: readonly RandomRecipe[];
  /** Column of prior weights, and the column added to the offset() terms. */
  readonly weights: string | null;
  readonly offset: string | null;
  /** Column of the trials of binomial responses. */
  readonly trials?: string;
  readonly residual?: ResidualRecipe;
  readonly dispersion?: DispersionRecipe;
  /** Where the data were split: the column, and the level whose rows the model is of. */
  readonly split?: { readonly column: string; readonly level: string };
}
