/** Tables of a report. */

import { type FitTable, STATUSES } from 'webgpu-lmm';
import { unitNoun } from '../model/unit-words.ts';
import { modelRows } from '../results/model-rows.ts';
import type { Results, ResultsView } from '../results/results-view.ts';
import { coefficientColumns, familyWords, moderatedWords, statisticName } from '../words/coefficient-columns.ts';
import { type EffectFacts, effectFacts, effectWords, randomNames } from '../words/effect-words.ts';
import { count, probability, shortNumber } from '../words/number-text.ts';
import { unitsOfModel } from '../words/test-units.ts';
import { variationLines, variationRows } from '../words/variation-words.ts';
import { foundIntervals, intervalTable, intervalTitle } from './found-intervals.ts';
import type { ReportRequest } from './report-request.ts';

export type Make = <K extends keyof HTMLElementTagNameMap>(tag: K, text?: string) => HTMLElementTagNameMap[K];

/** A table with a heading row in a box of its own that scrolls; `title` is what those hear who don't see it. */
export function lines(
  rows: readonly (readonly string[])[],
  head: readonly string[],
  title: string,
  make: Make,
): HTMLElement {
  const table = make('table');
  const [top, body] = [make('thead'), make('tbody')];
  const cell = (text: string, scope: 'col' | 'row'): HTMLElement => {
    const made = make('th', text);
    made.scope = scope;
    return made;
  };
  // Words begin at the left, numbers end at the right.
  const isText = head.map((_, k) => rows.some((cells) => /^[\p{L}~(]/u.test(cells[k] ?? '')));
  const placed = (made: HTMLElement, k: number): HTMLElement => {
    if (isText[k]) made.className = 'text';
    return made;
  };
  const first = make('tr');
  first.append(...head.map((text, k) => placed(cell(text, 'col'), k)));
  top.append(first);
  for (const cells of rows) {
    const row = make('tr');
    row.append(...cells.map((text, k) => (k === 0 ? cell(text, 'row') : placed(make('td', text), k))));
    body.append(row);
  }
  table.append(top, body);
  return scrolled(table, title, make);
}

/** What is wider than the page scrolls in its box, with the keyboard too. */
export function scrolled(table: HTMLElement, title: string, make: Make): HTMLElement {
  const box = make('div');
  box.className = 'scroll';
  if (title !== '') {
    box.setAttribute('role', 'region');
    box.setAttribute('aria-label', title);
    box.tabIndex = 0;
  }
  box.append(table);
  return box;
}

/** The responses with the smallest p of a test; `title` is what one is called, `about` what the table is of. */
export function testTable(
  view: ResultsView,
  listed: number,
  { title, about }: { readonly title: string; readonly about: string },
  make: Make,
): HTMLElement {
  return lines(testRows(view, listed), [title, ...testHead(view.table)], about, make);
}

/** What the columns behind the name of a response are called. */
export function testHead(table: FitTable): string[] {
  return ['estimate', 'SE', 'df', statisticName(table), 'p', 'adjusted p', 'fit'];
}

/** The rows of the responses with the smallest p of a test. */
export function testRows(view: ResultsView, listed: number): string[][] {
  const { table, labels, effect, standardError, df, statistic, log10P, log10Adjusted } = view;
  const order = [...view.models.keys()]
    .filter((i) => !Number.isNaN(log10P[i]))
    .sort((a, b) => log10P[a] - log10P[b])
    .slice(0, listed);
  return order.map((i) => {
    const numbers = [effect, standardError, df, statistic].map((values) => shortNumber(values[i]));
    const model = view.models[i];
    const singular = table.singular[model] === 1 ? 'singular' : STATUSES[table.status[model]].replaceAll('_', ' ');
    return [labels[i], ...numbers, probability(log10P[i]), probability(log10Adjusted[i]), singular];
  });
}

/** Coefficients and contrasts in words with their intervals, what varies, and the state of the fit of one model, as its page has them. */
export function geneTables(
  results: Results,
  model: number,
  { limits, answers }: Pick<ReportRequest, 'limits' | 'answers'>,
  make: Make,
): HTMLElement[] {
  const { outcome, settings, summary } = results;
  const { table } = outcome;
  const known = effectFacts(settings, summary.columns, table.coefficients.names);
  const rows = modelRows(table, model);
  const units = unitsOfModel(outcome, model, summary);
  const columns = coefficientColumns(table, model, known);
  const coefficients = rows
    .filter(({ effect }) => effect === 'fixed')
    .map((row) => [nameOf(row.term, table, known, units[row.term]), ...columns.map(({ text }) => text(row))]);
  const varying = variationLines(table, variationRows(rows), limits, randomNames(results));
  const found = foundIntervals(answers, model);
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
  const words = [
    familyWords(table),
    moderatedWords(table),
    found.length === 0 ? null : `Others than these, below: ${found.map(intervalTitle).join('; ')}.`,
  ].filter((own) => own !== null);
  return [
    lines(
      coefficients,
      [unit === '' ? 'effect' : `effect, ${unit}`, ...columns.map(({ title }) => lowered(title))],
      'effects',
      make,
    ),
    ...words.map((own) => make('p', own)),
    ...(varying.lines.length === 0
      ? []
      : [lines(varying.lines, ['what varies', ...varying.titles.slice(1).map(lowered)], 'what varies', make)]),
    lines(facts, ['of the fit', ''], 'of the fit', make),
    ...found
      .map((answer) => intervalTable(answer, results))
      .flatMap(({ title, head, rows: own }) => [make('h3', title), lines(own, head, title, make)]),
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
