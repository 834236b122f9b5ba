import { describe, expect, it } from 'vitest';
import { fit as fitTable } from '../../src/fit.ts';
import { parseFormula } from '../../src/formula/parse.ts';
import { openResponse } from '../../src/glmm/responses/open-response.ts';
import { predictiveTails } from '../../src/glmm/responses/predictive.ts';
import { predict } from '../../src/predict/predict.ts';
import type { OutputTable } from '../../src/result/output-table.ts';
import { type FamilyFit, familyFits, tableOfFit } from '../glmm/reference-fits.ts';
import { TOLERANCE } from '../tolerance.ts';
import { type DensePrediction, dense } from './dense-prediction.ts';

const fits = new Map(familyFits().map((fit) => [fit.id, fit]));

async function fitOf(id: string) {
  const reference = fits.get(id) as FamilyFit;
  const { formula, family, link, nAGQ, weights } = reference;
  const table = tableOfFit(reference.data);
  const result = await fitTable(table, {
    formula,
    family,
    link,
    nagq: nAGQ,
    weights: weights ?? undefined,
    threads: 1,
  });
  return { reference, table, result };
}

function numbers(output: OutputTable, name: string): Float64Array {
  const column = output.columns.find((candidate) => candidate.name === name);
  if (column?.kind !== 'number') throw new Error(`no column ${name}`);
  return column.values;
}

const CASES = [
  'glmm_cbpp_logit',
  'glmm_cbpp_cloglog',
  'glmm_sim_cells_nb2_slope',
  'glmm_epil_nb1',
  'glmm_mmmec_nested',
  'glmm_sim_crossed_binary',
  'glmm_sim_gamma_slope',
  'glmm_sim_beta',
  'clmm_sim_int',
];

