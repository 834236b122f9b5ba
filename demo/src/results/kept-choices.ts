/** What is chosen in analyses beside a fit, kept with its results. Pure. */

import type {
  CalibrationQuestion,
  ComparisonQuestion,
  IntervalQuestion,
  MeansQuestion,
  SelectionQuestion,
  ValidationQuestion,
} from '../protocol/analysis-protocol.ts';

/** Draws of a bootstrap that the library takes. */
export const DRAWS = { least: 100, most: 1_000_000 } as const;

/** By the part of the page that it belongs to; what a part lacks is as usual there. */
export interface KeptChoices {
  readonly models?: Partial<ModelChoice>;
  readonly validation?: Partial<Omit<ValidationQuestion, 'models'>>;
  readonly selection?: Partial<Omit<SelectionQuestion, 'plain'>>;
  readonly calibration?: Partial<CalibrationQuestion>;
  readonly sets?: Partial<SetChoice>;
  readonly means?: Partial<MeansChoice>;
  readonly intervals?: Partial<IntervalQuestion>;
}

/** Models beside the fitted one; `formulas` are the others as they were typed. */
export interface ModelChoice extends ComparisonQuestion {
  /** The one that stands beside the fitted one gene by gene; empty for the first. */
  readonly beside: string;
}

/** What the boxes of means hold. */
export interface MeansChoice extends Pick<MeansQuestion, 'slopes' | 'level' | 'adjust' | 'type' | 'reverse'> {
  /** A factor, or a covariate at the values that were typed. */
  readonly axis: string;
  readonly values: string;
  /** A factor with a line for each level, empty for none, and whether differences are within these. */
  readonly lines: string;
  readonly within: boolean;
  /** The model whose means are on show. */
  readonly model: number;
}

export interface SetChoice {
  readonly correlation: number;
  readonly least: number;
}
