/** Plain data of fits: one row a model. Read-only by convention and structured-cloneable. */

import type { DispersionName, FamilyName, LinkName } from './family.ts';
import type { DdfMethod } from './inference.ts';
import type { TermShape } from './parameters.ts';
import type { StructureName } from './residual.ts';

/** What became of a model; the code in `FitTable.status` is the index. */
export const STATUSES = [
  'ok',
  'constant',
  'too_few',
  'rank_deficient',
  'perfect_fit',
  'not_converged',
  'failed',
  /** Of generalised models: a coefficient has no finite estimate. */
  'separated',
] as const;
/** How the fit of a model ended; docs/reference/outputs.md explains each. */
export type Status = (typeof STATUSES)[number];

/** How the numbers of a model were finished; the code in `FitTable.finish` is the index. */
export const FINISHES = ['cpu', 'host', 'df64', 'f32', 'cpu-refit'] as const;
/** What finished the numbers of a model. */
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

/** Structured residuals, dispersion models and structured random effects of fits; NaN for models without a fit. */
export interface CovarianceTable {
  readonly structure: StructureName | null;
  /** As the user wrote them; empty where there is none. */
  readonly residual: string;
  readonly dispersionFormula: string;
  readonly information: 'observed' | 'expected';
  /** What the groups are levels of; one group without a name where there are none. */
  readonly by: string | null;
  readonly groups: readonly string[];
  /** Empty for times. */
  readonly visits: readonly string[];
  /** models x width: what the readers of fits are given (`lmm/structured`). */
  readonly parameters: Float64Array;
  /** models x groups x visits (one without visits), units of the response; where rows of a visit differ, of their mean logarithm. */
  readonly sd: Float64Array;
  /** models x groups x visits x visits. */
  readonly correlation: Float64Array;
  /** `rho`, `range`, or one a lag or pair of neighbours; models x groups x names. */
  readonly names: readonly string[];
  readonly values: Float64Array;
  /** Coefficients of the log standard deviation, and their standard errors; models x names. */
  readonly dispersion: {
    readonly names: readonly string[];
    readonly estimate: Float64Array;
    readonly standardError: Float64Array;
  };
}

/** What generalised models have beside their coefficients; NaN for models without a fit. Their `sigma` is 1. */
export interface FamilyTable {
  readonly family: FamilyName;
  readonly link: LinkName;
  /** Nodes of adaptive quadrature; 1 is Laplace's approximation. */
  readonly nodes: number;
  /** models x width: beta, covariance factors and extras of each, as readers of fits are given them (`glmm/fit-row.ts`). */
  readonly parameters: Float64Array;
  /** Length models each; null for families without a dispersion. */
  readonly dispersion: {
    readonly name: DispersionName;
    readonly value: Float64Array;
    /** Of the logarithm; NaN at the Poisson limit. */
    readonly logStandardError: Float64Array;
    /** 1 where a negative binomial ends at its limit, the Poisson model. */
    readonly poisson: Uint8Array;
  } | null;
  /** Of ordinal responses, `1|2`; models x names, NaN where a response lacks the category. */
  readonly thresholds: {
    readonly names: readonly string[];
    readonly estimate: Float64Array;
    readonly standardError: Float64Array;
  } | null;
  /** Standard errors with covariance and dispersion held; models x coefficients. */
  readonly conditionalStandardError: Float64Array;
  /** How much higher the criterion is at another local minimum; NaN where none was met. */
  readonly otherMinimum: Float64Array;
  /** How responses lie about their fitted means; of runs that held the responses in memory. */
  readonly checks?: FamilyChecks | undefined;
}

/** Checks of generalised models at the modes of the random effects, one number a model; NaN for models without a fit. */
export interface FamilyChecks {
  /** Pearson's chi-squared, sum w (y - mean)^2 / variance; NaN for ordinal responses. */
  readonly pearson: Float64Array;
  /** That over the residual degrees of freedom; NaN where it says nothing of dispersion (responses of 0 and 1, ordinal ones). */
  readonly ratio: Float64Array;
  /** Sum of unit deviances. */
  readonly deviance: Float64Array;
  /** Of counts: zeros seen, and those to be expected at the fitted means; rows count as their weights. */
  readonly zeros: { readonly observed: Float64Array; readonly expected: Float64Array } | null;
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
  /** Of models whose covariance is more than random effects beside equal residuals. */
  readonly structured?: CovarianceTable | undefined;
  /** Of generalised models. */
  readonly family?: FamilyTable | undefined;
  /** Moderated tests, where they were asked for. */
  readonly moderation?: ModerationTable | undefined;
  readonly r2Marginal: Float64Array;
  readonly r2Conditional: Float64Array;
  readonly icc: Float64Array;
}
