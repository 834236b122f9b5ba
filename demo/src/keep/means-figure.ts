/** Means of levels as a figure with the tables behind it, on the page, in files and in reports. Pure but for the plot. */

import type { FitTable, OutputTable } from 'webgpu-lmm';
import { type InteractionData, interactionPlot } from '../plots/interaction.ts';
import type { MeansAnswer } from '../protocol/analysis-protocol.ts';
import { geneLabels } from '../results/gene-labels.ts';
import type { Results } from '../results/results-view.ts';
import { latentScale } from '../words/latent-scale.ts';
import { ADJUSTMENTS, ESTIMATES, identityOf, shownOf } from '../words/mean-columns.ts';
import { ordinaryClause } from '../words/ordinary-variances.ts';
import { modelLabel } from '../words/split-words.ts';
import { isSingle } from '../words/subject-words.ts';
import { cellText, columnOf, numberAt, type ShownColumn, textAt } from '../words/table-cells.ts';
import type { FigureTable, ShelfFigure } from './figure-shelf.ts';

/** A table of the library, as far as it belongs to one model. */
export interface ModelTable {
  readonly table: OutputTable;
  readonly columns: readonly ShownColumn[];
  readonly rows: readonly number[];
  readonly caption: string;
}

export interface MeansFigure {
  readonly figure: ShelfFigure;
  readonly means: ModelTable;
  readonly pairs: ModelTable;
}

/** Rows of a table that belong to a model. */
export function rowsOfModel(table: OutputTable, { responses, splits }: FitTable, model: number): number[] {
  return Array.from({ length: table.rows }, (_, row) => row).filter(
    (row) =>
      (columnOf(table, 'response') === undefined || textAt(table, 'response', row) === responses[model]) &&
      (!splits || textAt(table, 'split', row) === splits[model]),
  );
}

/** The same as text, for a report. */
export function figureTable({ table, columns, rows, caption }: ModelTable): FigureTable {
  return {
    title: caption,
    head: columns.map(({ title }) => title),
    rows: rows.map((row) => columns.map((column) => cellText(table, column, row))),
  };
}

export function meansFigure(answer: MeansAnswer, results: Results, model: number): MeansFigure {
  const { means, pairs, question } = answer;
  const { over, level, slopes } = question;
  const fits = results.outcome.table;
  const label = geneLabels(fits)[model];
  const whose = fits.splits ? `${label}, ${fits.splits[model]}` : label;
  const single = isSingle(results);
  const identity = identityOf(fits);
  const what = slopes === '' ? 'Means' : `Slopes by ${slopes}`;
  const rows = rowsOfModel(means, fits, model);
  const scale = latentScale(fits, question);
  const on = scale === '' ? '' : ` (${scale})`;
  const picture = pictureOf(answer, rows, whose, identity, scale);
  const own = {
    means: {
      ...{ table: means, columns: shownOf(means, identity, false), rows },
      caption: `${what}${single ? '' : ` of ${whose}`}${on}`,
    },
    pairs: {
      ...{ table: pairs, columns: shownOf(pairs, identity, false), rows: rowsOfModel(pairs, fits, model) },
      caption: `Differences${single ? '' : ` of ${whose}`}${on}; ${familyWords(question)}`,
    },
  };
  const axes = [picture.xTitle, picture.lineTitle].filter((name) => name !== '').join(' and ');
  return {
    figure: {
      id: `${label}.${slopes === '' ? 'means' : `slopes.${slopes}`}`,
      kind: 'means',
      title: `${modelLabel(results, model)}: ${what.toLowerCase().replace(slopes.toLowerCase(), slopes)} by ${axes === '' ? over.join(' and ') : axes}`,
      caption: `${slopes === '' ? 'Averages' : `Slopes by ${slopes}`} of the model over its other factors, each combination counting alike, and ${slopes === '' ? '' : 'other '}covariates at their means, with ${Math.round(1000 * level) / 10} % intervals${ordinaryClause(fits)}.`,
      make: (place) => interactionPlot(place, picture),
      tables: [own.means, own.pairs].map((table) => figureTable(table)),
    },
    ...own,
  };
}

/** For what limits and p of differences are: limits know families, not rates of discoveries among them. */
function familyWords({ by, adjust }: MeansAnswer['question']): string {
  if (adjust === 'none') return 'limits and p are for each by itself';
  const whole = by.length === 0 ? 'of them' : `within a level of ${by.join(' and ')}`;
  const together = `for all ${whole} at once: ${ADJUSTMENTS.find(([name]) => name === adjust)?.[1] ?? ''}`;
  return adjust === 'BH'
    ? `adj. p are ${together}; limits are for each by itself`
    : `limits and adj. p are ${together}`;
}

/** The means of one response, a line for each level of the second factor. */
function pictureOf(
  { means, question }: MeansAnswer,
  rows: readonly number[],
  label: string,
  identity: readonly string[],
  scale: string,
): InteractionData {
  const named = means.columns.filter(
    ({ name, kind }) => kind === 'string' && !identity.includes(name) && name !== 'df.method',
  );
  const distinct = (name: string): number => new Set(rows.map((row) => textAt(means, name, row))).size;
  // The longer factor along the axis, so that lines are few.
  const [first, other] =
    named.length > 1 && distinct(named[1].name) > distinct(named[0].name) ? [named[1], named[0]] : named;
  const estimate = Object.keys(ESTIMATES).find((name) => columnOf(means, name)) ?? 'estimate';
  const levels = [...new Set(rows.map((row) => textAt(means, first?.name ?? '', row)))];
  const names = other ? [...new Set(rows.map((row) => textAt(means, other.name, row)))] : [''];
  const lines = names.map((name) => {
    const own = levels.map((level) =>
      rows.find(
        (row) => textAt(means, first.name, row) === level && (!other || textAt(means, other.name, row) === name),
      ),
    );
    const column = (of: string): Float64Array =>
      Float64Array.from(own, (row) => (row === undefined ? Number.NaN : numberAt(means, of, row)));
    return { name, mean: column(estimate), low: column('conf.low'), high: column('conf.high') };
  });
  const plain = question.slopes === '' ? 'mean' : `slope by ${question.slopes}`;
  const what = scale === '' ? plain : `${plain} (${scale})`;
  return {
    levels,
    lines,
    xTitle: first?.name ?? '',
    yTitle: `${label}: ${what}, ${Math.round(1000 * question.level) / 10} % interval`,
    lineTitle: other?.name ?? '',
  };
}
