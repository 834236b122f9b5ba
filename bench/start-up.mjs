/**
 * What does it cost to start? Processor time, user and system together, of whole processes: the command's help, the README's
 * example and the import of the library; and of a thread that fits, from its start to its first reply. Median of `--runs`
 * runs, with the fastest and with what Node itself takes beside it: a busy machine doubles all of them. The modules that
 * each loads, other than Node's own, are counted in a run of their own.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { readTable } from '../dist/node.js';
import { buildDesign } from '../dist/steps.js';
import { timedEnvironment } from './clocks.mjs';
import { argument, openBench } from './harness.mjs';
import { referenceFit, rowsProblem } from './reference.mjs';
import { median } from './verdicts.mjs';

const runs = argument('runs', 9);
const root = fileURLToPath(new URL('../', import.meta.url));
const built = (file) => join(root, 'dist', file);
const address = (file) => JSON.stringify(pathToFileURL(built(file)).href);
const data = join(root, 'examples', 'visits.csv');
const formula = 'y ~ time * arm + age + (time | subject)';
/** Estimates of the example in standard errors, as for other fits (README.md). */
const ESTIMATE = 1e-5;

const folder = mkdtempSync(join(tmpdir(), 'start-up-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));

/** Writes a small script beside which processes are started. */
function script(name, text) {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

/** Every process tells on a fourth stream what it took, unless it has told already. */
const tell = script(
  'tell.cjs',
  `globalThis.tell = (usage) => {
     if (!globalThis.told) require('node:fs').writeSync(3, JSON.stringify(usage));
     globalThis.told = true;
   };
   process.on('exit', () => globalThis.tell(process.cpuUsage()));`,
);
const loads = join(folder, 'loads.txt');
const hooks = script(
  'hooks.mjs',
  `import { appendFileSync } from 'node:fs';
   export async function load(url, context, next) {
     if (url.startsWith('file:')) appendFileSync(${JSON.stringify(loads)}, url + '\\n');
     return next(url, context);
   }`,
);
/** CommonJS modules that others require do not pass the hooks in every version of Node. */
const count = script(
  'count.mjs',
  `import { appendFileSync } from 'node:fs';
   import { createRequire, register } from 'node:module';
   import { pathToFileURL } from 'node:url';
   register(${JSON.stringify(pathToFileURL(hooks).href)});
   const { cache } = createRequire(import.meta.url);
   process.on('exit', () => {
     for (const path of Object.keys(cache)) appendFileSync(${JSON.stringify(loads)}, pathToFileURL(path).href + '\\n');
   });`,
);

function run(parameters, before) {
  const { status, stdout, stderr, output } = spawnSync(process.execPath, [...before, ...parameters], {
    cwd: root,
    encoding: 'utf8',
    env: timedEnvironment(),
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
  });
  if (status !== 0) throw new Error(`${parameters.join(' ')} ended with ${status}: ${stderr}`);
  return { stdout, told: output[3] };
}

/** Seconds of processor time, and what the process printed. */
function measure(parameters) {
  const { stdout, told } = run(parameters, ['--require', tell]);
  const { user, system } = JSON.parse(told);
  return { seconds: (user + system) / 1e6, stdout };
}

/** Number of modules that a process loads, scripts of this bench apart. */
function modulesOf(parameters) {
  writeFileSync(loads, '');
  run(parameters, ['--import', pathToFileURL(count).href]);
  const own = pathToFileURL(folder).href;
  const urls = readFileSync(loads, 'utf8').split('\n');
  return new Set(urls.filter((url) => url !== '' && !url.startsWith(own))).size;
}

/** Starts a thread and gives it nothing to fit. */
const thread = `
  const { Worker } = require('node:worker_threads');
  const before = process.cpuUsage();
  const worker = new Worker(new URL(${address('worker.js')}));
  worker.on('message', () => {
    globalThis.tell?.(process.cpuUsage(before));
    process.exit();
  });
  worker.postMessage({ id: 0, items: [] });`;

const cases = [
  { name: 'webgpu-lmm --help', parameters: [built('cli.js'), '--help'], seconds: 0.3, modules: 20 },
  {
    name: "README's example",
    parameters: [built('cli.js'), 'fit', data, '--formula', formula],
    seconds: 0.6,
    modules: 40,
    errorsOf: exampleErrors,
  },
  { name: "import 'webgpu-lmm'", parameters: ['-e', `import(${address('node.js')})`], seconds: 0.35, modules: 40 },
  { name: 'a thread that fits, start to ready', parameters: ['-e', thread], seconds: 0.2 },
  {
    name: 'modules of a thread that fits',
    parameters: ['-e', `import(${address('worker.js')})`],
    modules: 10,
  },
];

/** The table that the command printed against a fit from the rows by other algebra. */
async function exampleErrors(printed) {
  const table = await readTable(data);
  const fit = referenceFit(rowsProblem(buildDesign(formula, table), table.columns.get('y').values));
  const [header, ...lines] = printed.trim().split('\n');
  const at = header.split('\t').indexOf('estimate');
  const rows = lines.map((line) => line.split('\t')).filter((row) => row.includes('fixed'));
  const worst = Math.max(...rows.map((row, k) => Math.abs(Number(row[at]) - fit.beta[k]) / fit.se[k]));
  return [{ name: 'estimate in SE', value: rows.length === fit.beta.length ? worst : Number.NaN, bound: ESTIMATE }];
}

const bench = openBench('start-up', 'What does it cost to start, in processor time and in modules?');
// In turns, so that a busy minute meets all of them.
const node = [];
const times = cases.map(() => []);
const printed = [];
for (let round = 0; round < runs; round++) {
  node.push(measure(['-e', '0']).seconds);
  cases.forEach(({ parameters, seconds }, k) => {
    if (seconds === undefined) return;
    const measured = measure(parameters);
    times[k].push(measured.seconds);
    printed[k] = measured.stdout;
  });
}
bench.note(`Node alone: ${median(node).toFixed(3)} s, at least ${Math.min(...node).toFixed(3)} s`);
for (const [k, { name, parameters, seconds, modules, errorsOf }] of cases.entries()) {
  if (seconds !== undefined) {
    bench.row({
      case: name,
      value: median(times[k]),
      unit: 's of processor time',
      bar: { atMost: seconds },
      errors: errorsOf ? await errorsOf(printed[k]) : [],
      detail: `${runs} runs, at least ${Math.min(...times[k]).toFixed(3)} s; Node alone ${median(node).toFixed(3)} s`,
    });
  }
  if (modules !== undefined) {
    bench.row({
      case: seconds === undefined ? name : `modules of ${name}`,
      value: modulesOf(parameters),
      unit: 'modules',
      bar: { atMost: modules },
      errors: [],
    });
  }
}
bench.close();
