/**
 * The plain data that the steps of the pipeline hand to each other:
 *
 *     formula + table -> Design -> Moments -> FitTable -> result tables
 *
 * All of it is read-only by convention and structured-cloneable, so that it can cross a worker boundary.
 */

import type { DdfMethod, IntervalTable, SmallSample, TermHypothesis } from './inference.ts';
import type { ModelRecipe } from './recipe.ts';

export {
  type DdfMethod,
  INTERVAL_REASONS,
  type IntervalParameter,
  type IntervalTable,
  type SmallSample,
  type TermHypothesis,
  type TermStructure,
  type VarianceModel,
} from './inference.ts';
export type { ColumnRecipe, ModelRecipe, RandomRecipe, TrainedFunction, VariableRecipe } from './recipe.ts';
export type { DenseResponses, MatrixBlock, MatrixSource, PassOptions } from './responses.ts';
export {
  type Column,
  columnNamesOf,
  type FactorColumn,
  type LogicalColumn,
  type NumericColumn,
  type Table,
} from './table.ts';

// ---------------------------------------------------------------------------------------------------------------
// Design

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
  /** Prior weights, length n. */
  readonly weights?: Float64Array;
  /** Sum of the offsets, length n. */
  readonly offset?: Float64Array;
  /** Remarks for the user: rows dropped, columns dropped, levels dropped. */
  readonly notes: readonly string[];
}

// ---------------------------------------------------------------------------------------------------------------
// Results

/** What became of a model; the code in `FitTable.status` is the index. */
export const STATUSES = [
  'ok',
  'constant',
  'too_few',
  'rank_deficient',
  'perfect_fit',
  'not_converged',
  'failed',
] as const;
export type Status = (typeof STATUSES)[number];

/** How the numbers of a model were finished; the code in `FitTable.finish` is the index. */
export const FINISHES = ['cpu', 'host', 'df64', 'f32', 'cpu-refit'] as const;
export type Finish = (typeof FINISHES)[number];

/** Estimates with their tests, models x k row-major; NaN where a model lacks the column. */
export interface TestColumns {
  readonly names: readonly string[];
  readonly estimate: Float64Array;
  readonly standardError: Float64Array;
  /** Denominator degrees of freedom; NaN when the test is asymptotic. */
  readonly df: Float64Array;
  readonly statistic: Float64Array;
  readonly pValue: Float64Array;
  /** log10 of the p-value, right also where the p-value underflows. */
  readonly log10P: Float64Array;
  /** Adjusted over the fitted responses of one split, per name. */
  readonly adjustedP: Float64Array;
}

/** What the bootstrap says of the estimates of {@link TestColumns}, models x k row-major. */
export interface BootstrapTests {
  readonly pValue: Float64Array;
  /** log10 of the p-value, right also where the p-value underflows. */
  readonly log10P: Float64Array;
  /** 1 where the p-value is an upper bound: fewer than 30 draws reach so far out (a quarter of them below 120). */
  readonly bound: Uint8Array;
  /** Adjusted over the fitted responses of one split, per name. */
  readonly adjustedP: Float64Array;
  /** Half the width of the confidence interval, in units of the response; NaN without a level. */
  readonly halfWidth: Float64Array;
}

/** Tests of the estimates of {@link TestColumns} with moderated variances, models x k row-major; NaN without a fit. */
export interface ModeratedTests {
  readonly names: readonly string[];
  readonly statistic: Float64Array;
  /** Those of the ordinary test plus the prior's; NaN when the test is asymptotic, Infinity when all variances are equal. */
  readonly df: Float64Array;
  readonly pValue: Float64Array;
  /** log10 of the p-value, right also where the p-value underflows. */
  readonly log10P: Float64Array;
  /** Adjusted over the fitted responses of one split, per name. */
  readonly adjustedP: Float64Array;
  /** limma's B: natural log odds that the effect is not zero. */
  readonly logOdds: Float64Array;
}

/** Empirical Bayes over the models of each split, one a model; NaN without a fit. */
export interface ModerationTable {
  readonly robust: boolean;
  readonly trend: boolean;
  /** Degrees of freedom of the residuals, trace (I - H)^2 with H the matrix from y to its fitted values. */
  readonly residualDf: Float64Array;
  /** Prior degrees of freedom; Infinity when all variances are equal. */
  readonly priorDf: Float64Array;
  readonly priorVariance: Float64Array;
  /** Residual variances after moderation. */
  readonly posteriorVariance: Float64Array;
  readonly coefficients: ModeratedTests;
  readonly contrasts: ModeratedTests;
}

/** Results of a parametric bootstrap; NaN for models without a fit. */
export interface BootstrapTable {
  readonly draws: number;
  readonly seed: number;
  /** Level of the intervals. */
  readonly level: number | null;
  readonly coefficients: BootstrapTests;
  readonly contrasts: BootstrapTests;
  /** Likelihood ratio against no random effects (restricted for REML), and its p; NaN with several random terms. */
  readonly varianceRatio: Float64Array;
  readonly varianceP: Float64Array;
}

/** Shape of one random term in the result. */
export interface TermShape {
  readonly group: string;
  readonly names: readonly string[];
  /** Where its q(q+1)/2 values begin in a row of `theta` (lower triangle by columns). */
  readonly thetaOffset: number;
  /** Where its q x q values begin in a row of `covariance` (row-major). */
  readonly covarianceOffset: number;
}

