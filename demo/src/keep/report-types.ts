/** What a report says of many models: of all of them, or of each cell type in turn. */

import { countFound } from '../results/gene-filters.ts';
import { overviewOf } from '../results/overview.ts';
import { type ResultsView, resultsView, testNames } from '../results/results-view.ts';
import { testedCounts } from '../results/tested-counts.ts';
import { effectTitle } from '../words/effect-words.ts';
import { filterWords } from '../words/filter-words.ts';
import { count } from '../words/number-text.ts';
import { responseWords } from '../words/result-words.ts';
import { splitLabel, splitsText, splitWords } from '../words/split-words.ts';
import { foundOf } from '../words/tested-words.ts';
import { FIGURES, viewFigure, viewTitle } from './figures.ts';
import { overviewDrawing } from './overview-figures.ts';
import type { ReportPage } from './report-page.ts';
import type { ReportRequest } from './report-request.ts';
import { lines, testHead, testRows, testTable } from './report-tables.ts';

/** Rows of the test on show in the view on show, in each other cell type where these are few or many, and of other tests. */
const LISTED = 200;
const LISTED_OF_TYPES = 50;
const LISTED_OF_MANY_TYPES = 20;
const FEW_TYPES = 12;
const LISTED_OF_OTHERS = 20;
const LISTED_OF_OTHERS_BY_TYPE = 10;
/** Types with a volcano and a table of their own; those with most found have them where there are more. */
const MOST_TYPES = 60;

/** Everything of a fit of many models. */
export async function manyModels(page: ReportPage, request: ReportRequest): Promise<void> {
  if (request.view.split === null) await oneView(page, request, request.view, { whole: true, listed: LISTED });
  else await allTypes(page, request);
  otherTests(page, request);
}

/** Heading, figures and strongest responses of one view. */
async function oneView(
  { body, make, drawing }: ReportPage,
  request: ReportRequest,
  view: ResultsView,
  { whole, listed }: { readonly whole: boolean; readonly listed: number },
): Promise<void> {
  const { results, threshold } = request;
  const { many, title } = responseWords(results);
  const of = splitLabel(view.split, results.settings.splitBy);
  const tested = withTest(view);
  const which =
    tested > listed
      ? `The ${count(listed)} ${many} with the smallest p`
      : `All ${count(tested)} ${many} with a p, the smallest first`;
  const about = `${which}${of === '' ? '' : `, ${of}`}`;
  body.append(make('h2', viewTitle(view, results)), make('p', foundText(view, request)));
  for (const kind of whole ? FIGURES : FIGURES.filter(({ id }) => id === 'volcano')) {
    body.append(...(await drawing(viewFigure(kind, view, threshold, results))));
  }
  body.append(make('h3', about), testTable(view, listed, { title: title.toLowerCase(), about }, make));
}

/** Models with a p. */
function withTest({ log10P }: ResultsView): number {
  return log10P.reduce((sum, value) => sum + (Number.isNaN(value) ? 0 : 1), 0);
}

/** "the 20 smallest p", or all there are. */
function smallestText(views: readonly ResultsView[], listed: number): string {
  const most = views.reduce((largest, view) => Math.max(largest, withTest(view)), 0);
  return most > listed ? `the ${count(listed)} smallest p` : 'all p, the smallest first';
}

/** "28 found of 1,932 genes tested; 68 others: constant. Found: adjusted p up to 0.05." */
function foundText(view: ResultsView, { results, threshold, filters }: ReportRequest): string {
  const { many } = responseWords(results);
  const found = foundOf(countFound(view, threshold, filters), testedCounts(view, filters), many);
  return `${found}. Found: ${filterWords(threshold, filters, many)}.`;
}

