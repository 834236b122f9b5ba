/** What the page and the worker that owns the data say to each other. All of it can be cloned. */

import type { DesignQuestion, DesignReading, FitTable, Status, TestedGeneSets } from 'webgpu-lmm';
import type { Crosstab } from 'webgpu-lmm/steps';
import type { AnalysisRequests, GeneSetQuestion } from './analysis-protocol.ts';
import type { ModelRequests } from './model-protocol.ts';
import type { NamedFile } from './named-files.ts';
import type { Settings } from './settings.ts';

/** Which file is what; `null` where there is none. */
export interface Roles {
  readonly data: string;
  readonly obs: string | null;
  readonly weights: string | null;
  /** Of a file that holds several. */
  readonly modality?: string | null;
}

export interface LevelCount {
  readonly label: string;
  readonly count: number;
}

export interface ColumnSummary {
  readonly name: string;
  readonly kind: 'numeric' | 'logical' | 'factor';
  /** Distinct values; those of measured numbers are counted up to some thousands. */
  readonly distinct: number;
  /** The first levels with their rows; empty for measured numbers. */
  readonly levels: readonly LevelCount[];
  readonly missing: number;
  readonly range: readonly [number, number] | null;
  /** Of factors whose levels have an order in the data. */
  readonly ordered?: boolean;
  /** Of factors: their levels in the order that their names tell, where they stand in that of the alphabet. */
  readonly usualOrder?: readonly string[];
  /** Of numbers: whether all are whole. */
  readonly whole?: boolean;
  /** Of texts that mean numbers: why they are text, and what to do. */
  readonly meant?: string;
}

export interface DataSummary {
  readonly kind: 'matrix' | 'table' | 'bulk';
  readonly name: string;
  readonly roles: Roles;
  /** Tables among the files, which may serve as annotation. */
  readonly tables: readonly string[];
  /** Modalities of the file that the page can choose from; none where there is one matrix alone. */
  readonly modalities?: readonly string[];
  readonly rows: number;
  /** Responses of a matrix or bulk table; 0 for a table, whose formula names them. */
  readonly responses: number;
  readonly rowNoun: 'cells' | 'rows' | 'samples';
  readonly columns: readonly ColumnSummary[];
  readonly layers: readonly string[];
  readonly looksLikeCounts: boolean | null;
  readonly entries: number | null;
  readonly notes: readonly string[];
  /** A first reading of the design; null where no column could name donors. */
  readonly reading: DesignReading | null;
}

export type { Crosstab, DesignReading };

/** What a design looks like before anything is fitted. */
export interface Inspection {
  readonly coefficients: readonly string[];
  readonly dropped: readonly string[];
  /** Over all splits. */
  readonly used: number;
  readonly terms: readonly { readonly group: string; readonly names: readonly string[]; readonly levels: number }[];
  readonly splits: readonly { readonly level: string; readonly rows: number }[];
  readonly responses: number;
  readonly notes: readonly string[];
  /** Contrasts that the design does not have, by name, and why. */
  readonly contrastErrors: Readonly<Record<string, ErrorReport>>;
  /** Why a fit would be refused whatever its contrasts. */
  readonly optionError: ErrorReport | null;
  /** What the test of each coefficient rests on, in words; empty where that is not known. */
  readonly units: Readonly<Record<string, string>>;
}

export interface FitOutcome {
  readonly table: FitTable;
  readonly notes: readonly string[];
  readonly seconds: { readonly read: number; readonly fit: number };
  /** What the test of each coefficient rests on, where all models rest on the same; sessions of earlier versions lack it. */
  readonly units?: Readonly<Record<string, string>>;
  /** The same where models differ, by splits or missing values: words of each design, and the design of each model. */
  readonly unitsByDesign?: {
    readonly words: readonly Readonly<Record<string, string>>[];
    readonly design: readonly number[];
  };
  readonly threads: number;
  readonly arithmetic: string;
  /** Why this backend, in words. */
  readonly choice: string;
  /** Set when a device was asked for and the workers did the work. */
  readonly fallback: string | null;
}

/** Values of one donor in one condition. */
export interface GroupValues {
  readonly label: string;
  readonly condition: string;
  readonly donor: string;
  readonly values: Float64Array;
}