/** All fits of one run, columnar. One row a model; typed arrays of length `models` unless said otherwise. */
export interface FitTable {
  readonly formula: string;
  readonly method: 'REML' | 'ML';
  readonly ddf: DdfMethod;
  readonly adjust: 'BH' | 'holm' | 'bonferroni' | 'storey' | 'none';
  /** Which p-values are adjusted together: those of one split, or all. */
  readonly adjustAcross: 'within' | 'all';
  readonly backend: 'cpu' | 'webgpu';
  readonly device: string | null;
  readonly models: number;
  readonly responses: readonly string[];
  readonly genes: readonly string[] | null;
  readonly splits: readonly string[] | null;
  readonly status: Uint8Array;
  readonly messages: readonly (string | null)[];
  readonly nobs: Int32Array;
  /** Fixed effects estimated. */
  readonly rank: Int32Array;
  /** Distinct grouping factors. */
  readonly groups: readonly string[];
  /** models x groups: levels in use. */
  readonly groupLevels: Int32Array;
  /** Rows with a value other than zero; -1 where not counted. */
  readonly expressed: Int32Array;
  /** Mean response. */
  readonly mean: Float64Array;
  readonly coefficients: TestColumns;
  readonly contrasts: TestColumns;
  /** contrasts x coefficients: the weights of each contrast. */
  readonly contrastWeights: Float64Array;
  readonly terms: readonly TermShape[];
  /** models x (sum of q(q+1)/2): relative covariance factors, lme4's order. */
  readonly theta: Float64Array;
  /** models x (sum of q^2): covariance of each random term, in squared units of the response. */
  readonly covariance: Float64Array;
  readonly sigma: Float64Array;
  /** -2 log-likelihood, all constants included. */
  readonly criterion: Float64Array;
  readonly logLik: Float64Array;
  readonly AIC: Float64Array;
  readonly BIC: Float64Array;
  readonly dfResidual: Float64Array;
  readonly singular: Uint8Array;
  readonly converged: Uint8Array;
  /** Newton decrement of the criterion, deviance units. */
  readonly gradient: Float64Array;
  readonly evaluations: Int32Array;
  readonly finish: Uint8Array;
  readonly search: Uint8Array; // 0 cpu, 1 webgpu
  readonly bootstrap: BootstrapTable | null;
  /** Moderated tests, where they were asked for. */
  readonly moderation?: ModerationTable | undefined;
  readonly r2Marginal: Float64Array;
  readonly r2Conditional: Float64Array;
  readonly icc: Float64Array;
}

/** Conditional modes of one random term of one model. */
export interface RandomEffects {
  readonly group: string;
  readonly levels: readonly string[];
  readonly names: readonly string[];
  /** levels x q, row-major. */
  readonly estimate: Float64Array;
  /** levels x q, row-major: conditional sd with beta held fixed. */
  readonly standardError: Float64Array;
}

/** Residuals on other scales, over the rows of the table (NaN for unused rows). */
export interface ScaledResiduals {
  readonly pearson: Float64Array;
  readonly standardised: Float64Array;
  readonly hat: Float64Array;
}

/** A fitted run: the table, and readers of what is computed on demand from moments and theta. */
export interface FitResult {
  readonly table: FitTable;
  /**
   * p x p covariance of the model's own coefficients and their names (aliased columns absent); null for a model without a
   * fit. With Kenward-Roger degrees of freedom it is the adjusted covariance.
   */
  covarianceOfCoefficients(model: number): { names: readonly string[]; values: Float64Array } | null;
  /**
   * Hypotheses of the terms of a model (types of sums of squares, `infer/hypotheses.ts`), over the coefficients of its
   * `smallSample`; null for a model without a fit and for a design without a recipe.
   */
  hypotheses(model: number, type: 'I' | 'II' | 'III'): readonly TermHypothesis[] | null;
  /** What tests of the fixed effects of a model need beyond its row of the table; null for a model without a fit. */
  smallSample(model: number): SmallSample | null;
  /** One entry a random term; empty for a model without a fit. */
  randomEffects(model: number): RandomEffects[];
  /** Fitted values over the rows of the table (NaN for unused rows), where the responses are held in memory; else null. */
  fittedValues(model: number): { fitted: Float64Array; residual: Float64Array } | null;
  /**
   * Over the same rows: Pearson residuals, sqrt(w) times the residual; standardised ones, those over
   * sigma sqrt(1 - hat); and hat values, the leverage of a row on its own fitted value. Where fitted values are there.
   */
  scaledResiduals?(model: number): ScaledResiduals | null;
  /** How the design was made from its table (of a split run, the first split's); null where it came without one. */
  readonly recipe: ModelRecipe | null;
  /** The same for one model: its split's, with the levels that its rows have. */
  recipeOf(model: number): ModelRecipe | null;
  /**
   * Fractions of variance of one model: fixed parts (terms of the formula, or coefficients one by one), random terms by
   * group, `Residuals`; they add up to 1. Null for a model without a fit; absent where a result was not fitted here.
   */
  varianceFractions?(
    model: number,
    by: 'term' | 'coefficient',
  ): { readonly names: readonly string[]; readonly values: Float64Array } | null;
  /** The names of {@link varianceFractions} over all models, in order. */
  varianceNames?(by: 'term' | 'coefficient'): readonly string[];
  readonly notes: readonly string[];
  /** Confidence intervals that `tidy` and JSON show, where they have been added (`{ ...result, intervals }`). */
  readonly intervals?: IntervalTable | undefined;
}

/** Called with work done and work in all, in models or entries of a phase. */
export type Progress = (phase: 'read' | 'fit', done: number, total: number) => void;
