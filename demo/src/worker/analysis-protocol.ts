/** What the page asks of an open fit beyond its table: models beside it, F tests and means, intervals, calibration. */

import type { Calibration, FamilyAdjustment, FitTable, OutputTable } from 'webgpu-lmm';

/** Models of the same rows to compare: all formulas, and structures of residuals where several are listed. */
export interface ComparisonQuestion {
  readonly formulas: readonly string[];
  /** Structures of residuals beside each formula; empty for that of the settings. */
  readonly structures: string;
  readonly rankBy: 'AIC' | 'AICc' | 'BIC';
  readonly method: 'REML' | 'ML';
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
  terms: { readonly input: { kind: 'random' | 'fixed' }; readonly output: TermsAnswer };
  beside: { readonly input: { formula: string }; readonly output: BesideAnswer };
  factors: { readonly input: null; readonly output: MeanFactors };
  anova: { readonly input: null; readonly output: OutputTable };
  means: { readonly input: MeansQuestion; readonly output: MeansAnswer };
  intervals: { readonly input: { model: number; question: IntervalQuestion }; readonly output: IntervalAnswer };
  intervalFile: { readonly input: IntervalFile; readonly output: Blob };
  calibrate: { readonly input: CalibrationQuestion; readonly output: CalibrationAnswer };
}
