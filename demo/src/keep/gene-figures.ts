/** The figures of the page of one gene, as they are drawn on it and in files. Pure but for the plots. */

import { levelsOf } from '../model/unit-words.ts';
import { caterpillarPlot, genePlot } from '../plots/index.ts';
import type { GeneDetail } from '../protocol/protocol.ts';
import type { Results } from '../results/results-view.ts';
import { randomNames } from '../words/effect-words.ts';
import { ordinaryClause } from '../words/ordinary-variances.ts';
import { NORMALISED } from '../words/value-words.ts';
import type { ShelfFigure } from './figure-shelf.ts';

/** Levels of a random term that a plot of them holds. */
const MOST_LEVELS = 400;

/** The name of a response on an axis, with what was done to its values. */
export function responseLabel({ settings, summary }: Results, name: string): string {
  const { normalize } = settings;
  return summary.kind !== 'table' && normalize !== 'none' ? `${name}, ${NORMALISED[normalize] ?? normalize}` : name;
}

/** Values by condition and donor with the fitted means; null where there are no values. */
export function valuesFigure(detail: GeneDetail, results: Results, name: string): ShelfFigure | null {
  const { groups, fitted, condition, donor } = detail;
  if (groups.length === 0) return null;
  const yLabel = responseLabel(results, name);
  const by = [condition, donor].filter((part) => part !== '').join(' and ');
  const words = by === '' ? 'Values' : `Values by ${by}`;
  return {
    id: `${name}.values`,
    kind: 'gene',
    title: `${name}: ${words.toLowerCase().replace(by.toLowerCase(), by)}`,
    caption:
      'Strips are points with their mean, with boxes where most have 12 values or more, violins with boxes where most have above 150.' +
      (fitted.length > 0
        ? ` Diamonds are fitted means with 95 % intervals${ordinaryClause(results.outcome.table)}.`
        : ''),
    make: (host) => genePlot(host, { groups, fitted, yLabel }),
  };
}

/** Predicted random effects, one figure a term. */
export function effectFigures({ effects }: GeneDetail, results: Results, name: string): ShelfFigure[] {
  const words = randomNames(results);
  return effects.flatMap(({ group, term, levels, estimate, standardError }) => {
    if (levels.length > MOST_LEVELS) return [];
    const what = term === '(Intercept)' ? 'the level' : words(group, term);
    return [
      {
        id: `${name}.effects.${group}.${term}`,
        kind: 'caterpillar',
        title: `${name}: effects of ${group}, ${what}`,
        caption: `Conditional modes of the ${levelsOf(String(levels.length), group)} with 95 % intervals of their conditional standard deviations.`,
        make: (host: HTMLElement) =>
          caterpillarPlot(host, { levels, estimate, standardError, title: `${group}: ${what}` }),
      },
    ];
  });
}
