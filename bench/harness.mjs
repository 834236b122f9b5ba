/**
 * What all benches share: medians over runs, a description of the machine, and results in which the error stands beside
 * the speed. A row whose error is out of bounds shows no speed, fails the bench and is never recorded.
 *
 *     const bench = openBench('spectral', 'How many fits a second ...?');
 *     bench.row({ case: '...', value: 123e3, unit: 'fits/s', bar: { atLeast: 1e5 }, errors: [...] });
 *     bench.close();
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { fileURLToPath } from 'node:url';

const results = fileURLToPath(new URL('results/', import.meta.url));
const readme = fileURLToPath(new URL('README.md', import.meta.url));
const recording = process.argv.includes('--record');

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Value of `--name VALUE` on the command line, as a number. */
export function argument(name, fallback) {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? fallback : Number(process.argv[at + 1]);
}

/** Runs `work` some times after a warm-up; seconds of each run, their median, and what the last one returned. */
export async function repeat(work, { runs = 5, warmUp = 1 } = {}) {
  let last;
  for (let k = 0; k < warmUp; k++) last = await work();
  const seconds = [];
  for (let k = 0; k < runs; k++) {
    const started = performance.now();
    last = await work();
    seconds.push((performance.now() - started) / 1000);
  }
  return { seconds: median(seconds), fastest: Math.min(...seconds), slowest: Math.max(...seconds), runs, last };
}

/** Where the numbers come from. */
export function machine() {
  const processors = cpus();
  return {
    cpu: processors[0]?.model.trim() ?? 'unknown',
    cores: processors.length,
    memoryGB: Math.round(totalmem() / 2 ** 30),
    platform: `${process.platform} ${process.arch}`,
    node: process.version,
  };
}

export function machineText({ cpu, cores, memoryGB, platform, node }) {
  return `${cpu}, ${cores} cores, ${memoryGB} GB, ${platform}, Node ${node}`;
}

function revision() {
  try {
    const git = (...args) => execFileSync('git', args, { cwd: results, encoding: 'utf8' }).trim();
    return git('rev-parse', '--short', 'HEAD') + (git('status', '--porcelain', '--', '../../src') === '' ? '' : '+');
  } catch {
    return 'unknown';
  }
}

/** Four significant digits, thousands set apart; `NA` for what is not a number. */
export function format(value) {
  if (!Number.isFinite(value)) return 'NA';
  const size = Math.abs(value);
  if (size !== 0 && size < 1e-3) return value.toExponential(1);
  return Number(value.toPrecision(4)).toLocaleString('en-US', { maximumFractionDigits: 6 });
}

function barText(bar) {
  if (!bar) return 'none';
  return bar.atLeast === undefined ? `<= ${format(bar.atMost)}` : `>= ${format(bar.atLeast)}`;
}

function isMet(value, bar) {
  return bar.atLeast === undefined ? value <= bar.atMost : value >= bar.atLeast;
}

function errorText(errors) {
  return errors.map(({ name, value, bound }) => `${name} ${format(value)} (<= ${format(bound)})`).join(', ');
}

/**
 * Opens a bench. A row is { case, value, unit, bar?: {atLeast} | {atMost}, errors: [{name, value, bound}], detail? };
 * `errors` may be empty only where the row measures no fits (memory, say).
 */
export function openBench(name, question) {
  const rows = [];
  let wrong = false;
  console.log(`${name}: ${question}\n${machineText(machine())}\n`);
  return {
    row(row) {
      const bad = row.errors.filter(({ value, bound }) => !(value <= bound));
      if (bad.length > 0) {
        wrong = true;
        console.log(`${row.case}: NO SPEED, the error is out of bounds: ${errorText(bad)}`);
        return;
      }
      const met = row.bar ? isMet(row.value, row.bar) : null;
      rows.push({ ...row, met });
      const verdict = met === null ? '' : `, bar ${barText(row.bar)} ${met ? 'MET' : 'MISSED'}`;
      console.log(`${row.case}: ${format(row.value)} ${row.unit}${verdict}`);
      if (row.errors.length > 0) console.log(`    error: ${errorText(row.errors)}`);
      if (row.detail) console.log(`    ${row.detail}`);
    },
    note: (text) => console.log(`    ${text}`),
    close() {
      if (wrong) process.exitCode = 1;
      else if (recording && rows.length > 0) record(name, question, rows);
    },
  };
}

function record(name, question, rows) {
  mkdirSync(results, { recursive: true });
  const path = `${results}${name}.json`;
  const earlier = readRuns(path);
  const runs = [...earlier, { date: new Date().toISOString(), revision: revision(), machine: machine(), rows }];
  writeFileSync(path, `${JSON.stringify(runs, null, 2)}\n`);
  const text = [...runs].reverse().map(
    (run) => `## ${run.date.slice(0, 16).replace('T', ' ')} UTC, ${run.revision}

${machineText(run.machine)}

${markdownTable(
  ['case', 'result', 'bar', 'largest error (bound)', 'detail'],
  run.rows.map((row) => [
    row.case,
    `${format(row.value)} ${row.unit}`,
    verdictOf(row),
    errorText(row.errors),
    row.detail ?? '',
  ]),
)}
`,
  );
  writeFileSync(`${results}${name}.md`, `# ${name}\n\n${question}\n\n${text.join('\n')}`);
  updateReadme();
  console.log(`\nrecorded in bench/results/${name}.json`);
}

function readRuns(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    if (error.code === 'ENOENT') return [];
    throw error;
  }
}

/** A table in Markdown, padded as the formatter of this repository wants it. */
function markdownTable(header, rows) {
  const cells = [header, ...rows].map((row) => row.map((cell) => cell.replaceAll('|', '\\|')));
  const widths = header.map((_, c) => Math.max(3, ...cells.map((row) => row[c].length)));
  const line = (row) => `| ${row.map((cell, c) => cell.padEnd(widths[c])).join(' | ')} |`;
  const [first, ...rest] = cells.map(line);
  return [first, `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`, ...rest].join('\n');
}

function verdictOf({ bar, met }) {
  return bar ? `${barText(bar)}: ${met ? 'met' : '**missed**'}` : '';
}

/** Rewrites the table of latest results in bench/README.md. */
function updateReadme() {
  const sections = readdirSync(results)
    .filter((file) => file.endsWith('.json'))
    .sort()
    .map((file) => {
      const run = readRuns(results + file).at(-1);
      const rows = run.rows.map((row) => [row.case, `${format(row.value)} ${row.unit}`, verdictOf(row)]);
      const title = `**${file.slice(0, -5)}** (${run.date.slice(0, 10)}, ${run.revision}; ${machineText(run.machine)})`;
      return `${title}\n\n${markdownTable(['case', 'result', 'bar'], rows)}`;
    });
  const [before, after] = ['<!-- results -->', '<!-- end of results -->'];
  const text = readFileSync(readme, 'utf8');
  const from = text.indexOf(before) + before.length;
  const to = text.indexOf(after);
  if (to < from) throw new Error('bench/README.md has lost the marks around its results');
  writeFileSync(readme, `${text.slice(0, from)}\n\n${sections.join('\n\n')}\n\n${text.slice(to)}`);
}
