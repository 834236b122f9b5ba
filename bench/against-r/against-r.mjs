/**
 * The library beside lme4 and lmerTest: the same genes, the same machine, the same run.
 *
 *     node bench/against-r/against-r.mjs [--genes N] [--record]
 *
 * Needs Rscript with lme4 and lmerTest; says so and ends where they are missing.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openMatrix, readObsTable } from '../../dist/node.js';
import { accumulateMoments, buildDesign, fitMoments } from '../../dist/steps.js';
import { measured, repeat } from '../clocks.mjs';
import { argument, format, openBench } from '../harness.mjs';

const data = fileURLToPath(new URL('../../test/reference/batches/sim_singlecell', import.meta.url));
const script = fileURLToPath(new URL('refit.R', import.meta.url));
const formula = '~ stim + (1 | donor)';

const found = spawnSync('Rscript', ['-e', 'library(lme4); library(lmerTest)'], { encoding: 'utf8' });
if (found.status === 0) await compare();
else console.log('against-r: skipped, there is no Rscript with lme4 and lmerTest');

async function compare() {
  const bench = openBench(
    'against-r',
    'Milliseconds a gene beside lme4::refit and lmerTest, and the largest differences?',
  );
  const source = await openMatrix(data);
  const obs = await readObsTable(join(data, 'obs.tsv'), ['donor', 'stim']);
  const design = buildDesign(formula, obs);
  const { values, names } = await logExpression(source, argument('genes', 200));
  const responses = { kind: 'dense', rows: source.rows, names, values };
  await source.close();

  const formed = await repeat(() => accumulateMoments(design, responses), { runs: 25, warmUp: 20 });
  const fitted = await repeat(
    async () => fitMoments(await accumulateMoments(design, responses), { threads: 1, ddf: 'satterthwaite' }),
    {
      runs: 25,
      warmUp: 20,
    },
  );
  const { table } = fitted.last;
  const r = runR({ values, names, rows: source.rows }, obs);
  const perGene = (seconds) => (seconds * 1000) / names.length;
  const [moments, all] = [formed, fitted].map((timed) => measured(timed, 'process', perGene));
  const own = all.value;
  const errors = againstTight(table, names);
  const differences = againstR(table, r.rows);
  bench.note(
    `${r.version}, lme4 ${r.lme4}, lmerTest ${r.lmerTest}; ${names.length} genes x ${source.rows} cells, ${formula}`,
  );
  bench.row({
    case: 'this library, dense values to moments and tests, one thread',
    ...all,
    unit: 'ms/gene',
    errors,
    detail: `of it the moments ${format(moments.value)} ms/gene; error against fits with tight convergence`,
  });
  for (const [label, { process, wall }] of [
    ['lme4::refit (no tests)', r.refit],
    ['lmerTest: lmer and summary', r.test],
  ]) {
    bench.row({
      case: label,
      value: process * 1000,
      clock: 'process',
      times: { wall, process },
      unit: 'ms/gene',
      errors: [],
      detail: `${format((process * 1000) / own)} times ours`,
    });
  }
  bench.row({
    case: 'ratio of lmerTest to this library',
    value: (r.test.process * 1000) / own,
    unit: 'times',
    errors,
    detail: `largest differences to lmerTest at its default convergence: ${differences}`,
  });
  bench.close();
}

/** log(1 + 1e6 count / total) of the first genes, gene by gene. */
async function logExpression(source, count) {
  const names = source.names.slice(0, count);
  const totals = new Float64Array(source.rows);
  const values = new Float64Array(count * source.rows);
  const visit = async (entry) => {
    for await (const { major, majors, pointers, indices, values: entries } of source.blocks()) {
      for (let k = 0; k < majors.length; k++) {
        for (let e = pointers[k]; e < pointers[k + 1]; e++) {
          if (major === 'row') entry(majors[k], indices[e], entries[e]);
          else entry(indices[e], majors[k], entries[e]);
        }
      }
    }
  };
  await visit((cell, _gene, value) => {
    totals[cell] += value;
  });
  await visit((cell, gene, value) => {
    if (gene < count) values[gene * source.rows + cell] = Math.log1p((1e6 * value) / totals[cell]);
  });
  return { names, values };
}

