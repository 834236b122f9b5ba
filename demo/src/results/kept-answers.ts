/** What analyses beside a fit found, kept with its results where that is small. Pure. */

import type { OutputTable } from 'webgpu-lmm';
import type {
  BesideAnswer,
  CalibrationAnswer,
  ComparisonAnswer,
  IntervalAnswer,
  MeansAnswer,
  SelectionAnswer,
  TermsAnswer,
  ValidationAnswer,
} from '../protocol/analysis-protocol.ts';

/** By what was asked; null for an answer that is not kept, as it is large. */
export interface KeptAnswers {
  /** `draws` are those of the ratios; 0 for none. */
  readonly comparison?: (ComparisonAnswer & { readonly draws: number }) | null;
  readonly terms?: (TermsAnswer & { readonly draws: number }) | null;
  /** `basis` says what was held out. */
  readonly validation?: (ValidationAnswer & { readonly basis: string }) | null;
  readonly selection?: SelectionAnswer | null;
  readonly beside?: BesideAnswer | null;
  /** F tests of the terms. */
  readonly anova?: OutputTable | null;
  readonly means?: MeansAnswer | null;
  readonly calibration?: CalibrationAnswer | null;
  /** Those of each model and method that were found last, in the order in which they were found. */
  readonly intervals?: readonly FoundIntervals[] | null;
  /** Of each model that predictions were asked of. */
  readonly predictions?: readonly KeptPredictions[] | null;
}

export interface FoundIntervals extends IntervalAnswer {
  readonly model: number;
}

/** What was typed and predicted on the page of a model. */
export interface KeptPredictions {
  readonly model: number;
  readonly values: Readonly<Record<string, string>>;
  /** Cells of the rows, the last prediction first. */
  readonly rows: readonly (readonly string[])[];
}

/** Intervals, and models with predictions, that are kept: those found last. */
export const MOST_FOUND = 200;
/** Rows of predictions of a model, and cells of each. */
export const PREDICTIONS = { rows: 30, cells: 6 } as const;

/** Bytes of an answer that is small. */
const SMALL = 4_000_000;

/** What of some answers goes into a session. */
export function smallAnswers(answers: KeptAnswers): KeptAnswers {
  return Object.fromEntries(
    Object.entries(answers).map(([name, answer]) => [name, sizeOf(answer) <= SMALL ? answer : null]),
  );
}

/** Bytes of data, about. */
function sizeOf(value: unknown): number {
  if (typeof value === 'string') return value.length;
  if (typeof value !== 'object' || value === null) return 8;
  if (ArrayBuffer.isView(value)) return value.byteLength;
  let sum = 0;
  for (const part of Object.values(value)) sum += sizeOf(part);
  return sum;
}
