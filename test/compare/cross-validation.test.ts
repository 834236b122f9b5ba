import { describe, expect, it } from 'vitest';
import { crossValidate } from '../../src/compare/comparisons.ts';
import { dealFolds } from '../../src/compare/folds.ts';
import { fit as fitTable } from '../../src/fit.ts';
import { buildDesign } from '../../src/formula/design.ts';
import { choleskyInPlace, forwardSolve } from '../../src/numeric/cholesky.ts';
import { outputRows } from '../../src/result/output-table.ts';
import type { FitResult } from '../../src/types/fit-result.ts';
import type { Table } from '../../src/types/table.ts';
import { referenceTable } from '../formula/reference-table.ts';
import { TOLERANCE } from '../tolerance.ts';

/** Marginal covariance of all rows of a table at the parameters of a fit, n x n, and X b. */
function gaussianModel(table: Table, formula: string, result: FitResult) {
  const design = buildDesign(formula, table);
  const { n } = design;
  const covariance = new Float64Array(n * n);
  const sigma = result.table.sigma[0];
  design.random.forEach(({ codes, z, names, group }) => {
    const shape = result.table.terms.find((term) => term.group === group && term.names.join() === names.join());
    const q = names.length;
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < n; j++) {
        if (codes[i] !== codes[j]) continue;
        for (let a = 0; a < q; a++) {
          for (let b = 0; b < q; b++) {
            const g = result.table.covariance[(shape?.covarianceOffset ?? 0) + a * q + b];
            covariance[i * n + j] += z[a * n + i] * g * z[b * n + j];
          }
        }
      }
    }
  });
  for (let i = 0; i < n; i++) covariance[i * n + i] += (sigma * sigma) / (design.weights ? design.weights[i] : 1);
  const mean = new Float64Array(n);
  design.fixed.names.forEach((name, k) => {
    const b = result.table.coefficients.estimate[result.table.coefficients.names.indexOf(name)];
    for (let i = 0; i < n; i++) mean[i] += b * design.fixed.x[k * n + i];
  });
  return { covariance, mean };
}

/** log N of some rows. */
function logDensity(y: Float64Array, mean: Float64Array, covariance: Float64Array, rows: readonly number[]): number {
  const n = y.length;
  const m = rows.length;
  const block = new Float64Array(m * m);
  const rest = new Float64Array(m);
  rows.forEach((i, a) => {
    rest[a] = y[i] - mean[i];
    rows.forEach((j, b) => {
      block[a * m + b] = covariance[i * n + j];
    });
  });
  const logDet = choleskyInPlace(block, m);
  forwardSolve(block, m, rest);
  return -0.5 * (m * Math.log(2 * Math.PI) + logDet + rest.reduce((sum, value) => sum + value * value, 0));
}

function tableRows(table: Table, rows: readonly number[]): Table {
  const columns = new Map(
    [...table.columns].map(([name, column]) => [
      name,
      column.kind === 'factor'
        ? { ...column, codes: Int32Array.from(rows, (i) => column.codes[i]) }
        : { ...column, values: Float64Array.from(rows, (i) => column.values[i]) },
    ]),
  );
  return { ...table, rows: rows.length, columns };
}

const cases = [
  ['sleepstudy.csv', 'Reaction ~ Days + (Days | Subject)', 'Reaction', 'rows'],
  ['sleepstudy.csv', 'Reaction ~ Days + (Days | Subject)', 'Reaction', 'Subject'],
  ['penicillin.csv', 'diameter ~ 1 + (1 | plate) + (1 | sample)', 'diameter', 'rows'],
  ['machines.csv', 'score ~ Machine + (1 | Worker/Machine)', 'score', 'Worker'],
  ['orthodont.csv', 'distance ~ age * Sex', 'distance', 'rows'],
] as const;

