/** A self-contained HTML report: what was done, how it came out, figures, the strongest genes. No script, nothing fetched. */

import { version } from '../../../package.json';
import { missingVisitsOf } from '../model/missing-visits.ts';
import { type Results, type ResultsView, resultsView, testNames } from '../results/results-view.ts';
import { noteWords } from '../words/note-words.ts';
import { count, counted } from '../words/number-text.ts';
import { provenance, timeText } from '../words/provenance.ts';
import { responseWords, statusTexts } from '../words/result-words.ts';
import { singularWords } from '../words/singular-words.ts';
import { chosenOptions } from './chosen-options.ts';
import type { ShelfFigure } from './figure-shelf.ts';
import { FIGURES, viewFigure, withPlot } from './figures.ts';
import { methodsOf } from './methods.ts';
import { geneTables, type Make, testTable } from './report-tables.ts';

/** Genes in the table of the test on show, and of each other test. */
const LISTED = 200;
const LISTED_OF_OTHERS = 20;

const STYLE = `body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1a1a1a;background:#fff}
h1{font-size:1.5rem}h2{font-size:1.15rem;margin-top:2rem}h3{font-size:1rem}table{border-collapse:collapse;font-size:.9rem}
table+table{margin-top:1rem}
th,td{padding:.2rem .6rem;border-bottom:1px solid #ddd;text-align:right;vertical-align:top}th:first-child,td:first-child{text-align:left}
table.facts td,table.facts th{text-align:left;vertical-align:top}
pre{background:#f4f4f4;padding:.8rem;overflow:auto}figure{margin:1rem 0;break-inside:avoid}svg{max-width:100%;height:auto}ul,ol{padding-left:1.4rem}
figcaption{font-size:.9rem}`;

export interface ReportRequest {
  readonly results: Results;
  readonly view: ResultsView;
  readonly threshold: number;
  /** The same run as a command. */
  readonly command: string;
  /** Figures on show beside those of the view. */
  readonly figures: readonly ShelfFigure[];
  /** The open gene; null for none. */
  readonly gene: number | null;
  /** The same model in R, of the open gene; empty without one. */
  readonly r: string;
}

export async function reportHtml(request: ReportRequest): Promise<string> {
  const { results, view, threshold, command, figures, gene, r } = request;
  const report = document.implementation.createHTMLDocument(`webgpu-lmm: ${results.summary.name}`);
  const make: Make = (tag, text = '') => {
    const made = report.createElement(tag);
    made.textContent = text;
    return made;
  };
  const meta = (attributes: Readonly<Record<string, string>>): void => {
    const made = make('meta');
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    report.head.prepend(made);
  };
  meta({
    'http-equiv': 'Content-Security-Policy',
    content: "default-src 'none'; style-src 'unsafe-inline'; img-src data:",
  });
  meta({ charset: 'utf-8' });
  const { table, notes } = results.outcome;
  const { body } = report;
  const list = (items: readonly string[], kind: 'ul' | 'ol' = 'ul'): HTMLElement => {
    const made = make(kind);
    for (const item of items) made.append(make('li', item));
    return made;
  };
  const facts = (pairs: readonly (readonly [string, string])[]): HTMLTableElement => {
    const made = make('table');
    made.className = 'facts';
    for (const [name, value] of pairs) {
      const row = make('tr');
      row.append(make('th', name), make('td', value));
      made.append(row);
    }
    return made;
  };
  const drawing = async (figure: ShelfFigure): Promise<HTMLElement> => {
    const svg = await withPlot(figure.make, (plot) => plot.toSvg());
    const parsed = new DOMParser().parseFromString(svg, 'image/svg+xml');
    const made = make('figure');
    if (parsed.querySelector('parsererror') === null) made.append(report.importNode(parsed.documentElement, true));
    made.append(make('figcaption', `${figure.title}. ${figure.caption}`));
    return made;
  };

  const methods = methodsOf(results, version);
  body.append(
    make('h1', `Mixed models of ${results.summary.name}`),
    make('p', `Report of webgpu-lmm ${version}, written ${timeText(Date.now())}.`),
    make('h2', 'What it is of'),
    facts(provenance(results).map(({ name, text }) => [name, text] as const)),
    make('h2', 'Options'),
    facts(chosenOptions(results.settings)),
    make('p', 'Everything else is as usual. The same run as a command:'),
    make('pre', command),
    make('h2', 'Methods'),
    make('p', methods.paragraph),
    ...(methods.references.length > 0 ? [list(methods.references, 'ol')] : []),
    make('h2', 'Models'),
    list(statusTexts(table)),
  );
  const isWarning = (note: string): boolean => note.startsWith('WARNING');
  const ordered = [...notes.filter(isWarning), ...notes.filter((note) => !isWarning(note))];
  const worded = ordered.map((note) => `${isWarning(note) ? 'Warning: ' : ''}${noteWords(note, results)}`);
  const absent = table.models === 1 ? missingVisitsOf(results.summary, results.settings, table.nobs[0]) : '';
  const said = [...new Set([...results.summary.notes, ...(absent === '' ? [] : [absent]), ...worded])];
  if (said.length > 0) body.append(make('h2', 'Notes and warnings'), list(said));

  if (table.models > 1) {
    const title = responseWords(results).title.toLowerCase();
    const found = view.adjusted.reduce((sum, value) => sum + (value <= threshold ? 1 : 0), 0);
    body.append(
      make('h2', `${view.test.name}${view.split === null ? '' : `, ${view.split}`}`),
      make('p', `${count(found)} of ${counted(view.models.length, 'models')} have an adjusted p up to ${threshold}.`),
    );
    for (const kind of FIGURES) body.append(await drawing(viewFigure(kind, view, threshold, results)));
    const listed = Math.min(LISTED, view.models.length);
    body.append(
      make('h3', `The ${listed} ${responseWords(results).many} with the smallest p`),
      testTable(view, LISTED, title, make),
    );
    for (const name of testNames(table)) {
      if (name === view.test.name || name === '(Intercept)') continue;
      const other = resultsView(table, name, view.split ?? '', results.settings.condition, { many: view.many });
      body.append(
        make('h3', `${name}: the ${LISTED_OF_OTHERS} smallest p`),
        testTable(other, LISTED_OF_OTHERS, title, make),
      );
    }
  }
  if (gene !== null) {
    const split = table.splits?.[gene];
    const label = table.genes?.[gene] || table.responses[gene];
    const singular = singularWords(table, gene);
    body.append(
      make('h2', `${table.models === 1 ? 'The model of ' : ''}${label}${split === undefined ? '' : `, ${split}`}`),
      ...(singular === null ? [] : [make('p', singular)]),
      ...geneTables(results, gene, make),
    );
  }
  for (const figure of figures) body.append(await drawing(figure));
  if (r !== '') body.append(make('h2', 'The same model in R'), make('pre', r));
  // Put in as text: the page's policy holds for documents made in it, and forbids styles there.
  const html = report.documentElement.outerHTML.replace('</head>', () => `<style>${STYLE}</style></head>`);
  return `<!doctype html>\n${html}`;
}
