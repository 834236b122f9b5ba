/** What the page asks of an open fit beyond its table: models beside it, F tests and means, intervals, calibration. */

import type { Calibration, FamilyAdjustment, FitTable, GeneSetTestOptions, OutputTable, PlotWords } from 'webgpu-lmm';
import type { NamedFile } from './named-files.ts';

/** Models of the same rows: all formulas, with structures of residuals or families of responses where several are listed. */
export interface ComparedModels {
  readonly formulas: readonly string[];
  /** Structures of residuals beside each formula; empty for that of the settings. */
  readonly structures: string;
  /** Families, with links in brackets, parted by commas; empty for that of the settings. */
  readonly families: string;
  readonly method: 'REML' | 'ML';
}

/** How likelihood ratios are tested. */
export interface RatioChoice {
  /** Whether variances are held against plain chi-squared, as R does, in place of its mixtures. */
  readonly plain: boolean;
  /** Of a parametric bootstrap of each ratio; 0 for none. */
  readonly draws: number;
}

export interface ComparisonQuestion extends ComparedModels, RatioChoice {
  readonly rankBy: 'AIC' | 'AICc' | 'BIC';
}

/** Models that predict rows which they were not fitted to. */
export interface ValidationQuestion {
  readonly models: ComparedModels;
  /** `rows`, or a column whose levels are held out whole. */
  readonly by: string;
  readonly folds: number;
  readonly seed: number;
}

export interface ValidationAnswer {
  readonly by: string;
  readonly scores: OutputTable;
  readonly folds: OutputTable;
  readonly notes: readonly string[];
  /** By model: its rows count as replicates of what they share. */
  readonly replicates: readonly boolean[];
}

/** Terms of the fitted formula left out one by one. */
export interface SelectionQuestion extends Pick<RatioChoice, 'plain'> {
  readonly by: 'lrt' | 'aic';
  /** Terms with p above it go. */
  readonly alpha: number;
  /** Whether random terms may go, too. */
  readonly random: boolean;
}

export interface SelectionAnswer {
  readonly by: 'lrt' | 'aic';
  readonly alpha: number;
  readonly path: OutputTable;
  /** The formula left of each response; null where the model has no fit. */
  readonly selected: readonly (string | null)[];
  readonly notes: readonly string[];
}

/** The tables of a comparison, as the command writes them. */
export interface ComparisonAnswer {
  readonly method: 'REML' | 'ML';
  readonly rankBy: 'AIC' | 'AICc' | 'BIC';
  readonly models: OutputTable;
  readonly tests: OutputTable;
  readonly summary: OutputTable;
  readonly best: OutputTable;
  readonly notes: readonly string[];
  /** By model: its rows count as replicates of what they share. */
  readonly replicates: readonly boolean[];
}

/** In how many rows of each level of the condition a response is not zero. */
export interface ExpressedBy {
  /** The column, and its levels that have rows. */
  readonly column: string;
  readonly levels: readonly string[];
  /** models x levels: rows of the fit at this level, and those of them that are not zero. */
  readonly rows: Int32Array;
  readonly expressed: Int32Array;
}

/** Each random term, or each fixed term, of the fitted formula left out by itself. */
export interface TermsAnswer {
  readonly kind: 'random' | 'fixed';
  readonly method: 'REML' | 'ML';
  readonly table: OutputTable;
  readonly notes: readonly string[];
}

/** Another formula fitted with the settings of the fit on show. */
export interface BesideAnswer {
  readonly formula: string;
  readonly table: FitTable;
  readonly notes: readonly string[];
}

/** What means can be taken of, in the fit that is open. */
export interface MeanFactors {
  readonly factors: readonly { readonly name: string; readonly levels: readonly string[] }[];
  /** Numeric columns of the fixed effects, with their least, mean and greatest value, for slopes and for means at some values. */
  readonly covariates: readonly { readonly name: string; readonly values: readonly number[] }[];
  /** Names that stand together in a term of the fixed effects: what the effect of each depends on. */
  readonly together: readonly (readonly string[])[];
  /** Whether there are means on the scale of the response that differ from those of the link. */
  readonly linked: boolean;
}

