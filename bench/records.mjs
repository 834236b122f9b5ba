/**
 * Records of benches as text: numbers, tables in Markdown, the page of one bench, and what README.md and bench/README.md
 * quote of the latest runs. Rows of earlier records have a `met` instead of a `verdict`, and no clocks.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CLOCKS } from './clocks.mjs';
import { FIGURES } from './figures.mjs';

/** Where records lie that count. */
export const RESULTS = fileURLToPath(new URL('results/', import.meta.url));

/** Four significant digits, thousands set apart; `NA` for what is not a number. */
export function format(value) {
  if (!Number.isFinite(value)) return 'NA';
  const size = Math.abs(value);
  if (size !== 0 && size < 1e-3) return value.toExponential(1);
  return Number(value.toPrecision(4)).toLocaleString('en-US', { maximumFractionDigits: 6 });
}

export function machineText({ cpu, cores, memoryGB, platform, node, load }) {
  const busy = load === undefined ? '' : `, load ${load.toFixed(1)}`;
  return `${cpu}, ${cores} cores, ${memoryGB} GB, ${platform}, Node ${node}${busy}`;
}

export function barText(bar) {
  return bar.atLeast === undefined ? `<= ${format(bar.atMost)}` : `>= ${format(bar.atLeast)}`;
}

/** The bar of a row and its verdict. */
export function verdictText({ value, bar, verdict, met }) {
  if (!bar) return '';
  // Earlier records judged differences by their value alone.
  const said = verdict ?? (value < 0 ? 'within noise' : met ? 'met' : 'missed');
  return `${barText(bar)}: ${said === 'met' ? said : `**${said}**`}`;
}

export function errorText(errors) {
  return errors.map(({ name, value, bound }) => `${name} ${format(value)} (<= ${format(bound)})`).join(', ');
}

/** `LOW to HIGH`, where a row has an interval. */
export function intervalText({ interval }) {
  return interval === undefined ? '' : interval.map(format).join(' to ');
}

/** Seconds of each clock, the one that was judged marked; a clock that the system lacks is left out. */
export function clocksText({ times, clock }) {
  if (times === undefined) return '';
  return CLOCKS.filter((name) => Number.isFinite(times[name]))
    .map((name) => `${name} ${format(times[name])} s${name === clock ? '*' : ''}`)
    .join(', ');
}

/** A table in Markdown, padded as the formatter of this repository wants it. */
export function markdownTable(header, rows) {
  const cells = [header, ...rows].map((row) => row.map((cell) => cell.replaceAll('|', '\\|')));
  const widths = header.map((_, c) => Math.max(3, ...cells.map((row) => row[c].length)));
  const line = (row) => `| ${row.map((cell, c) => cell.padEnd(widths[c])).join(' | ')} |`;
  const [first, ...rest] = cells.map(line);
  return [first, `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`, ...rest].join('\n');
}

/** The page of one bench, its latest run first. */
export function benchPage(name, question, runs) {
  const sections = [...runs].reverse().map(({ date, revision, machine, rows }) => {
    const table = markdownTable(
      ['case', 'result', '95 % interval', 'bar', 'clocks', 'largest error (bound)', 'detail'],
      rows.map((row) => [
        row.case,
        `${format(row.value)} ${row.unit}`,
        intervalText(row),
        verdictText(row),
        clocksText(row),
        errorText(row.errors),
        row.detail ?? '',
      ]),
    );
    return `## ${date.slice(0, 16).replace('T', ' ')} UTC, ${revision}\n\n${machineText(machine)}\n\n${table}\n`;
  });
  return `# ${name}\n\n${question}\n\n${sections.join('\n')}`;
}

export function readRuns(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    if (error.code === 'ENOENT') return [];
    throw error;
  }
}

/** The latest run of every bench, by its name. */
export function latestRuns(folder = RESULTS) {
  const files = readdirSync(folder).filter((file) => file.endsWith('.json'));
  return new Map(files.sort().map((file) => [file.slice(0, -5), readRuns(join(folder, file)).at(-1)]));
}

/** bench/README.md with the table of latest results renewed. */
export function withLatestResults(text, latest) {
  const sections = [...latest].map(([name, { date, revision, machine, rows }]) => {
    const cells = rows.map((row) => [
      row.case,
      `${format(row.value)} ${row.unit}`,
      intervalText(row),
      verdictText(row),
    ]);
    const title = `**${name}** (${date.slice(0, 10)}, ${revision}; ${machineText(machine)})`;
    return `${title}\n\n${markdownTable(['case', 'result', '95 % interval', 'bar'], cells)}`;
  });
  const [before, after] = ['<!-- results -->', '<!-- end of results -->'];
  const from = text.indexOf(before) + before.length;
  const to = text.indexOf(after);
  if (to < from) throw new Error('bench/README.md has lost the marks around its results');
  return `${text.slice(0, from)}\n\n${sections.join('\n\n')}\n\n${text.slice(to)}`;
}

/** Pages that quote figures between marks. */
export const FIGURED_PAGES = ['README.md', 'docs/inference.md'];

const FIGURE = /<!-- figure ([\w-]+) -->.*?<!-- end -->/g;

/** A page with every marked figure, `<!-- figure NAME -->TEXT<!-- end -->`, taken from the latest records. */
export function withFigures(text, latest) {
  return text.replaceAll(FIGURE, (_, name) => `<!-- figure ${name} -->${figureText(name, latest)}<!-- end -->`);
}

function figureText(name, latest) {
  const figure = FIGURES[name];
  if (!figure) throw new Error(`bench/figures.mjs has no figure “${name}”`);
  const values = figure.rows.map(([bench, pattern]) => {
    const row = latest.get(bench)?.rows.find((one) => pattern.test(one.case));
    if (!row) throw new Error(`the latest record of ${bench} has no row like ${pattern} for the figure “${name}”`);
    return row.value;
  });
  return figure.text(...values);
}

/** What a page says outside its marked figures. */
export function withoutFigures(text) {
  return text.replaceAll(FIGURE, '');
}
