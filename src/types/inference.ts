/** Plain data of inference: what tests of fixed effects need of a fitted model, and confidence intervals. */

/** Methods for the degrees of freedom of tests of fixed effects. */
export type DdfMethod = 'satterthwaite' | 'kenward-roger' | 'between-within' | 'asymptotic';

/** Said of a model whose tests are Satterthwaite's although Kenward and Roger's were asked for. */
export const NO_KENWARD_ROGER =
  'Kenward-Roger is not defined here, as the data do not tell the variances apart: the tests are by Satterthwaite';

/** The same where its products would take too long. */
export const KENWARD_ROGER_UNFORMED =
  'Kenward-Roger is not formed for series as long as these: the tests are by Satterthwaite';

/** What the note begins with that says what the tests of a run rest on. */
export const UNITS_OF_TESTS = 'units of the tests: ';

/** Said to who wants draws of models that are fitted by neighbours of a series. */
export const NO_DRAWS_OF_SERIES =
  'series as long as these are fitted by pairs of neighbours, and no responses are drawn from those';

/** Whether a message says that a model's tests are Satterthwaite's although Kenward and Roger's were asked for. */
export function saysSatterthwaite(message: string | null): boolean {
  return message?.startsWith(NO_KENWARD_ROGER) || message?.startsWith(KENWARD_ROGER_UNFORMED) || false;
}

/** Said of tests, which are named behind it, whose degrees of freedom are the rounding of none. */
export const NO_DEGREES_OF_FREEDOM =
  'the data do not tell how uncertain the standard error is, and p is near 1 whatever the estimate: there is no test of ';

/** One fitted model as tests of its fixed effects see it; coordinates are those of the orthonormal basis of X. */
export interface SmallSample {
  readonly method: DdfMethod;
  /** Coefficients of the model, length p. */
  readonly names: readonly string[];
  /** R of X = Q R, p x p row-major: a row l of weights over the coefficients is l R^-1 in these coordinates. */
  readonly r: Float64Array;
  /** Coefficients that have no test, because nothing repeats what they compare (1, else 0); absent where all have one. */
  readonly untested?: Uint8Array;
  /** R b, length p. */
  readonly coordinates: Float64Array;
  readonly sigma: number;
  /** d of the criterion: n - p, or n for ML. */
  readonly d: number;
  readonly variance: VarianceModel;
  /** Degrees of freedom of each coefficient by `between-within`; absent for other methods. */
  readonly columnDf?: Float64Array;
}

/** How the covariance of the coefficients moves with the variances, and how uncertain those are (`infer/small-sample.ts`). */
export interface VarianceModel {
  /** C, p x p: the covariance over sigma^2. */
  readonly model: Float64Array;
  /** What standard errors are taken from, over sigma^2: C, or Kenward and Roger's adjusted one; p x p. */
  readonly adjusted: Float64Array;
  /** Number of elements e of the relative covariances of the random effects. */
  readonly elements: number;
  /** C_e = dC / dG_e, elements x p x p. */
  readonly changes: Float64Array;
  /** t_e, length elements. */
  readonly shift: Float64Array;
  /** W, elements x elements. */
  readonly weights: Float64Array;
}

/** The terms of a design, as far as hypotheses about them need it. */
export interface TermStructure {
  /** Terms without the intercept. */
  readonly labels: readonly string[];
  /** Per term, the terms that contain it: all its factors and the same covariates. */
  readonly containing: readonly (readonly number[])[];
  /** Term of each of the p coefficients, from 1; 0 is the intercept. */
  readonly assign: readonly number[];
  /** The model in treatment coding, for hypotheses of type III; null where what is aliased is not known. */
  readonly treatment: {
    /** Term of each of its p coefficients. */
    readonly assign: readonly number[];
    /** M of X0 = X M, with X0 the indicators of all levels of all terms: p x columns of X0, row-major. */
    readonly indicators: Float64Array;
    /** The column of X0 that each coefficient's column is. */
    readonly shared: readonly number[];
    /** Its coefficients in those of the model's own coding, p x p row-major: X = X_treatment recoding. */
    readonly recoding: Float64Array;
  } | null;
}

