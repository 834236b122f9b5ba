/** Residuals of one gene: against fitted values, against normal quantiles, by group. */

import { element, fill, selectBox } from '../../element.ts';
import type { ShelfFigure } from '../../keep/figure-shelf.ts';
import { normalQuantilePlot } from '../../plots/normal-quantiles.ts';
import { residualFittedPlot } from '../../plots/residual-fitted.ts';
import { residualGroupPlot } from '../../plots/residual-groups.ts';
import type { ResidualDetail } from '../../protocol/model-protocol.ts';
import type { Results } from '../../results/results-view.ts';
import type { Context } from '../../state/context.ts';
import { counted } from '../../words/number-text.ts';
import { type ShownFigure, shownFigure } from '../keep/figure-menu.ts';
import type { KeepFigures, SectionContent, SectionSubject } from './demand-section.ts';

const SCALES: Readonly<Record<ResidualDetail['scale'], string>> = {
  standardised: 'over their own standard deviations, weights and leverages taken in',
  whitened: 'made independent with equal variances by the fitted covariance of each subject',
  quantile: 'on the normal scale of their distribution, randomised within the steps of discrete responses',
  Pearson: 'over the standard deviations of the response at its mean',
};

/** The column that residuals stand by, chosen beside results, for every model of them. */
const chosen = new WeakMap<Results, string>();

export async function residualSection(
  { client }: Context,
  { model, label, results }: SectionSubject,
  keep: KeepFigures,
): Promise<SectionContent> {
  const detail = await client.ask('residuals', { model });
  const { groups, rows, fitted, scale } = detail;
  let column = (groups.find((group) => group.column === chosen.get(results)) ?? groups[0])?.column ?? '';
  const fixed = [fittedFigure(detail, label), quantileFigure(detail, label)];
  const figures = fixed.map((figure) => shownFigure(figure, results));
  let grouped: ShownFigure | null = null;
  const place = element('div', {});
  const drawGroups = (): void => {
    grouped?.destroy();
    const figure = groupFigure(detail, label, column);
    const own = figure === null ? [] : [figure];
    grouped = figure === null ? null : shownFigure(figure, results, chooser());
    fill(place, grouped?.host);
    grouped?.start();
    keep([...fixed, ...own]);
  };
  const chooser = (): HTMLElement =>
    selectBox(
      'by',
      groups.map((group) => [group.column, group.column]),
      column,
      (next) => {
        column = next;
        chosen.set(results, column);
        drawGroups();
        place.querySelector('select')?.focus();
      },
    );
  const words =
    `${counted(rows, 'rows')}${fitted.length < rows ? `, of which ${counted(fitted.length, 'rows')} are drawn` : ''}. ` +
    `Residuals are ${scale}: ${SCALES[scale]}.`;
  return {
    nodes: [
      element('p', { class: 'hint' }, words),
      element('div', { class: 'figures' }, ...figures.map(({ host }) => host), place),
    ],
    start() {
      for (const figure of figures) figure.start();
      drawGroups();
    },
    destroy() {
      for (const figure of [...figures, grouped]) figure?.destroy();
    },
  };
}

function axisOf({ scale }: ResidualDetail): string {
  return scale === 'Pearson' ? 'Pearson residual' : `${scale[0].toUpperCase()}${scale.slice(1)} residual`;
}

function fittedFigure(detail: ResidualDetail, name: string): ShelfFigure {
  const { fitted, scaled, fittedName } = detail;
  return {
    id: `${name}.residuals.fitted`,
    kind: 'residual',
    title: `${name}: residuals against ${fittedName.toLowerCase()}s`,
    caption: `Without a trend and of one spread, if the model fits. ${axisOf(detail)}s; the line is their running median.`,
    make: (host) => residualFittedPlot(host, { fitted, residual: scaled, xLabel: fittedName, yLabel: axisOf(detail) }),
  };
}

function quantileFigure(detail: ResidualDetail, name: string): ShelfFigure {
  return {
    id: `${name}.residuals.normal`,
    kind: 'residual',
    title: `${name}: normal quantiles of residuals`,
    caption: `On the line where they are normal; the band holds 95 % of independent normal ones at each rank. ${axisOf(detail)}s.`,
    make: (host) => normalQuantilePlot(host, { values: detail.scaled, yLabel: axisOf(detail) }),
  };
}

function groupFigure(detail: ResidualDetail, name: string, column: string): ShelfFigure | null {
  const group = detail.groups.find((one) => one.column === column);
  if (!group) return null;
  const { levels, codes } = group;
  return {
    id: `${name}.residuals.by.${column}`,
    kind: 'residual',
    title: `${name}: residuals by ${column}`,
    caption: `About 0 and of one spread in each level of ${column}, if the model fits. ${axisOf(detail)}s; strips are points, boxes or violins by how many values most of them have.`,
    make: (host) => residualGroupPlot(host, { residual: detail.scaled, codes, levels, column, yLabel: axisOf(detail) }),
  };
}
