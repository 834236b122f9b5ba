/** Limits of predicted population means: those of marginal means, whose degrees of freedom are checked against R. */
import { expect, it } from 'vitest';
import { fit, marginalMeans, predict } from '../../src/doors/node.ts';
import type { FitOptions } from '../../src/fit.ts';
import { studentQuantile } from '../../src/numeric/distributions/student-quantile.ts';
import { readTable } from '../../src/reading/tables.node.ts';
import type { OutputTable } from '../../src/result/output-table.ts';
import type { Table } from '../../src/types/table.ts';
import { example } from '../cli/command.ts';
import { TOLERANCE } from '../tolerance.ts';

function numbers(table: OutputTable, name: string): number[] {
  const column = table.columns.find((one) => one.name === name);
  if (column?.kind !== 'number') throw new Error(`no column ${name}`);
  return Array.from(column.values);
}

const factor = (...levels: string[]) => ({
  kind: 'factor' as const,
  levels,
  codes: Int32Array.from(levels.keys()),
  ordered: false,
});

const expectClose = (own: number[], wanted: number[]): void => {
  expect(own).toHaveLength(wanted.length);
  own.forEach((value, i) => {
    expect(Math.abs(value - wanted[i])).toBeLessThan(TOLERANCE.populationLimits * Math.max(1, Math.abs(wanted[i])));
  });
};

const CASES: readonly (readonly [string, FitOptions])[] = [
  ['kenward-roger', { formula: 'y ~ arm + (time | subject)' }],
  ['satterthwaite', { formula: 'y ~ arm + (1 | subject)', ddf: 'satterthwaite' }],
  ['between-within', { formula: 'y ~ arm + (1 | subject)', ddf: 'between-within' }],
  ['asymptotic', { formula: 'y ~ arm + (1 | subject)', ddf: 'asymptotic' }],
  ['least squares', { formula: 'y ~ arm', ddf: 'satterthwaite' }],
  ['structured residuals', { formula: 'y ~ arm', residual: 'cs(visit | subject)' }],
];

it.each(CASES)('are those of marginal means: %s', async (_, options) => {
  const result = await fit(await readTable(example('visits.csv')), options);
  const means = marginalMeans(result, { over: ['arm'] }).means;
  const rows: Table = { rows: 2, columns: new Map([['arm', factor('placebo', 'treated')]]) };
  const own = predict(result, rows, { randomEffects: 'none', interval: 'confidence' });
  for (const [name, other] of [
    ['.fitted', 'estimate'],
    ['.se.fit', 'std.error'],
    ['.lower', 'conf.low'],
    ['.upper', 'conf.high'],
  ] as const) {
    expectClose(numbers(own, name), numbers(means, other));
  }
  const df = numbers(means, 'df');
  if (options.ddf === 'asymptotic') expect(numbers(own, '.df')).toEqual([Number.NaN, Number.NaN]);
  else expectClose(numbers(own, '.df'), df);
});

it('are of the df that levels carry where a family has any, and normal on other scales', async () => {
  const table = await readTable(example('clinic.csv'));
  const result = await fit(table, { formula: 'well ~ arm + (1 | patient)', family: 'binomial', ddf: 'between-within' });
  const rows: Table = { rows: 2, columns: new Map([['arm', factor(...new Set(['placebo', 'treated']))]]) };
  const own = predict(result, rows, { randomEffects: 'none', interval: 'confidence', type: 'link' });
  const df = result.table.coefficients.df;
  expect(numbers(own, '.df').every((value) => df.includes(value))).toBe(true);
  numbers(own, '.linear').forEach((value, i) => {
    const half = studentQuantile(0.975, numbers(own, '.df')[i]) * numbers(own, '.se.fit')[i];
    expectClose([numbers(own, '.lower')[i]], [value - half]);
  });
});

it('leave conditional predictions and new observations normal, whose df are not known', async () => {
  const result = await fit(await readTable(example('visits.csv')), { formula: 'y ~ arm + (1 | subject)' });
  const rows: Table = {
    rows: 1,
    columns: new Map([
      ['arm', factor('treated')],
      ['subject', factor('S01')],
    ]),
  };
  const own = predict(result, rows, { interval: 'confidence' });
  expect(own.columns.map(({ name }) => name)).not.toContain('.df');
  const [fitted, error, upper] = ['.fitted', '.se.fit', '.upper'].map((name) => numbers(own, name)[0]);
  expectClose([(upper - fitted) / error], [studentQuantile(0.975, Number.NaN)]);
  const population = predict(result, rows, { randomEffects: 'none', interval: 'prediction' });
  expect(population.columns.map(({ name }) => name)).not.toContain('.df');
});
