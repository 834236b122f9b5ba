/**
 * How long does a generalised mixed model take: forming what it needs of the rows, and fitting, on one core; the command from
 * a compressed .h5ad to a table of tests on two?
 *
 *     node bench/families.mjs [--genes N] [--runs N] [--sample N] [--record]
 *     node bench/families.mjs --command [--command-genes N] [--command-cells N] [--density SHARE]   # the command too, once
 *     node bench/families.mjs --only crossed     # the cases whose name holds this
 *
 * A sample of the fits is held against `family-reference.mjs`, which works from the rows with other algebra. Where Rscript with
 * lme4 (or glmmTMB) is found, a few of the same genes go through it, too.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { alternate, measured, timedEnvironment } from './clocks.mjs';
import { binaryVisits, crossedCounts, donorCells, sampleCells } from './family-data.mjs';
import { descend, familyProblem, pointOf, standardErrors } from './family-reference.mjs';
import { argument, builds, format, openBench, textArgument } from './harness.mjs';
import { openRandom } from './random.mjs';

const BOUNDS = { criterion: 1e-6, estimate: 1e-5, 'std.error': 1e-4 };
/** Standard errors are differences of the reference's criterion over this part of themselves. */
const STEP = 0.1;
const R_SCRIPT = fileURLToPath(new URL('against-r/families.R', import.meta.url));

const libraries = await Promise.all(builds.map((build) => build.load('node', 'steps')));
const [library] = libraries;
const only = textArgument('only', '');
const bench = openBench('families', 'Milliseconds a generalised mixed model, and the command on 20,000 genes?');

/**
 * Largest differences of some fits from the reference, which starts a standard error away from the estimates: whether there are
 * other minima is a question of the fuzz campaign (`fuzz.mjs --kind families`).
 */
function errorsOf(table, { formula, family, data, offset, sample }) {
  const largest = Object.fromEntries(Object.keys(BOUNDS).map((name) => [name, 0]));
  const grow = (name, value) => {
    largest[name] = Math.max(largest[name], Number.isNaN(value) ? Number.POSITIVE_INFINITY : value);
  };
  const design = library.buildDesign(formula, data.table, { offset });
  const { rows } = data.table;
  const { normal } = openRandom(11);
  const fitted = [...table.status.keys()].filter((k) => table.status[k] === 0);
  for (let s = 0; s < sample; s++) {
    const k = fitted[Math.floor((s * fitted.length) / sample)];
    const y = data.responses.values.subarray(k * rows, (k + 1) * rows);
    const problem = familyProblem(design, { family, link: table.family.link, y });
    const { p, m, d } = problem;
    const width = p + m + d;
    const stride = table.family.parameters.length / table.models;
    const own = pointOf(family, table.family.parameters.subarray(k * stride, k * stride + width), problem);
    const errors = table.coefficients.standardError.subarray(k * p, (k + 1) * p);
    const start = own.map((value, j) => value + (j < p ? errors[j] * normal() : 0.2 * Math.abs(value) * normal()));
    const { point, value } = descend(problem, start);
    grow('criterion', Math.abs(table.criterion[k] - value) / Math.max(1, Math.abs(value) * 1e-3));
    const steps = point.map((at, j) => (j < p ? STEP * errors[j] : Math.abs(at) > 1e-3 ? 0.02 * Math.abs(at) : 0));
    const reference = standardErrors(problem, point, steps);
    for (let c = 0; c < p; c++) {
      grow('estimate', Math.abs(table.coefficients.estimate[k * p + c] - point[c]) / reference[c]);
      grow('std.error', Math.abs(errors[c] / reference[c] - 1));
    }
  }
  return Object.entries(BOUNDS).map(([name, bound]) => ({ name, value: largest[name], bound }));
}