function runR({ values, names, rows }, obs) {
  const folder = mkdtempSync(join(tmpdir(), 'webgpu-lmm-bench-'));
  try {
    const text = (name) => {
      const column = obs.columns.get(name);
      return Array.from(column.codes, (code) => column.levels[code]);
    };
    const [donor, stim] = [text('donor'), text('stim')];
    const paths = ['y.tsv', 'obs.tsv', 'out.tsv'].map((name) => join(folder, name));
    const cells = Array.from({ length: rows }, (_, i) => `c${i}`);
    const lines = names.map((name, g) => `${name}\t${values.subarray(g * rows, (g + 1) * rows).join('\t')}`);
    writeFileSync(paths[0], `gene\t${cells.join('\t')}\n${lines.join('\n')}\n`);
    writeFileSync(paths[1], `donor\tstim\n${donor.map((level, i) => `${level}\t${stim[i]}`).join('\n')}\n`);
    const ran = spawnSync('Rscript', [script, ...paths], { encoding: 'utf8' });
    if (ran.status !== 0) throw new Error(`R failed: ${ran.stderr}`);
    const [version, lme4, lmerTest, ...seconds] = ran.stdout.trim().split('\n').at(-1).split('\t');
    const [refit, test] = [0, 2].map((k) => ({ process: Number(seconds[k]), wall: Number(seconds[k + 1]) }));
    return { version, lme4, lmerTest, refit, test, rows: readDelimited(paths[2]) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function readDelimited(path) {
  const [header, ...lines] = readFileSync(path, 'utf8')
    .trim()
    .split('\n')
    .map((line) => line.split('\t'));
  return lines.map((line) => Object.fromEntries(header.map((name, i) => [name, line[i]])));
}

/** Differences to R at its default convergence, which stops earlier than we do. */
function againstR(table, rows) {
  const largest = { estimate: 0, 'std.error': 0, df: 0, logLik: 0 };
  rows.forEach((row) => {
    const model = table.responses.indexOf(row.response);
    const at = model * table.coefficients.names.length + table.coefficients.names.indexOf(row.term);
    const { estimate, standardError, df } = table.coefficients;
    const grow = (name, value) => {
      largest[name] = Math.max(largest[name], value);
    };
    grow('estimate', Math.abs(estimate[at] - row.estimate) / row['std.error']);
    grow('std.error', Math.abs(standardError[at] / row['std.error'] - 1));
    grow('logLik', Math.abs(table.logLik[model] - row.logLik));
    if (row.singular === 'FALSE' && table.singular[model] === 0) grow('df', Math.abs(df[at] / row.df - 1));
  });
  return `estimate ${format(largest.estimate)} SE, SE ${format(largest['std.error'])}, df ${format(largest.df)} (relative, not singular), logLik ${format(largest.logLik)}`;
}

/** Errors against reference fits made in R with tight convergence. */
function againstTight(table, names) {
  const fits = new Map(readDelimited(`${data}.fits.tsv`).map((row) => [row.response, row]));
  const largest = { logLik: 0, estimate: 0, 'std.error': 0, df: 0 };
  const grow = (name, value) => {
    largest[name] = Math.max(largest[name], Number.isNaN(value) ? Number.POSITIVE_INFINITY : value);
  };
  names.forEach((name, model) => {
    const row = fits.get(name);
    grow('logLik', Math.abs(table.logLik[model] - row.loglik));
    ['Intercept', 'stimstim'].forEach((term, c) => {
      const at = model * 2 + c;
      grow('estimate', Math.abs(table.coefficients.estimate[at] - row[`beta_${term}`]) / row[`se_${term}`]);
      grow('std.error', Math.abs(table.coefficients.standardError[at] / row[`se_${term}`] - 1));
      if (row.singular === 'FALSE') grow('df', Math.abs(table.coefficients.df[at] / row[`df_${term}`] - 1));
    });
  });
  const bounds = { logLik: 1e-6, estimate: 1e-5, 'std.error': 1e-5, df: 1e-3 };
  return Object.entries(bounds).map(([name, bound]) => ({ name, value: largest[name], bound }));
}
