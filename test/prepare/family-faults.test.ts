/** Misuse of families, exposures of counts, and what readers of fits make of families. */
import { describe, expect, it } from 'vitest';
import { type FitOptions, fit as fitTable } from '../../src/fit.ts';
import { influence } from '../../src/influence/influence.ts';
import { prepare } from '../../src/prepare/run.ts';
import { outputRows } from '../../src/result/output-table.ts';
import { variance } from '../../src/result/variance.ts';
import type { Column, Table } from '../../src/types/table.ts';
import { TOLERANCE } from '../tolerance.ts';

const ROWS = 12;
const numbers = (value: (i: number) => number): Column => ({
  kind: 'numeric',
  values: Float64Array.from({ length: ROWS }, (_, i) => value(i)),
});
const texts = (levels: readonly string[], code: (i: number) => number): Column => ({
  kind: 'factor',
  levels,
  codes: Int32Array.from({ length: ROWS }, (_, i) => code(i)),
  ordered: false,
});
const table: Table = {
  rows: ROWS,
  columns: new Map<string, Column>([
    ['patient', texts(['a', 'b', 'c', 'd'], (i) => i % 4)],
    ['well', texts(['no', 'yes'], (i) => (i === 5 ? -1 : Number(i % 3 === 0)))],
    ['grade', texts(['mild', 'none', 'severe'], (i) => (i + (i >> 2)) % 3)],
    ['score', numbers((i) => 10 * (i % 3))],
    ['days', numbers((i) => 20 + (i % 5))],
    ['good', numbers((i) => 2 + ((3 * i) % 7))],
  ]),
};

const faultOf = (formula: string, options: Partial<FitOptions>): Promise<string> =>
  fitTable(table, { formula, ...options, threads: 1 }).then(
    () => 'no error',
    (error: Error) => error.message,
  );

describe('responses of families', () => {
  it('name the trials that successes exceed, and the families for what is no answer of yes or no', async () => {
    expect(await faultOf('days ~ (1 | patient)', { family: 'binomial', trials: 'good' })).toContain('2 there');
    expect(await faultOf('days ~ (1 | patient)', { family: 'binomial' })).toContain("'days' has the value 20 in row 1");
    expect(await faultOf('I(good / 2) ~ (1 | patient)', { family: 'poisson' })).toContain('whole numbers');
    expect(await faultOf('I(good - 5) ~ (1 | patient)', { family: 'nbinom2' })).toContain('zero or more');
    expect(await faultOf('grade ~ (1 | patient)', { family: 'binomial' })).toContain('has 3 levels');
  });
});

describe('exposures of counts', () => {
  const notesOf = async (formula: string) =>
    (await fitTable(table, { formula, family: 'poisson', threads: 1 })).notes.join();

  it('have a warning where their logarithm was forgotten', async () => {
    expect(await notesOf('good ~ offset(days) + (1 | patient)')).toContain('offset(log(exposure))');
    expect(await notesOf('good ~ offset(log(days)) + (1 | patient)')).not.toContain('exposure');
  });
});

describe('the library of a row', () => {
  const formula = '~ score + (1 | patient)';
  const counts = (names: readonly string[]) => ({
    kind: 'dense' as const,
    rows: ROWS,
    names,
    values: Float64Array.from({ length: ROWS * names.length }, (_, at) => (at * at) % 7),
  });

  it('is the logarithm of the sum of its counts', async () => {
    const given = counts(['a', 'b', 'c']);
    const run = await prepare(given, { obs: table, formula, family: 'poisson', offset: 'library' });
    const library = run.table.columns.get('library');
    const sums = Array.from({ length: ROWS }, (_, i) =>
      [0, 1, 2].reduce((sum, k) => sum + given.values[k * ROWS + i], 0),
    );
    expect(library?.kind === 'numeric' && [...library.values]).toEqual(sums.map(Math.log));
  });

  it('is none where there is one response', async () => {
    const fit = faultOf('good ~ (1 | patient)', { family: 'poisson', offset: 'library' });
    expect(await fit).toContain("'good' is the only one");
  });
});

describe('what is not said of families', () => {
  it('shares of variance have the distribution’s on the scale of the link', async () => {
    const result = await fitTable(table, { formula: 'good ~ score + (1 | patient)', family: 'poisson', threads: 1 });
    const [row] = outputRows(variance(result));
    const [own, rest] = [Number(row['patient']), Number(row['Residuals'])];
    expect(Math.abs(own / (own + rest) - result.table.icc[0])).toBeLessThan(TOLERANCE.r2);
  });

  it('influence in one step is refused', async () => {
    const result = await fitTable(table, { formula: 'well ~ score + (1 | patient)', family: 'binomial', threads: 1 });
    await expect(influence(result, { refit: false })).rejects.toThrow('gaussian');
  });
});
