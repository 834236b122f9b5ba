import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { example, reference, rowsOf, run, succeed, temporaryFolder } from './command.ts';

const folder = temporaryFolder();
const SLEEP = reference('data/sleepstudy.csv');
const FACTORS = ['--factor', 'Subject'];
const [INTERCEPT, SLOPE] = ['Reaction ~ Days + (1 | Subject)', 'Reaction ~ Days + (Days | Subject)'];
const CELLS = [example('cells'), '--obs', example('cells/obs.tsv'), '--normalize', 'log1p-cp10k', '--threads', '1'];

describe('webgpu-lmm compare', () => {
  it('prints models by rank, writes tests beside, and says what was fitted how', async () => {
    const tests = join(folder, 'tests.tsv');
    const formulas = ['--formula', 'Reaction ~ 1 + (1 | Subject)', '--formula', INTERCEPT, '--formula', SLOPE];
    const { stdout, stderr } = await succeed(
      'compare',
      SLEEP,
      ...FACTORS,
      ...formulas,
      '--reference',
      'chisq',
      '--out',
      '-',
      '--out',
      `tests=${tests}`,
    );
    const models = rowsOf(stdout);
    expect(models.map((row) => row['model'])).toEqual(['3', '2', '1']);
    expect(models.map((row) => row['rank'])).toEqual(['1', '2', '3']);
    expect(Number(models[0]['logLik'])).toBeCloseTo(-875.969672231599, 5);
    expect(stderr).toMatch(/fitted by maximum likelihood, as restricted likelihoods/);
    expect(stderr).toMatch(/model 3, .*ranks first for 1 of 1 response/);
    const rows = rowsOf(readFileSync(tests, 'utf8'));
    expect(rows.map((row) => [row['small'], row['large'], row['df'], row['reference']])).toEqual([
      ['1', '2', '1', 'chisq(1)'],
      ['2', '3', '2', 'chisq(2)'],
    ]);
    expect(Number(rows[1]['chisq'])).toBeCloseTo(42.1392985420277, 5);
  });

  it('says which model counts rows as replicates', async () => {
    const formulas = ['--formula', '~ stim + (1 | donor)', '--formula', '~ stim + (1 | donor) + (1 | donor:stim)'];
    const { stderr } = await succeed('compare', ...CELLS, ...formulas);
    expect(stderr).toMatch(/^model 1: WARNING: 'stim' varies within 'donor'/m);
    expect(stderr).not.toMatch(/model 2: WARNING/);
    expect(stderr).toMatch(/^model 2: units of the tests: 'stimstim' \d+ levels of 'donor'/m);
  });

  it('tests random terms, cross-validates and selects', async () => {
    const ranova = await succeed('compare', SLEEP, ...FACTORS, '--formula', SLOPE, '--tests', 'ranova');
    const [none, slope] = rowsOf(ranova.stdout);
    expect([none['term'], slope['term']]).toEqual(['<none>', 'Days in (Days | Subject)']);
    expect(Number(slope['chisq'])).toBeCloseTo(42.8368134364298, 5);
    const groups = ['--cv', '6', '--cv-by', 'Subject', '--seed', '4'];
    const cv = await succeed('compare', SLEEP, ...FACTORS, '--formula', SLOPE, '--formula', INTERCEPT, ...groups);
    expect(rowsOf(cv.stdout).map((row) => [row['n'], row['rank']])).toEqual([
      ['180', '1'],
      ['180', '2'],
    ]);
    const formula = 'Reaction ~ Days + I(Days^2) + (Days | Subject)';
    const select = await succeed('compare', SLEEP, ...FACTORS, '--formula', formula, '--select', 'aic');
    const path = rowsOf(select.stdout);
    expect(path.map((row) => row['action'])).toEqual(['start', 'drop', 'end']);
    expect(path[2]['formula']).toBe('Reaction ~ Days + (Days | Subject)');
    expect(select.stderr).toMatch(/1 of 1: Reaction ~ Days \+ \(Days \| Subject\)/);
  });

  it('compares models of genes in one pass, by split, with missing responses left out alike', async () => {
    const json = join(folder, 'genes.json');
    const { stderr } = await succeed(
      'compare',
      ...CELLS,
      '--min-cells',
      '30',
      '--formula',
      '~ stim + (1 | donor)',
      '--formula',
      '~ (1 | donor)',
      '--formula',
      '~ stim',
      '--out',
      json,
    );
    const { method, tables } = JSON.parse(readFileSync(json, 'utf8'));
    expect(method).toBe('ML');
    expect(tables.summary.length).toBe(3);
    const genes = tables.summary[0].responses;
    expect(tables.models.length).toBe(3 * genes);
    expect(tables.tests.length).toBe(2 * genes);
    const firsts = tables.summary.map((row: { first: number }) => row.first);
    expect(firsts.reduce((sum: number, count: number) => sum + count, 0)).toBe(genes);
    expect(stderr).toMatch(/model 2 in model 1: p.adjusted <= 0.05 for \d+ of \d+ responses/);
    // The likelihoods are those of separate fits.
    const alone = await succeed(
      'fit',
      ...CELLS,
      '--min-cells',
      '30',
      '--formula',
      '~ stim + (1 | donor)',
      '--ml',
      '--format',
      'glance',
    );
    const glance = new Map(rowsOf(alone.stdout).map((row) => [row['response'], Number(row['logLik'])]));
    expect(glance.size).toBe(genes);
    for (const row of tables.models) {
      if (row.model === 1) expect(Math.abs(row.logLik - (glance.get(row.response) ?? Number.NaN))).toBeLessThan(1e-6);
    }
  });

  it('keeps splits apart', async () => {
    const obs = readFileSync(example('cells/obs.tsv'), 'utf8').split('\n')[0].split('\t');
    const column = obs.find((name) => /type|cluster/.test(name)) ?? 'stim';
    const { stdout } = await succeed(
      'compare',
      ...CELLS,
      '--split-by',
      column,
      '--responses',
      'gene001,gene002',
      '--formula',
      '~ (1 | donor)',
      '--formula',
      '~ 1',
    );
    const rows = rowsOf(stdout);
    const splits = new Set(rows.map((row) => row['split']));
    expect(splits.size).toBeGreaterThan(1);
    expect(rows.length).toBe(splits.size * 2 * 2);
  });

  it.each([
    [['--formula', SLOPE], /at least two formulas/],
    [['--formula', SLOPE, '--formula', INTERCEPT, '--tests', 'ranova'], /needs one formula/],
    [['--formula', SLOPE, '--formula', INTERCEPT, '--cv-by', 'Subject'], /--cv-by belongs to --cv/],
    [['--formula', SLOPE, '--cv', '3', '--select', 'aic'], /--select does not belong to --cv/],
    [['--formula', SLOPE, '--formula', INTERCEPT, '--format', 'tidy'], /no table 'tidy'/],
    [['--formula', SLOPE, '--formula', INTERCEPT, '--rank-by', 'CIC'], /no such choice/],
    [['--formula', SLOPE, '--select', 'lrt', '--alpha', '5'], /alpha 5/],
    [['--formula', SLOPE, '--cv', '5', '--cv-by', 'Sbject'], /Sbject/],
  ])('refuses %j', async (options, message) => {
    const { status, stderr } = await run(['compare', SLEEP, ...FACTORS, ...options]);
    expect(stderr).toMatch(message);
    expect(status).toBe(2);
  });
});
