/**
 * Does a cohort through the Snakemake workflow on a Slurm of one node give what one run of all files gives, and how long do both take?
 * Needs Snakemake and Slurm (scripts/local-slurm.mjs). It prints a difference before a time, and fails where it is out of bounds.
 *
 *     node bench/cohort.mjs [--samples 24] [--genes 2000] [--cells 1500] [--shards 16]
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findSlurm, startSlurm } from '../scripts/local-slurm.mjs';
import { writeCohort } from './cohort-files.mjs';
import { argument } from './harness.mjs';

/** Estimates in standard errors, all else relative. */
const BOUND = 1e-10;
const CLI = fileURLToPath(new URL('../dist/cli.js', import.meta.url));
const WORKFLOW = fileURLToPath(new URL('../workflow/', import.meta.url));
const MODEL = { formula: '~ stim + (1 | donor)', factor: 'stim=ctrl,stim', normalize: 'log1p-cp10k' };

const [samples, genes, cells] = [argument('samples', 24), argument('genes', 2000), argument('cells', 1500)];
const shards = argument('shards', 16);

/** Seconds by clock of a program that must succeed. */
function timed(command, args, options) {
  const started = performance.now();
  const { status, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8', maxBuffer: 2 ** 28, ...options });
  if (status !== 0) throw new Error(`${command} ended with ${status}: ${stdout}${stderr}`);
  return (performance.now() - started) / 1000;
}

function rowsOf(path) {
  const [names, ...rows] = readFileSync(path, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => line.split('\t'));
  return rows.map((row) => Object.fromEntries(names.map((name, k) => [name, row[k]])));
}

/** The largest difference of two tidy tables with the same rows. */
function difference(one, other) {
  if (one.length !== other.length) return Number.POSITIVE_INFINITY;
  const columns = ['estimate', 'std.error', 'df', 'p.value', 'p.adjusted'];
  return Math.max(
    ...one.map((row, k) => {
      if (row.response !== other[k].response || row.term !== other[k].term) return Number.POSITIVE_INFINITY;
      return Math.max(
        ...columns.map((name) => {
          const [x, y] = [row[name], other[k][name]];
          if (x === y) return 0;
          const scale = name === 'estimate' && row['std.error'] !== 'NA' ? row['std.error'] : x;
          const relative = Math.abs(Number(x) - Number(y)) / Math.abs(Number(scale));
          return Number.isNaN(relative) ? Number.POSITIVE_INFINITY : relative;
        }),
      );
    }),
  );
}

const snakemake = findSlurm();
if (snakemake === null) throw new Error('no Snakemake with Slurm: node scripts/local-slurm.mjs');
const folder = mkdtempSync(join(tmpdir(), 'webgpu-lmm-cohort-'));
const slurm = await startSlurm(join(folder, 'slurm'));
try {
  const written = await writeCohort(folder, { samples, genes, cells });
  const rules = ['design', 'moments', 'merge', 'fit', 'gather', 'report'];
  const resources = Object.fromEntries(rules.map((rule) => [rule, { threads: 1, mem_mb: 500, runtime: 60 }]));
  const { formula, factor, normalize } = MODEL;
  mkdirSync(join(folder, 'config'));
  writeFileSync(
    join(folder, 'config/config.yaml'),
    JSON.stringify({
      ...{ samples: 'samples.tsv', command: `"${process.execPath}" "${CLI}"`, shards, resources },
      design: { formula, factor: [factor], normalize },
      families: { gaussian: null },
    }),
  );
  const profile = ['--snakefile', join(WORKFLOW, 'Snakefile'), '--profile', join(WORKFLOW, 'profiles/slurm')];
  const groups = ['--group-components', 'moments=6', 'fit=4', '--cores', String(availableParallelism())];
  const environment = { ...slurm.environment, CI: 'true' };
  const workflow = timed('snakemake', [...profile, ...groups], { cwd: folder, env: environment });
  const options = ['--formula', formula, '--factor', factor, '--normalize', normalize, '--out', 'one.tsv'];
  const paths = written.map(({ path }) => path);
  const run = timed(process.execPath, [CLI, 'fit', ...paths, ...options], { cwd: folder });
  const results = join(folder, 'results/gaussian');
  timed(process.execPath, [CLI, 'fit', join(results, 'all.moments'), '--out', 'whole.tsv'], { cwd: folder });
  const gathered = readFileSync(join(results, 'tables/tidy.tsv'));
  const same = gathered.equals(readFileSync(join(folder, 'whole.tsv')));
  const apart = difference(rowsOf(join(folder, 'one.tsv')), rowsOf(join(results, 'tables/tidy.tsv')));
  const right = same && apart <= BOUND;
  console.log(`${samples} samples x ${cells} cells, ${genes} genes, ${shards} shards, Snakemake ${snakemake}`);
  console.log(
    `against one run of all files ${apart.toExponential(1)} (at most ${BOUND}), ${same ? 'the' : 'NOT THE'} bytes of an unsharded fit`,
  );
  if (right) console.log(`workflow ${workflow.toFixed(0)} s, one run ${run.toFixed(1)} s`);
  process.exitCode = right ? 0 : 1;
} finally {
  await slurm.stop();
  rmSync(folder, { recursive: true, force: true });
}