const cd4 = donorCells({ cells: 3606, donors: 40, genes: argument('genes', 500), seed: 1 });
const donors = {
  data: cd4,
  formula: '~ sex + decades + (1 | donor)',
  offset: 'log_size',
  sample: argument('sample', 6),
};
const CASES = [
  {
    ...donors,
    name: '3,606 cells x 40 donors, (1 | donor), offsets, poisson',
    family: 'poisson',
    bars: { fit: 0.1, form: 0.3 },
  },
  {
    ...donors,
    name: '3,606 cells x 40 donors, (1 | donor), offsets, nbinom2',
    family: 'nbinom2',
    bars: { fit: 0.6, form: 0.3 },
  },
  {
    name: '60 x 60 crossed levels, poisson',
    data: crossedCounts({ subjects: 60, items: 60, count: 20, seed: 2 }),
    formula: '~ arm + (1 | subject) + (1 | item)',
    family: 'poisson',
    sample: 2,
  },
  {
    name: '100 subjects x 8 visits, (time | subject), binomial',
    data: binaryVisits({ subjects: 100, visits: 8, count: 50, seed: 3 }),
    formula: '~ arm + time + (time | subject)',
    family: 'binomial',
    sample: 2,
  },
  {
    name: '20 donors x 2 conditions x 40 cells, nested, offsets, nbinom2',
    data: sampleCells({ donors: 20, cells: 40, count: 40, seed: 4 }),
    formula: '~ condition + (1 | donor) + (1 | donor:condition)',
    offset: 'log_size',
    family: 'nbinom2',
    sample: 3,
    bars: { fit: 6 },
  },
];

/** Forming and fitting of one case, in turns with another build. */
async function measure(found) {
  const { name, data, formula, family, offset, bars = {} } = found;
  const { responses, table: obs } = data;
  const count = responses.names.length;
  const perModel = (seconds) => (1000 * seconds) / count;
  const options = { formula, family, obs, ...(offset ? { offset } : {}) };
  const form = libraries.map((own) => async () => own.runMoments(await own.prepare(responses, options), formula));
  const runs = argument('runs', 9);
  const formed = await alternate(form, { runs, warmUp: 2 });
  const fits = libraries.map((own, b) => () => own.fitMoments(formed[b].last.moments, { threads: 1, backend: 'cpu' }));
  const fitted = await alternate(fits, { runs, warmUp: 3 });
  const { table } = fitted[0].last;
  const errors = errorsOf(table, found);
  const [{ design }] = formed[0].last.moments.batches;
  const total = table.evaluations.reduce((sum, value) => sum + value, 0);
  const ok = table.status.filter((code) => code === 0).length;
  bench.row({
    case: `${name}: fit`,
    ...measured(fitted[0], 'process', perModel),
    unit: 'ms/model',
    ...(bars.fit ? { bar: { atMost: bars.fit } } : {}),
    errors,
    detail: `${formula}; ${design.family.rows} pseudo-rows of ${obs.rows} rows, ${(total / count).toFixed(1)} evaluations a model, ${ok} of ${count} ok, ${found.sample} compared with the reference`,
  });
  bench.against(`${name}: fit`, fitted[0], fitted[1], errors);
  bench.row({
    case: `${name}: forming`,
    ...measured(formed[0], 'process', perModel),
    unit: 'ms/model',
    ...(bars.form ? { bar: { atMost: bars.form } } : {}),
    errors,
    detail: 'from dense values in memory',
  });
  bench.against(`${name}: forming`, formed[0], formed[1], errors);
  return table;
}

for (const found of CASES) {
  if (!found.name.includes(only)) continue;
  const table = await measure(found);
  if (found.data === cd4) besideR(found, table);
}
if (process.argv.includes('--command')) command();
bench.close();

