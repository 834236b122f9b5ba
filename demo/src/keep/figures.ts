/** All plots of the results, drawn aside, for files and reports. */

import {
  maPlot,
  meanVariancePlot,
  type PlotHandle,
  pHistogram,
  qqPlot,
  varianceFractionPlot,
  volcanoPlot,
} from '../plots/index.ts';
import { type Results, type ResultsView, varianceFractions } from '../results/results-view.ts';
import { effectTitle } from '../words/effect-words.ts';
import { responseWords } from '../words/result-words.ts';
import { splitLabel } from '../words/split-words.ts';
import type { ShelfFigure } from './figure-shelf.ts';

/** Genes named in the volcano of a file. */
const LABELS = 15;

export interface FigureKind {
  readonly id: string;
  readonly title: string;
  /** Whether it shows p-values. */
  readonly ofTests?: boolean;
  /** @param one what a model is of: gene, response */
  caption(threshold: number, one: string): string;
  /** @param effect what the test is of, with its unit */
  make(host: HTMLElement, view: ResultsView, threshold: number, effect: string): PlotHandle;
}

function points({ labels: names, effect, log10P, log10Adjusted, adjusted, mean, sigma, singular, many }: ResultsView) {
  return { names, effect, log10P, log10Adjusted, adjusted, mean, sigma, singular, many };
}

export const FIGURES: readonly FigureKind[] = [
  {
    id: 'volcano',
    title: 'Volcano',
    ofTests: true,
    caption: (threshold) =>
      `Estimates against −log10 p; coloured up to an adjusted p of ${threshold}, the ${LABELS} smallest p with their names.`,
    make: (host, view, threshold, effectTitle) =>
      volcanoPlot(host, { ...points(view), threshold, labels: LABELS, effectTitle }),
  },
  {
    id: 'ma',
    title: 'Mean and effect',
    ofTests: true,
    caption: (threshold, one) =>
      `Estimates against the mean of each ${one}; coloured up to an adjusted p of ${threshold}, hollow where the fit is singular.`,
    make: (host, view, threshold, effectTitle) =>
      maPlot(host, { ...points(view), threshold, labels: LABELS, effectTitle }),
  },
  {
    id: 'p-values',
    title: 'p-values',
    ofTests: true,
    caption: () => 'Flat but for a peak at zero, if the model fits.',
    make: (host, { p, many }) => pHistogram(host, { p, many }),
  },
  {
    id: 'qq',
    title: 'Quantiles',
    ofTests: true,
    caption: () => 'p-values against those of the null; the band holds 95 % of what chance gives at each rank.',
    make: (host, { log10P, labels, many }) => qqPlot(host, { log10P, names: labels, many }),
  },
  {
    id: 'mean-variance',
    title: 'Mean and spread',
    caption: (_, one) => `Residual standard deviation against the mean of each ${one}, with the running median.`,
    make: (host, view) => meanVariancePlot(host, points(view)),
  },
  {
    id: 'variance',
    title: 'Variance shares',
    caption: (_, one) =>
      `Shares of the variance of each ${one} that lie in its fixed effects, random terms and residuals.`,
    make: (host, view) => varianceFractionPlot(host, varianceFractions(view)),
  },
];

/** Draws a plot out of sight, takes something from it, and takes it down again. */
export async function withPlot<T>(
  make: (host: HTMLElement) => PlotHandle,
  take: (plot: PlotHandle) => T | Promise<T>,
): Promise<T> {
  const host = document.createElement('div');
  host.className = 'plot offscreen';
  // Files are for paper: light whatever the page is.
  host.dataset['theme'] = 'light';
  document.body.append(host);
  const plot = make(host);
  try {
    return await take(plot);
  } finally {
    plot.destroy();
    host.remove();
  }
}

/** A figure of the results as one of the shelf, for files. */
export function viewFigure(kind: FigureKind, view: ResultsView, threshold: number, results: Results): ShelfFigure {
  const effect = effectTitle(view, results);
  return {
    id: view.split === null ? kind.id : `${view.split}.${kind.id}`,
    kind: kind.id,
    title: `${kind.title}: ${viewTitle(view, results)}`,
    caption: `${kind.caption(threshold, responseWords(results).title.toLowerCase())}${view.table.moderation && kind.ofTests ? ' p-values are of moderated tests.' : ''}`,
    make: (host) => kind.make(host, view, threshold, effect),
  };
}

/** What a view is of: the test in words with its unit, and the level of the split. */
export function viewTitle(view: ResultsView, results: Results): string {
  const of = splitLabel(view.split, results.settings.splitBy);
  return `${effectTitle(view, results)}${of === '' ? '' : `, ${of}`}`;
}
