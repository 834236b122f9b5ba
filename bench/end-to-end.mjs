/**
 * How long does the command take from a compressed .h5ad to a table of tests, and how does its memory grow with the cells?
 *
 *     node bench/end-to-end.mjs [--cells N] [--genes N] [--memory-genes N] [--memory-cells N] [--runs N] [--record]
 *     node bench/end-to-end.mjs --against DIR    # beside the command of a built checkout, run in turns
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import tDistribution from '@stdlib/stats-base-dists-t-cdf';
import { openMatrix } from '../dist/node.js';
import { alternate, clockMedians, measured, repeat, timedEnvironment } from './clocks.mjs';
import { argument, builds, format, openBench } from './harness.mjs';
import { referenceFit, sumsProblem } from './reference.mjs';
import { median, spreadOf, spreadOfDifference, spreadOfRatio } from './verdicts.mjs';

const usage = new URL('report-usage.mjs', import.meta.url).href;
const folder = mkdtempSync(join(tmpdir(), 'webgpu-lmm-bench-'));
const runs = argument('runs', 5);

/** Runs the command of a build: seconds by clock, of its main thread and of the whole process, and peak memory in bytes. */
function run(build, ...args) {
  const report = join(folder, 'usage.json');
  const started = performance.now();
  const { status, stderr } = spawnSync(process.execPath, ['--import', usage, build.file('cli.js'), ...args], {
    encoding: 'utf8',
    env: timedEnvironment({ BENCH_USAGE: report }),
  });
  const wall = (performance.now() - started) / 1000;
  if (status !== 0) throw new Error(`webgpu-lmm ${args.join(' ')} ended with ${status}: ${stderr}`);
  const { maxRSS, userCPUTime, systemCPUTime, mainThreadSeconds } = JSON.parse(readFileSync(report, 'utf8'));
  const clocks = { wall, process: (userCPUTime + systemCPUTime) / 1e6, thread: mainThreadSeconds ?? Number.NaN };
  return { clocks, peak: maxRSS * 1024 };
}

/** Where a build leaves its tidy table. */
const tableOf = (b) => join(folder, `tidy-${b}.tsv`);

/** Fits a design by the command of every build in turns: the clocks of each, and the peaks of memory of its runs. */
async function fitInTurns(path, { formula, normalize }) {
  const peaks = builds.map(() => []);
  const works = builds.map((build, b) => () => {
    // The reference has Satterthwaite's tests.
    const options = ['--formula', formula, '--normalize', normalize, '--ddf', 'satterthwaite'];
    const ran = run(build, 'fit', path, ...options, '--out', tableOf(b));
    peaks[b].push(ran.peak);
    return ran;
  });
  const timings = await alternate(works, { runs, warmUp: 0, timedElsewhere: true });
  return timings.map((timed, b) => ({ ...timed, peaks: peaks[b] }));
}

function simulate(name, { genes, cells, density }) {
  const path = join(folder, `${name}.h5ad`);
  const sizes = ['--genes', genes, '--cells', cells, '--donors', 24, '--density', density, '--seed', 1];
  run(builds[0], 'simulate', '--kind', 'cells', ...sizes.map(String), '--out', path, '--quiet');
  return path;
}

const designs = [
  { label: 'categorical design', formula: '~ stim + (1 | donor)', columns: ['stim'], normalize: 'none' },
  {
    label: 'numeric covariate by cell',
    formula: '~ stim + log_size + (1 | donor)',
    columns: ['stim', 'log_size'],
    normalize: 'log1p-cp10k',
  },
];

