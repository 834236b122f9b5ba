/** The cases run as a user runs them, and what their rows are compared with. */
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import { type Outcome, type Row, rowsOf } from '../cli/command.ts';
import { CASE_TOLERANCE } from './tolerance.ts';

const INPUTS = join(dirname(fileURLToPath(import.meta.url)), 'inputs');

/** A file or folder of the inputs. */
export function input(...path: readonly string[]): string {
  return join(INPUTS, ...path);
}

/** The model of most cases, tested as lmerTest does by default. */
export const SATTERTHWAITE = ['--ddf', 'satterthwaite', '--threads', '1'];
export const F1 = ['--formula', '~ cond + (1 | donor)', ...SATTERTHWAITE];
export const CP10K = ['--normalize', 'log1p-cp10k'];

/** What lmerTest says of a coefficient. */
export interface Expected {
  readonly estimate: number;
  readonly standardError: number;
  readonly df: number;
  readonly p?: number;
}

/** ENSG00001.1 of the counts that most cases hold, as log1p of counts per ten thousand. */
export const BASE: Expected = { estimate: 0.76561, standardError: 0.8156312, df: 6, p: 0.3841312 };

/** P00000;Q0 of the bulk table that most text cases hold. */
export const BULK: Expected = { estimate: 0.699476667, standardError: 0.936820254, df: 6, p: 0.483494377 };

/** The row of a coefficient in a tidy table. */
export function fixed({ stdout }: Outcome, response: string, term: string): Row {
  const row = rowsOf(stdout).find((row) => row['response'] === response && row['term'] === term);
  if (row === undefined) throw new Error(`no row for ${response}, ${term} in:\n${stdout}`);
  return row;
}

/** Asserts that a number is the expected one, up to a part of it. */
export function expectClose(found: string | number | undefined, expected: number, relative: number, what = ''): void {
  const difference = Math.abs(Number(found) - expected);
  expect(difference, `${what}: ${found} in place of ${expected}`).toBeLessThanOrEqual(relative * Math.abs(expected));
}

/** Asserts estimate, standard error, degrees of freedom and p-value of a row. */
export function expectRow(row: Row, expected: Expected): void {
  const { estimate, df, pValue } = CASE_TOLERANCE.written;
  expectClose(row['estimate'], expected.estimate, estimate, 'estimate');
  expectClose(row['std.error'], expected.standardError, estimate, 'standard error');
  expectClose(row['df'], expected.df, df, 'df');
  if (expected.p !== undefined) expectClose(row['p.value'], expected.p, pValue, 'p');
  expect(row['df.method']).toBe('satterthwaite');
}

/** Asserts the result that all files of the counts have. */
export function expectBase(outcome: Outcome): void {
  expectRow(fixed(outcome, 'ENSG00001.1', 'condstim'), BASE);
}

/** Asserts the result that all files of the bulk table have. */
export function expectBulk(outcome: Outcome, response = 'P00000;Q0'): void {
  expectRow(fixed(outcome, response, 'condt'), BULK);
  expect(rowsOf(outcome.stdout).filter((row) => row['term'] === 'condt')).toHaveLength(6);
}
