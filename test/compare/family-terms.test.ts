/** Terms of generalised models left out one by one, the bootstrap of their ratios, and their held-out scores. */
import { describe, expect, it } from 'vitest';
import {
  compare,
  crossValidate,
  fixedTermTests,
  randomTermTests,
  selectBackward,
} from '../../src/compare/comparisons.ts';
import { dealFolds } from '../../src/compare/folds.ts';
import { fit as fitTable } from '../../src/fit.ts';
import { adjustPValues } from '../../src/infer/adjust.ts';
import { outputRows } from '../../src/result/output-table.ts';
import { Random } from '../../src/simulate/random.ts';
import { STATUSES } from '../../src/types/fit-table.ts';
import type { Table } from '../../src/types/table.ts';
import { referenceTable } from '../formula/reference-table.ts';
import { tableOfFit } from '../glmm/reference-fits.ts';
import { frame, label } from '../lmm/frames.ts';
import { TOLERANCE } from '../tolerance.ts';

const one = { backend: 'cpu', threads: 1 } as const;
const epil = tableOfFit('epil.csv');
const cells = tableOfFit('gsim_cells.csv');

describe('fixed terms of generalised models', () => {
  it('that no other contains are tested by the ratio of two fits', async () => {
    const formula = 'y ~ lbase * trt + lage + V4 + (1 | subject)';
    const options = { ...one, family: 'nbinom2' } as const;
    const { table, method, fits } = await fixedTermTests(epil, { ...options, formula });
    expect(method).toBe('ML');
    const rows = [...outputRows(table)];
    expect(rows.map((row) => row['term'])).toEqual(['<none>', 'lage', 'V4', 'lbase:trt']);
    const whole = await fitTable(epil, { ...options, formula });
    const without = await fitTable(epil, { ...options, formula: 'y ~ lbase * trt + V4 + (1 | subject)' });
    const chisq = without.table.criterion[0] - whole.table.criterion[0];
    expect(Math.abs(Number(rows[1]['chisq']) - chisq)).toBeLessThan(TOLERANCE.criterion.absolute);
    expect([rows[1]['df'], rows[1]['reference']]).toEqual([1, 'chisq(1)']);
    for (const { criterion } of fits.slice(1)) expect(criterion[0]).toBeGreaterThanOrEqual(fits[0].criterion[0]);
  });

  it('have as many degrees of freedom as coefficients, and p adjusted over the responses', async () => {
    const formula = 'cbind(tiny, nb, pois) ~ arm + state + offset(ltotal) + (1 | donor)';
    const { pairs } = await fixedTermTests(cells, { ...one, family: 'poisson', formula, adjust: 'holm' });
    expect(pairs.length).toBe(2);
    for (const { df, pValue, adjustedP } of pairs) {
      expect([...df]).toEqual([1, 1, 1]);
      expect([...adjustedP]).toEqual([...adjustPValues(pValue, 'holm', undefined)]);
    }
    const grouped = 'count ~ spp + mined + (1 | site)';
    const salamanders = await fixedTermTests(tableOfFit('salamanders.csv'), {
      ...one,
      family: 'nbinom2',
      formula: grouped,
    });
    expect([...outputRows(salamanders.table)].map((row) => [row['term'], row['df']])).toEqual([
      ['<none>', null],
      ['spp', 6],
      ['mined', 1],
    ]);
  });

  it('have a test where their coefficient has no finite estimate', async () => {
    const formula = 'sep ~ arm + state + (1 | donor)';
    const { fits, pairs, table } = await fixedTermTests(cells, { ...one, family: 'poisson', formula });
    expect(STATUSES[fits[0].status[0]]).toBe('separated');
    expect([...outputRows(table)].map((row) => row['term'])).toEqual(['<none>', 'arm', 'state']);
    for (const { chisq, df, pValue } of pairs) {
      expect(Number.isFinite(chisq[0])).toBe(true);
      expect(df[0]).toBe(1);
      expect(pValue[0]).toBeLessThan(0.01);
    }
  });

  it('of gaussian models are tested by maximum likelihood, as drop1 of lme4 does', async () => {
    const sleep = referenceTable('sleepstudy.csv');
    const { pairs, method } = await fixedTermTests(sleep, { ...one, formula: 'Reaction ~ Days + (Days | Subject)' });
    expect(method).toBe('ML');
    const formulas = ['Reaction ~ Days + (Days | Subject)', 'Reaction ~ 1 + (Days | Subject)'];
    const compared = await compare(sleep, { ...one, formulas });
    expect(pairs[0].chisq).toEqual(compared.pairs[0].chisq);
  });

  it('are refused where there is none, and where there are several families', async () => {
    const families = { ...one, families: 'poisson,nbinom2', formula: 'y ~ trt + (1 | subject)' };
    for (const test of [fixedTermTests, randomTermTests, selectBackward]) {
      await expect(test(epil, families)).rejects.toMatchObject({ tag: 'OptionError', fields: { option: 'families' } });
    }
    await expect(fixedTermTests(epil, { ...one, formula: 'y ~ 1 + (1 | subject)' })).rejects.toMatchObject({
      tag: 'FormulaError',
      message: expect.stringContaining('no fixed term'),
    });
  });

  it('go one by one in a selection by AIC', async () => {
    const formula = 'y ~ lbase * trt + lage + V4 + (1 | subject)';
    const { path } = await selectBackward(epil, { ...one, family: 'nbinom2', formula, by: 'aic' });
    const aic = [...outputRows(path)].map((row) => Number(row['AIC']));
    expect(aic).toEqual([...aic].sort((a, b) => b - a));
  });
});

