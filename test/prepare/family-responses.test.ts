/** Responses of generalised models as a formula's left side and options name them. */
import { describe, expect, it } from 'vitest';
import { fit as fitTable } from '../../src/fit.ts';
import { parseFormula } from '../../src/formula/parse.ts';
import { familyOf, leftSideResponses } from '../../src/prepare/family-responses.ts';
import { prepare } from '../../src/prepare/run.ts';
import type { Table } from '../../src/types/table.ts';
import { frame, label } from '../lmm/frames.ts';

const rows = Array.from({ length: 12 }, (_, i) => i);
const table: Table = frame({
  id: rows.map((i) => label('p', i >> 1)),
  x: rows.map((i) => Math.sin(i)),
  k: rows.map((i) => i % 4),
  m: rows.map(() => 5),
  y: rows.map((i) => i % 2),
  word: rows.map((i) => (i % 3 === 0 ? 'yes' : 'no')),
  grade: rows.map((i) => [1, 3, 4][i % 3]),
  pain: rows.map((i) => ['none', 'some', 'much'][i % 3]),
});

function left(formula: string, options: Parameters<typeof leftSideResponses>[2]) {
  return leftSideResponses(parseFormula(formula), table, options);
}

describe('the family of a run', () => {
  it('is none of gaussian responses, and has the default link', () => {
    expect(familyOf({})).toBeNull();
    expect(familyOf({ family: 'gaussian' })).toBeNull();
    expect(familyOf({ family: 'binomial' })).toEqual({ family: 'binomial', link: 'logit' });
    expect(familyOf({ family: 'cumulative', link: 'cloglog' })).toEqual({ family: 'cumulative', link: 'cloglog' });
  });

  it('refuses a link that it does not have, and names those that it has', () => {
    expect(() => familyOf({ family: 'poisson', link: 'probit' })).toThrow(
      expect.objectContaining({
        tag: 'OptionError',
        fields: expect.objectContaining({ option: 'link', remedy: 'Use log.' }),
      }),
    );
  });

  it.each([
    ['residual', 'us(x | id)'],
    ['dispersion', '~ x'],
    ['weights', 'voom'],
    ['normalize', 'log1p-cpm'],
  ])('does not go with %s', async (option, value) => {
    const options = { formula: 'k ~ x + (1 | id)', family: 'poisson', [option]: value } as const;
    await expect(prepare(table, options)).rejects.toMatchObject({ tag: 'OptionError' });
  });
});

describe('binomial responses', () => {
  it('are successes of trials where two columns are bound', () => {
    const { responses } = left('cbind(k, m - k) ~ x + (1 | id)', { family: 'binomial' });
    expect(responses.names).toEqual(['cbind(k, m - k)']);
    expect([...responses.values]).toEqual(rows.map((i) => i % 4));
    expect([...(responses.trials ?? [])]).toEqual(rows.map(() => 5));
  });

  it('have the trials of a column', () => {
    const { responses } = left('k ~ x + (1 | id)', { family: 'binomial', trials: 'm' });
    expect(responses.names).toEqual(['k']);
    expect([...(responses.trials ?? [])]).toEqual(rows.map(() => 5));
  });

  it('are the second of two levels, which a note says', () => {
    const { responses, notes } = left('word ~ x + (1 | id)', { family: 'binomial' });
    expect([...responses.values]).toEqual(rows.map((i) => (i % 3 === 0 ? 1 : 0)));
    expect(notes).toEqual(["'word': 'yes' is success, 'no' is not"]);
  });

  it('refuse a factor of three levels', () => {
    expect(() => left('pain ~ x + (1 | id)', { family: 'binomial' })).toThrow(/3 levels/);
  });

  it('of three columns are three responses', () => {
    const { responses } = left('cbind(a = y, b = y, c = y) ~ x + (1 | id)', { family: 'binomial' });
    expect(responses.names).toEqual(['a', 'b', 'c']);
    expect(responses.trials).toBeUndefined();
  });
});

describe('ordinal responses', () => {
  it('number their levels, and say in which order', () => {
    const { responses, notes } = left('pain ~ x + (1 | id)', { family: 'cumulative' });
    expect(responses.categories).toHaveLength(3);
    expect(new Set(responses.values)).toEqual(new Set([1, 2, 3]));
    expect(notes[0]).toMatch(/no order of its own/);
  });

  it('take numbers by size', () => {
    const { responses, notes } = left('grade ~ x + (1 | id)', { family: 'cumulative' });
    expect(responses.categories).toEqual(['1', '3', '4']);
    expect([...responses.values.subarray(0, 3)]).toEqual([1, 2, 3]);
    expect(notes).toEqual([]);
  });

  it('have no intercept, and refuse to do without', async () => {
    const result = await fitTable(table, { formula: 'grade ~ x + (1 | id)', family: 'cumulative', threads: 1 });
    expect(result.table.coefficients.names).toEqual(['x']);
    expect(result.table.family?.thresholds?.names).toEqual(['1|3', '3|4']);
    const without = fitTable(table, { formula: 'grade ~ 0 + x + (1 | id)', family: 'cumulative' });
    await expect(without).rejects.toMatchObject({ tag: 'FormulaError' });
  });
});
