/** The tables of one model, and the map of its covariance. */

import { STATUSES } from 'webgpu-lmm';
import { element, fill } from '../../element.ts';
import { shelfOf } from '../../keep/figure-shelf.ts';
import type { ParameterLimits } from '../../protocol/protocol.ts';
import { modelRows } from '../../results/model-rows.ts';
import type { Results } from '../../results/results-view.ts';
import type { Context } from '../../state/context.ts';
import { effectFacts, randomNames } from '../../words/effect-words.ts';
import { modelLabel } from '../../words/split-words.ts';
import { unitsOfModel } from '../../words/test-units.ts';
import { variationTable } from '../design/variation-table.ts';
import type { ShownFigure } from '../keep/figure-menu.ts';
import { certificate } from './certificate.ts';
import { coefficientTable } from './coefficient-table.ts';
import { covarianceFigures, covarianceMaps } from './covariance-map.ts';

export interface ModelTables {
  readonly host: HTMLElement;
  /** @param live whether the worker holds the fits, so that limits of the covariance can be had */
  show(results: Results, model: number, live: boolean): void;
  hide(): void;
}

export function modelTables({ client, store }: Context): ModelTables {
  const tables = element('div', { class: 'gene-tables' });
  const maps = element('div', {});
  let plots: readonly ShownFigure[] = [];
  let latest = 0;
  const fillTables = (results: Results, model: number, limits: readonly ParameterLimits[]): void => {
    const { outcome, settings, summary } = results;
    const { table } = outcome;
    const rows = modelRows(table, model);
    const facts = effectFacts(settings, summary.columns, table.coefficients.names);
    fill(
      tables,
      coefficientTable(table, model, rows, facts, unitsOfModel(outcome, model, summary)),
      variationTable(table, rows, limits, randomNames(results)),
      certificate(table, model),
    );
  };
  const hide = (): void => {
    latest += 1;
    for (const plot of plots) plot.destroy();
    plots = [];
    fill(maps);
  };
  return {
    host: element('div', { class: 'model-tables' }, tables, maps),
    show(results, model, live) {
      hide();
      const mine = latest;
      const { table } = results.outcome;
      fillTables(results, model, []);
      const mapped = table.structured !== null && STATUSES[table.status[model]] === 'ok';
      const figures = mapped ? covarianceFigures(table, model, modelLabel(results, model)) : [];
      shelfOf(store).put(results, 'covariance', figures);
      if (!mapped) return;
      plots = covarianceMaps(maps, figures, results);
      if (!live) return;
      client.ask('limits', { model }).then(
        (limits) => {
          if (mine === latest && limits.length > 0) fillTables(results, model, limits);
        },
        // The tables stand without them.
        () => undefined,
      );
    },
    hide,
  };
}
