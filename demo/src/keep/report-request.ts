/** What a report is made of. */

import type { MeansAnswer } from '../protocol/analysis-protocol.ts';
import type { ParameterLimits } from '../protocol/protocol.ts';
import type { Results, ResultsView } from '../results/results-view.ts';
import type { State } from '../state/store.ts';
import type { FigureTable, ShelfFigure } from './figure-shelf.ts';
import type { OverviewChoice } from './overview-figures.ts';

export interface ReportRequest extends Pick<State, 'threshold' | 'filters' | 'expressedBy' | 'answers'> {
  readonly results: Results;
  readonly view: ResultsView;
  /** What the figures of all cell types show. */
  readonly overview: OverviewChoice;
  /** The same run as a command. */
  readonly command: string;
  /** Figures on show beside those of the view. */
  readonly figures: readonly ShelfFigure[];
  /** Tests of the terms and differences of means of few responses, with figures of them; why they are missing. */
  readonly terms: TermsReport;
  /** The open gene; null for none. */
  readonly gene: number | null;
  /** Limits of its covariance parameters, as its page has them. */
  readonly limits: readonly ParameterLimits[];
  /** The same model in R, of the open gene; empty without one. */
  readonly r: string;
}

/** What a report has of the terms of models. */
export interface TermsReport {
  readonly tables: readonly FigureTable[];
  readonly figures: readonly ShelfFigure[];
  /** What the figures are of. */
  readonly means: readonly MeansAnswer[];
  /** What there is to say of them, or why there are none. */
  readonly notes: readonly string[];
}
