/** The estimated covariance of a subject's rows, visit by visit, as maps that can be saved. */

import type { FitTable } from 'webgpu-lmm';
import { element } from '../../element.ts';
import type { ShelfFigure } from '../../keep/figure-shelf.ts';
import { residualChoice } from '../../model/residual-structures.ts';
import { withArticle } from '../../model/unit-words.ts';
import { type CovarianceData, covariancePlot } from '../../plots/covariance.ts';
import type { Results } from '../../results/results-view.ts';
import { type ShownFigure, shownFigure } from '../keep/figure-menu.ts';

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
    title: `${name}: covariance of the rows of ${oneOf(table.structured?.residual ?? '')}, ${data.title}`,
    caption: CAPTION,
    make: (host) => covariancePlot(host, data),
  }));
}

/** Draws the maps into an element; returns what has to be taken down again. */
export function covarianceMaps(
  host: HTMLElement,
  figures: readonly ShelfFigure[],
  results: Results,
): readonly ShownFigure[] {
  if (figures.length === 0) return [];
  const shown = figures.map((figure) => shownFigure(figure, results));
  host.append(
    element(
      'div',
      { class: 'panel' },
      element(
        'h3',
        {},
        `Rows of ${oneOf(results.outcome.table.structured?.residual ?? '')}: how they vary and go together`,
      ),
      element('div', { class: 'covariance-maps' }, ...shown.map((figure) => figure.host)),
    ),
  );
  for (const figure of shown) figure.start();
  return shown;
}

/** What the rows of a structure belong to: "a patient". */
function oneOf(residual: string): string {
  const subject = residualChoice(residual)?.subject ?? 'subject';
  return withArticle(subject);
}
