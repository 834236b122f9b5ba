/** What the page hands to the plots, and what it gets back. All plain data; NaN marks a gene that has no number. */

import type { FittedMean, GroupValues } from '../protocol/protocol.ts';
import type { NamedPoints } from './nouns.ts';

/** One number per gene in each array, in one order. */
export interface GenePoints extends NamedPoints {
  readonly names: readonly string[];
  /** Estimate of the tested coefficient or contrast. */
  readonly effect: Float64Array;
  /** log10 of its p-value, unadjusted: at most 0; -Infinity where p is exactly 0. */
  readonly log10P: Float64Array;
  /** p-value adjusted for the number of genes. */
  readonly adjusted: Float64Array;
  /** Mean of the response. */
  readonly mean: Float64Array;
  /** Residual standard deviation. */
  readonly sigma: Float64Array;
}

export interface VolcanoData extends GenePoints {
  /** Adjusted p-value up to which a gene counts as changed. */
  readonly threshold: number;
  /** What the effect is, with its unit: the title of its axis. */
  readonly effectTitle?: string;
  /** How many of the changed genes carry their name, smallest p first. */
  readonly labels: number;
  /** Size of the effect below which a gene does not count as changed; 0 unless told. */
  readonly leastEffect?: number;
  /** 1 where the fit is singular: these points are hollow. */
  readonly singular?: Uint8Array;
  /** log10 of the adjusted p, where that may lie below every double. */
  readonly log10Adjusted?: Float64Array;
  /** Indices that are ringed and named; without it the plot keeps what was last selected in it. */
  readonly selected?: readonly number[];
}

export interface HistogramData extends NamedPoints {
  readonly p: Float64Array;
}

export interface QuantileData extends NamedPoints {
  readonly log10P: Float64Array;
  readonly names: readonly string[];
}

export interface FractionData extends NamedPoints {
  readonly components: readonly string[];
  /** Share of the variance of each gene, from 0 to 1, one array per component. */
  readonly fractions: readonly Float64Array[];
}

export interface GeneData {
  readonly groups: readonly GroupValues[];
  readonly fitted: readonly FittedMean[];
  readonly yLabel: string;
}

export interface CaterpillarData {
  /** Levels of the grouping factor. */
  readonly levels: readonly string[];
  /** Predicted random effect of each level. */
  readonly estimate: Float64Array;
  /** Its conditional standard deviation. */
  readonly standardError: Float64Array;
  readonly title: string;
}

export interface PlotEvents {
  /** A point is under the pointer or has the keyboard's focus; null when none has any more. */
  onHover?(index: number | null): void;
  /** Points inside the lasso; empty when the selection was cleared. */
  onSelect?(indices: readonly number[]): void;
  /** A point was clicked, or Enter was pressed on it. */
  onOpen?(index: number): void;
}

export interface PlotHandle<Data = unknown> {
  /** Draws other data, with the colours that the page has now. */
  update(data: Data): void;
  /** The plot as a file of its own, at its present size, in colours for paper, with a caption below it. */
  toSvg(caption?: string): string;
  /** The same as PNG, `scale` pixels for each of the page's (2 unless told). */
  toPng(scale?: number, caption?: string): Promise<Blob>;
  /** Takes the plot out of the page, with all listeners. */
  destroy(): void;
}
