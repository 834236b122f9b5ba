import { describe, expect, it } from 'vitest';
import { isFitError } from '../../src/errors.ts';
import { simulateVisits, type VisitOptions } from '../../src/simulate/visits.ts';
import type { FactorColumn, Table } from '../../src/types/table.ts';

function numbers(table: Table, name: string): Float64Array {
  const column = table.columns.get(name);
  if (column === undefined || column.kind === 'factor') throw new Error(`no numbers in ${name}`);
  return column.values;
}

function factor(table: Table, name: string): FactorColumn {
  const column = table.columns.get(name);
  if (column?.kind !== 'factor') throw new Error(`no factor ${name}`);
  return column;
}

function mean(values: ArrayLike<number>): number {
  return Array.from(values).reduce((sum, value) => sum + value, 0) / values.length;
}

/** Sample covariance; the variance when both are the same. */
function covariance(x: readonly number[], y: readonly number[]): number {
  const meanX = mean(x);
  const meanY = mean(y);
  return x.reduce((sum, value, i) => sum + (value - meanX) * (y[i] - meanY), 0) / (x.length - 1);
}

describe('simulateVisits', () => {
  it('gives the same table for the same seed, another for another', () => {
    const options: VisitOptions = { subjects: 20, visits: 4, responses: 3, missing: 0.2, jitter: 0.1, seed: 5 };
    const y = numbers(simulateVisits(options).table, 'y2');
    expect(numbers(simulateVisits(options).table, 'y2')).toEqual(y);
    expect(numbers(simulateVisits({ ...options, seed: 6 }).table, 'y2')).not.toEqual(y);
  });

  it('has the columns, types and orders that it promises', () => {
    const { table, truth } = simulateVisits({ subjects: 9, visits: 3 });
    expect([...table.columns.keys()]).toEqual(['subject', 'arm', 'age', 'visit', 'time', 'y']);
    expect(table.rows).toBe(27);
    expect([...numbers(table, 'visit').slice(0, 3)]).toEqual([1, 2, 3]);
    expect([...numbers(table, 'time').slice(0, 3)]).toEqual([0, 1, 2]);
    for (const name of ['subject', 'arm']) {
      const { levels } = factor(table, name);
      expect(levels).toEqual([...levels].sort());
    }
    expect(truth.rowNames).toEqual(['y']);
    expect(numbers(truth, 'time:armtreated')).toEqual(Float64Array.of(-1));
  });

  it('leaves out the asked share of visits and values, but no subject', () => {
    const { table } = simulateVisits({ subjects: 400, visits: 6, missing: 0.25, missingValues: 0.1, responses: 2 });
    // A subject keeps one visit for certain, so 5 of 6 are at risk: 2,400 x (1 - 0.25 x 5/6) = 1,900, sd 19.
    expect(Math.abs(table.rows - 1900)).toBeLessThan(100);
    expect(new Set(factor(table, 'subject').codes).size).toBe(400);
    const absent = numbers(table, 'y1').filter(Number.isNaN).length / table.rows;
    expect(Math.abs(absent - 0.1)).toBeLessThan(0.035); // five standard errors
    expect(new Set(factor(simulateVisits({ subjects: 30, visits: 4, missing: 1 }).table, 'subject').codes).size).toBe(
      30,
    );
  });

  it('carries the truth: lines through each subject scatter as they should', () => {
    const subjects = 3000;
    const visits = 6;
    const { table, truth } = simulateVisits({ subjects, visits, seed: 3 });
    const value = (name: string): number => numbers(truth, name)[0];
    const y = numbers(table, 'y');
    const arm = factor(table, 'arm').codes;
    const age = numbers(table, 'age');
    // Least-squares line of each subject, balanced: times 0 .. 5, mean 2.5, sum of squares 17.5.
    const sxx = 17.5;
    const slopes: number[][] = [[], []];
    const intercepts: number[][] = [[], []];
    let residual = 0;
    for (let subject = 0; subject < subjects; subject++) {
      const rows = y.subarray(subject * visits, (subject + 1) * visits);
      const slope = rows.reduce((sum, value, t) => sum + (t - 2.5) * value, 0) / sxx;
      const intercept = mean(rows) - 2.5 * slope;
      rows.forEach((value, t) => {
        residual += (value - intercept - slope * t) ** 2;
      });
      slopes[arm[subject * visits]].push(slope);
      intercepts[arm[subject * visits]].push(intercept - value('age') * age[subject * visits]);
    }
    const sigma = value('sd__Observation');
    const sd0 = value('sd__(Intercept)');
    const sd1 = value('sd__time');
    // Five standard errors everywhere; variances of normal estimates have relative error sqrt(2/df).
    const slopeVariance = sd1 ** 2 + sigma ** 2 / sxx;
    const interceptVariance = sd0 ** 2 + sigma ** 2 * (1 / visits + 2.5 ** 2 / sxx);
    const near = (estimate: number, expected: number, error: number): void =>
      expect(Math.abs(estimate - expected)).toBeLessThan(5 * error);
    const meanError = Math.sqrt((2 * slopeVariance) / subjects);
    near(mean(slopes[0]), value('time'), meanError);
    near(mean(slopes[1]), value('time') + value('time:armtreated'), meanError);
    near(mean(intercepts[0]), value('(Intercept)'), Math.sqrt((2 * interceptVariance) / subjects));
    near(residual / (subjects * (visits - 2)), sigma ** 2, sigma ** 2 * Math.sqrt(2 / (subjects * (visits - 2))));
    near(covariance(slopes[0], slopes[0]), slopeVariance, slopeVariance * Math.sqrt(4 / subjects));
    near(covariance(intercepts[0], intercepts[0]), interceptVariance, interceptVariance * Math.sqrt(4 / subjects));
    const expected = value('cor__(Intercept).time') * sd0 * sd1 - (sigma ** 2 * 2.5) / sxx;
    const crossError = Math.sqrt((2 * (slopeVariance * interceptVariance + expected ** 2)) / subjects);
    near(covariance(slopes[0], intercepts[0]), expected, crossError);
  });

  it('draws unlike truths for several responses', () => {
    const { truth } = simulateVisits({ subjects: 4, visits: 3, responses: 200 });
    const interaction = numbers(truth, 'time:armtreated');
    const responding = interaction.filter((effect) => effect !== 0).length;
    expect(responding).toBeGreaterThan(30);
    expect(responding).toBeLessThan(90);
    expect(new Set(numbers(truth, 'sd__time')).size).toBe(200);
    expect(numbers(truth, 'cor__(Intercept).time').every((value) => Math.abs(value) <= 0.8)).toBe(true);
  });

  it.each<[string, Partial<VisitOptions>]>([
    ['subjects', { subjects: 0 }],
    ['visits', { visits: 1.5 }],
    ['missing', { missing: -0.1 }],
    ['responses', { responses: Number.POSITIVE_INFINITY }],
  ])('names the option %s on misuse', (option, change) => {
    let caught: unknown;
    try {
      simulateVisits({ subjects: 5, visits: 3, ...change });
    } catch (error) {
      caught = error;
    }
    if (!isFitError(caught, 'OptionError')) throw new Error('expected an OptionError');
    expect(caught.fields.option).toBe(option);
  });
});
