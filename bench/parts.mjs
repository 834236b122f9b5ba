/**
 * What does one file of an atlas cost that lies in many: time and memory of `moments FILE --design`, of joining the parts, and
 * of the fit, and what follows for a million cells in 50 files?
 *
 *     node bench/parts.mjs [--files N] [--cells N] [--genes N] [--density SHARE] [--whole-cells N] [--record]
 *
 * The joined moments are fitted and held against one run over the same files.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { timedEnvironment } from './clocks.mjs';
import { argument, builds, format, openBench } from './harness.mjs';
import { median } from './verdicts.mjs';

const usage = new URL('report-usage.mjs', import.meta.url).href;
const folder = mkdtempSync(join(tmpdir(), 'webgpu-lmm-bench-'));
const files = argument('files', 3);
const cells = argument('cells', 20_000);
const genes = argument('genes', 20_000);
const density = argument('density', 0.06);
const wholeCells = argument('whole-cells', 1_000_000);
const [build] = builds;
const bench = openBench('parts', 'What does one file of an atlas cost, and a million cells in 50 files?');

/** Runs the command: seconds by clock and of the process, peak memory in bytes. */
function run(...words) {
  const report = join(folder, 'usage.json');
  const started = performance.now();
  const { status, stderr } = spawnSync(process.execPath, ['--import', usage, build.file('cli.js'), ...words], {
    encoding: 'utf8',
    env: timedEnvironment({ BENCH_USAGE: report }),
  });
  if (status !== 0) throw new Error(`webgpu-lmm ${words.join(' ')} ended with ${status}: ${stderr}`);
  const { maxRSS, userCPUTime, systemCPUTime } = JSON.parse(readFileSync(report, 'utf8'));
  const wall = (performance.now() - started) / 1000;
  return { wall, process: (userCPUTime + systemCPUTime) / 1e6, peak: maxRSS * 1024 };
}

const at = (name) => join(folder, name);
const numbered = (extension) => Array.from({ length: files }, (_, k) => at(`sample${k}.${extension}`));

/** Largest differences of the coefficients in two tidy tables, in standard errors of the second. */
function differences(table, reference) {
  const rowsOf = (path) =>
    readFileSync(path, 'utf8')
      .trim()
      .split('\n')
      .map((line) => line.split('\t'));
  const [head, ...rows] = rowsOf(table);
  const [, ...others] = rowsOf(reference);
  if (rows.length !== others.length) throw new Error(`${rows.length} rows, not ${others.length}`);
  const column = (name) => head.indexOf(name);
  const largest = { estimate: 0, 'std.error': 0 };
  rows.forEach((row, i) => {
    if (row[column('effect')] !== 'fixed' || row[column('estimate')] === 'NA') return;
    if (row[0] !== others[i][0]) throw new Error(`${row[0]} where ${others[i][0]} is expected`);
    const se = Number(others[i][column('std.error')]);
    const far = (name) => Math.abs(Number(row[column(name)]) - Number(others[i][column(name)])) / se;
    for (const name of Object.keys(largest)) largest[name] = Math.max(largest[name], far(name));
  });
  return Object.entries(largest).map(([name, value]) => ({ name, value, bound: 1e-7 }));
}

try {
  const sizes = ['--genes', genes, '--cells', cells, '--donors', 24, '--density', density];
  numbered('h5ad').forEach((path, k) => {
    run('simulate', '--kind', 'cells', ...sizes.map(String), '--seed', String(k + 1), '--out', path, '--quiet');
  });
  const model = ['--formula', '~ stim + (1 | donor)', '--normalize', 'log1p-cp10k'];
  const designed = run('design', ...numbered('h5ad'), ...model, '--out', at('design.json'));
  const parts = numbered('h5ad').map((path, k) =>
    run('moments', path, '--design', at('design.json'), '--out', numbered('moments')[k]),
  );
  const merged = run('merge', ...numbered('moments'), '--out', at('all.moments'));
  const fitted = run('fit', at('all.moments'), '--out', at('parts.tsv'), '--quiet');
  const whole = run('fit', ...numbered('h5ad'), ...model, '--out', at('whole.tsv'), '--quiet');
  const errors = differences(at('parts.tsv'), at('whole.tsv'));

  const label = `${format(cells)} cells x ${format(genes)} genes at ${100 * density} %`;
  const seconds = median(parts.map((part) => part.process));
  const peak = Math.max(...parts.map((part) => part.peak));
  const bytes = statSync(numbered('moments')[0]).size;
  const detail = `${files} files of ${format(statSync(numbered('h5ad')[0]).size / 1e6)} MB; parts of ${format(bytes / 1e6)} MB`;
  bench.row({ case: `moments of a part: ${label}`, value: seconds, unit: 's of processor time', errors, detail });
  bench.row({
    case: `moments of a part, peak memory: ${label}`,
    value: peak / 1e6,
    unit: 'MB',
    bar: { atMost: 600 },
    errors,
  });
  bench.row({ case: `design of ${files} files`, value: designed.process, unit: 's of processor time', errors });
  bench.row({
    case: `merge of ${files} parts`,
    value: merged.process,
    unit: 's of processor time',
    errors,
    detail: `peak ${format(merged.peak / 1e6)} MB`,
  });
  bench.row({
    case: `fit of the joined moments`,
    value: fitted.process,
    unit: 's of processor time',
    errors,
    detail: `peak ${format(fitted.peak / 1e6)} MB; one run over the files: ${format(whole.process)} s, peak ${format(whole.peak / 1e6)} MB`,
  });
  const times = Math.ceil(wholeCells / cells);
  bench.row({
    case: `${format(wholeCells)} cells in ${times} files, extrapolated`,
    value: (times * seconds + (times / files) * (designed.process + merged.process) + fitted.process) / 60,
    unit: 'min of processor time',
    errors,
    detail: `${times} times a part, design and merge in proportion, and the fit; parts run beside each other, ${format(peak / 1e6)} MB each`,
  });
} finally {
  rmSync(folder, { recursive: true });
}
bench.close();
