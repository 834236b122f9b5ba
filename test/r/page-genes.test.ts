/** The R code that the page shows for moderated tests and voom weights, run by R, against the command. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { findR } from '../../scripts/find-r.mjs';
import { COMMAND, example } from '../cli/command.ts';
import { itUnless, lackingInR } from '../requirements.ts';
import { TOLERANCE } from '../tolerance.ts';
import { type Compared, compareAll, type PageCase, run } from './page-run.ts';

const folder = mkdtempSync(join(tmpdir(), 'webgpu-lmm-page-genes-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const PROTEINS = ['proteins.tsv', 'proteins.samples.tsv'];
const SUMS = ['sums.tsv', 'sums.samples.tsv'];
const SIMULATED = ['small.h5ad'];
const MODERATED = ['estimate', 'statistic.moderated', 'df.moderated', 'p.moderated'];
const TABLE = 'cbind(own$tests[, 1], t, df, 2 * pt(-abs(t), df))';

const CASES: readonly PageCase[] = [
  {
    name: 'proteins of patients, moderated',
    packages: ['lmerTest', 'pbkrtest', 'limma'],
    files: PROTEINS,
    settings: { formula: '~ time + age + (1 | patient)', moderate: 'plain' },
    response: 'protein001',
    words: ['--moderate'],
    table: TABLE,
    columns: MODERATED,
  },
  {
    name: 'proteins without random effects, robustly and with a trend',
    packages: ['limma', 'statmod'],
    files: PROTEINS,
    settings: { formula: '~ time + age', moderate: 'robust,trend' },
    response: 'protein002',
    words: ['--moderate', 'robust,trend'],
    table: TABLE,
    columns: MODERATED,
  },
  {
    name: 'genes of cells, with a trend',
    packages: ['lmerTest', 'rhdf5', 'limma'],
    files: SIMULATED,
    settings: { formula: '~ stim + (1 | donor)', normalize: 'log1p-cp10k', ddf: 'satterthwaite', moderate: 'trend' },
    response: 'gene04',
    words: ['--normalize', 'log1p-cp10k', '--ddf', 'satterthwaite', '--moderate', 'trend'],
    table: TABLE,
    columns: MODERATED,
  },
  {
    name: 'sums of cells, weighted by voom',
    packages: ['limma'],
    files: SUMS,
    settings: { formula: '~ stim', weights: 'voom', minCells: 6 },
    response: 'gene126',
    words: ['--weights', 'voom', '--min-cells', '6'],
    table: 'coef(summary(m))[, 1:2]',
  },
  {
    name: 'sums of cells of some donors, weighted by voom with random effects, moderated',
    packages: ['lmerTest', 'limma'],
    files: SUMS,
    settings: {
      formula: '~ stim + (1 | donor)',
      weights: 'voom',
      minCells: 6,
      moderate: 'plain',
      ddf: 'satterthwaite',
      where: "donor != 'D01'",
    },
    response: 'gene126',
    words: [
      ...['--weights', 'voom', '--min-cells', '6', '--moderate', '--ddf', 'satterthwaite'],
      ...['--where', "donor != 'D01'"],
    ],
    table: TABLE,
    columns: MODERATED,
  },
  {
    name: 'sums of cells of some donors, weighted by voom with library sizes by TMM',
    packages: ['limma', 'edgeR'],
    files: SUMS,
    settings: { formula: '~ stim', weights: 'voom', normFactors: 'tmm', minCells: 6, where: "donor != 'D01'" },
    response: 'gene126',
    words: ['--weights', 'voom', '--norm-factors', 'tmm', '--min-cells', '6', '--where', "donor != 'D01'"],
    table: 'coef(summary(m))[, 1:2]',
  },
  {
    name: 'sums of samples of which two lack a covariate, weighted by voom',
    packages: ['limma'],
    files: [SUMS[0], 'gaps.samples.tsv'],
    settings: { formula: '~ stim + age', weights: 'voom', minCells: 6 },
    response: 'gene126',
    words: ['--weights', 'voom', '--min-cells', '6'],
    table: 'coef(summary(m))[, 1:2]',
  },
];

describe('the R code of the page', () => {
  const r = findR(['lme4']);
  const lacking = new Map(CASES.map((entry) => [entry, lackingInR(['lme4', ...entry.packages])]));
  const here = CASES.filter((entry) => lacking.get(entry) === null);
  let compared: readonly Compared[] = [];
  beforeAll(async () => {
    if (r === null) return;
    const made = ['simulate', '--genes', '20', '--cells', '600', '--donors', '6', '--seed', '3', '--density', '0.3'];
    run(folder, process.execPath, [COMMAND, ...made, '--out', SIMULATED[0], '--quiet']);
    const summed = ['pseudobulk', example('cells'), '--obs', example('cells/obs.tsv'), '--by', 'donor,stim'];
    run(folder, process.execPath, [COMMAND, ...summed, '--out', SUMS[0], '--quiet']);
    const samples = readFileSync(join(folder, SUMS[1]), 'utf8').split('\n');
    const gaps = samples.map((line, k) => (k === 2 || k === 5 ? line.replace(/\t[^\t]*$/, '\tNA') : line));
    writeFileSync(join(folder, 'gaps.samples.tsv'), gaps.join('\n'));
    compared = await compareAll(folder, here, r);
  }, 600_000);

  for (const entry of CASES) {
    const k = here.indexOf(entry);
    itUnless(lacking.get(entry) ?? null, `has the numbers of the command: ${entry.name}`, () => {
      const { ours, theirs, code } = compared[k];
      if (typeof theirs === 'string') throw new Error(`${theirs}\n${code}`);
      expect([...theirs.keys()]).toEqual([...ours.keys()]);
      for (const [term, [estimate, statistic, df, p]] of theirs) {
        const [b, t, f, q] = ours.get(term) ?? [];
        const what = `${term}: ${[b, t, f, q].join(' ')} and ${[estimate, statistic, df, p].join(' ')}`;
        expect(Math.abs(b / estimate - 1), what).toBeLessThan(TOLERANCE.demo.rCode);
        expect(Math.abs(t / statistic - 1), what).toBeLessThan(TOLERANCE.demo.rCode);
        if (df === undefined) continue;
        expect(Math.abs(f / df - 1), what).toBeLessThan(TOLERANCE.demo.reference.df);
        expect(Math.log10(q) - Math.log10(p), what).toBeCloseTo(0, 1);
      }
    });
  }
});
