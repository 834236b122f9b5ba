/** The R code that the page shows, run by R, against the command on the same files. */
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { rCode } from '../../demo/src/keep/r-code.ts';
import type { DataSummary } from '../../demo/src/protocol/protocol.ts';
import { DEFAULT_SETTINGS, type Settings } from '../../demo/src/protocol/settings.ts';
import { openDataSet } from '../../demo/src/worker/data-set.ts';
import { openFrame } from '../../demo/src/worker/frame.ts';
import { summarise } from '../../demo/src/worker/summary.ts';
import { findR } from '../../scripts/find-r.mjs';
import { COMMAND, example } from '../cli/command.ts';
import { itUnless, lackingInR } from '../requirements.ts';
import { TOLERANCE } from '../tolerance.ts';

const folder = mkdtempSync(join(tmpdir(), 'webgpu-lmm-page-r-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Settings with what a later version of the page may ask for beside them. */
type Asked = Partial<Settings> & Readonly<Record<string, unknown>>;

interface Case {
  readonly name: string;
  /** Packages without which it is skipped. */
  readonly packages: readonly string[];
  /** Files of the examples, the data first. */
  readonly files: readonly string[];
  readonly settings: Asked;
  readonly response: string;
  readonly split?: string;
  /** Words of the command beside those of data and formula. */
  readonly words: readonly string[];
  /** R that gives a matrix of estimates, standard errors and (or not) degrees of freedom, named by row. */
  readonly table: string;
  /** Rows of the table, where they are fewer than the command's. */
  readonly terms?: number;
}

const KENWARD = 'coef(summary(m, ddf = "Kenward-Roger"))[, 1:3, drop = FALSE]';
const CELLS = ['cells/matrix.mtx.gz', 'cells/features.tsv.gz', 'cells/barcodes.tsv.gz', 'cells/obs.tsv'];
const SIMULATED = 'small.h5ad';
/** The same cells, as test/r/page-stores.py makes them. */
const ZARR = 'small.zarr.zip';
const MUDATA = 'small.h5mu';
const MADE: readonly string[] = [SIMULATED, ZARR, MUDATA];
/** The Python that writes them, and from which R reads the first. */
const PYTHON = ['python3', '/usr/bin/python3'].find(
  (name) => spawnSync(name, ['-c', 'import anndata, h5py, zarr']).status === 0,
);

const CASES: readonly Case[] = [
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
    ({ packages, words, ...own }): Case => ({
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
function lackingOf({ files }: Case): string | null {
  return PYTHON || !files.some((file) => file === ZARR || file === MUDATA) ? null : 'no Python with anndata and zarr';
}

/** Where a Python lies, for R. */
function pythonPath(name: string): string {
  return spawnSync(name, ['-c', 'import sys; print(sys.executable)'], { encoding: 'utf8' }).stdout.trim();
}

/** Copies files of the examples into the folder, with theirs. */
function copied(files: readonly string[]): void {
  for (const file of files) {
    if (MADE.includes(file)) continue;
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    copyFileSync(example(file), join(folder, file));
  }
}

async function summaryOf(files: readonly string[]): Promise<DataSummary> {
  const named = files.map((name) => ({ name, file: new Blob([readFileSync(join(folder, name))]) }));
  const weights = files.find((name) => name.includes('peptides')) ?? null;
  const roles = weights === null ? null : { data: files[0], obs: files[1], weights };
  const data = await openDataSet(named, roles);
  const summary = await summarise(data, await openFrame(data, ''));
  await data.close();
  return summary;
}

function run(command: string, words: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(command, words, {
    cwd: folder,
    encoding: 'utf8',
    maxBuffer: 1 << 26,
    env: {
      ...process.env,
      LANGUAGE: 'en',
      NO_COLOR: '1',
      ...(PYTHON ? { RETICULATE_PYTHON: pythonPath(PYTHON) } : {}),
    },
  });
  expect(status, stderr).toBe(0);
  return stdout;
}

/** Estimates, standard errors and degrees of freedom of the command's coefficients, by term. */
function commandTable(words: readonly string[], split: string | undefined): Map<string, number[]> {
  const [head, ...lines] = run(process.execPath, [
    COMMAND,
    'fit',
    ...words,
    '--format',
    'tidy',
    '--quiet',
    '--no-notes',
  ])
    .trimEnd()
    .split('\n')
    .map((line) => line.split('\t'));
  const at = (line: readonly string[], name: string): string => line[head.indexOf(name)] ?? '';
  return new Map(
    lines
      .filter((line) => ['fixed', 'contrast'].includes(at(line, 'effect')))
      .filter((line) => split === undefined || at(line, 'split') === split)
      .map((line) => [at(line, 'term'), ['estimate', 'std.error', 'df'].map((name) => Number(at(line, name)))]),
  );
}

/** Estimates, standard errors and degrees of freedom by term. */
type Estimates = ReadonlyMap<string, readonly number[]>;

interface Compared {
  readonly ours: Estimates;
  /** What R found, or what it said. */
  readonly theirs: Estimates | string;
}

/** The code of a case with its table printed between marks. */
async function caseCode(k: number, entry: Case): Promise<{ readonly code: string; readonly ours: Estimates }> {
  const { files, settings, response, split, words, table } = entry;
  copied(files);
  const summary = await summaryOf(files);
  const given = { ...DEFAULT_SETTINGS, ...settings } as Settings;
  const path = files[0].startsWith('cells/') ? 'cells' : files[0];
  const obs = summary.roles.obs === null ? [] : ['--obs', summary.roles.obs];
  const ours = commandTable([path, '--formula', given.formula, ...obs, ...words], split);
  const code = rCode(given, summary, response, split ?? null, [...ours.keys()]);
  const print = `found <- as.matrix(${table})
for (i in rownames(found)) cat("\\n<row ${k}>", i, format(found[i, ], digits = 15), sep = "\\t")`;
  return {
    code: `tryCatch(local({\n${code}\n${print}\n}), error = function(e) cat("\\n<error ${k}>\\t", conditionMessage(e)))\n`,
    ours,
  };
}

/** Runs all cases in one R, whose packages take seconds to load. */
async function compareAll(cases: readonly Case[], r: string): Promise<Compared[]> {
  const made = [];
  for (const [k, entry] of cases.entries()) made.push(await caseCode(k, entry));
  writeFileSync(join(folder, 'page.R'), made.map(({ code }) => code).join('\n'));
  const out = run(r, ['--vanilla', '--no-echo', '-f', 'page.R']);
  return made.map(({ ours }, k) => {
    const error = new RegExp(`<error ${k}>\\t(.*)`).exec(out);
    if (error) return { ours, theirs: error[1] };
    const rows = [...out.matchAll(new RegExp(`<row ${k}>\\t([^\\n]*)`, 'g'))].map(([, line]) => line.split('\t'));
    return { ours, theirs: new Map(rows.map(([term, ...numbers]) => [term, numbers.map(Number)])) };
  });
}

describe('the R code of the page', () => {
  const r = findR(['lme4']);
  const lacking = new Map(CASES.map((entry) => [entry, lackingInR(['lme4', ...entry.packages]) ?? lackingOf(entry)]));
  const here = CASES.filter((entry) => lacking.get(entry) === null);
  let compared: readonly Compared[] = [];
  beforeAll(async () => {
    if (r === null) return;
    const made = ['simulate', '--genes', '20', '--cells', '600', '--donors', '6', '--seed', '3', '--density', '0.3'];
    run(process.execPath, [COMMAND, ...made, '--out', SIMULATED, '--quiet']);
    if (PYTHON) run(PYTHON, [fileURLToPath(new URL('page-stores.py', import.meta.url)), SIMULATED, ZARR, MUDATA]);
    compared = await compareAll(here, r);
  }, 600_000);

  for (const entry of CASES) {
    const k = here.indexOf(entry);
    itUnless(lacking.get(entry) ?? null, `has the numbers of the command: ${entry.name}`, () => {
      const { ours, theirs } = compared[k];
      if (typeof theirs === 'string') throw new Error(theirs);
      expect([...theirs.keys()].filter((term) => !ours.has(term))).toEqual([]);
      expect(theirs.size).toBe(entry.terms ?? ours.size);
      for (const [term, [estimate, se, df]] of theirs) {
        const [b, s, f] = ours.get(term) ?? [];
        expect(Math.abs(b - estimate) / s, `${term}: ${b} and ${estimate}`).toBeLessThan(TOLERANCE.demo.rCode);
        expect(Math.abs(s / se - 1), `${term}: ${s} and ${se}`).toBeLessThan(TOLERANCE.demo.rCode);
        if (df !== undefined)
          expect(Math.abs(f / df - 1), `${term}: ${f} and ${df}`).toBeLessThan(TOLERANCE.demo.reference.df);
      }
    });
  }
});