/** Poisson counts of some groups without any effect but that of the group, by response. */
function nullCounts(responses: number, groups: number, each: number, deviation: number): Table {
  const n = groups * each;
  const random = new Random(11);
  const g = Array.from({ length: n }, (_, i) => label('g', i % groups));
  const x = Array.from({ length: n }, (_, i) => (Math.floor(i / groups) % 2 === 0 ? 'a' : 'b'));
  const columns: Record<string, Float64Array> = {};
  for (let k = 0; k < responses; k++) {
    const level = Array.from({ length: groups }, () => deviation * random.normal());
    columns[label('y', k)] = Float64Array.from({ length: n }, (_, i) =>
      random.poisson(Math.exp(1 + level[i % groups])),
    );
  }
  return frame({ g, x, ...columns });
}

const manyResponses = (count: number) => `cbind(${Array.from({ length: count }, (_, k) => label('y', k)).join(', ')})`;

/** Largest distance of some p-values from uniform ones. */
function distanceFromUniform(p: Float64Array): number {
  const sorted = p.slice().sort();
  return sorted.reduce((most, value, i) => {
    return Math.max(most, Math.abs(value - i / p.length), Math.abs((i + 1) / p.length - value));
  }, 0);
}

describe('bootstrap of ratios of generalised models', () => {
  const count = 40;
  const bootstrap = { draws: 100, seed: 4 };
  // Kolmogorov's bound at one in a hundred.
  const BOUND = 1.63 / Math.sqrt(count);

  it('gives uniform p-values where the smaller model holds', async () => {
    const table = nullCounts(count, 8, 6, 0.4);
    const formula = `${manyResponses(count)} ~ x + (1 | g)`;
    const { pairs } = await fixedTermTests(table, { ...one, family: 'poisson', formula, bootstrap });
    const [{ bootstrapP }] = pairs;
    expect(distanceFromUniform(bootstrapP ?? new Float64Array(0))).toBeLessThan(BOUND);
  });

  it('agrees with the mixture of a variance and of a dispersion at their bounds', async () => {
    const table = nullCounts(count, 10, 6, 0);
    const variance = await randomTermTests(table, {
      ...{ ...one, family: 'poisson', bootstrap },
      formula: `${manyResponses(count)} ~ x + (1 | g)`,
    });
    const dispersion = await compare(table, {
      ...{ ...one, families: 'poisson,nbinom2,nbinom1', bootstrap },
      formulas: [`${manyResponses(count)} ~ x`],
    });
    for (const { chisq, bootstrapP } of [...variance.pairs, ...dispersion.pairs]) {
      const p = bootstrapP ?? new Float64Array(count);
      p.forEach((value, m) => {
        if (chisq[m] === 0) expect(value).toBe(1);
        else expect(value).toBeLessThan(1);
      });
      // Above the share at zero there is nothing; below one half p is uniform.
      const found = p.filter((value) => value <= 0.3).length / count;
      expect(Math.abs(found - 0.3)).toBeLessThan(BOUND);
    }
  });

  it('is the same for the same seed, and small for what is there', async () => {
    const options = { ...one, families: 'poisson,nbinom2', bootstrap: { draws: 100, seed: 2 } } as const;
    const formulas = ['y ~ trt + (1 | subject)'];
    const [first, second] = [
      await compare(epil, { ...options, formulas }),
      await compare(epil, { ...options, formulas }),
    ];
    expect(first.pairs[0].bootstrapP).toEqual(second.pairs[0].bootstrapP);
    expect(first.pairs[0].bootstrapP?.[0]).toBe(1 / 101);
  });

  it('draws grades, amounts, answers and slopes', async () => {
    const cases = [
      [tableOfFit('wine.csv'), 'rating ~ contact + (1 | judge)', 'cumulative', 'contact'],
      [tableOfFit('gsim_positive.csv'), 'y ~ x + (1 | id)', 'Gamma', 'x'],
      [tableOfFit('cbpp_glmm.csv'), 'cbind(incidence, size - incidence) ~ period + (1 | herd)', 'binomial', 'period'],
      [nullCounts(1, 8, 6, 0.4), 'y00000 ~ x + (x | g)', 'poisson', 'x'],
    ] as const;
    for (const [data, formula, family, term] of cases) {
      const { table } = await fixedTermTests(data, { ...one, family, formula, bootstrap: { draws: 100 } });
      const row = [...outputRows(table)].find((line) => line['term'] === term);
      const [p, drawn] = [Number(row?.['p.value']), Number(row?.['p.bootstrap'])];
      expect(drawn, formula).toBeGreaterThanOrEqual(1 / 101);
      // Four standard errors of a share of a hundred draws, and what chi-squared is off with few groups.
      expect(Math.abs(drawn - p), formula).toBeLessThan(4 * Math.sqrt((p * (1 - p)) / 100) + 0.05);
    }
  });

  it('is refused where rows are not known', async () => {
    const weighted = { ...one, family: 'poisson', weights: 'period', bootstrap: { draws: 100 } } as const;
    const formula = 'y ~ trt + (1 | subject)';
    await expect(fixedTermTests(epil, { ...weighted, formula })).rejects.toMatchObject({
      tag: 'OptionError',
      fields: { option: 'bootstrap' },
      message: expect.stringContaining('rows with weights'),
    });
  });
});