/** A hypothesis about a term: rows x p weights, row-major; no rows where none of its coefficients can be estimated. */
export interface TermHypothesis {
  readonly term: string;
  readonly rows: Float64Array;
}

/** Why a confidence limit is no number; the code in `IntervalTable.reason` is the index. */
export const INTERVAL_REASONS = [
  '',
  'not asked for',
  'the model has no fit',
  'the optimum by maximum likelihood was not certified',
  'a standard deviation is estimated as zero: the correlation is not defined',
  'the profile could not be followed to its limit',
  'too many draws could not be fitted, or too few lie beyond the limit',
  'correlations and thresholds of generalised models have no profile',
  'a standard deviation is estimated as zero, or the data do not tell how uncertain it is: there is no Wald interval',
  'the structure of the covariance fixes it: there is nothing to tell',
  'there is no test of it, and no Wald interval: its comparison is not repeated, or the fit has not converged',
  'Wald intervals are of fixed effects: there is none of a variance, a correlation or a dispersion',
] as const;

/** A parameter of the models of a run, as `tidy` names it. */
export interface IntervalParameter {
  readonly effect: 'fixed' | 'ran_pars' | 'dispersion';
  /** Grouping factor, or `Residual` (`Residual:level` of structured ones by group); null for fixed effects and dispersion. */
  readonly group: string | null;
  /** `Days`, `sd__(Intercept)`, `cor__(Intercept).Days`, `sd__Observation`, `rho`; or the name of a contrast. */
  readonly term: string;
}

/** Confidence intervals of some parameters of every model. */
export interface IntervalTable {
  readonly method: 'wald' | 'profile' | 'bootstrap-percentile' | 'bca';
  readonly level: number;
  /** Draws and seed of a bootstrap; null without one. */
  readonly draws: number | null;
  readonly seed: number | null;
  readonly models: number;
  /** All parameters, in the order of `tidy`: coefficients, contrasts, random terms, residual. */
  readonly parameters: readonly IntervalParameter[];
  /** models x parameters, row-major, in the units of `tidy`; NaN where there is none. */
  readonly low: Float64Array;
  readonly high: Float64Array;
  /** Why there is none: index into INTERVAL_REASONS; 0 where there is. */
  readonly reason: Uint8Array;
}

/** F tests one below the other: the numbers of `TermTest` in `infer/anova.ts`. */
export interface TermTestColumns {
  readonly sumOfSquares: Float64Array;
  readonly meanSquare: Float64Array;
  readonly numeratorDf: Float64Array;
  readonly denominatorDf: Float64Array;
  readonly statistic: Float64Array;
  readonly pValue: Float64Array;
  readonly log10P: Float64Array;
}

/** The F tests of the terms of all models of a fit. */
export interface TermTests {
  readonly type: 'I' | 'II' | 'III';
  /** First row of each model, the end behind the last; a model without tests has one empty row. */
  readonly first: Int32Array;
  /** Term of each row; null in an empty one. */
  readonly term: readonly (string | null)[];
  /** Whose degrees of freedom the tests of each model have. */
  readonly method: readonly (DdfMethod | null)[];
  readonly columns: TermTestColumns;
}

/** Numbers of the means and differences of some models: cells, or pairs, of the first model, then of the next. */
export interface MarginalColumns {
  readonly mean: Readonly<Record<'estimate' | 'standardError' | 'df' | 'low' | 'high', Float64Array>>;
  readonly pair: Readonly<
    Record<
      'estimate' | 'standardError' | 'df' | 'low' | 'high' | 'statistic' | 'pValue' | 'log10P' | 'adjusted',
      Float64Array
    >
  >;
}

/** The marginal means of all models of a fit. */
export interface MarginalTests {
  /** What they are of: the options, as text. */
  readonly asked: string;
  readonly columns: MarginalColumns;
  readonly method: readonly (DdfMethod | null)[];
}

/** Tests that were found beside a fit, for the tables of them. */
export interface HeldTests {
  readonly terms?: TermTests | undefined;
  readonly means?: MarginalTests | undefined;
}
