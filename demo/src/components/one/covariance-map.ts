/** The estimated covariance of a subject's rows, visit by visit, as maps that can be saved. */

import type { FitTable } from 'webgpu-lmm';
import { element, saveBlob } from '../../element.ts';
import type { ShelfFigure } from '../../keep/figure-shelf.ts';
import { type CovarianceData, covariancePlot } from '../../plots/covariance.ts';
import type { PlotHandle } from '../../plots/index.ts';

/** The covariance of each group of a model; none for models without visits. */
export function covariances({ structured }: FitTable, model: number): CovarianceData[] {
  if (!structured || structured.structure === null || structured.visits.length < 2) return [];
  const { groups, visits, sd, correlation, residual } = structured;
  const m = visits.length;
  return groups.flatMap((group, g) => {
    const at = model * groups.length + g;
    const own = sd.subarray(at * m, (at + 1) * m);
    if (own.every(Number.isNaN)) return [];
    const pairs = correlation.subarray(at * m * m, (at + 1) * m * m);
    return [
      {
        title: group === '' ? residual : `${residual}, ${group}`,
        visits,
        sd: own,
        correlation: pairs.length > 0 ? pairs : new Float64Array(m * m),
      },
    ];
  });
}

const CAPTION = 'Standard deviations on the diagonal, in units of the response; correlations below.';

/** The maps as figures of the report and of files. */
export function covarianceFigures(table: FitTable, model: number, name: string): ShelfFigure[] {
  return covariances(table, model).map((data, k, { length }) => ({
    id: `${name}.covariance${length > 1 ? `-${k + 1}` : ''}`,
    kind: 'covariance',
    title: `${name}: covariance of the rows of a subject, ${data.title}`,
    caption: CAPTION,
    make: (host) => covariancePlot(host, data),
  }));
}

/** Draws the maps into an element; returns what has to be taken down again. */
export function covarianceMaps(host: HTMLElement, table: FitTable, model: number, stem: string): PlotHandle[] {
  const all = covariances(table, model);
  if (all.length === 0) return [];
  const figures = element('div', { class: 'covariance-maps' });
  host.append(
    element(
      'div',
      { class: 'panel' },
      element('h3', {}, 'Rows of a subject: how they vary and go together'),
      element('p', { class: 'hint' }, CAPTION),
      figures,
    ),
  );
  return all.map((data, k) => {
    const place = element('div', { class: 'plot covariance' });
    const name = `${stem}.covariance${all.length > 1 ? `-${k + 1}` : ''}`;
    const button = (text: string, save: () => Promise<void>): HTMLElement =>
      element(
        'button',
        { type: 'button', class: 'quiet', 'aria-label': `${data.title} as ${text}`, onclick: () => void save() },
        text,
      );
    const plot = covariancePlot(place, data);
    const kinds = element(
      'div',
      { class: 'row' },
      button('SVG', async () => saveBlob(new Blob([plot.toSvg()], { type: 'image/svg+xml' }), `${name}.svg`)),
      button('PNG', async () => saveBlob(await plot.toPng(SCALE), `${name}.png`)),
    );
    figures.append(element('figure', {}, place, kinds));
    // Drawn once more where it stands, with the width that it has there.
    plot.update(data);
    return plot;
  });
}

/** Dots of a saved picture for each of the page. */
const SCALE = 3;
