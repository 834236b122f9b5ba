/** A fitted run as its readers see it. */

import type { FitTable } from './fit-table.ts';
import type { HeldTests, IntervalTable, SmallSample, TermHypothesis } from './inference.ts';
import type { ModelRecipe } from './recipe.ts';

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
  /** L^-1 of each subject's residuals, of models with structured residuals or dispersion. */
  readonly whitened?: Float64Array;
}

/** What generalised models have of each row, over the rows of the table (NaN for unused rows). */
export interface ResponseResiduals {
  /** X b + Z u + offset, on the scale of the link. */
  readonly linear: Float64Array;
  /** (y - mean) sqrt(w / variance). */
  readonly pearson: Float64Array;
  /** Root of the weighted unit deviance, with the sign of y - mean. */
  readonly deviance: Float64Array;
  /** Standard normal where the model holds: of discrete responses drawn within their step, by numbers of the response's name. */
  readonly quantile: Float64Array;
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
  /**
   * {@link smallSample} of all models that have a fit, one after another. The sample and its arrays hold during the visit only:
   * it is the way to test millions. `latent` gives ordinal responses an intercept, less the mean of their thresholds.
   */
  eachSample(visit: (model: number, sample: SmallSample) => void, latent?: boolean): void;
  /** One entry a random term; empty for a model without a fit. */
  randomEffects(model: number): RandomEffects[];
  /**
   * Fitted values over the rows of the table (NaN for unused rows), where the responses are held in memory; else null. Of
   * generalised models means at the modes (of ordinal ones the probability of the category seen), and residuals from the mean (of
   * the number of the category).
   */
  fittedValues(model: number): { fitted: Float64Array; residual: Float64Array } | null;
  /**
   * Over the same rows: Pearson residuals, sqrt(w) times the residual; standardised ones, those over
   * sigma sqrt(1 - hat); and hat values, the leverage of a row on its own fitted value. Where fitted values are there.
   * Of models with structured residuals or dispersion Pearson residuals are over the standard deviation of their row, and
   * whitened ones are L^-1 of the residuals of a subject, with L L' their covariance given the random effects (nlme's
   * "normalized").
   */
  scaledResiduals?(model: number): ScaledResiduals | null;
  /** Of generalised models, where fitted values are there. */
  responseResiduals?(model: number): ResponseResiduals | null;
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
  /** F tests and marginal means that threads have found (`withTests`); tables of others are formed on this thread. */
  readonly tests?: HeldTests | undefined;
  /** Confidence intervals that `tidy` and JSON show, where they have been added (`{ ...result, intervals }`). */
  readonly intervals?: IntervalTable | undefined;
}

/** Called with work done and work in all, in models or entries of a phase. */
export type Progress = (phase: 'read' | 'fit', done: number, total: number) => void;