describe('predictions from generalised models', () => {
  it.each(CASES)('%s: standard errors are those of dense matrices and of R’s joint covariance', async (id) => {
    const { reference, table, result } = await fitOf(id);
    const expected: DensePrediction = dense(reference, table);
    for (const randomEffects of ['all', 'none'] as const) {
      const output = predict(result, table, { type: 'link', randomEffects, standardErrors: true });
      const linear = numbers(output, '.linear');
      const errors = numbers(output, '.se.fit');
      const wanted = expected[randomEffects];
      wanted.linear.forEach((value, i) => {
        expect(Math.abs(linear[i] - value)).toBeLessThan(TOLERANCE.generalised.prediction * wanted.error[i]);
        expect(Math.abs(errors[i] / wanted.error[i] - 1)).toBeLessThan(TOLERANCE.generalised.predictionError);
      });
    }
  });

  it.each(CASES)('%s: means, slopes and limits follow from the link', async (id) => {
    const { table, result } = await fitOf(id);
    const link = predict(result, table, { type: 'link', interval: 'confidence', level: 0.9 });
    const response = predict(result, table, { interval: 'confidence', level: 0.9 });
    if (id.startsWith('clmm')) {
      const category = response.columns.find(({ name }) => name === '.category');
      expect(category?.values.slice(0, 5)).toEqual(['1', '2', '3', '4', '5']);
      const fitted = numbers(response, '.fitted');
      expect(response.rows).toBe(5 * table.rows);
      for (let i = 0; i < table.rows; i++) {
        expect(fitted.subarray(5 * i, 5 * i + 5).reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 12);
      }
      numbers(response, '.lower').forEach((low, e) => {
        expect(low > 0 && low < fitted[e] && fitted[e] < numbers(response, '.upper')[e]).toBe(true);
      });
      return;
    }
    const distribution = openResponse(
      { family: fits.get(id)?.family ?? 'poisson', link: fits.get(id)?.link ?? 'log' },
      Float64Array.of(1),
    );
    for (const [to, from] of [
      ['.fitted', '.linear'],
      ['.lower', '.lower'],
      ['.upper', '.upper'],
    ]) {
      const means = numbers(link, from).map((eta) => distribution.mean(eta));
      expect(numbers(response, to)).toEqual(means);
    }
    const slopes = numbers(link, '.linear').map((eta, i) => distribution.slope(eta) * numbers(link, '.se.fit')[i]);
    expect(numbers(response, '.se.fit')).toEqual(slopes);
  });

  it('give probabilities of the categories seen that are those of R', async () => {
    const { reference, table, result } = await fitOf('clmm_sim_int');
    const fitted = numbers(predict(result, table), '.fitted');
    const grade = table.columns.get('grade');
    if (grade?.kind !== 'factor') throw new Error('no grades');
    reference.fitted?.forEach((value, i) => {
      expect(Math.abs(fitted[5 * i + grade.codes[i]] / value - 1)).toBeLessThan(TOLERANCE.generalised.fitted);
    });
  });

  it('give errors of probabilities that are slopes of the probabilities', async () => {
    const { table, result, reference } = await fitOf('clmm_wine_logit');
    const output = predict(result, table, { randomEffects: 'none', standardErrors: true });
    const errors = numbers(output, '.se.fit');
    // Of the population: the delta method over (beta, thresholds) by differences.
    const { x, joint } = dense(reference, table);
    const names = joint.names;
    const thresholds = names.flatMap((name, j) => (name.includes('|') ? [j] : []));
    const p = x[0].length;
    const probability = (parameters: readonly number[], i: number, c: number): number => {
      const eta = x[i].reduce((sum, value, k) => sum + value * parameters[k], 0);
      const upTo = (j: number) =>
        j < 0 ? 0 : j === thresholds.length ? 1 : 1 / (1 + Math.exp(eta - parameters[thresholds[j]]));
      return upTo(c) - upTo(c - 1);
    };
    const step = 1e-5;
    for (const i of [0, 3, 5]) {
      for (let c = 0; c < 5; c++) {
        const slopes = joint.estimate.map((_, j) => {
          const moved = (h: number) => joint.estimate.map((value, e) => (e === j ? value + h : value));
          return (probability(moved(step), i, c) - probability(moved(-step), i, c)) / (2 * step);
        });
        let variance = 0;
        slopes.forEach((a, j) => {
          slopes.forEach((b, k) => {
            if (j !== p && k !== p) variance += a * b * (joint.vcov[j][k] ?? 0);
          });
        });
        expect(Math.abs(errors[5 * i + c] / Math.sqrt(variance) - 1)).toBeLessThan(
          TOLERANCE.generalised.predictionError,
        );
      }
    }
  });

  it('of new groups vary by the variance of groups, and are refused without leave', async () => {
    const { table, result } = await fitOf('glmm_cbpp_logit');
    const herd = { kind: 'factor' as const, levels: ['none such'], codes: new Int32Array(table.rows), ordered: false };
    const moved = { ...table, columns: new Map([...table.columns, ['herd', herd] as const]) };
    expect(() => predict(result, moved)).toThrow(/none such/);
    const known = predict(result, table, { type: 'link', randomEffects: 'none', standardErrors: true });
    const fresh = predict(result, moved, { type: 'link', allowNewLevels: true, standardErrors: true });
    expect(numbers(fresh, '.linear')).toEqual(numbers(known, '.linear'));
    numbers(fresh, '.se.fit').forEach((error, i) => {
      const variance = numbers(known, '.se.fit')[i] ** 2 + result.table.covariance[0];
      expect(error * error).toBeCloseTo(variance, 10);
    });
  });

  it('of new observations hold as many of them as they say', async () => {
    const { reference, table, result } = await fitOf('glmm_sim_cells_nb2_slope');
    const output = predict(result, table, { interval: 'prediction', level: 0.8 });
    const groups = parseFormula(reference.formula).random.flatMap(({ group }) =>
      group.variables.map(({ label }) => label),
    );
    const columns = new Map([...table.columns].filter(([name]) => !groups.includes(name)));
    const asked = { interval: 'prediction', randomEffects: 'none' } as const;
    expect(groups.length).toBeGreaterThan(0);
    expect(predict(result, { ...table, columns }, asked)).toEqual(predict(result, table, asked));
    const y = table.columns.get('nb');
    if (y?.kind !== 'numeric') throw new Error('no counts');
    const [lower, upper] = [numbers(output, '.lower'), numbers(output, '.upper')];
    const inside = y.values.filter((value, i) => value >= lower[i] && value <= upper[i]).length / table.rows;
    // Whole numbers: at least the level, and about three binomial standard errors below it at the lowest.
    expect(inside).toBeGreaterThan(0.8 - 3 * Math.sqrt(0.16 / table.rows));
    expect(inside).toBeLessThan(0.97);
  });

  it('refuse intervals that there are not', async () => {
    const { table, result } = await fitOf('glmm_cbpp_logit');
    expect(() => predict(result, table, { interval: 'prediction' })).toThrow(/number of trials/);
    expect(() => predict(result, table, { useObserved: true })).toThrow(/independent/);
    const ordinal = await fitOf('clmm_wine_logit');
    expect(() => predict(ordinal.result, ordinal.table, { interval: 'prediction' })).toThrow(/categories/);
  });
});