/** Fitted mean of a condition with its confidence limits. */
export interface FittedMean {
  readonly condition: string;
  readonly mean: number;
  readonly low: number;
  readonly high: number;
}

/** Confidence limits of a parameter of the covariance, named as the table of coefficients has it. */
export interface ParameterLimits {
  readonly effect: string;
  readonly group: string;
  readonly term: string;
  readonly low: number;
  readonly high: number;
}

export interface GeneDetail {
  readonly model: number;
  readonly status: Status;
  readonly condition: string;
  readonly donor: string;
  readonly groups: readonly GroupValues[];
  readonly fitted: readonly FittedMean[];
  readonly effects: readonly {
    readonly group: string;
    readonly term: string;
    readonly levels: readonly string[];
    readonly estimate: Float64Array;
    readonly standardError: Float64Array;
  }[];
}

export interface BenchmarkRun {
  readonly label: string;
  readonly backend: 'cpu' | 'webgpu';
  readonly device: string | null;
  readonly threads: number;
  readonly models: number;
  /** Seconds of the fits alone: the median of the repeats. */
  readonly seconds: number;
  /** Largest distances from the first run. */
  readonly differences: { readonly criterion: number; readonly estimate: number; readonly df: number } | null;
  readonly error: string | null;
}

export interface ExportRequest {
  readonly table: 'tidy' | 'glance' | 'ranef' | 'toptable' | 'json';
  readonly container: 'tsv' | 'csv' | 'parquet' | 'json';
  /** Coefficient or contrast of a toptable. */
  readonly contrast: string | null;
}

/** Every request, and what it is answered with. */
export interface Requests extends AnalysisRequests, ModelRequests {
  open: { readonly input: { files: readonly NamedFile[]; roles: Roles | null }; readonly output: DataSummary };
  example: { readonly input: { id: string; files: readonly NamedFile[] }; readonly output: DataSummary };
  design: { readonly input: DesignQuestion; readonly output: DesignReading | null };
  inspect: { readonly input: { settings: Settings }; readonly output: Inspection };
  /** `run` numbers the fits of a page; what comes of one is asked about once it is taken. */
  fit: { readonly input: { settings: Settings; run: number }; readonly output: FitOutcome };
  /** The data that are open, read for a table of fits that was kept, without fitting. */
  reopen: { readonly input: ReopenQuestion; readonly output: null };
  /** From now on questions are about the fit of that run; one that is not taken is none of the page's. */
  take: { readonly input: { run: number }; readonly output: null };
  gene: { readonly input: { model: number; warm: readonly number[] }; readonly output: GeneDetail };
  /** Of the covariance of one model. */
  limits: { readonly input: { model: number }; readonly output: readonly ParameterLimits[] };
  /** `fits` are those of a session, whose data are not open; null takes the last fit. */
  export: { readonly input: { target: ExportRequest; fits: FitTable | null }; readonly output: Blob };
  geneSets: { readonly input: GeneSetQuestion; readonly output: TestedGeneSets };
  benchmark: { readonly input: { settings: Settings }; readonly output: readonly BenchmarkRun[] };
}

export interface ReopenQuestion {
  readonly settings: Settings;
  readonly table: FitTable;
  readonly notes: readonly string[];
  readonly run: number;
}

export type RequestKind = keyof Requests;

export interface RequestMessage {
  readonly id: number;
  readonly kind: RequestKind;
  readonly input: unknown;
}

export interface CancelMessage {
  readonly cancel: number;
}

/** Asks a worker that works on a request whether it still listens. */
export interface LookMessage {
  readonly look: number;
}

export interface ErrorReport {
  readonly tag: string;
  readonly message: string;
  readonly remedy: string | null;
  /** Column in the formula, from 1. */
  readonly position: number | null;
  readonly source: string | null;
  readonly option: string | null;
}

export interface ProgressReport {
  /** `draw` is of ratios that are drawn for a bootstrap. */
  readonly phase: 'read' | 'fit' | 'draw' | 'benchmark';
  readonly done: number;
  readonly total: number;
}

export type ReplyMessage =
  | { readonly id: number; readonly kind: 'progress'; readonly progress: ProgressReport }
  | { readonly id: number; readonly kind: 'here' }
  | { readonly id: number; readonly kind: 'done'; readonly output: unknown }
  | { readonly id: number; readonly kind: 'failed'; readonly error: ErrorReport };
