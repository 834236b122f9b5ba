import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { fit as fitTable } from '../../src/fit.ts';
import { augment } from '../../src/result/augment.ts';
import { numberValues } from '../../src/result/output-table.ts';
import { ranef } from '../../src/result/ranef.ts';
import { referenceTable } from '../formula/reference-table.ts';
import { TOLERANCE } from '../tolerance.ts';

interface Case {
  readonly data: string;
  readonly formula: string;
  readonly weights: string | null;
  readonly hat: readonly number[];
  readonly pearson: readonly number[];
  readonly standardised: readonly number[];
  readonly sigma: number;
}
const cases: Case[] = JSON.parse(readFileSync(new URL('./hat-values.json', import.meta.url), 'utf8'));

describe("augment has lme4's hat values and residuals", () => {
  it.each(cases.map((entry) => [entry.formula, entry] as const))('%s', async (_, entry) => {
    const { data, formula, weights, sigma } = entry;
    const result = await fitTable(referenceTable(data), {
      formula,
      weights: weights ?? undefined,
      threads: 1,
      backend: 'cpu',
    });
    const table = augment(result);
    const check = (name: string, expected: readonly number[], unit: number) => {
      const values = numberValues(table, name) ?? new Float64Array(0);
      expect(values.length).toBe(expected.length);
      expected.forEach((value, i) => {
        expect(Math.abs(values[i] - value)).toBeLessThan(TOLERANCE.prediction * unit);
      });
    };
    check('.hat', entry.hat, 1);
    check('.resid.pearson', entry.pearson, sigma);
    check('.resid.standardised', entry.standardised, 1 + Math.max(...entry.standardised.map(Math.abs)));
  });
});

describe('ranef', () => {
  it('has limits and an order for caterpillar plots', async () => {
    const result = await fitTable(referenceTable('sleepstudy.csv'), {
      formula: 'Reaction ~ Days + (Days | Subject)',
      threads: 1,
      backend: 'cpu',
    });
    const plain = ranef(result);
    const table = ranef(result, { confLevel: 0.95, sorted: true });
    const column = (name: string) => numberValues(table, name) ?? new Float64Array(0);
    const estimate = column('estimate');
    expect([...estimate.subarray(0, 18)]).toEqual([...estimate.subarray(0, 18)].sort((a, b) => a - b));
    expect([...estimate].sort()).toEqual([...(numberValues(plain, 'estimate') ?? [])].sort());
    const half = column('std.error').map((se) => 1.959963984540054 * se);
    estimate.forEach((value, i) => {
      expect(column('conf.low')[i]).toBeCloseTo(value - half[i], 8);
      expect(column('conf.high')[i]).toBeCloseTo(value + half[i], 8);
    });
    expect(() => ranef(result, { confLevel: 2 })).toThrow('level: 2');
  });
});
