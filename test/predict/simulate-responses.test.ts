import { describe, expect, it } from 'vitest';
import { fit as fitTable } from '../../src/fit.ts';
import { predict } from '../../src/predict/predict.ts';
import { simulateResponses } from '../../src/predict/simulate-responses.ts';
import { numberValues } from '../../src/result/output-table.ts';
import type { Table } from '../../src/types/table.ts';
import { factor, numeric, referenceTable, table } from '../formula/reference-table.ts';

const sleep = referenceTable('sleepstudy.csv');
const formula = 'Reaction ~ Days + (Days | Subject)';
const fitSleep = () => fitTable(sleep, { formula, threads: 1, backend: 'cpu' });
const DRAWS = 400;
/** Standard errors that a mean over the draws may be off; beyond it one in a million is. */
const LIMIT = 5;

describe('simulated responses', () => {
  it('have the mean and the covariance of the model', async () => {
    const result = await fitSleep();
    const [{ values }] = simulateResponses(result, sleep, { nsim: DRAWS, seed: 3 });
    const rows = sleep.rows;
    const mean = numberValues(predict(result, sleep, { randomEffects: 'none' }), '.fitted') ?? new Float64Array(0);
    const [a, b, c, d] = result.table.covariance;
    const sigma2 = result.table.sigma[0] ** 2;
    // days 0 and 9 of each subject, over 18 subjects x draws
    let [first, last, product, count] = [0, 0, 0, 0];
    let [squareFirst, squareLast] = [0, 0];
    for (let s = 0; s < DRAWS; s++) {
      for (let i = 0; i < rows; i += 10) {
        const u = values[s * rows + i] - mean[i];
        const v = values[s * rows + i + 9] - mean[i + 9];
        first += u;
        last += v;
        product += u * v;
        squareFirst += u * u;
        squareLast += v * v;
        count++;
      }
    }
    const variance0 = a + sigma2;
    const variance9 = a + 9 * (b + c) + 81 * d + sigma2;
    const covariance = a + 9 * b;
    expect(Math.abs(first / count)).toBeLessThan(LIMIT * Math.sqrt(variance0 / count));
    expect(Math.abs(last / count)).toBeLessThan(LIMIT * Math.sqrt(variance9 / count));
    expect(Math.abs(squareFirst / count - variance0)).toBeLessThan(LIMIT * variance0 * Math.sqrt(2 / count));
    expect(Math.abs(squareLast / count - variance9)).toBeLessThan(LIMIT * variance9 * Math.sqrt(2 / count));
    const spread = Math.sqrt((variance0 * variance9 + covariance ** 2) / count);
    expect(Math.abs(product / count - covariance)).toBeLessThan(LIMIT * spread);
  });

  it('keep the modes where they are asked to', async () => {
    const result = await fitSleep();
    const [{ values }] = simulateResponses(result, sleep, { nsim: DRAWS, useRandomEffects: true });
    const fitted = result.fittedValues(0)?.fitted ?? new Float64Array(0);
    const bound = (LIMIT * result.table.sigma[0]) / Math.sqrt(DRAWS);
    fitted.forEach((value, i) => {
      let sum = 0;
      for (let s = 0; s < DRAWS; s++) sum += values[s * sleep.rows + i];
      expect(Math.abs(sum / DRAWS - value)).toBeLessThan(bound);
    });
  });

  it('are a function of the seed and of their own names', async () => {
    const result = await fitSleep();
    const draw = (given: Table, options = {}) => [...simulateResponses(result, given, options)][0].values;
    expect(draw(sleep)).toEqual(draw(sleep));
    expect(draw(sleep, { seed: 2 })).not.toEqual(draw(sleep));
    expect(draw(sleep, { nsim: 2 }).subarray(0, sleep.rows)).toEqual(draw(sleep));
    const two = table({ Subject: factor(['308', 'new'], ['308', 'new']), Days: numeric([0, 'NA']) });
    const simulated = draw(two);
    expect(simulated[0]).toBe(draw(sleep)[0]);
    expect(simulated[1]).toBeNaN();
    expect(() => draw(sleep, { nsim: 0 })).toThrow('nsim: 0');
    expect(() => draw(sleep, { seed: -1 })).toThrow('seed: -1');
  });
});
