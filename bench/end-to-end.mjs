/**
 * How long does the command take from a compressed .h5ad to a table of tests, and how does its memory grow with the cells?
 *
 *     node bench/end-to-end.mjs [--cells N] [--genes N] [--memory-genes N] [--memory-cells N] [--runs N] [--record]
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import tDistribution from '@stdlib/stats-base-dists-t-cdf';
import { openMatrix } from '../dist/node.js';
import { argument, format, median, openBench, repeat } from './harness.mjs';
import { referenceFit, sumsProblem } from './reference.mjs';

const command = fileURLToPath(new URL('../dist/cli.js', import.meta.url));
const usage = new URL('report-usage.mjs', import.meta.url).href;
const folder = mkdtempSync(join(tmpdir(), 'webgpu-lmm-bench-'));
const runs = argument('runs', 3);

/** Runs the command; seconds on the wall, peak memory in bytes, processor seconds. */
function run(...args) {
  const report = join(folder, 'usage.json');
  const started = performance.now();
  const { status, stderr } = spawnSync(process.execPath, ['--import', usage, command, ...args], {
    encoding: 'utf8',
    env: { ...process.env, BENCH_USAGE: report },
  });
  const seconds = (performance.now() - started) / 1000;
  if (status !== 0) throw new Error(`webgpu-lmm ${args.join(' ')} ended with ${status}: ${stderr}`);
  const { maxRSS, userCPUTime, systemCPUTime } = JSON.parse(readFileSync(report, 'utf8'));
  return {
    seconds,
    peak: maxRSS * 1024,
    processor: (userCPUTime + systemCPUTime) / 1e6,
    said: stderr.trim().split('\n').at(-1),
  };
}

function simulate(name, { genes, cells, density }) {
  const path = join(folder, `${name}.h5ad`);
  const sizes = ['--genes', genes, '--cells', cells, '--donors', 24, '--density', density, '--seed', 1];
  run('simulate', '--kind', 'cells', ...sizes.map(String), '--out', path, '--quiet');
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

/** Seconds to read and inflate all entries of a file, and nothing else. */
async function readingSeconds(path) {
  const { seconds } = await repeat(
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
  return seconds;
}

async function speed(bench) {
  const [genes, cells, density] = [argument('genes', 14_000), argument('cells', 27_500), 0.08];
  const path = simulate('speed', { genes, cells, density });
  const megabytes = (statSync(path).size / 1e6).toFixed(0);
  const reading = await readingSeconds(path);
  for (const design of designs) {
    const out = join(folder, 'tidy.tsv');
    const done = [];
    for (let k = 0; k < runs; k++) {
      done.push(run('fit', path, '--formula', design.formula, '--normalize', design.normalize, '--out', out));
    }
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
    const seconds = median(done.map((one) => one.seconds));
    bench.row({
      case: `${genes} genes x ${cells} cells, ${100 * density} % non-zero, ${design.label}`,
      value: seconds,
      unit: 's',
      bar: { atMost: 10 },
      errors: errorsOf(out, compared, sums),
      detail: `${design.formula}, --normalize ${design.normalize}; ${compared.length} genes compared; file of ${megabytes} MB, reading and inflating alone ${reading.toFixed(2)} s (${((100 * reading) / seconds).toFixed(0)} %); processor ${median(done.map((one) => one.processor)).toFixed(2)} s, peak ${format(median(done.map((one) => one.peak)) / 1e6)} MB`,
    });
  }
  rmSync(path);
}

/** Peak memory of both designs on one simulated file. */
function peaksOf({ genes, cells, density }) {
  const path = simulate('memory', { genes, cells, density });
  const out = join(folder, 'tidy.tsv');
  const peaks = designs.map(({ formula, normalize }) => {
    const args = ['fit', path, '--formula', formula, '--normalize', normalize, '--out', out];
    const done = Array.from({ length: runs }, () => run(...args));
    return { bytes: median(done.map((one) => one.peak)), seconds: median(done.map((one) => one.seconds)) };
  });
  rmSync(path);
  return peaks;
}

function memory(bench) {
  const genes = argument('memory-genes', 20_000);
  const cells = argument('memory-cells', 200_000);
  peaksOf({ genes, cells, density: 0.01 }).forEach(({ bytes, seconds }, d) => {
    bench.row({
      case: `peak memory, ${genes} genes x ${cells} cells, 1 % non-zero, ${designs[d].label}`,
      value: bytes / 1e6,
      unit: 'MB',
      bar: { atMost: 1500 },
      errors: [],
      detail: `${designs[d].formula}; ${seconds.toFixed(1)} s`,
    });
  });
  // Few entries a cell, so that what grows is what is kept of each cell; the garbage collector blurs small differences.
  const [few, many] = [cells / 4, 2 * cells];
  const [before, after] = [few, many].map((size) => peaksOf({ genes, cells: size, density: 0.002 }));
  designs.forEach(({ label, formula }, d) => {
    bench.row({
      case: `growth of the peak from ${few} to ${many} cells, ${label}`,
      value: (after[d].bytes - before[d].bytes) / (many - few),
      unit: 'bytes/cell',
      bar: { atMost: 200 },
      errors: [],
      detail: `${formula}; ${format(before[d].bytes / 1e6)} to ${format(after[d].bytes / 1e6)} MB at 0.2 % non-zero`,
    });
  });
}

const bench = openBench('end-to-end', 'Seconds from a compressed .h5ad to a table of tests, and memory by the cell?');
try {
  await speed(bench);
  memory(bench);
  bench.close();
} finally {
  rmSync(folder, { recursive: true, force: true });
}