/** How many were found in each type, the figures of all of them, then each type. */
async function allTypes(page: ReportPage, request: ReportRequest): Promise<void> {
  const { results, view, overview: choice } = request;
  const { body, make, drawing } = page;
  const all = overviewDrawing(results, { ...request, test: view.test.name }, choice);
  if (!all) return;
  const { types, views, up, down } = all.overview;
  const kinds = splitWords(results.settings.splitBy);
  body.append(
    make('h2', `${effectTitle(view, results)}, in ${splitsText(types.length, results.settings.splitBy)}`),
    make('p', all.words),
    foundTable(page, request, view.test.name),
  );
  for (const figure of [all.figures.bars, all.figures.dots]) body.append(...(await drawing(figure)));
  const drawn = mostFound(types, (k) => up[k] + down[k], types.indexOf(view.split ?? ''));
  if (drawn.size < types.length) {
    const left = types.filter((_, k) => !drawn.has(k));
    body.append(
      make(
        'p',
        `Volcanoes and tables below are of the ${count(drawn.size)} ${kinds.many} with most found; ${splitsText(left.length, results.settings.splitBy)} are in the table above alone: ${left.join(', ')}.`,
      ),
    );
  }
  const listed = drawn.size <= FEW_TYPES ? LISTED_OF_TYPES : LISTED_OF_MANY_TYPES;
  for (const [k, own] of views.entries()) {
    if (!drawn.has(k)) continue;
    const shown = own.split === view.split;
    await oneView(page, request, shown ? view : { ...own, many: view.many }, {
      whole: shown,
      listed: shown ? LISTED : listed,
    });
  }
}

/** Places of the types with most found, that on show among them. */
function mostFound(types: readonly string[], found: (place: number) => number, shown: number): ReadonlySet<number> {
  const order = [...types.keys()].sort(
    (a, b) => Number(b === shown) - Number(a === shown) || found(b) - found(a) || a - b,
  );
  return new Set(order.slice(0, MOST_TYPES));
}

/** A row for each type: what a test found in it. */
function foundTable({ make }: ReportPage, request: ReportRequest, test: string): HTMLElement {
  const { results } = request;
  const { table } = results.outcome;
  const { types, views, up, down, tested } = overviewOf(table, test, results.settings.condition, request);
  const kinds = splitWords(results.settings.splitBy);
  const rows = types.map((type, k) => [
    type,
    ...[up[k] + down[k], up[k], down[k], tested[k], views[k].models.length].map(count),
  ]);
  const head = [kinds.one, 'found', 'up', 'down', 'tested', 'models'];
  return lines(rows, head, `What was found in each ${kinds.one}`, make);
}

/** The tests that are not on show: of all types, a table each. */
function otherTests(page: ReportPage, request: ReportRequest): void {
  const { results, view, filters, threshold } = request;
  const { table } = results.outcome;
  const { body, make } = page;
  const { many, title } = responseWords(results);
  const one = title.toLowerCase();
  for (const name of testNames(table)) {
    if (name === view.test.name || name === '(Intercept)') continue;
    const { condition, splitBy } = results.settings;
    const other = resultsView(table, name, view.split ?? '', condition, { many, expressedBy: request.expressedBy });
    const effect = effectTitle(other, results);
    if (view.split === null) {
      const about = `${effect}: ${smallestText([other], LISTED_OF_OTHERS)}`;
      body.append(
        make('h3', about),
        make('p', foundText(other, request)),
        testTable(other, LISTED_OF_OTHERS, { title: one, about }, make),
      );
      continue;
    }
    const kinds = splitWords(splitBy);
    const { types, views } = overviewOf(table, name, condition, request);
    const drawn = mostFound(types, (k) => countFound(views[k], threshold, filters), -1);
    const about = `${effect}: ${smallestText(views, LISTED_OF_OTHERS_BY_TYPE)} of each ${kinds.one}`;
    const rows = views.flatMap((own, k) =>
      drawn.has(k) ? testRows(own, LISTED_OF_OTHERS_BY_TYPE).map((cells) => [types[k], ...cells]) : [],
    );
    body.append(
      make('h2', `${effect}, in ${splitsText(types.length, splitBy)}`),
      foundTable(page, request, name),
      make('h3', about),
      lines(rows, [kinds.one, one, ...testHead(table)], about, make),
    );
  }
}
