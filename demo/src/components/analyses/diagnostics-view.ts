/** How the fits as a whole look: p-values, their quantiles, means and variances, where the variance lies. */

import { element } from '../../element.ts';
import { FIGURES as SAVED_FIGURES, viewFigure } from '../../keep/figures.ts';
import { meanVariancePlot, type PlotHandle, pHistogram, qqPlot, varianceFractionPlot } from '../../plots/index.ts';
import { type ResultsView, varianceFractions } from '../../results/results-view.ts';
import type { Context } from '../../state/context.ts';
import { figureMenu } from '../keep/figure-menu.ts';
import type { Pane } from '../lazy-pane.ts';
import { lazyBootstrap, lazyCalibration } from './lazy-sections.ts';

interface Figure {
  readonly title: string;
  readonly hint: string;
  make(host: HTMLElement, view: ResultsView, open: (index: number) => void): PlotHandle;
}

const FIGURES: readonly Figure[] = [
  {
    title: 'p-values',
    hint: 'Flat but for a peak at zero, if the model fits.',
    make: (host, { p, many }) => pHistogram(host, { p, many }),
  },
  {
    title: 'Quantiles against the null',
    hint: 'On the line where nothing is there; the band holds 95 % of what chance gives.',
    make: (host, { log10P, labels, many }, onOpen) => qqPlot(host, { log10P, names: labels, many }, { onOpen }),
  },
  {
    title: 'Mean and residual spread',
    hint: 'A trend of the spread with the mean is what weights (voom) or another normalisation mend.',
    make: (host, { labels: names, effect, log10P, adjusted, mean, sigma, many }, onOpen) =>
      meanVariancePlot(host, { names, effect, log10P, adjusted, mean, sigma, many }, { onOpen }),
  },
  {
    title: 'Where the variance lies',
    hint: 'Shares of the variance of each.',
    make: (host, view) => varianceFractionPlot(host, varianceFractions(view)),
  },
];

/** The same as files: all but those of the genes' own view. */
const SAVED = SAVED_FIGURES.filter(({ id }) => id !== 'volcano' && id !== 'ma');

export function diagnosticsView(context: Context): Pane {
  const { store } = context;
  const sections = [lazyBootstrap(context), lazyCalibration(context, false)];
  const hosts = FIGURES.map(() => element('div', { class: 'plot' }));
  const host = element(
    'div',
    { class: 'diagnostics' },
    ...FIGURES.map(({ title, hint }, k) =>
      element(
        'figure',
        { class: 'panel kept-figure' },
        element('figcaption', {}, element('strong', {}, title), element('span', { class: 'hint' }, hint)),
        hosts[k],
      ),
    ),
    ...sections.map((section) => section.host),
  );
  let plots: PlotHandle[] = [];
  let shown: ResultsView | null = null;
  const clear = (): void => {
    for (const plot of plots) plot.destroy();
    plots = [];
    shown = null;
    for (const place of hosts) place.replaceChildren();
  };
  return {
    host,
    show(view, state) {
      const { results, threshold } = state;
      for (const section of sections) section.show(state);
      if (shown === view) return;
      clear();
      shown = view;
      if (results) {
        hosts.forEach((place, k) => {
          const figure = viewFigure(SAVED[k], view, threshold, results);
          place.parentElement?.querySelector('.figure-menu')?.remove();
          place.before(figureMenu(figure, results, () => plots[k] ?? null));
        });
      }
      plots = FIGURES.map(({ make }, k) =>
        make(hosts[k], view, (index) => store.set({ gene: view.models[index], view: 'gene' })),
      );
    },
    hide: clear,
  };
}
