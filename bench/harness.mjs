/**
 * What all benches share: options, a description of the machine, another build to compare with, and results in which the
 * error stands beside the speed. A row whose error is out of bounds shows no speed, fails the bench and is never recorded.
 *
 *     const bench = openBench('spectral', 'How many fits a second ...?');
 *     const [ours, theirs] = await alternate(sides.map((library) => () => library.fitMoments(...)), { runs: 9 });
 *     bench.row({ case, ...measured(ours, 'process', (s) => fits / s), unit: 'fits/s', bar: { atLeast: 1e5 }, errors });
 *     bench.against(case, ours, theirs, errors);
 *     bench.close();
 *
 * --record        append the rows to bench/results/ and renew what README.md and bench/README.md quote of them
 * --results DIR   append them there instead, and renew nothing
 * --against DIR   a built checkout, of an earlier commit say, whose runs alternate with ours
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, totalmem } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { measuredRatio } from './clocks.mjs';
import {
  barText,
  benchPage,
  clocksText,
  errorText,
  FIGURED_PAGES,
  format,
  intervalText,
  latestRuns,
  machineText,
  RESULTS,
  readRuns,
  withFigures,
  withLatestResults,
} from './records.mjs';
import { verdictOn } from './verdicts.mjs';

export { format };

const root = fileURLToPath(new URL('..', import.meta.url));

/** Value of `--name VALUE` on the command line. */
export function textArgument(name, fallback) {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? fallback : process.argv[at + 1];
}

/** The same as a number. */
export function argument(name, fallback) {
  const text = textArgument(name);
  return text === undefined ? fallback : Number(text);
}

/** Where the numbers come from; a load of more than the bench's own says that others were at work. */
export function machine() {
  const processors = cpus();
  return {
    cpu: processors[0]?.model.trim() ?? 'unknown',
    cores: processors.length,
    memoryGB: Math.round(totalmem() / 2 ** 30),
    platform: `${process.platform} ${process.arch}`,
    node: process.version,
    load: loadavg()[0],
  };
}

/** The commit of a checkout; `+` where its sources differ from it. */
export function revisionOf(folder) {
  try {
    const git = (...args) => execFileSync('git', args, { cwd: folder, encoding: 'utf8', stdio: 'pipe' }).trim();
    return git('rev-parse', '--short', 'HEAD') + (git('status', '--porcelain', '--', 'src') === '' ? '' : '+');
  } catch {
    return 'unknown';
  }
}

/**
 * The builds that a bench runs: ours, and that of `--against` where it is given. `file` is a path in its dist/, `load` joins
 * some of its entries; those of an earlier build were fewer, and held more.
 */
function openBuilds() {
  const open = (folder) => ({
    revision: revisionOf(folder),
    file: (name) => join(folder, 'dist', name),
    async load(...doors) {
      const there = doors.map((door) => join(folder, 'dist', `${door}.js`)).filter((path) => existsSync(path));
      const paths = there.length > 0 ? there : [join(folder, 'dist/node.js')];
      const modules = paths.map((path) => import(pathToFileURL(path).href));
      return Object.assign({}, ...(await Promise.all(modules)));
    },
  });
  const other = textArgument('against');
  if (other === undefined) return [open(root)];
  if (!existsSync(join(other, 'dist/cli.js')))
    throw new Error(`--against: ${other} is no checkout with a build in dist/`);
  return [open(root), open(resolve(other))];
}

export const builds = openBuilds();

/**
 * Opens a bench. A row is { case, value, unit, bar?: {atLeast} | {atMost}, errors: [{name, value, bound}], detail? } and what
 * `measured` and its like say of the spread of the value: interval, quartiles, runs, clock, times, difference.
 * `errors` may be empty only where the row measures no fits (memory, say).
 */
export function openBench(name, question) {
  const rows = [];
  const started = machine();
  let wrong = false;
  console.log(`${name}: ${question}\n${machineText(started)}\n`);
  const bench = {
    row(row) {
      const bad = row.errors.filter(({ value, bound }) => !(value <= bound));
      if (bad.length > 0) {
        wrong = true;
        console.log(`${row.case}: NO SPEED, the error is out of bounds: ${errorText(bad)}`);
        return;
      }
      const verdict = verdictOn(row);
      rows.push({ ...row, verdict });
      const said = verdict === null ? '' : `, bar ${barText(row.bar)} ${verdict.toUpperCase()}`;
      console.log(`${row.case}: ${format(row.value)} ${row.unit}${said}`);
      if (row.interval) console.log(`    95 % interval ${intervalText(row)}${runsText(row)}`);
      if (row.times) console.log(`    ${clocksText(row)}`);
      if (row.errors.length > 0) console.log(`    error: ${errorText(row.errors)}`);
      if (row.detail) console.log(`    ${row.detail}`);
    },
    /** The ratio of our processor time to that of the other build, where `theirs` was measured. */
    against(label, ours, theirs, errors) {
      if (theirs === undefined) return;
      const unit = `times the processor time of ${builds[1].revision}`;
      bench.row({
        case: `${label}: against ${builds[1].revision}`,
        ...measuredRatio(ours, theirs, 'process'),
        unit,
        errors,
      });
    },
    note: (text) => console.log(`    ${text}`),
    close() {
      if (wrong) process.exitCode = 1;
      else if (rows.length > 0) record(name, question, { machine: started, rows });
    },
  };
  return bench;
}

/** Of a median: how many runs there were, and between what the middle half of them lay. */
function runsText({ runs, quartiles }) {
  return quartiles === undefined ? '' : `, quartiles of ${runs} runs ${quartiles.map(format).join(' to ')}`;
}

function record(name, question, { machine, rows }) {
  const folder = textArgument('results');
  if (folder === undefined && !process.argv.includes('--record')) return;
  const into = folder ?? RESULTS;
  mkdirSync(into, { recursive: true });
  const path = join(into, `${name}.json`);
  const run = { date: new Date().toISOString(), revision: revisionOf(root), machine, rows };
  const runs = [...readRuns(path), run];
  writeFileSync(path, `${JSON.stringify(runs, null, 2)}\n`);
  writeFileSync(join(into, `${name}.md`), benchPage(name, question, runs));
  if (folder === undefined) renewPages();
  console.log(`\nrecorded in ${folder === undefined ? `bench/results/${name}.json` : path}`);
}

/** Renews what pages quote of the records. */
export function renewPages() {
  const latest = latestRuns();
  const renew = (page, change) => {
    const path = join(root, page);
    writeFileSync(path, change(readFileSync(path, 'utf8'), latest));
  };
  renew('bench/README.md', withLatestResults);
  for (const page of FIGURED_PAGES) renew(page, withFigures);
}
