/** All plots of the results, drawn aside, for files and reports. */

import {
  maPlot,
  meanVariancePlot,
  type PlotHandle,
  pHistogram,
  qqPlot,
  varianceFractionPlot,
  volcanoPlot,
} from './plots/index.ts';
import { type ResultsView, varianceFractions } from './results-view.ts';

/** Genes named in the volcano of a file. */
const LABELS = 15;

export interface FigureKind {
  readonly id: string;
  readonly title: string;
  make(host: HTMLElement, view: ResultsView, threshold: number): PlotHandle;
}

function points({ labels: names, effect, log10P, log10Adjusted, adjusted, mean, sigma, singular }: ResultsView) {
  return { names, effect, log10P, log10Adjusted, adjusted, mean, sigma, singular };
}

export const FIGURES: readonly FigureKind[] = [
  {
    id: 'volcano',
    title: 'Volcano',
    make: (host, view, threshold) => volcanoPlot(host, { ...points(view), threshold, labels: LABELS }),
  },
  {
    id: 'ma',
    title: 'Mean and effect',
    make: (host, view, threshold) => maPlot(host, { ...points(view), threshold, labels: LABELS }),
  },
  { id: 'p-values', title: 'p-values', make: (host, { p }) => pHistogram(host, { p }) },
  { id: 'qq', title: 'Quantiles', make: (host, { log10P, labels }) => qqPlot(host, { log10P, names: labels }) },
  { id: 'mean-variance', title: 'Mean and spread', make: (host, view) => meanVariancePlot(host, points(view)) },
  {
    id: 'variance',
    title: 'Variance shares',
    make: (host, view) => varianceFractionPlot(host, varianceFractions(view)),
  },
];

/** Draws a figure out of sight, takes something from it, and takes it down again. */
export async function withFigure<T>(
  kind: FigureKind,
  view: ResultsView,
  threshold: number,
  take: (plot: PlotHandle) => T | Promise<T>,
): Promise<T> {
  const host = document.createElement('div');
  host.className = 'plot offscreen';
  // Files are for paper: light whatever the page is.
  host.dataset['theme'] = 'light';
  document.body.append(host);
  const plot = kind.make(host, view, threshold);
  try {
    return await take(plot);
  } finally {
    plot.destroy();
    host.remove();
  }
}
