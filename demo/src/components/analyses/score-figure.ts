/** How far the models of a cross-validation are apart, pair by pair: in each fold of one response, or for each of many. */

import type { OutputTable } from 'webgpu-lmm';
import { type ShelfFigure, shelfOf } from '../../keep/figure-shelf.ts';
import { type ResidualGroupData, residualGroupPlot } from '../../plots/residual-groups.ts';
import type { ValidationAnswer } from '../../protocol/analysis-protocol.ts';
import type { Results } from '../../results/results-view.ts';
import type { Context } from '../../state/context.ts';
import { responseWords } from '../../words/result-words.ts';
import { shownFigure } from '../keep/figure-menu.ts';
import { numberAt, textAt } from './output-cells.ts';

/** What makes a pair: the fold of one response, or the response. */
const KEYS = ['split', 'response', 'fold'];

/** Log scores of each model less those of the first one on the same rows. Pure. */
export function scoreDifferences(table: OutputTable): Pick<ResidualGroupData, 'residual' | 'codes' | 'levels'> {
  const scores = new Map<string, Map<number, number>>();
  let models = 0;
  for (let row = 0; row < table.rows; row++) {
    const key = JSON.stringify(KEYS.map((name) => textAt(table, name, row)));
    const own = scores.get(key) ?? new Map<number, number>();
    const model = numberAt(table, 'model', row);
    own.set(model, numberAt(table, 'log.score', row));
    scores.set(key, own);
    models = Math.max(models, model);
  }
  const residual: number[] = [];
  const codes: number[] = [];
  for (const own of scores.values()) {
    for (let model = 2; model <= models; model++) {
      residual.push((own.get(model) ?? Number.NaN) - (own.get(1) ?? Number.NaN));
      codes.push(model - 2);
    }
  }
  return {
    residual: Float64Array.from(residual),
    codes: Int32Array.from(codes),
    levels: Array.from({ length: Math.max(0, models - 1) }, (_, k) => `model ${k + 2}`),
  };
}

/** The figure with the menu that saves it; nothing where one model was validated. Drawn when it is in the page. */
export function scoreFigure(
  { store }: Context,
  results: Results,
  { scores, folds }: ValidationAnswer,
  basis: string,
): { readonly parts: HTMLElement[]; draw(): void } {
  const { single, many } = responseWords(results);
  const differences = scoreDifferences(single ? folds : scores);
  if (differences.levels.length === 0) return { parts: [], draw: () => {} };
  const data: ResidualGroupData = {
    ...differences,
    column: 'above 0: predicts better than model 1',
    yLabel: 'log score, less model 1’s',
    what: 'differences of log scores',
    by: 'model',
  };
  const pairs = single ? 'in each fold' : `for each of the ${many}`;
  const figure: ShelfFigure = {
    id: 'validation',
    kind: 'residual-groups',
    title: 'Models cross-validated',
    caption: `Mean log density of the rows held out under each model less that under model 1 (${results.settings.formula}), ${pairs}. ${basis}`,
    make: (place) => residualGroupPlot(place, data),
  };
  shelfOf(store).put(results, 'validation', [figure]);
  const { host, start } = shownFigure(figure, results);
  return { parts: [host], draw: start };
}
