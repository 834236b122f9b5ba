import { describe, expect, it } from 'vitest';
import { studentQuantile } from '../../src/numeric/distributions/student-quantile.ts';
import { augment } from '../../src/result/augment.ts';
import { glance } from '../../src/result/glance.ts';
import { type OutputTable, outputRows } from '../../src/result/output-table.ts';
import { ranef } from '../../src/result/ranef.ts';
import { formatSummary } from '../../src/result/summary/model-summary.ts';
import { TABLE_NAMES, tableRows, tableRuns } from '../../src/result/table-runs.ts';
import { tidy } from '../../src/result/tidy.ts';
import { toptable } from '../../src/result/toptable.ts';
import type { FitTable, TestColumns } from '../../src/types/fit-table.ts';
import { fakeResult, fakeTable, plainResult } from './fake-fit.ts';

const names = (table: OutputTable) => table.columns.map((column) => column.name);
const rows = (table: OutputTable) => [...outputRows(table)];
const result = fakeResult();

describe('tidy', () => {
  it('has the columns of the contract, split and gene only where there are any', () => {
    const columns = 'response effect group term estimate std.error statistic df p.value log10p p.adjusted'.split(' ');
    expect(names(tidy(plainResult))).toEqual([...columns, 'df.method']);
    expect(names(tidy(result, { confLevel: 0.9 }))).toEqual([
      'split',
      'response',
      'gene',
      ...columns.slice(1),
      'p.adjusted.within',
      'p.adjusted.all',
      'conf.low',
      'conf.high',
      'df.method',
    ]);
  });

  it('lists coefficients, contrasts and parameters of the random effects, without models that have no fit', () => {
    const first = rows(tidy(result)).map((row) => [row['response'], row['effect'], row['group'], row['term']]);
    expect(first).toEqual([
      ['ENSG1', 'fixed', null, '(Intercept)'],
      ['ENSG1', 'fixed', null, 'Days'],
      ['ENSG1', 'fixed', null, 'slope'],
      ['ENSG1', 'ran_pars', 'Subject', 'sd__(Intercept)'],
      ['ENSG1', 'ran_pars', 'Subject', 'cor__(Intercept).Days'],
      ['ENSG1', 'ran_pars', 'Subject', 'sd__Days'],
      ['ENSG1', 'ran_pars', 'Residual', 'sd__Observation'],
      ['ENSG,3', 'fixed', null, '(Intercept)'],
      ['ENSG,3', 'fixed', null, 'slope'],
      ['ENSG,3', 'ran_pars', 'Subject', 'sd__(Intercept)'],
      ['ENSG,3', 'ran_pars', 'Subject', 'cor__(Intercept).Days'],
      ['ENSG,3', 'ran_pars', 'Subject', 'sd__Days'],
      ['ENSG,3', 'ran_pars', 'Residual', 'sd__Observation'],
    ]);
  });

  it('gives standard deviations and correlations, NA for one that is not defined', () => {
    const estimates = rows(tidy(result)).flatMap((row) => (row['effect'] === 'ran_pars' ? [row['estimate']] : []));
    const correlation = 9.604 / (Math.sqrt(612.1) * Math.sqrt(35.07));
    expect(estimates).toEqual([Math.sqrt(612.1), correlation, Math.sqrt(35.07), 25.5918, 2, null, 0, 4]);
  });

  it('carries the tests, and confidence intervals when asked', () => {
    const table = tidy(result, { confLevel: 0.9 });
    const [, days, slope, sd] = rows(table);
    expect(days).toMatchObject({ 'std.error': 1.545789, df: 17, 'p.value': 3.26e-6, log10p: -5.4868 });
    const half = studentQuantile(0.95, 17) * 1.545789;
    expect(days).toMatchObject({ 'conf.low': 10.467285959595 - half, 'conf.high': 10.467285959595 + half });
    expect(slope['conf.low']).toBe(days['conf.low']);
    expect(sd['conf.low']).toBeNull();
    expect(() => tidy(result, { confLevel: 95 })).toThrow(/a number between 0 and 1/);
  });

  it('takes a range of models', () => {
    expect(tidy(result, { from: 0, to: 1 }).rows + tidy(result, { from: 1 }).rows).toBe(tidy(result).rows);
    expect(tidy(result, { from: 1, to: 2 }).rows).toBe(0);
    expect(names(tidy(result, { from: 3 }))).toEqual(names(tidy(result)));
  });
});