describe('distributions with an uncertain linear predictor', () => {
  it.each([
    ['poisson', [], 0.5, 0.4],
    ['poisson', [], 9, 0.7],
    ['poisson', [], 2, 3],
    ['nbinom2', [0.5], 1, 1],
    ['Gamma', [3], 0.3, 0.5],
  ] as const)('%s %j at %d with sd %d are averages', (family, extras, m, s) => {
    const distribution = openResponse({ family, link: 'log' }, Float64Array.from(extras));
    for (const z of [-2, -0.5, 0.3, 1.5]) {
      const mean = Math.exp(m + s * z);
      const y = distribution.discrete ? Math.round(mean) : mean;
      // The trapezoidal rule, whose error falls faster than any power of its step.
      const step = Math.min(s / 10, 0.1 / Math.sqrt(1 + mean));
      let sum = 0;
      for (let t = -9 * s; t <= 9 * s; t += step) {
        const weight = (Math.exp(-0.5 * (t / s) ** 2) * step) / (s * Math.sqrt(2 * Math.PI));
        sum += weight * distribution.upTo(y, m + t).lower;
      }
      const { lower, upper } = predictiveTails(distribution, Math.log, y, m, s);
      expect(Math.abs(lower - sum)).toBeLessThan(TOLERANCE.integrated);
      expect(Math.abs(upper - (1 - sum))).toBeLessThan(TOLERANCE.integrated);
    }
  });
});

describe('predictions from restricted fits', () => {
  it.each(['glmm_cbpp_logit', 'glmm_sim_cells_nb2_slope', 'clmm_sim_int'])(
    '%s: of the population have the errors of their coefficients',
    async (id) => {
      const { formula, family, link, data } = fits.get(id) as FamilyFit;
      const table = tableOfFit(data);
      const result = await fitTable(table, { formula, family, link, reml: true, threads: 1 });
      expect(result.table.method).toBe('REML');
      const output = predict(result, table, { type: 'link', randomEffects: 'none', standardErrors: true });
      const covariance = result.covarianceOfCoefficients(0);
      const { x } = dense(fits.get(id) as FamilyFit, table);
      if (!covariance) throw new Error('no covariance');
      const { values } = covariance;
      const p = covariance.names.length;
      x.forEach((row, i) => {
        let variance = 0;
        for (let a = 0; a < p; a++) for (let b = 0; b < p; b++) variance += row[a] * row[b] * values[a * p + b];
        const error = numbers(output, '.se.fit')[i];
        expect(Math.abs(error / Math.sqrt(variance) - 1)).toBeLessThan(TOLERANCE.generalised.predictionError);
      });
      // With random effects errors are near those of the fit by maximum likelihood, whose variances are smaller.
      const whole = await fitTable(table, { formula, family, link, threads: 1 });
      const own = numbers(predict(result, table, { type: 'link', standardErrors: true }), '.se.fit');
      const other = numbers(predict(whole, table, { type: 'link', standardErrors: true }), '.se.fit');
      own.forEach((error, i) => {
        expect(error / other[i]).toBeGreaterThan(0.95);
        expect(error / other[i]).toBeLessThan(2.5);
      });
    },
  );
});
