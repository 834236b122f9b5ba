/** A self-contained HTML report: what was done, how it came out, figures, the strongest genes. No script, nothing fetched. */

import { version } from '../../../package.json';
import { missingVisitsOf } from '../model/missing-visits.ts';
import type { Results } from '../results/results-view.ts';
import { type CollectedNote, collectNotes } from '../words/collected-notes.ts';
import { noteWords } from '../words/note-words.ts';
import { factValue, provenance, timeText } from '../words/provenance.ts';
import { statusTexts } from '../words/result-words.ts';
import { singularWords } from '../words/singular-words.ts';
import { modelLabel } from '../words/split-words.ts';
import { answersReport, type ReportPart } from './answers-report.ts';
import { chosenOptions } from './chosen-options.ts';
import { foundIntervals } from './found-intervals.ts';
import { methodsOf } from './methods.ts';
import { type ReportPage, reportPage } from './report-page.ts';
import type { ReportRequest } from './report-request.ts';
import { geneTables, lines } from './report-tables.ts';
import { manyModels } from './report-types.ts';

export async function reportHtml(request: ReportRequest): Promise<string> {
  const { results, command, figures, gene, r, terms, answers, threshold } = request;
  const page = reportPage(`webgpu-lmm: ${results.summary.name}`);
  const { body, make, list, facts, drawing } = page;
  const { table } = results.outcome;
  const beside = answersReport(answers, results, threshold);
  const taken = answers.means && figures.some(({ kind }) => kind === 'means') ? [answers.means] : [];
  const methods = methodsOf(results, version, {
    ...answers,
    ofTerms: terms.tables.length > 0,
    means: [...new Set([...terms.means, ...taken])],
    intervals: gene === null ? [] : foundIntervals(answers, gene),
    label: gene === null ? '' : modelLabel(results, gene),
  });
  const head = provenance(results).map((fact) => [fact.name, factValue(fact)] as const);
  // What the head has is not said again.
  const options = chosenOptions(results.settings).filter(([, text]) => head.every(([, own]) => own !== text));
  body.append(
    make('h1', `Mixed models of ${results.summary.name}`),
    make('p', `Report of webgpu-lmm ${version}, written ${timeText(Date.now())}.`),
    make('h2', 'What it is of'),
    facts(head),
    make('h2', 'Options'),
    ...(options.length > 0 ? [facts(options)] : []),
    make(
      'p',
      `Everything else${options.length > 0 ? '' : ' than what stands above'} is as usual. The same run as a command:`,
    ),
    make('pre', command),
    make('h2', 'Methods'),
    make('p', methods.paragraph),
    ...(methods.references.length > 0 ? [list(methods.references, 'ol')] : []),
  );
  // Of one model that is fitted its own table says so.
  if (table.models > 1 || table.status[0] !== 0) body.append(make('h2', 'Models'), list(statusTexts(table)));
  appendNotes(page, results);
  if (table.models > 1) await manyModels(page, request);
  if (gene !== null) {
    const singular = singularWords(table, gene);
    body.append(
      make('h2', `${table.models === 1 ? 'The model of ' : ''}${modelLabel(results, gene)}`),
      ...(singular === null ? [] : [make('p', singular)]),
      ...geneTables(results, gene, request, make),
    );
  }
  for (const { title, head, rows } of terms.tables) body.append(make('h2', title), lines(rows, head, title, make));
  // Figures that were taken on the page are not drawn a second time.
  const drawn = [...terms.figures, ...beside.flatMap((part) => part.figures)].map(({ title }) => title);
  const others = figures.filter(({ title }) => !drawn.includes(title));
  for (const figure of terms.figures) body.append(...(await drawing(figure)));
  body.append(...terms.notes.map((note) => make('p', note)));
  for (const part of beside) body.append(...(await partOf(page, part)));
  for (const figure of others) body.append(...(await drawing(figure)));
  if (r !== '') body.append(make('h2', 'The same model in R'), make('pre', r));
  return page.html();
}

/** Analyses beside the fit: what they are of, their tables and pictures, and what there is to say of them. */
async function partOf({ make, list, drawing }: ReportPage, part: ReportPart): Promise<HTMLElement[]> {
  const { title, words, tables, figures, notes } = part;
  const drawings = await Promise.all(figures.map(drawing));
  return [
    make('h2', title),
    ...words.map((text) => make('p', text)),
    ...(part.list.length > 0 ? [list(part.list)] : []),
    ...tables.flatMap((table) => [make('h3', table.title), lines(table.rows, table.head, table.title, make)]),
    ...drawings.flat(),
    ...(notes.length > 0 ? [list(notes.map(noteLine))] : []),
  ];
}

function noteLine({ text, isWarning, all }: CollectedNote): readonly [string, readonly string[]] {
  return [`${isWarning ? 'Warning: ' : ''}${text}`, all];
}

/** Notes of the data and of the fit, each kind once. */
function appendNotes({ body, make, list }: ReportPage, results: Results): void {
  const { table, notes } = results.outcome;
  const absent = table.models === 1 ? missingVisitsOf(results.summary, results.settings, table.nobs[0]) : '';
  const own = [...results.summary.notes, ...(absent === '' ? [] : [absent])];
  const fitted = collectNotes(notes, (note) => noteWords(note, results));
  const said = new Map<string, readonly string[]>(own.map((text) => [text, []]));
  for (const note of fitted) said.set(...noteLine(note));
  if (said.size > 0) body.append(make('h2', 'Notes and warnings'), list([...said]));
}