describe('held-out scores of generalised models', () => {
  /** log of the integral over the effects of the groups held out, by the trapezoidal rule. */
  function logScore(table: Table, held: readonly number[], mean: number, deviation: number): number {
    const g = table.columns.get('g');
    const y = table.columns.get('y00000');
    if (g?.kind !== 'factor' || y?.kind !== 'numeric') throw new Error('groups and counts are needed');
    let total = 0;
    for (const level of new Set(held.map((i) => g.codes[i]))) {
      const rows = held.filter((i) => g.codes[i] === level);
      let integral = 0;
      const step = 0.01;
      for (let u = -8; u <= 8; u += step) {
        const eta = mean + deviation * u;
        const log = rows.reduce((sum, i) => {
          let factorial = 0;
          for (let v = 2; v <= y.values[i]; v++) factorial += Math.log(v);
          return sum + y.values[i] * eta - Math.exp(eta) - factorial;
        }, 0);
        integral += (step * Math.exp(log - (u * u) / 2)) / Math.sqrt(2 * Math.PI);
      }
      total += Math.log(integral);
    }
    return total;
  }

  it('of whole groups are their marginal probabilities at the parameters of the others', async () => {
    const table = nullCounts(1, 12, 5, 0.6);
    const options = { formula: 'y00000 ~ 1 + (1 | g)', family: 'poisson', nagq: 25 } as const;
    const { folds, scores } = await crossValidate(table, {
      ...{ ...one, family: 'poisson', nagq: 25, folds: 4, by: 'g', seed: 3 },
      formulas: [options.formula],
    });
    const all = Int32Array.from({ length: table.rows }, (_, i) => i);
    const dealt = dealFolds(table, all, { folds: 4, by: 'g', seed: 3 });
    let total = 0;
    for (const [f, row] of [...outputRows(folds)].entries()) {
      const held = [...all].filter((i) => dealt[i] === f);
      const g = table.columns.get('g');
      const where = g?.kind === 'factor' ? [...new Set(held.map((i) => g.levels[g.codes[i]]))] : [];
      const training = await fitTable(table, {
        ...one,
        ...options,
        where: where.map((name) => `g != '${name}'`).join(' & '),
      });
      const [mean, deviation] = [training.table.coefficients.estimate[0], training.table.theta[0]];
      const expected = logScore(table, held, mean, deviation);
      expect(Math.abs(Number(row['log.score']) * held.length - expected)).toBeLessThan(TOLERANCE.criterion.absolute);
      total += expected;
    }
    const [score] = outputRows(scores);
    expect(Number(score['log.score'])).toBeCloseTo(total / table.rows, 8);
    expect(score).not.toHaveProperty('rmse');
  });

  it('rank families on the same folds', async () => {
    const options = { ...one, formulas: ['y ~ lbase * trt + (1 | subject)'], folds: 4, families: 'poisson,nbinom2' };
    const { scores } = await crossValidate(epil, options);
    expect([...outputRows(scores)].map((row) => [row['family'], row['n'], row['rank']])).toEqual([
      ['poisson', 236, 2],
      ['nbinom2', 236, 1],
    ]);
  });

  it('are missing where only held-out rows have a category, with a note', async () => {
    const wine = tableOfFit('wine.csv');
    const rating = wine.columns.get('rating');
    if (rating?.kind !== 'factor') throw new Error('grades are needed');
    const codes = rating.codes.map((code, i) => (code === 4 && rating.codes.indexOf(4) !== i ? 3 : code));
    const table = { ...wine, columns: new Map([...wine.columns, ['rating', { ...rating, codes }]]) };
    const options = { ...one, formulas: ['rating ~ temp + (1 | judge)'], folds: 3, family: 'cumulative' } as const;
    const { notes, scores } = await crossValidate(table, options);
    expect(notes.join('\n')).toMatch(/cannot be predicted: category 5/);
    expect([...outputRows(scores)][0]['log.score']).toBe(null);
  });
});
