/** Structures of residuals against each other: values of mmrm and nlme, what is nested, and what is chosen. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Comparison } from '../../src/compare/compare.ts';
import { compare, randomTermTests } from '../../src/compare/comparisons.ts';
import { nestedDifference } from '../../src/compare/nested-covariances.ts';
import { fit as fitTable } from '../../src/fit.ts';
import { buildDesign, type DesignOptions } from '../../src/formula/design.ts';
import { type OutputRow, outputRows } from '../../src/result/output-table.ts';
import { STATUSES } from '../../src/types/fit-table.ts';
import { STRUCTURES } from '../../src/types/residual.ts';
import type { Column, Table } from '../../src/types/table.ts';
import { referenceTable } from '../formula/reference-table.ts';
import { TestRandom } from '../lmm/random.ts';
import { trial } from '../lmm/structured/designs.ts';
import { REFERENCE } from '../reference-fit.ts';
import { TOLERANCE } from '../tolerance.ts';

interface Reference {
  readonly formula: string;
  readonly loglik: number;
  readonly criterion: number;
  readonly n_parameters: number;
  readonly AIC: number;
  readonly BIC: number;
  readonly n: number;
}

const fitOf = (id: string): Reference => JSON.parse(readFileSync(`${REFERENCE}fits/${id}.json`, 'utf8'));

const one = { threads: 1 } as const;
const five = referenceTable('rs_trial5.csv');
const FORMULA = 'y ~ base + arm * week';
const ALL = ['us', 'toeph', 'ar1h', 'adh', 'csh', 'toep', 'ar1', 'ad', 'cs', 'diag'] as const;

const rowsOf = ({ models }: Comparison): OutputRow[] => [...outputRows(models)];
const byResidual = (result: Comparison) => new Map(rowsOf(result).map((row) => [String(row['residual']), row]));

function expectReference(row: OutputRow | undefined, reference: Reference): void {
  const { absolute, relative } = TOLERANCE.criterion;
  const bound = Math.max(absolute, relative * Math.abs(reference.criterion));
  expect(Math.abs(Number(row?.['deviance']) - reference.criterion)).toBeLessThan(bound);
  expect(Math.abs(Number(row?.['logLik']) - reference.loglik)).toBeLessThan(bound);
  expect(row?.['npar']).toBe(reference.n_parameters);
  for (const name of ['AIC', 'BIC'] as const) {
    expect(Math.abs(Number(row?.[name]) - reference[name])).toBeLessThan(TOLERANCE.informationCriterion.absolute);
  }
  const { n_parameters: k, n } = reference;
  const corrected = reference.AIC + (2 * k * (k + 1)) / (n - k - 1);
  expect(Math.abs(Number(row?.['AICc']) - corrected)).toBeLessThan(TOLERANCE.informationCriterion.absolute);
}

describe('structures of residuals', () => {
  it('have the criteria of mmrm and nlme, ranks, and tests of nested ones by REML', async () => {
    const result = await compare(five, { ...one, formulas: [FORMULA], structures: 'auto(week | id)' });
    expect(result).toMatchObject({ method: 'REML', rankBy: 'AICc' });
    const rows = byResidual(result);
    for (const name of ALL) expectReference(rows.get(`${name}(week | id)`), fitOf(`rs5_${name}_reml`));
    const ranked = rowsOf(result).map((row) => Number(row['AICc']));
    expect(ranked).toEqual([...ranked].sort((a, b) => a - b));
    const [best] = outputRows(result.best);
    expect(best).toMatchObject({ response: 'y', residual: 'ad(week | id)', formula: FORMULA, 'left.out': 0 });
    // Chi-squared of the difference in -2 log-likelihood, over neighbours of the order.
    const tests = [...outputRows(result.tests)].map((row) => {
      const [small, large] = [ALL[Number(row['small']) - 1], ALL[Number(row['large']) - 1]];
      const [a, b] = [fitOf(`rs5_${small}_reml`), fitOf(`rs5_${large}_reml`)];
      expect(Math.abs(Number(row['chisq']) - (a.criterion - b.criterion))).toBeLessThan(
        TOLERANCE.informationCriterion.absolute,
      );
      expect(row['df']).toBe(b.n_parameters - a.n_parameters);
      expect(row['reference']).toBe(`chisq(${row['df']})`);
      return `${small} in ${large}`;
    });
    expect(tests.sort()).toEqual(
      [
        ...['toeph in us', 'adh in us', 'ar1h in toeph', 'csh in toeph', 'toep in toeph', 'ar1h in adh', 'ad in adh'],
        ...['ar1 in ar1h', 'ar1 in toep', 'ar1 in ad', 'cs in csh', 'cs in toep', 'diag in ar1h', 'diag in csh'],
      ].sort(),
    );
    expect(result.notes.join('\n')).toMatch(/structures of residuals are compared by restricted likelihood/);
  });

  it('are fitted by maximum likelihood where fixed effects differ', async () => {
    const formulas = [FORMULA, 'y ~ base + arm + week'];
    const result = await compare(five, { ...one, formulas, structures: 'us(week | id),csh,ar1,toeph' });
    expect(result.method).toBe('ML');
    const whole = new Map(
      rowsOf(result)
        .filter((row) => row['formula'] === FORMULA)
        .map((row) => [String(row['residual']), row]),
    );
    for (const name of ['us', 'csh', 'ar1', 'toeph']) {
      expectReference(whole.get(`${name}(week | id)`), fitOf(`rs5_${name}_ml`));
    }
    // Both at once: fewer fixed effects, and a structure inside.
    const tests = [...outputRows(result.tests)].map((row) => `${row['small']} in ${row['large']}`);
    expect(tests).toEqual(expect.arrayContaining(['2 in 4', '5 in 1', '8 in 4']));
    expect(tests).not.toContain('3 in 2');
  });

  it('are ranked by BIC on demand, and counted by AICc and BIC', async () => {
    const options = { ...one, formulas: [FORMULA], structures: 'us(week | id),ar1,none', rankBy: 'BIC' as const };
    const result = await compare(five, options);
    expect(rowsOf(result).map((row) => row['residual'])).toEqual(['ar1(week | id)', 'us(week | id)', 'none']);
    const summary = [...outputRows(result.summary)];
    expect(summary.map((row) => [row['residual'], row['first'], row['first.AICc'], row['first.BIC']])).toEqual([
      ['us(week | id)', 0, 1, 0],
      ['ar1(week | id)', 1, 0, 1],
      ['none', 0, 0, 0],
    ]);
    const plain = await fitTable(five, { ...one, formula: FORMULA });
    expect(rowsOf(result)[2]['logLik']).toBe(plain.table.logLik[0]);
  });

  it('of times hold independence at the edge of their range', async () => {
    const reference = fitOf('rst_sp_exp_reml');
    const formulas = [reference.formula];
    const result = await compare(referenceTable('rs_times.csv'), {
      ...one,
      formulas,
      structures: 'sp_exp(time | id),none',
    });
    expectReference(byResidual(result).get('sp_exp(time | id)'), reference);
    const [test] = outputRows(result.tests);
    expect(test).toMatchObject({ small: 2, large: 1, df: 1, reference: '0.5 chisq(0) + 0.5 chisq(1)' });
  });

  it('of arms hold those of all', async () => {
    const table = referenceTable('rs_arms4.csv');
    const { formula } = fitOf('rs4_us_by_arm_reml');
    const structures = 'us(week | arm / id),csh(week | arm / id),cs(week | arm / id),cs(week | id)';
    const result = await compare(table, { ...one, formulas: [formula], structures });
    const rows = byResidual(result);
    for (const name of ['us', 'csh', 'cs']) {
      expectReference(rows.get(`${name}(week | arm / id)`), fitOf(`rs4_${name}_by_arm_reml`));
    }
    const arms = 3;
    expect([...outputRows(result.tests)].map(({ small, large, df }) => [small, large, df])).toEqual([
      [2, 1, arms * (10 - 5)],
      [3, 2, arms * (5 - 2)],
      [4, 3, 2 * (arms - 1)],
    ]);
  });
});

describe('nestedDifference', () => {
  const { table } = trial(3, 12, 4);
  const design = (options: DesignOptions, formula = '~ x') => buildDesign(formula, table, options);
  const inside = (a: DesignOptions, b: DesignOptions) => nestedDifference(design(a), design(b))?.kind ?? 'no';
  const visits = STRUCTURES.filter((name) => name !== 'sp_exp');

  it('orders structures as their covariances are', () => {
    const holds: Record<string, string> = {
      us: 'us cs csh ar1 ar1h toep toeph ad adh diag',
      toeph: 'cs csh ar1 ar1h toep toeph diag',
      adh: 'ar1 ar1h ad adh diag',
      csh: 'cs csh diag',
      ar1h: 'ar1 ar1h diag',
      toep: 'cs ar1 toep',
      ad: 'ar1 ad',
      cs: 'cs',
      ar1: 'ar1',
      diag: 'diag',
    };
    for (const large of visits) {
      const found = visits.filter(
        (small) =>
          inside({ residual: `${small}(visit | subject)` }, { residual: `${large}(visit | subject)` }) === 'interior',
      );
      expect([large, ...found].join(' ')).toBe(`${large} ${holds[large]}`);
      expect(inside({}, { residual: `${large}(visit | subject)` })).toBe('interior');
      expect(inside({ residual: `${large}(visit | subject)` }, {})).toBe('no');
    }
  });

  it('knows other subjects, groups and deviations', () => {
    const [ar1, ar1h] = ['ar1(visit | subject)', 'ar1h(visit | subject)'];
    expect(inside({ residual: ar1 }, { residual: 'us(visit | arm / subject)' })).toBe('interior');
    expect(inside({ residual: 'ar1(visit | arm / subject)' }, { residual: 'us(visit | subject)' })).toBe('no');
    expect(inside({}, { dispersion: '~ arm' })).toBe('interior');
    expect(inside({ dispersion: '~ arm' }, {})).toBe('no');
    expect(inside({}, { dispersion: '~ 0 + x' })).toBe('no');
    expect(inside({ dispersion: '~ arm' }, { residual: 'diag(visit | arm / subject)' })).toBe('interior');
    expect(inside({ residual: ar1, dispersion: '~ arm' }, { residual: ar1 })).toBe('no');
    // The same model written twice.
    for (const [a, b] of [
      [{ residual: ar1, dispersion: '~ visit' }, { residual: ar1h }],
      [{ dispersion: '~ 0 + visit' }, { residual: 'diag(visit | subject)' }],
    ]) {
      expect([inside(a, b), inside(b, a)]).toEqual(['interior', 'interior']);
    }
  });

  it('knows the edge of positive correlations', () => {
    const times = { residual: 'sp_exp(time | subject)' };
    expect(nestedDifference(design({}), design(times))).toEqual({ kind: 'one effect', effects: 0 });
    expect(inside({}, { residual: 'sp_exp(time | arm / subject)' })).toBe('several');
    expect(inside(times, { residual: 'us(visit | subject)' })).toBe('no');
  });

  it('takes the effects of diag one by one', () => {
    const between = (small: string, large: string) => {
      const found = nestedDifference(design({}, small), design({}, large));
      return found?.kind === 'one effect' ? `one effect to ${found.effects}` : (found?.kind ?? 'no');
    };
    expect(between('~ x + (1 | subject)', '~ x + diag(x | subject)')).toBe('one effect to 0');
    expect(between('~ x + diag(x | subject)', '~ x + (x | subject)')).toBe('interior');
    expect(between('~ x + (x | subject)', '~ x + diag(x | subject)')).toBe('no');
    expect(between('~ x + (x || subject)', '~ x + diag(x | subject)')).toBe('interior');
    expect(between('~ x', '~ x + ar1(0 + visit | subject)')).toBe('several');
    expect(between('~ x + ar1(0 + visit | subject)', '~ x + (0 + visit | subject)')).toBe('interior');
    expect(between('~ x + diag(0 + visit | subject)', '~ x + cs(0 + visit | subject)')).toBe('interior');
    expect(between('~ x + ar1(0 + visit | subject)', '~ x + cs(0 + visit | subject)')).toBe('no');
    expect(between('~ x + cs(0 + visit | site)', '~ x + cs(0 + visit | site) + (1 | subject)')).toBe('one effect to 0');
  });
});

/** Responses with correlated visits, two of three with missing values of their own. */
function responses(seed: number, subjects = 40, visits = 4): Table {
  const { table, subject } = trial(seed, subjects, visits);
  const random = new TestRandom(seed + 100);
  const columns = new Map<string, Column>(table.columns);
  for (let k = 0; k < 3; k++) {
    const level = Float64Array.from({ length: subjects }, () => random.normal());
    let before = 0;
    const values = Float64Array.from(subject.codes, (s, i) => {
      before = i > 0 && subject.codes[i - 1] === s ? 0.6 * before + random.normal() : random.normal();
      const value = 3 + 0.7 * k * level[s] + before;
      return k > 0 && random.uniform() < 0.1 ? Number.NaN : value;
    });
    columns.set(`y${k}`, { kind: 'numeric', values });
  }
  return { ...table, columns };
}