describe('glance', () => {
  it('has every model, NA where there is no fit', () => {
    const table = glance(result);
    expect(names(table).join(' ')).toBe(
      'split response gene status message nobs n.groups n.expressed sigma logLik criterion AIC BIC df.residual ' +
        'singular converged gradient evaluations arithmetic r2.marginal r2.conditional icc df.method',
    );
    const [ok, constant, singular] = rows(table);
    expect(ok).toMatchObject({ split: 'B cells', status: 'ok', message: null, nobs: 180, 'n.groups': 2 });
    expect(ok).toMatchObject({ 'n.expressed': 170, singular: false, converged: true, arithmetic: 'cpu' });
    expect(constant).toMatchObject({ status: 'constant', message: 'no variation', nobs: 180, 'n.expressed': 0 });
    expect(constant).toMatchObject({ sigma: null, singular: null, converged: null, evaluations: null, icc: null });
    expect(constant['arithmetic']).toBeNull();
    expect(singular).toMatchObject({ 'n.expressed': null, singular: true, arithmetic: 'cpu-refit', evaluations: 9 });
  });

  it('counts the levels of each of several factors', () => {
    const crossed = fakeResult({ groups: ['plate', 'sample'], groupLevels: Int32Array.of(24, 6, 24, 6, 23, 5) });
    expect(rows(glance(crossed))[2]).toMatchObject({ 'n.groups': 23, 'n.groups.plate': 23, 'n.groups.sample': 5 });
    const none = fakeResult({ groups: [], groupLevels: new Int32Array(0), terms: [] });
    expect(rows(glance(none))[0]['n.groups']).toBeNull();
  });
});

describe('augment', () => {
  it('has all rows of the data for models with a fit', () => {
    const table = augment(result, { rowNames: ['a', 'b'] });
    expect(names(table)).toEqual(['split', 'response', 'gene', '.row', '.rownames', '.fitted', '.resid']);
    expect(rows(table).map((row) => [row['response'], row['.row'], row['.rownames'], row['.fitted']])).toEqual([
      ['ENSG1', 1, 'a', 250.5],
      ['ENSG1', 2, 'b', null],
      ['ENSG,3', 1, 'a', 252.5],
      ['ENSG,3', 2, 'b', null],
    ]);
    expect(names(augment(plainResult))).toEqual(['response', '.row', '.fitted', '.resid']);
  });

  it('says so when the responses are not in memory', () => {
    expect(() => augment({ ...result, fittedValues: () => null })).toThrow(/responses in memory/);
  });
});

describe('ranef', () => {
  it('has one row an effect and level', () => {
    expect(rows(ranef(plainResult)).slice(0, 4)).toEqual([
      { response: 'ENSG1', group: 'Subject', level: '308', term: '(Intercept)', estimate: 2.25, 'std.error': 12.07 },
      { response: 'ENSG1', group: 'Subject', level: '309', term: '(Intercept)', estimate: -40.39, 'std.error': 12.08 },
      { response: 'ENSG1', group: 'Subject', level: '308', term: 'Days', estimate: 9.19, 'std.error': 2.3 },
      { response: 'ENSG1', group: 'Subject', level: '309', term: 'Days', estimate: -8.61, 'std.error': 2.31 },
    ]);
    expect(ranef(result).rows).toBe(8);
  });
});

describe('toptable', () => {
  it('ranks by log10 p, models without a test last', () => {
    const table = toptable(result, '(Intercept)');
    expect(names(table)).toEqual([
      'split',
      'response',
      'gene',
      'logFC',
      'AveExpr',
      't',
      'P.Value',
      'adj.P.Val',
      'log10p',
      'p.adjusted.within',
      'p.adjusted.all',
      'df.method',
    ]);
    expect(rows(table).map((row) => row['response'])).toEqual(['ENSG,3', 'ENSG1', 'ENSG2']);
    expect(rows(table)[1]).toMatchObject({ logFC: 251.4051048484854, AveExpr: 298.5, t: 36.83823 });
    expect(rows(table)[2]).toMatchObject({ logFC: null, AveExpr: 0, 'P.Value': null });
  });

  it('takes the only contrast, or the only coefficient beside the intercept', () => {
    expect(toptable(result)).toEqual(toptable(result, 'slope'));
    const none: TestColumns = { ...fakeTable().contrasts, names: [] };
    expect(rows(toptable(fakeResult({ contrasts: none })))[0]['logFC']).toBe(10.467285959595);
    const two: FitTable['contrasts'] = { ...fakeTable().contrasts, names: ['a', 'b'] };
    expect(() => toptable(fakeResult({ contrasts: two }))).toThrow(/for one contrast/);
  });

  it('suggests a name for a misspelt one', () => {
    expect(() => toptable(result, 'slpoe')).toThrow(
      expect.objectContaining({ fields: { remedy: "Did you mean 'slope'?" } }),
    );
  });
});

