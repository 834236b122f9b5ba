/** A self-contained HTML report: settings, counts, plots, the strongest genes. No script, nothing fetched. */

import { FIGURES, withFigure } from './figures.ts';
import { counted, probability, shortNumber } from './number-text.ts';
import { type ResultsView, statusCounts } from './results-view.ts';
import type { Results } from './store.ts';

/** Genes in the table of a report. */
const LISTED = 200;

const STYLE = `body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1a1a1a;background:#fff}
h1{font-size:1.5rem}h2{font-size:1.15rem;margin-top:2rem}table{border-collapse:collapse;font-size:.9rem}
th,td{padding:.2rem .6rem;border-bottom:1px solid #ddd;text-align:right}th:first-child,td:first-child{text-align:left}
pre{background:#f4f4f4;padding:.8rem;overflow:auto}figure{margin:1rem 0}svg{max-width:100%;height:auto}ul{padding-left:1.2rem}`;

export async function reportHtml(
  results: Results,
  view: ResultsView,
  threshold: number,
  command: string,
): Promise<string> {
  const report = document.implementation.createHTMLDocument(`webgpu-lmm: ${results.summary.name}`);
  const make = <K extends keyof HTMLElementTagNameMap>(tag: K, text = ''): HTMLElementTagNameMap[K] => {
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
  body.append(
    make('h1', `Linear mixed models of ${results.summary.name}`),
    make(
      'p',
      `${counted(table.models, 'models')} by ${table.method}, ${table.ddf} degrees of freedom, p adjusted by ${table.adjust}; ${table.backend === 'webgpu' ? `searched on ${table.device ?? 'WebGPU'}, finished in float64` : 'float64'}.`,
    ),
    make('pre', results.settings.formula),
    make('h2', 'Made by'),
    make('pre', command),
    make('h2', 'Models'),
  );
  const list = make('ul');
  for (const { label, count } of statusCounts(table)) list.append(make('li', `${count.toLocaleString('en')} ${label}`));
  for (const note of notes) list.append(make('li', note));
  body.append(list, make('h2', `${view.test.name}${view.split === null ? '' : `, ${view.split}`}`));
  for (const kind of FIGURES) {
    const svg = await withFigure(kind, view, threshold, (plot) => plot.toSvg());
    const parsed = new DOMParser().parseFromString(svg, 'image/svg+xml');
    const figure = make('figure');
    if (parsed.querySelector('parsererror') === null) figure.append(report.importNode(parsed.documentElement, true));
    figure.append(make('figcaption', kind.title));
    body.append(figure);
  }
  body.append(make('h2', `The ${LISTED} genes with the smallest p`), geneRows(view, make));
  // Put in as text: the page's policy holds for documents made in it, and forbids styles there.
  const html = report.documentElement.outerHTML.replace('</head>', () => `<style>${STYLE}</style></head>`);
  return `<!doctype html>\n${html}`;
}

function geneRows(
  view: ResultsView,
  make: <K extends keyof HTMLElementTagNameMap>(tag: K, text?: string) => HTMLElementTagNameMap[K],
): HTMLTableElement {
  const table = make('table');
  const line = (cells: readonly string[], tag: 'th' | 'td'): void => {
    const row = make('tr');
    for (const cell of cells) row.append(make(tag, cell));
    table.append(row);
  };
  line(['gene', 'estimate', 'SE', 'df', 't', 'p', 'adjusted p'], 'th');
  const order = [...view.models.keys()]
    .filter((i) => !Number.isNaN(view.log10P[i]))
    .sort((a, b) => view.log10P[a] - view.log10P[b])
    .slice(0, LISTED);
  for (const i of order) {
    const { labels, effect, standardError, df, statistic, log10P, adjusted } = view;
    const numbers = [effect, standardError, df, statistic].map((values) => shortNumber(values[i]));
    const shown = adjusted[i] === 0 ? '< 1e−300' : probability(Math.log10(adjusted[i]));
    line([labels[i], ...numbers, probability(log10P[i]), shown], 'td');
  }
  return table;
}