const THREE = 'cbind(y0, y1, y2) ~ arm + visit + x';

describe('many responses', () => {
  it('have the fits that each structure gives alone, and none has a smaller likelihood than one inside it', async () => {
    for (const [seed, residual, dispersion] of [
      [1, 'auto(visit | subject),none', undefined],
      [2, 'auto(visit | arm / subject)', '~ arm'],
      [3, 'cs(visit | subject),us(visit | subject),ad(visit | arm / subject),sp_exp(time | subject)', '~ x'],
    ] as const) {
      const table = responses(seed);
      const result = await compare(table, { ...one, formulas: [THREE], structures: residual, dispersion });
      expect(result.fits.length).toBeGreaterThan(3);
      for (const { residual: own, criterion, parameters, status } of result.fits) {
        const alone = await fitTable(table, {
          ...one,
          formula: THREE,
          dispersion,
          residual: own ?? undefined,
          ddf: 'asymptotic',
        });
        for (let m = 0; m < 3; m++) {
          const { absolute } = TOLERANCE.criterion;
          expect(status[m]).toBe(alone.table.status[m]);
          expect(Math.abs(criterion[m] - alone.table.criterion[m])).toBeLessThan(absolute);
          expect(parameters[m]).toBe(Math.round((alone.table.AIC[m] - alone.table.criterion[m]) / 2));
        }
      }
      expect(result.pairs.length).toBeGreaterThan(0);
      for (const { small, large } of result.pairs) {
        for (let m = 0; m < 3; m++) {
          if (result.fits[small].status[m] !== 0 || result.fits[large].status[m] !== 0) continue;
          const gained = result.fits[small].criterion[m] - result.fits[large].criterion[m];
          expect(gained).toBeGreaterThan(-TOLERANCE.criterion.absolute);
        }
      }
    }
  });

  it('choose each its own structure, which is the first of its models', async () => {
    const table = responses(4);
    const result = await compare(table, { ...one, formulas: [THREE], structures: 'auto(visit | subject)' });
    const firsts = rowsOf(result).filter((row) => row['rank'] === 1);
    const best = [...outputRows(result.best)];
    expect(best.map((row) => row['response'])).toEqual(['y0', 'y1', 'y2']);
    expect(best.map((row) => [row['residual'], row['AICc']])).toEqual(
      firsts.map((row) => [row['residual'], row['AICc']]),
    );
    expect(result.rankBy).toBe('AICc');
    const bic = await compare(table, {
      ...one,
      formulas: [THREE],
      structures: 'auto(visit | subject)',
      rankBy: 'BIC',
    });
    const lowest = (by: string, m: number) =>
      Math.min(...rowsOf(bic).flatMap((row) => (row['response'] === `y${m}` ? [Number(row[by])] : [])));
    expect([...outputRows(bic.best)].map((row) => row['BIC'])).toEqual([0, 1, 2].map((m) => lowest('BIC', m)));
  });

  it('leave structures without a fit out, with a count', async () => {
    const table = responses(5, 5, 6);
    const formulas = ['cbind(y0, y1, y2) ~ x'];
    const result = await compare(table, { ...one, formulas, structures: 'auto(visit | subject)' });
    const us = result.fits.find(({ residual }) => residual === 'us(visit | subject)');
    expect(Array.from(us?.status ?? [], (code) => STATUSES[code])).toContain('too_few');
    expect(result.notes.join('\n')).toMatch(/left out, of 3 responses: us\(visit \| subject\) for \d \(.*too_few \d/);
    for (const row of outputRows(result.best)) {
      expect(row['residual']).not.toBe('us(visit | subject)');
      expect(row['left.out']).toBeGreaterThan(0);
    }
  });

  it('have one model of two visits for structures that are the same', async () => {
    const table = responses(6, 30, 2);
    const formulas = ['y0 ~ arm + visit'];
    const result = await compare(table, { ...one, formulas, structures: 'auto(visit | subject)' });
    expect(result.fits.map(({ residual }) => residual?.split('(')[0])).toEqual(['us', 'toep', 'diag']);
    expect(result.notes.join('\n')).toMatch(/toeph\(visit \| subject\), .*are no models of their own: left out/);
  });
});

describe('structured random effects', () => {
  const sleep = referenceTable('sleepstudy.csv');
  it('are compared and tested as their plain equals', async () => {
    const [diag, plain] = await Promise.all(
      ['Reaction ~ Days + diag(Days | Subject)', 'Reaction ~ Days + (Days || Subject)'].map((formula) =>
        randomTermTests(sleep, { ...one, formula }),
      ),
    );
    const numbers = ({ table }: { table: Comparison['models'] }) =>
      [...outputRows(table)].map((row) => [row['logLik'], row['chisq'], row['p.value']].map(Number));
    const [a, b] = [numbers(diag), numbers(plain)];
    // Of diag each variable goes, of || each term: the intercept alone goes from the second only.
    expect(Math.abs(a[0][0] - b[0][0])).toBeLessThan(TOLERANCE.criterion.absolute);
    const slope = [...outputRows(diag.table)].find((row) => String(row['term']).startsWith('Days'));
    const other = [...outputRows(plain.table)].find((row) => row['term'] === '(0 + Days | Subject)');
    expect(slope?.['reference']).toBe('0.5 chisq(0) + 0.5 chisq(1)');
    expect(other?.['reference']).toBe(slope?.['reference']);
    expect(Math.abs(Number(slope?.['chisq']) - Number(other?.['chisq']))).toBeLessThan(TOLERANCE.criterion.absolute);
  });

  it('lie in a term of any covariance', async () => {
    const formulas = ['diag(Days | Subject)', '(Days | Subject)'].map((term) => `Reaction ~ Days + ${term}`);
    const { tests } = await compare(sleep, { ...one, formulas });
    expect([...outputRows(tests)]).toMatchObject([{ small: 1, large: 2, df: 1, reference: 'chisq(1)' }]);
  });
});

describe('misuse', () => {
  const structures = 'us(week | id),cs';
  it.each([
    ['bootstrap', () => compare(five, { ...one, formulas: [FORMULA], structures, bootstrap: { draws: 100 } })],
    [
      'bootstrap',
      () => randomTermTests(five, { ...one, formula: `${FORMULA} + ar1(0 + week | id)`, bootstrap: { draws: 100 } }),
    ],
  ])('refuses %s with a remedy', async (option, run) => {
    await expect(run()).rejects.toMatchObject({
      tag: 'OptionError',
      fields: { option, remedy: expect.stringMatching(/\w/) },
    });
  });
});