describe('tableRuns', () => {
  // Marginal means and gene sets are tested before the runs: their tables are handed over whole.
  const inRuns = TABLE_NAMES.flatMap((name) =>
    name === 'emmeans' || name === 'pairs' || name === 'genesets' ? [] : [name],
  );
  it.each(inRuns)('of %s make up the whole table', (name) => {
    const many = manyModels(40_000, name === 'augment' ? 2 : 180);
    const runs = [...tableRuns(many, name)];
    expect(runs.reduce((sum, run) => sum + run.rows, 0)).toBe(
      {
        tidy: 280_000,
        glance: 40_000,
        augment: 80_000,
        ranef: 160_000,
        toptable: 40_000,
        variance: 40_000,
        anova: 40_000,
        status: 0,
      }[name],
    );
    if (!['toptable', 'anova', 'status'].includes(name))
      expect(runs.length).toBeGreaterThan(name === 'glance' || name === 'variance' ? 0 : 1);
    expect(new Set(runs.map((run) => names(run).join()))).toHaveLength(1);
  });

  it('list the models without a fit, each with its reason', () => {
    const rows = [...tableRows(result, 'status')];
    const glanced = [...tableRows(result, 'glance')].filter(({ status }) => status !== 'ok');
    expect(rows.length).toBeGreaterThan(0);
    expect(rows.map(({ response, status, message }) => [response, status, message])).toEqual(
      glanced.map(({ response, status, message }) => [response, status, message]),
    );
  });

  it('need the factors of marginal means', () => {
    expect(() => [...tableRuns(result, 'emmeans')]).toThrow(/needs to know of what/);
  });

  it('need the sets of genes', () => {
    expect(() => [...tableRuns(result, 'genesets')]).toThrow(/needs sets of genes/);
  });

  it('have one empty run where there is nothing', () => {
    const [empty, ...others] = tableRuns(fakeResult({ models: 0 }), 'tidy');
    expect(others).toEqual([]);
    expect(empty.rows).toBe(0);
    expect(names(empty)).toContain('estimate');
    expect([...tableRows(fakeResult({ models: 0 }), 'tidy')]).toEqual([]);
  });
});

/** The first model of the fake fit, many times over: seven rows each in tidy. */
function manyModels(models: number, nobs: number) {
  const one = fakeTable();
  const cut = (tests: TestColumns): TestColumns => ({
    names: tests.names,
    estimate: repeat(tests.estimate, tests.names.length),
    standardError: repeat(tests.standardError, tests.names.length),
    df: repeat(tests.df, tests.names.length),
    statistic: repeat(tests.statistic, tests.names.length),
    pValue: repeat(tests.pValue, tests.names.length),
    log10P: repeat(tests.log10P, tests.names.length),
    adjustedP: repeat(tests.adjustedP, tests.names.length),
  });
  function repeat(values: Float64Array, width: number): Float64Array {
    return Float64Array.from({ length: models * width }, (_, i) => values[i % width]);
  }
  return fakeResult({
    models,
    splits: null,
    genes: null,
    responses: Array.from({ length: models }, (_, model) => `gene${model}`),
    status: new Uint8Array(models),
    messages: new Array<string | null>(models).fill(null),
    nobs: new Int32Array(models).fill(nobs),
    groupLevels: new Int32Array(models).fill(2),
    expressed: new Int32Array(models),
    coefficients: cut(one.coefficients),
    contrasts: cut(one.contrasts),
    covariance: repeat(one.covariance, 4),
    sigma: repeat(one.sigma, 1),
  });
}

describe('formatSummary', () => {
  it('prints a model as lme4 does', () => {
    expect(formatSummary(plainResult)).toMatchInlineSnapshot(`
      "Linear mixed model fit by REML
      Formula: ~ Days + (Days | Subject)
      Response: ENSG1

          AIC      BIC   logLik  REML criterion  df.resid
      1755.63  1774.79  -871.81         1743.63       174

      Random effects:
      Groups    Name         Variance  Std.Dev.  Corr
      Subject   (Intercept)    612.10    24.741
                Days            35.07     5.922  0.07
      Residual                 654.94    25.592
      Number of obs: 180, groups: Subject, 2

      Fixed effects (tests: Satterthwaite's degrees of freedom):
                   Estimate  Std. Error     df  t value  Pr(>|t|)
      (Intercept)   251.405       6.825  17.00   36.838  1.17e-17
      Days           10.467       1.546  17.00    6.771   3.26e-6

      Contrasts:
             Estimate  Std. Error     df  t value  Pr(>|t|)
      slope    10.467       1.546  17.00    6.771   3.26e-6

      R2: marginal 0.279, conditional 0.799; ICC 0.720

      one row dropped
      "
    `);
  });

  it('prints the status of a model without a fit', () => {
    expect(formatSummary(result, 1)).toContain('Response: ENSG2, TNF (B cells)\nStatus: constant, no variation\n');
    expect(formatSummary(result, 2)).toMatchInlineSnapshot(`
      "Linear mixed model fit by REML
      Formula: ~ Days + (Days | Subject)
      Response: ENSG,3, a "quoted" gene (T�cells)

        AIC    BIC  logLik  REML criterion  df.resid
      12.00  20.00   -0.00            0.00       173

      Random effects:
      Groups    Name         Variance  Std.Dev.  Corr
      Subject   (Intercept)     4.000     2.000
                Days            0.000     0.000    NA
      Residual                 16.000     4.000
      Number of obs: 179, groups: Subject, 2

      Fixed effects (tests: Satterthwaite's degrees of freedom):
                   Estimate   Std. Error      z value  Pr(>|z|)
      (Intercept)   0.10000  1.0000e-300  1.0000e+299         0

      Contrasts:
             Estimate  Std. Error
      slope        NA          NA

      R2: marginal 0.000, conditional 0.500; ICC 0.500

      The fit is singular: a variance is zero or a correlation is at its limit.

      one row dropped
      "
    `);
  });
});
