/** The R code that the page shows, run by R, against the command on the same files. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe } from 'vitest';
import { findR } from '../../scripts/find-r.mjs';
import { COMMAND } from '../cli/command.ts';
import { itUnless, lackingInR } from '../requirements.ts';
import { type Compared, compareAll, expectTheSame, type PageCase, run } from './page-run.ts';

const folder = mkdtempSync(join(tmpdir(), 'webgpu-lmm-page-r-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const KENWARD = 'coef(summary(m, ddf = "Kenward-Roger"))[, 1:3, drop = FALSE]';
const CELLS = ['cells/matrix.mtx.gz', 'cells/features.tsv.gz', 'cells/barcodes.tsv.gz', 'cells/obs.tsv'];
const SIMULATED = 'small.h5ad';
/** The same cells, as test/r/page-stores.py makes them. */
const ZARR = 'small.zarr.zip';
const MUDATA = 'small.h5mu';
/** The Python that writes them, and from which R reads the first. */
const PYTHON = ['python3', '/usr/bin/python3'].find(
  (name) => spawnSync(name, ['-c', 'import anndata, h5py, zarr']).status === 0,
);

const CASES: readonly PageCase[] = [
  {
    name: 'a table, random slopes, Kenward-Roger, a contrast of coefficients',
    packages: ['lmerTest', 'pbkrtest'],
    files: ['visits.csv'],
    settings: {
      formula: 'y ~ time * arm + age + (time | subject)',
      contrasts: [{ name: 'at 2', expression: 'armtreated + 2 * time:armtreated' }],
    },
    response: 'y',
    words: ['--contrast', 'at 2=armtreated + 2 * time:armtreated'],
    table: `rbind(${KENWARD}, "at 2" = unlist(contest1D(m, l, ddf = "Kenward-Roger"))[1:3])`,
  },
  {
    name: 'a filter, a factor of numbers, sum coding, Satterthwaite, a difference of means',
    packages: ['lmerTest', 'emmeans', 'pbkrtest'],
    files: ['trial.csv'],
    settings: {
      formula: 'score ~ arm + week + (1 | subject)',
      factors: ['week'],
      codings: { arm: 'sum' },
      where: "sex == 'F' & base > 40",
      ddf: 'satterthwaite',
      contrasts: [{ name: 'effect', expression: 'arm:treated-placebo' }],
    },
    response: 'score',
    words: [
      '--factor',
      'week',
      '--coding',
      'arm=sum',
      '--where',
      "sex == 'F' & base > 40",
      '--ddf',
      'satterthwaite',
      '--contrast',
      'effect=arm:treated-placebo',
    ],
    table:
      'rbind(coef(summary(m))[, 1:3], effect = unlist(as.data.frame(contrast(means, list(e = (level == "treated") - (level == "placebo"))))[c("estimate", "SE", "df")]))',
  },
  {
    name: 'a 10x folder with its annotation, normalised',
    packages: ['lmerTest', 'Matrix', 'pbkrtest'],
    files: CELLS,
    settings: { formula: '~ stim + (1 | donor)', normalize: 'log1p-cp10k', minCounts: 100 },
    response: 'gene002',
    words: ['--normalize', 'log1p-cp10k', '--min-counts', '100', '--responses', 'gene002'],
    table: KENWARD,
  },
  {
    name: 'a split of a 10x folder, by maximum likelihood',
    packages: ['lmerTest', 'Matrix'],
    files: CELLS,
    settings: { formula: '~ stim + (1 | donor)', normalize: 'log1p-cpm', splitBy: 'sex', method: 'ML' },
    response: 'gene002',
    split: 'F',
    words: ['--normalize', 'log1p-cpm', '--split-by', 'sex', '--ml', '--responses', 'gene002'],
    table: 'coef(summary(m))[, 1:3, drop = FALSE]',
  },
  {
    name: 'an .h5ad file',
    packages: ['lmerTest', 'rhdf5', 'pbkrtest'],
    files: [SIMULATED],
    settings: { formula: '~ stim + age + (1 | donor)', normalize: 'log1p-cp10k' },
    response: 'gene04',
    words: ['--normalize', 'log1p-cp10k', '--responses', 'gene04'],
    table: KENWARD,
  },
  ...[
    { name: "a Zarr store, by Python's anndata", packages: ['reticulate'], files: [ZARR], words: [] },
    { name: 'MuData, with columns of all cells', packages: ['rhdf5'], files: [MUDATA], words: ['--modality', 'rna'] },
  ].map(
    ({ packages, words, ...own }): PageCase => ({
      ...own,
      packages: ['lmerTest', 'pbkrtest', ...packages],
      settings: { formula: '~ stim + age + (1 | donor)', normalize: 'log1p-cp10k' },
      response: 'gene04',
      words: ['--normalize', 'log1p-cp10k', '--responses', 'gene04', ...words],
      table: KENWARD,
    }),
  ),
  {
    name: 'a bulk table with missing values',
    packages: ['lmerTest', 'pbkrtest'],
    files: ['proteins.tsv', 'proteins.samples.tsv'],
    settings: { formula: '~ time + age + (1 | patient)' },
    response: 'protein001',
    words: ['--responses', 'protein001'],
    table: KENWARD,
  },
  {
    name: 'a bulk table with weights',
    packages: ['lmerTest', 'pbkrtest'],
    files: ['proteins.tsv', 'proteins.samples.tsv', 'proteins.peptides.tsv'],
    settings: { formula: '~ time + (1 | patient)' },
    response: 'protein003',
    // pbkrtest leaves weights out, and the page's code goes without it.
    words: ['--responses', 'protein003', '--weights', 'proteins.peptides.tsv', '--ddf', 'satterthwaite'],
    table: 'coef(summary(m))[, 1:3]',
  },
  {
    name: 'structured residuals',
    packages: ['nlme'],
    files: ['trial.csv'],
    settings: { formula: 'score ~ base + arm * visit', residual: 'us(visit | subject)' },
    response: 'score',
    words: ['--residual', 'us(visit | subject)', '--ddf', 'asymptotic'],
    table: 'summary(m)$tTable[, 1:2]',
  },
  {
    name: 'residuals that fade with time',
    packages: ['nlme'],
    files: ['visits.csv'],
    settings: { formula: 'y ~ time * arm', residual: 'sp_exp(time | subject)', method: 'ML' },
    response: 'y',
    words: ['--residual', 'sp_exp(time | subject)', '--ddf', 'asymptotic', '--ml'],
    table: 'summary(m)$tTable[, 1:2] * cbind(rep(1, 4), sqrt((nrow(d) - 4) / nrow(d)))',
  },
  {
    name: 'standard deviations that differ',
    packages: ['nlme'],
    files: ['trial.csv'],
    settings: { formula: 'score ~ base + arm * visit + (1 | subject)', dispersion: '~ 0 + sex' },
    response: 'score',
    words: ['--dispersion', '~ 0 + sex', '--ddf', 'asymptotic'],
    table: 'summary(m)$tTable[, 1:2]',
  },
  {
    name: 'binary responses',
    packages: ['lme4'],
    files: ['clinic.csv'],
    settings: { formula: 'well ~ week * arm + severity + (1 | patient)', family: 'binomial' },
    response: 'well',
    words: ['--family', 'binomial'],
    table: 'coef(summary(m))[, 1:2]',
  },
  {
    name: 'successes of trials by quadrature',
    packages: ['lme4'],
    files: ['counts.csv'],
    settings: { formula: 'good_days ~ arm + (1 | patient)', family: 'binomial', trials: 'days', nagq: 9 },
    response: 'good_days',
    words: ['--family', 'binomial', '--trials', 'days', '--nagq', '9'],
    table: 'coef(summary(m))[, 1:2]',
  },
  {
    name: 'counts with an offset',
    packages: ['glmmTMB'],
    files: ['counts.csv'],
    settings: { formula: 'attacks ~ log(base) + arm + offset(log(days)) + (1 | patient)', family: 'nbinom2' },
    response: 'attacks',
    words: ['--family', 'nbinom2'],
    table: 'coef(summary(m))$cond[, 1:2]',
  },
  {
    name: 'counts of cells with the depth of each',
    packages: ['lme4', 'Matrix'],
    files: CELLS,
    settings: { formula: '~ stim + (1 | donor)', family: 'poisson', offset: 'library' },
    response: 'gene002',
    words: ['--family', 'poisson', '--offset', 'library', '--responses', 'gene002'],
    table: 'coef(summary(m))[, 1:2]',
  },
  {
    name: 'grades',
    packages: ['ordinal'],
    files: ['grades.csv'],
    settings: { formula: 'grade ~ week * arm + (1 | patient)', family: 'cumulative' },
    response: 'grade',
    words: ['--family', 'cumulative'],
    table: 'coef(summary(m))[names(m$beta), 1:2]',
  },
];