export interface MeansQuestion {
  readonly over: readonly string[];
  readonly by: readonly string[];
  /** Values of the covariates among these. */
  readonly at: Readonly<Record<string, readonly string[]>>;
  /** A covariate whose slopes stand in place of means; empty for means. */
  readonly slopes: string;
  readonly level: number;
  readonly adjust: FamilyAdjustment;
  readonly type: 'link' | 'response';
  /** Later levels less earlier ones, as effects are; else the earlier first, as emmeans has them. */
  readonly reverse: boolean;
}

export interface MeansAnswer {
  readonly question: MeansQuestion;
  readonly means: OutputTable;
  readonly pairs: OutputTable;
  readonly notes: readonly string[];
}

export interface IntervalQuestion {
  readonly method: 'wald' | 'profile' | 'bootstrap' | 'bca';
  readonly level: number;
  /** Of bootstraps. */
  readonly draws: number;
}

/** A parameter of one model with its limits. */
export interface ParameterInterval {
  readonly effect: string;
  readonly group: string | null;
  readonly term: string;
  readonly estimate: number;
  readonly low: number;
  readonly high: number;
  /** Why a limit is missing; empty where none is. */
  readonly reason: string;
  /** Of the bootstrap that the settings ask for; null without one. */
  readonly drawn: { readonly p: number; readonly bound: boolean; readonly low: number; readonly high: number } | null;
}

export interface IntervalAnswer {
  readonly question: IntervalQuestion;
  readonly rows: readonly ParameterInterval[];
  /** Draws of the bootstrap of the settings; 0 without one. */
  readonly draws: number;
}

export interface CalibrationQuestion {
  /** Coefficient or contrast; empty for all coefficients. */
  readonly test: string;
  readonly simulations: number;
  readonly scheme: 'simulate' | 'permute';
}

export interface CalibrationAnswer extends Pick<Calibration, 'scheme' | 'rates' | 'statuses' | 'singular' | 'notes'> {
  readonly pValues: OutputTable;
  /** Permutations; 0 for simulated responses. */
  readonly permutations: number;
  readonly svg: string;
}

/** The coefficients of all models with their intervals, as a file. */
export interface IntervalFile {
  readonly container: 'tsv' | 'csv' | 'parquet';
  readonly question: IntervalQuestion;
}

/** The requests of the views, by kind. */
export interface AnalysisRequests {
  compare: { readonly input: ComparisonQuestion; readonly output: ComparisonAnswer };
  terms: { readonly input: RatioChoice & { kind: 'random' | 'fixed' }; readonly output: TermsAnswer };
  validate: { readonly input: ValidationQuestion; readonly output: ValidationAnswer };
  /** Of the fit that is open. */
  expressed: { readonly input: null; readonly output: ExpressedBy };
  select: { readonly input: SelectionQuestion; readonly output: SelectionAnswer };
  beside: { readonly input: { formula: string }; readonly output: BesideAnswer };
  factors: { readonly input: null; readonly output: MeanFactors };
  anova: { readonly input: null; readonly output: OutputTable };
  means: { readonly input: MeansQuestion; readonly output: MeansAnswer };
  intervals: { readonly input: { model: number; question: IntervalQuestion }; readonly output: IntervalAnswer };
  intervalFile: { readonly input: IntervalFile; readonly output: Blob };
  calibrate: { readonly input: CalibrationQuestion & { words: PlotWords }; readonly output: CalibrationAnswer };
}

/** The gene sets of a file and the tests of the results on show. */
export interface GeneSetQuestion extends Required<GeneSetTestOptions> {
  readonly file: NamedFile;
  /** Ids and symbols of the genes on show. */
  readonly names: readonly string[];
  readonly labels: readonly string[];
  readonly effect: Float64Array;
  readonly log10P: Float64Array;
}
