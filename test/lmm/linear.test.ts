import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type FitOptions, fit as fitTable } from '../../src/fit.ts';
import { influence } from '../../src/influence/influence.ts';
import { bootstrapIntervals, profileIntervals, waldIntervals } from '../../src/intervals/intervals.ts';
import { predict } from '../../src/predict/predict.ts';
import { glance } from '../../src/result/glance.ts';
import { outputRows } from '../../src/result/output-table.ts';
import { frame, label } from './frames.ts';

/** Two exact algorithms for least squares, of numbers of order one: rounding. */
const ROUNDING = 1e-10;

interface LinearFit {
  readonly formula: string;
  readonly estimate: readonly number[];
  readonly se: readonly number[];
  readonly p: readonly number[];
  readonly sigma: readonly number[];
  readonly df: number;
  readonly logLik: readonly number[];
  readonly reml: readonly number[];
  readonly aic: readonly number[];
  readonly low: readonly number[];
  readonly high: readonly number[];
}

const { data, fits } = JSON.parse(readFileSync(new URL('r-linear.json', import.meta.url), 'utf8')) as {
  data: Record<'x' | 'w' | 'o' | 'y', number[]>;
  fits: Record<string, LinearFit>;
};
const f = data.x.map((_, i) => 'abc'[Math.floor((3 * i) / data.x.length)]);
const table = frame({ ...data, f });
const near = (values: ArrayLike<number>, wanted: readonly number[]) => {
  expect(values.length).toBe(wanted.length);
  wanted.forEach((value, i) => {
    expect(Math.abs(values[i] - value)).toBeLessThan(ROUNDING * (1 + Math.abs(value)));
  });
};
const own = (options: Partial<FitOptions> & { formula: string }) => fitTable(table, { threads: 1, ...options });

describe('a model without random terms', () => {
  it.each(Object.entries(fits))('is that of lm: %s', async (name, expected) => {
    const weights = name === 'weights' ? 'w' : undefined;
    const { formula } = expected;
    for (const ddf of ['auto', 'satterthwaite', 'kenward-roger'] as const) {
      const result = await own({ formula, weights, ddf });
      const { coefficients, sigma, logLik, dfResidual } = result.table;
      near(coefficients.estimate, expected.estimate);
      near(coefficients.standardError, expected.se);
      near(coefficients.pValue, expected.p);
      near([...new Set(coefficients.df)], [expected.df]);
      near(sigma, expected.sigma);
      near(logLik, expected.reml);
      near(dfResidual, [expected.df]);
    }
    const ml = await own({ formula, weights, method: 'ML' });
    near(ml.table.logLik, expected.logLik);
    near(ml.table.AIC, expected.aic);
    // The likelihood changes no test: they are exact.
    near(ml.table.coefficients.pValue, expected.p);
  });

  it('has limits of predictions by t', async () => {
    const result = await own({ formula: fits['plain'].formula });
    const rows = frame({ x: [-1, 0.5, 3], f: ['a', 'c', 'b'] });
    const predicted = [...outputRows(predict(result, rows, { interval: 'confidence', level: 0.9 }))];
    near(
      predicted.map((row) => Number(row['.lower'])),
      fits['plain'].low,
    );
    near(
      predicted.map((row) => Number(row['.upper'])),
      fits['plain'].high,
    );
  });

  it('says that rows are units, and warns of units whose levels repeat', async () => {
    const plain = await own({ formula: 'y ~ x' });
    expect(plain.notes.join('\n')).toMatch(/no random term: each row counts as a unit/);
    expect(plain.notes.join('\n')).not.toMatch(/WARNING/);
    const donor = f.map((_, i) => label('d', i % 6));
    const sampleAge = f.map((_, i) => i % 5);
    const repeated = await fitTable(frame({ ...data, f, donor, sample_age: sampleAge }), {
      formula: 'y ~ x',
      threads: 1,
    });
    expect(repeated.notes.join('\n')).toMatch(/WARNING: rows share levels of 'donor', .* Fit y ~ x \+ \(1 \| donor\)/);
    // One note says which units they are, and what to add.
    expect(repeated.notes.filter((note) => /add \(1 \||counts as a unit/.test(note))).toEqual([]);
    expect(repeated.notes.join('\n')).toMatch(/units of the tests: 'x'/);
    // Where splits differ the rows of the others are still said to be units.
    const site = f.map((_, i) => (i % 2 ? 'north' : 'south'));
    const names = f.map((_, i) => (i % 2 ? `d${i % 6}` : `e${i}`));
    const table = frame({ ...data, f, donor: names, site });
    const split = await fitTable(table, { formula: 'y ~ x', splitBy: 'site', threads: 1 });
    expect(split.notes.join('\n')).toMatch(/^north: WARNING: rows share levels of 'donor'/m);
    expect(split.notes.join('\n')).toMatch(/no random term: each row counts as a unit/);
    // Levels that the fixed effects tell apart are no replicates.
    const told = await fitTable(frame({ ...data, f, donor }), { formula: 'y ~ x + donor', threads: 1 });
    expect(told.notes.join('\n')).not.toMatch(/WARNING/);
  });

  it('refuses what it has not, with what to do', async () => {
    await expect(own({ formula: 'y ~ x', bootstrap: { draws: 100 } })).rejects.toThrow('its tests are exact');
    const result = await own({ formula: 'y ~ x' });
    await expect(profileIntervals(result)).rejects.toThrow('exact Wald intervals');
    await expect(bootstrapIntervals(result)).rejects.toThrow('exact Wald intervals');
    await expect(influence(result)).rejects.toThrow('no random term');
    expect(waldIntervals(result).low.filter(Number.isFinite).length).toBe(2);
    expect([...outputRows(glance(result))][0]).toMatchObject({ converged: true, singular: false });
  });

  it('has a status where there is nothing to fit', async () => {
    const few = frame({ y: [1, 2, 4], x: [1, 2, 5], z: [1, 0, 1], c: [2, 2, 2] });
    const statuses = async (formula: string) => (await fitTable(few, { formula, threads: 1 })).table.messages[0];
    expect(await statuses('y ~ x + z')).toMatch(/as many fixed effects as rows/);
    expect(await statuses('c ~ x')).toMatch(/does not vary/);
  });
});
