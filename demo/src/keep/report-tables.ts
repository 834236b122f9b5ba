/** Tables of a report. */

import { type FitTable, STATUSES } from 'webgpu-lmm';
import { unitNoun } from '../model/unit-words.ts';
import { modelRows } from '../results/model-rows.ts';
import type { Results, ResultsView } from '../results/results-view.ts';
import { coefficientColumns, familyWords, moderatedWords, statisticName } from '../words/coefficient-columns.ts';
import { type EffectFacts, effectFacts, effectWords } from '../words/effect-words.ts';
import { count, probability, shortNumber } from '../words/number-text.ts';
import { unitsOfModel } from '../words/test-units.ts';
import { placeOf, quantityOf, variationRows } from '../words/variation-words.ts';

export type Make = <K extends keyof HTMLElementTagNameMap>(tag: K, text?: string) => HTMLElementTagNameMap[K];

function lines(rows: readonly (readonly string[])[], head: readonly string[], make: Make): HTMLTableElement {
  const table = make('table');
  const line = (cells: readonly string[], tag: 'th' | 'td'): void => {
    const row = make('tr');
    for (const cell of cells) row.append(make(tag, cell));
    table.append(row);
  };
  line(head, 'th');
  for (const cells of rows) line(cells, 'td');
  return table;
}

/** The responses with the smallest p of a test; `title` is what one is called. */
export function testTable(view: ResultsView, listed: number, title: string, make: Make): HTMLTableElement {
  const { table, labels, effect, standardError, df, statistic, log10P, log10Adjusted } = view;
  const order = [...view.models.keys()]
    .filter((i) => !Number.isNaN(log10P[i]))
    .sort((a, b) => log10P[a] - log10P[b])
    .slice(0, listed);
  const rows = order.map((i) => {
    const numbers = [effect, standardError, df, statistic].map((values) => shortNumber(values[i]));
    const model = view.models[i];
    const singular = table.singular[model] === 1 ? 'singular' : STATUSES[table.status[model]].replaceAll('_', ' ');
    return [labels[i], ...numbers, probability(log10P[i]), probability(log10Adjusted[i]), singular];
  });
  return lines(rows, [title, 'estimate', 'SE', 'df', statisticName(table), 'p', 'adjusted p', 'fit'], make);
}

/** Coefficients and contrasts in words with their intervals, what varies, and the state of the fit of one model, as its page has them. */
export function geneTables(
  { outcome, settings, summary }: Pick<Results, 'outcome' | 'settings' | 'summary'>,
  model: number,
  make: Make,
): HTMLElement[] {
  const { table } = outcome;
  const known = effectFacts(settings, summary.columns, table.coefficients.names);
  const rows = modelRows(table, model);
  const units = unitsOfModel(outcome, model, summary);
  const columns = coefficientColumns(table, model, known);
  const coefficients = rows
    .filter(({ effect }) => effect === 'fixed')
    .map((row) => [nameOf(row.term, table, known, units[row.term]), ...columns.map(({ text }) => text(row))]);
  const varying = variationRows(rows).map((row) => [
    placeOf(row, table),
    quantityOf(row, table),
    shortNumber(row.number('estimate')),
  ]);
  const status = STATUSES[table.status[model]].replaceAll('_', ' ');
  const message = table.messages[model];
  const facts = [
    ['status', message ? `${status}: ${message}` : status],
    ['rows', count(table.nobs[model])],
    ...table.groups.map((group, g) => [
      unitNoun(group) ?? `levels of ${group}`,
      count(table.groupLevels[model * table.groups.length + g]),
    ]),
    ['singular', table.singular[model] === 1 ? 'yes' : 'no'],
  ];
  const { unit } = known.scale;
  const words = [familyWords(table), moderatedWords(table)].filter((own) => own !== null);
  return [
    lines(
      coefficients,
      [unit === '' ? 'effect' : `effect, ${unit}`, ...columns.map(({ title }) => lowered(title))],
      make,
    ),
    ...words.map((own) => make('p', own)),
    ...(varying.length === 0 ? [] : [lines(varying, ['what varies', 'quantity', 'estimate'], make)]),
    lines(facts, ['of the fit', ''], make),
  ];
}

/** A coefficient in words with its name, and what its test rests on. */
function nameOf(term: string, table: FitTable, facts: EffectFacts, rests: string | undefined): string {
  if (table.contrasts.names.includes(term)) return `${term} (contrast)`;
  const words = effectWords(term, facts);
  return `${words === null ? term : `${words} (${term.replace(/^\((.*)\)$/, '$1')})`}${rests === undefined ? '' : `, rests on ${rests}`}`;
}

/** A heading in the small letters of the report; "SE" stays. */
function lowered(title: string): string {
  return title.replace(/^[A-Z](?=[a-z])/, (letter) => letter.toLowerCase());
}