/** The first genes through R, where it is there: processor time by engine, and how far its log-likelihoods are. */
function besideR({ name, family, data, formula }, table) {
  const folder = mkdtempSync(join(tmpdir(), 'webgpu-lmm-bench-'));
  try {
    const count = argument('r-genes', family === 'poisson' ? 5 : 2);
    const { rows, columns } = data.table;
    const [cells, out] = ['cells.tsv', 'out.tsv'].map((file) => join(folder, file));
    const text = (column) =>
      column.kind === 'factor' ? Array.from(column.codes, (code) => column.levels[code]) : [...column.values];
    const names = [...columns.keys()];
    const shown = names.map((key) => text(columns.get(key)));
    const genes = Array.from({ length: count }, (_, g) => `y${g}`);
    const lines = Array.from({ length: rows }, (_, i) =>
      [...shown.map((values) => values[i]), ...genes.map((_, g) => data.responses.values[g * rows + i])].join('\t'),
    );
    writeFileSync(cells, `${[...names, ...genes].join('\t')}\n${lines.join('\n')}\n`);
    const ran = spawnSync('Rscript', [R_SCRIPT, cells, out, family, `${formula} + offset(log_size)`, String(count)], {
      encoding: 'utf8',
    });
    if (ran.status !== 0) {
      console.log(`${name}: R skipped, there is no Rscript with lme4`);
      return;
    }
    const [, ...found] = readFileSync(out, 'utf8').trim().split('\n');
    const all = found.map((line) => line.split('\t'));
    for (const engine of new Set(all.map(([own]) => own))) {
      const fits = all.filter(([own]) => own === engine);
      const seconds = fits.map(([, , value]) => Number(value)).sort((a, b) => a - b);
      const apart = Math.max(
        ...fits.map(([, gene, , logLik]) => Math.abs(Number(logLik) - table.logLik[Number(gene)])),
      );
      bench.row({
        case: `${name}: ${engine}`,
        value: 1000 * seconds[seconds.length >> 1],
        unit: 'ms/model',
        errors: [],
        detail: `median processor time of ${fits.length} genes in R; its log-likelihoods are within ${format(apart)} of ours`,
      });
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The command from a file of simulated cells to a table, once. */
function command() {
  const folder = mkdtempSync(join(tmpdir(), 'webgpu-lmm-bench-'));
  const usage = new URL('report-usage.mjs', import.meta.url).href;
  const run = (...args) => {
    const report = join(folder, 'usage.json');
    const started = performance.now();
    const { status, stderr } = spawnSync(process.execPath, ['--import', usage, builds[0].file('cli.js'), ...args], {
      encoding: 'utf8',
      env: timedEnvironment({ BENCH_USAGE: report }),
    });
    const wall = (performance.now() - started) / 1000;
    if (status !== 0) throw new Error(`webgpu-lmm ${args.join(' ')} ended with ${status}: ${stderr}`);
    const { maxRSS, userCPUTime, systemCPUTime, mainThreadSeconds } = JSON.parse(readFileSync(report, 'utf8'));
    const times = { wall, process: (userCPUTime + systemCPUTime) / 1e6, thread: mainThreadSeconds ?? Number.NaN };
    return { times, peak: (maxRSS * 1024) / 1e6 };
  };
  try {
    const path = join(folder, 'cells.h5ad');
    const [genes, cells] = [argument('command-genes', 20_000), argument('command-cells', 100_000)];
    const [donors, density] = [argument('command-donors', 40), argument('density', 0.05)];
    const sizes = ['--genes', genes, '--cells', cells, '--donors', donors, '--density', density, '--seed', 1].map(
      String,
    );
    run('simulate', '--kind', 'cells', ...sizes, '--out', path, '--quiet');
    const intercepts = '~ stim + (1 | donor)';
    const fits = [
      ['poisson', intercepts],
      ['nbinom2', intercepts],
      ['nbinom2', `${intercepts} + (1 | donor:stim)`],
    ];
    for (const [family, formula] of fits) {
      const out = join(folder, 'tidy.tsv');
      const model = ['--formula', formula, '--family', family, '--offset', 'library', '--min-cells', '50'];
      const { times, peak } = run('fit', path, ...model, '--threads', '2', '--out', out, '--quiet');
      const models = new Set(
        readFileSync(out, 'utf8')
          .split('\n')
          .map((line) => line.split('\t', 1)[0]),
      ).size;
      const nested = formula === intercepts ? '' : ', nested';
      const name = `command, ${genes} genes x ${cells} cells x ${donors} donors, ${100 * density} % non-zero, ${family}${nested}`;
      const megabytes = (statSync(path).size / 1e6).toFixed(0);
      bench.row({
        case: name,
        ...{ value: times.wall, clock: 'wall', times, unit: 's', bar: { atMost: 90 }, errors: [] },
        detail: `${formula}, --offset library, two threads; file of ${megabytes} MB, about ${models - 2} models; fits are judged above`,
      });
      bench.row({ case: `${name}: peak memory`, value: peak, unit: 'MB', bar: { atMost: 1500 }, errors: [] });
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
