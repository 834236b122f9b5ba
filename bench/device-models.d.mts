import type { buildDesign } from '../src/formula/design.ts';
import type { MomentBatch } from '../src/moments/moments.ts';
import type { Design } from '../src/types/design.ts';
import type { DenseResponses } from '../src/types/responses.ts';

export interface CaseRandom {
  uniform(): number;
  normal(): number;
}

/** Standard deviation of a random effect, of the residual's, by grouping factor and column of its term. */
export type Deviation = (group: string, name: string) => number;
export type Law = 'typical' | 'clear' | 'singular' | 'mixed' | 'above' | 'below' | 'none';

/** A model to draw. */
export interface ModelShape {
  /** Right-hand side over the factors, `x`, `z`, `time`, `stim` (by row), `arm`, `age` and `between` (by level). */
  readonly formula: string;
  /** Structure of the residuals, where they have one. */
  readonly residual?: string;
  /** Levels by name: of the first factor, of one that is crossed with it, of one in which it is nested. */
  readonly factors: Readonly<Record<string, number>>;
  /** Fewest and most rows of a level, or of a pair of levels where two factors are crossed. */
  readonly rows: readonly [number, number];
  /** Rows that all rows of the table together stand for, as counts: a million rows need not be drawn one by one. */
  readonly cells?: number | undefined;
  /** Levels have the same covariates and, of cells, the same counts. */
  readonly alike?: boolean;
  readonly weights?: 'row' | 'response' | undefined;
  /** Share of the values that are missing. */
  readonly missing?: number | undefined;
  /**
   * Responses that no model would draw, a row a level: counts over five decades, heavy tails, few degrees of freedom. The
   * criterion of about a third of them has several minima.
   */
  readonly wild?: boolean;
  readonly deviations: Law | ((random: CaseRandom, response: number) => Deviation);
  readonly seed?: number;
}

export interface OpenModel {
  readonly design: Design;
  draw(count: number, random: CaseRandom): { readonly within: Float64Array; readonly dense: DenseResponses };
  /** Moments of the rows that cells stand for. */
  spread(batch: MomentBatch, within: Float64Array): MomentBatch;
}

export function openModel(shape: ModelShape, build: typeof buildDesign): OpenModel;
