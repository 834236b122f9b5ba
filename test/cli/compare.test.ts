import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { example, reference, rowsOf, run, succeed, temporaryFolder } from './command.ts';

const folder = temporaryFolder();
const SLEEP = reference('data/sleepstudy.csv');
const TRIAL = reference('data/rs_trial5.csv');
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

  it('compares families, by a list or by several flags, and tests terms of one', async () => {
    const counts = [
      example('counts.csv'),
      '--formula',
      'attacks ~ log(base) + arm + offset(log(days)) + (1 | patient)',
    ];
    const several = ['--family', 'poisson', '--family', 'nbinom2', '--family', 'nbinom1'];
    const { stdout, stderr } = await succeed('compare', ...counts, ...several);
    const models = rowsOf(stdout);
    expect(models.map((row) => row['family'])).toEqual(['nbinom2', 'nbinom1', 'poisson']);
    expect(Number(models[0]['logLik'])).toBeCloseTo(-530.834, 3);
    expect(stderr).toMatch(/model 2, .*, nbinom2: ranks first for 1 of 1 response \(by AICc 1, by BIC 1\)/);
    expect(stderr).toMatch(
      /model 1 in model 3 \(poisson in nbinom1\): chisq 194, df 1, .*\(0\.5 chisq\(0\) \+ 0\.5 chisq\(1\)\)/,
    );
    const list = await succeed('compare', ...counts, '--families', 'poisson,nbinom2,nbinom1');
    expect(list.stdout).toBe(stdout);
    const terms = await succeed('compare', ...counts, '--family', 'nbinom2', '--tests', 'drop1', '--bootstrap', '100');
    const rows = rowsOf(terms.stdout);
    expect(rows.map((row) => row['term'])).toEqual(['<none>', 'log(base)', 'arm']);
    expect(Number(rows[2]['p.value'])).toBeCloseTo(0.0085, 4);
    expect(terms.stderr).toMatch(/without arm: chisq 6\.92, df 1, p = 0\.00851, by bootstrap/);
    expect(terms.stderr).not.toMatch(/model \d/);
    const folds = await succeed(
      'compare',
      ...counts,
      '--families',
      'poisson,nbinom2',
      '--cv',
      '4',
      '--cv-by',
      'patient',
    );
    expect(rowsOf(folds.stdout).map((row) => [row['family'], row['rank']])).toEqual([
      ['poisson', '2'],
      ['nbinom2', '1'],
    ]);
  });

  it.each([
    [
      'likelihoods of different things',
      ['--families', 'gaussian,poisson'],
      /densities of values .* probabilities of counts/,
    ],
    [
      'two lists',
      ['--families', 'poisson,nbinom2', '--family', 'poisson', '--family', 'nbinom1'],
      /both list families/,
    ],
    ['a list beside one', ['--families', 'poisson,nbinom2', '--family', 'poisson'], /“?--family”? is given beside/],
    ['one family', ['--family', 'poisson'], /needs at least two formulas/],
    ['terms of several', ['--families', 'poisson,nbinom2', '--tests', 'drop1'], /does not belong to/],
  ])('refuses %s', async (_, options, message) => {
    const counts = [example('counts.csv'), '--formula', 'attacks ~ arm + (1 | patient)'];
    const { status, stderr } = await run(['compare', ...counts, ...options]);
    expect(status).toBe(2);
    expect(stderr).toMatch(message);
  });

  it('cross-validates structures of residuals, by subject unless rows are asked for', async () => {
    const given = [TRIAL, '--formula', 'y ~ base + arm * week', '--structures', 'us(week | id),ar1,none', '--cv', '4'];
    const subjects = await succeed('compare', ...given);
    expect(rowsOf(subjects.stdout).map((row) => row['residual'])).toEqual(['us(week | id)', 'ar1(week | id)', 'none']);
    expect(subjects.stderr).toMatch(/folds hold out whole levels of id.*--cv-by rows/);
    expect((await succeed('compare', ...given, '--cv-by', 'id')).stdout).toBe(subjects.stdout);
    const rows = await succeed('compare', ...given, '--cv-by', 'rows');
    const rmse = (text: string) => Number(rowsOf(text)[1]['rmse']);
    expect(rmse(rows.stdout)).toBeLessThan(rmse(subjects.stdout));
  });

  it('compares structures of residuals, and takes the best', async () => {
    const formula = ['--formula', 'y ~ base + arm * week'];
    const several = ['--residual', 'us(week | id)', '--residual', 'csh', '--residual', 'ar1'];
    const { stdout, stderr } = await succeed('compare', TRIAL, ...formula, ...several);
    const models = rowsOf(stdout);
    expect(models.map((row) => row['residual'])).toEqual(['us(week | id)', 'ar1(week | id)', 'csh(week | id)']);
    expect(Number(models[0]['logLik'])).toBeCloseTo(-669.8202461270075, 6);
    expect(stderr).toMatch(/model 1, .*, us\(week \| id\): ranks first for 1 of 1 response \(by AICc 1, by BIC 0\)/);
    expect(stderr).toMatch(/model 2 in model 1 \(csh in us\): chisq 59\.7, df 9, .*\(chisq\(9\)\)/);
    expect(stderr).toMatch(/restricted likelihood, as the fixed effects are the same/);
    const list = await succeed('compare', TRIAL, ...formula, '--structures', 'us(week | id),csh,ar1');
    expect(list.stdout).toBe(stdout);

    const json = join(folder, 'auto.json');
    const auto = ['--structures', 'auto(week | id)', '--out', json, '--format', 'best'];
    const chosen = await succeed('compare', TRIAL, ...formula, ...auto, '--out', '-');
    expect(rowsOf(chosen.stdout)).toMatchObject([{ response: 'y', residual: 'ad(week | id)', npar: '16' }]);
    expect(chosen.stderr).toMatch(/best by AICc: 1 of 1: ad\(week \| id\) beside y ~ base \+ arm \* week/);
    const { method, tables } = JSON.parse(readFileSync(json, 'utf8'));
    expect([method, tables.models.length, tables.best.length]).toEqual(['REML', 10, 1]);
    const bic = await succeed(
      'compare',
      TRIAL,
      ...formula,
      ...auto.slice(0, 2),
      '--rank-by',
      'BIC',
      '--format',
      'best',
    );
    expect(rowsOf(bic.stdout)[0]['residual']).toBe('ar1(week | id)');
  });

  it('holds a matrix for structured covariances', async () => {
    const genes = ['--responses', 'gene001', '--where', "cell_type == 'A'", '--dispersion', '~ stim'];
    const formulas = ['--formula', '~ stim + age', '--formula', '~ age', '--ml'];
    const { stdout, stderr } = await succeed('compare', ...CELLS, ...genes, ...formulas);
    expect(stderr).toMatch(/is held in memory: covariances between rows/);
    const alone = await succeed('compare', ...CELLS, ...genes.slice(0, 4), ...formulas);
    const [with_, without] = [stdout, alone.stdout].map((text) => rowsOf(text).find((row) => row['model'] === '1'));
    expect(Number(with_?.['npar'])).toBe(Number(without?.['npar']) + 1);
    expect(Number(with_?.['logLik'])).toBeGreaterThan(Number(without?.['logLik']));
  });

  it.each([
    [['--formula', 'y ~ base', '--residual', 'us(week | id)', '--residual', 'cs', '--bootstrap', '100'], /--bootstrap/],
    [['--formula', 'y ~ base', '--structures', 'us(week | id),cs', '--select', 'lrt'], /does not belong to --select/],
    [['--formula', 'y ~ base', '--residual', 'us', '--residual', 'cs'], /visit and subject are not named/],
    [['--formula', 'y ~ base', '--structures', 'ar1', '--residual', 'a', '--residual', 'b'], /both list structures/],
    [['--formula', 'y ~ base', '--residual', 'us(week | id)'], /several --residual/],
  ])('refuses structures in %j', async (options, message) => {
    const { status, stderr } = await run(['compare', TRIAL, ...options]);
    expect(stderr).toMatch(message);
    expect(status).toBe(2);
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