/** Plain sums of a few genes by a pass of our own over the matrix, the rows of the design written out by hand. */
async function plainSums(source, wanted, { columns, normalize }) {
  const obs = await source.readObs(['donor', ...columns]);
  const n = source.rows;
  const p = columns.length + 1;
  const donor = obs.columns.get('donor');
  const covariates = columns.map((name) => {
    const column = obs.columns.get(name);
    return column.kind === 'factor' ? column.codes : column.values;
  });
  const xOf = (i) => [1, ...covariates.map((values) => values[i])];
  const G = wanted.length;
  const J = donor.levels.length;
  const sizes = { xtx: p * p, ztx: J * p, ztz: J, xty: G * p, zty: G * J, yty: G };
  const sums = Object.fromEntries(Object.entries(sizes).map(([name, length]) => [name, new Float64Array(length)]));
  for (let i = 0; i < n; i++) {
    const x = xOf(i);
    sums.ztz[donor.codes[i]]++;
    for (let a = 0; a < p; a++) {
      sums.ztx[donor.codes[i] * p + a] += x[a];
      for (let b = 0; b < p; b++) sums.xtx[a * p + b] += x[a] * x[b];
    }
  }
  const place = new Map(wanted.map((name, k) => [source.names.indexOf(name), k]));
  const totals = new Float64Array(n);
  const kept = [];
  for await (const { majors, pointers, indices, values } of source.blocks()) {
    for (let k = 0; k < majors.length; k++) {
      for (let e = pointers[k]; e < pointers[k + 1]; e++) {
        totals[majors[k]] += values[e];
        const g = place.get(indices[e]);
        if (g !== undefined) kept.push([g, majors[k], values[e]]);
      }
    }
  }
  for (const [g, i, count] of kept) {
    const y = normalize === 'none' ? count : Math.log1p((1e4 * count) / totals[i]);
    xOf(i).forEach((value, a) => {
      sums.xty[g * p + a] += value * y;
    });
    sums.zty[g * J + donor.codes[i]] += y;
    sums.yty[g] += y * y;
  }
  return { p, sums: { n, ...sums } };
}

/** Largest differences of some genes in a tidy table from the reference. */
function errorsOf(path, wanted, { p, sums }) {
  const [header, ...lines] = readFileSync(path, 'utf8')
    .trim()
    .split('\n')
    .map((line) => line.split('\t'));
  const at = Object.fromEntries(header.map((name, i) => [name, i]));
  const largest = { estimate: 0, 'std.error': 0, 'log10 p': 0 };
  const grow = (name, error) => {
    largest[name] = Math.max(largest[name], Number.isNaN(error) ? Number.POSITIVE_INFINITY : error);
  };
  wanted.forEach((gene, g) => {
    const { beta, se, df, theta } = referenceFit(sumsProblem(sums, p, g));
    const rows = lines.filter((line) => line[at.response] === gene && line[at.effect] === 'fixed');
    if (rows.length !== p) throw new Error(`${gene} has ${rows.length} coefficients`);
    rows.forEach((line, c) => {
      grow('estimate', Math.abs(Number(line[at.estimate]) - beta[c]) / se[c]);
      grow('std.error', Math.abs(Number(line[at['std.error']]) / se[c] - 1));
      const size = -Math.log10(2 * tDistribution(-Math.abs(beta[c] / se[c]), df[c]));
      // Near a variance of zero the finite differences behind the reference's df say little.
      if (theta[0] > 0.02 && size < 290) grow('log10 p', Math.abs(-Number(line[at.log10p]) - size) / Math.max(1, size));
    });
  });
  const bounds = { estimate: 1e-5, 'std.error': 1e-5, 'log10 p': 2e-3 };
  return Object.entries(bounds).map(([name, bound]) => ({ name, value: largest[name], bound }));
}

/** Seconds by clock to read and inflate all entries of a file, and nothing else. */
async function readingSeconds(path) {
  const timed = await repeat(
    async () => {
      const source = await openMatrix(path);
      try {
        let entries = 0;
        for await (const { indices } of source.blocks()) entries += indices.length;
        return entries;
      } finally {
        await source.close();
      }
    },
    { runs },
  );
  return clockMedians(timed);
}