/** Stores are written, and one of them read, by Python. */
function lackingOf({ files }: PageCase): string | null {
  return PYTHON || !files.some((file) => file === ZARR || file === MUDATA) ? null : 'no Python with anndata and zarr';
}

/** Where a Python lies, for R. */
function pythonPath(name: string): string {
  return spawnSync(name, ['-c', 'import sys; print(sys.executable)'], { encoding: 'utf8' }).stdout.trim();
}

describe('the R code of the page', () => {
  const r = findR(['lme4']);
  const lacking = new Map(CASES.map((entry) => [entry, lackingInR(['lme4', ...entry.packages]) ?? lackingOf(entry)]));
  const here = CASES.filter((entry) => lacking.get(entry) === null);
  let compared: readonly Compared[] = [];
  beforeAll(async () => {
    if (r === null) return;
    const made = ['simulate', '--genes', '20', '--cells', '600', '--donors', '6', '--seed', '3', '--density', '0.3'];
    run(folder, process.execPath, [COMMAND, ...made, '--out', SIMULATED, '--quiet']);
    if (PYTHON)
      run(folder, PYTHON, [fileURLToPath(new URL('page-stores.py', import.meta.url)), SIMULATED, ZARR, MUDATA]);
    compared = await compareAll(folder, here, r, PYTHON ? { RETICULATE_PYTHON: pythonPath(PYTHON) } : {});
  }, 600_000);

  for (const entry of CASES) {
    const k = here.indexOf(entry);
    itUnless(lacking.get(entry) ?? null, `has the numbers of the command: ${entry.name}`, () => {
      expectTheSame(compared[k], entry);
    });
  }
});