describe('crossValidate', () => {
  it.each(cases)('%s, %s (%s) by %s, against dense matrices', async (file, formula, response, by) => {
    const table = referenceTable(file);
    const folds = 4;
    const { scores, folds: each } = await crossValidate(table, { formulas: [formula], folds, by, seed: 3, threads: 1 });
    const all = Int32Array.from({ length: table.rows }, (_, i) => i);
    const dealt = dealFolds(table, all, { folds, by, seed: 3 });
    const y = table.columns.get(response);
    if (y?.kind !== 'numeric') throw new Error('a response of numbers is needed');
    let total = 0;
    let squared = 0;
    const lines = [...outputRows(each)];
    for (let f = 0; f < folds; f++) {
      const training = [...all].filter((i) => dealt[i] !== f);
      const held = [...all].filter((i) => dealt[i] === f);
      if (!formula.includes('|')) {
        total += Number(lines[f]['log.score']) * held.length;
        squared += Number(lines[f]['rmse']) ** 2 * held.length;
        continue;
      }
      const result = await fitTable(tableRows(table, training), { formula, threads: 1 });
      const { covariance, mean } = gaussianModel(table, formula, result);
      const score = logDensity(y.values, mean, covariance, [...all]) - logDensity(y.values, mean, covariance, training);
      // Predictions: X b plus the random effects of levels that the training rows know.
      const design = buildDesign(formula, table);
      const effects = result.randomEffects(0);
      let error = 0;
      for (const i of held) {
        let value = mean[i];
        for (const { names, levels, codes, z, group } of design.random) {
          const own = effects.find((effect) => effect.group === group && effect.names.join() === names.join());
          const level = own?.levels.indexOf(levels[codes[i]]) ?? -1;
          if (!own || level < 0) continue;
          names.forEach((_, a) => {
            value += z[a * design.n + i] * own.estimate[level * names.length + a];
          });
        }
        error += (y.values[i] - value) ** 2;
      }
      expect(Number(lines[f]['n'])).toBe(held.length);
      expect(Number(lines[f]['log.score']) * held.length).toBeCloseTo(score, 7);
      expect(Math.abs(Number(lines[f]['rmse']) / Math.sqrt(error / held.length) - 1)).toBeLessThan(
        TOLERANCE.objectives,
      );
      total += score;
      squared += error;
    }
    const [row] = outputRows(scores);
    expect(row['n']).toBe(table.rows);
    expect(Number(row['log.score']) * table.rows).toBeCloseTo(total, 6);
    expect(Number(row['rmse'])).toBeCloseTo(Math.sqrt(squared / table.rows), 8);
  });

  it('scores a linear model as least squares predicts', async () => {
    const table = referenceTable('orthodont.csv');
    const { folds } = await crossValidate(table, { formulas: ['distance ~ 1'], folds: 2, method: 'ML', threads: 1 });
    const y = table.columns.get('distance');
    if (y?.kind !== 'numeric') throw new Error('a response of numbers is needed');
    const dealt = dealFolds(table, Int32Array.from(y.values.keys()), { folds: 2, by: 'rows', seed: 1 });
    const [first] = outputRows(folds);
    const training = y.values.filter((_, i) => dealt[i] !== 0);
    const held = y.values.filter((_, i) => dealt[i] === 0);
    const mean = training.reduce((sum, value) => sum + value, 0) / training.length;
    const variance = training.reduce((sum, value) => sum + (value - mean) ** 2, 0) / training.length;
    const errors = held.reduce((sum, value) => sum + (value - mean) ** 2, 0);
    expect(Number(first['rmse'])).toBeCloseTo(Math.sqrt(errors / held.length), 9);
    const score = -0.5 * (Math.log(2 * Math.PI * variance) + errors / held.length / variance);
    expect(Number(first['log.score'])).toBeCloseTo(score, 9);
  });

  it('is the same for the same seed, and keeps groups whole', async () => {
    const table = referenceTable('sleepstudy.csv');
    const rows = Int32Array.from({ length: table.rows }, (_, i) => i);
    const a = dealFolds(table, rows, { folds: 5, by: 'Subject', seed: 2 });
    expect(dealFolds(table, rows, { folds: 5, by: 'Subject', seed: 2 })).toEqual(a);
    expect(dealFolds(table, rows, { folds: 5, by: 'Subject', seed: 4 })).not.toEqual(a);
    const subject = table.columns.get('Subject');
    if (subject?.kind !== 'factor') throw new Error('Subject is a factor');
    const folds = subject.levels.map((_, level) => new Set(a.filter((__, i) => subject.codes[i] === level)).size);
    expect(new Set(folds)).toEqual(new Set([1]));
  });

  it('says which coefficient a fold leaves open, and refuses more folds than groups', async () => {
    const table = referenceTable('machines.csv');
    const formulas = ['score ~ Worker + (1 | Machine)'];
    const result = await crossValidate(table, { formulas, folds: 6, by: 'Worker', threads: 1 });
    expect(result.notes.join()).toMatch(/cannot be predicted: Worker/);
    expect([...outputRows(result.scores)][0]['log.score']).toBeNull();
    expect([...outputRows(result.scores)][0]['status']).toBe('rank_deficient');
    await expect(crossValidate(table, { formulas, folds: 7, by: 'Worker' })).rejects.toMatchObject({
      tag: 'OptionError',
    });
  });
});