async function speed(bench) {
  const [genes, cells, density] = [argument('genes', 14_000), argument('cells', 27_500), 0.08];
  const path = simulate('speed', { genes, cells, density });
  const megabytes = (statSync(path).size / 1e6).toFixed(0);
  const reading = await readingSeconds(path);
  for (const design of designs) {
    const [ours, theirs] = await fitInTurns(path, design);
    const out = tableOf(0);
    const source = await openMatrix(path);
    const wanted = [0.01, 0.2, 0.4, 0.6, 0.8, 0.95].map((share) => source.names[Math.floor(share * genes)]);
    const expressed = new Set(
      readFileSync(out, 'utf8')
        .split('\n')
        .map((line) => line.split('\t', 2).join(' ')),
    );
    const compared = wanted.filter((gene) => expressed.has(`${gene} fixed`));
    const sums = await plainSums(source, compared, design);
    await source.close();
    const name = `${genes} genes x ${cells} cells, ${100 * density} % non-zero, ${design.label}`;
    const errors = errorsOf(out, compared, sums);
    const share = (100 * reading.process) / clockMedians(ours).process;
    bench.row({
      case: name,
      // What a user waits for.
      ...measured(ours, 'wall'),
      unit: 's',
      bar: { atMost: 10 },
      errors,
      detail: `${design.formula}, --normalize ${design.normalize}; ${compared.length} genes compared; file of ${megabytes} MB, reading and inflating alone ${format(reading.process)} s of a processor (${share.toFixed(0)} %); peak ${format(median(ours.peaks) / 1e6)} MB`,
    });
    bench.against(name, ours, theirs, errors);
  }
  rmSync(path);
}

/** Runs of both designs on one simulated file, with their peaks of memory in MB: by design, then by build. */
async function peaksOf({ genes, cells, density }) {
  const path = simulate('memory', { genes, cells, density });
  const found = [];
  for (const design of designs) {
    const timings = await fitInTurns(path, design);
    found.push(
      timings.map((timed) => ({ megabytes: timed.peaks.map((peak) => peak / 1e6), times: clockMedians(timed) })),
    );
  }
  rmSync(path);
  return found;
}

async function memory(bench) {
  const genes = argument('memory-genes', 20_000);
  const cells = argument('memory-cells', 200_000);
  for (const [d, [ours, theirs]] of (await peaksOf({ genes, cells, density: 0.01 })).entries()) {
    const { label, formula } = designs[d];
    const name = `peak memory, ${genes} genes x ${cells} cells, 1 % non-zero, ${label}`;
    bench.row({
      case: name,
      ...spreadOf(ours.megabytes),
      times: ours.times,
      unit: 'MB',
      bar: { atMost: 1500 },
      errors: [],
      detail: formula,
    });
    if (theirs === undefined) continue;
    const ratio = spreadOfRatio(ours.megabytes, theirs.megabytes);
    bench.row({ case: `${name}: against ${builds[1].revision}`, ...ratio, unit: 'times', errors: [] });
  }
  // Few entries a cell, so that what grows is what is kept of each cell; the garbage collector blurs small differences.
  const [few, many] = [cells / 4, 2 * cells];
  const before = await peaksOf({ genes, cells: few, density: 0.002 });
  const after = await peaksOf({ genes, cells: many, density: 0.002 });
  designs.forEach(({ label, formula }, d) => {
    const [less, more] = [before, after].map((found) => found[d][0].megabytes);
    const perCell = (megabytes) => megabytes.map((value) => (1e6 * value) / (many - few));
    bench.row({
      case: `growth of the peak from ${few} to ${many} cells, ${label}`,
      ...spreadOfDifference(perCell(more), perCell(less)),
      unit: 'bytes/cell',
      bar: { atMost: 200 },
      errors: [],
      detail: `${formula}; ${format(median(less))} to ${format(median(more))} MB at 0.2 % non-zero`,
    });
  });
}

const bench = openBench('end-to-end', 'Seconds from a compressed .h5ad to a table of tests, and memory by the cell?');
try {
  await speed(bench);
  await memory(bench);
  bench.close();
} finally {
  rmSync(folder, { recursive: true, force: true });
}
