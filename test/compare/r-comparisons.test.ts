import { describe, expect, it } from 'vitest';
import { compare, selectBackward } from '../../src/compare/comparisons.ts';
import { outputRows } from '../../src/result/output-table.ts';
import { referenceTable } from '../formula/reference-table.ts';
import { TOLERANCE } from '../tolerance.ts';
import values from './r-comparisons.json' with { type: 'json' };

describe('models on one table, as lme4 and lm have them', () => {
  it.each(values.models.map((set) => [set.data, set.method, set] as const))('%s by %s', async (data, method, set) => {
    const formulas = set.models.map(({ formula }) => formula);
    const result = await compare(referenceTable(`${data}.csv`), {
      formulas,
      method: method === 'ML' ? 'ML' : 'REML',
      threads: 1,
    });
    expect(result.method).toBe(method);
    const rows = [...outputRows(result.models)];
    for (const [k, reference] of set.models.entries()) {
      const row = rows.find((line) => line['model'] === k + 1);
      expect(row?.['formula']).toBe(reference.formula);
      expect(row?.['npar']).toBe(reference.npar);
      for (const name of ['logLik', 'AIC', 'BIC', 'AICc'] as const) {
        expect(Math.abs(Number(row?.[name]) - reference[name])).toBeLessThan(TOLERANCE.informationCriterion.absolute);
      }
    }
    const lowest = Math.min(...set.models.map(({ AIC }) => AIC));
    const total = set.models.reduce((sum, { AIC }) => sum + Math.exp((lowest - AIC) / 2), 0);
    for (const row of rows) {
      const reference = set.models[Number(row['model']) - 1];
      expect(row['rank']).toBe(1 + set.models.filter(({ AIC }) => AIC < reference.AIC).length);
      expect(Number(row['weight'])).toBeCloseTo(Math.exp((lowest - reference.AIC) / 2) / total, 5);
    }
  });
});

describe('backward selection, as a loop over drop1', () => {
  it.each(values.selections.map((one) => [one.formula, one.by, one] as const))('%s by %s', async (formula, by, one) => {
    const { path, selected } = await selectBackward(referenceTable(`${one.data}.csv`), {
      formula,
      by: by === 'aic' ? 'aic' : 'lrt',
      alpha: one.alpha,
      threads: 1,
    });
    const rows = [...outputRows(path)];
    const dropped = rows.filter((row) => row['action'] === 'drop');
    expect(dropped.map((row) => row['term'])).toEqual(one.path.map(({ term }) => term));
    dropped.forEach((row, k) => {
      expect(Math.abs(Number(row['chisq']) - one.path[k].chisq)).toBeLessThan(2 * TOLERANCE.criterion.absolute);
      expect(Math.abs(Number(row['p.value']) / one.path[k].p - 1)).toBeLessThan(TOLERANCE.pValue);
      expect(Math.abs(Number(row['AIC']) - one.path[k].AIC)).toBeLessThan(TOLERANCE.informationCriterion.absolute);
    });
    const last = rows[rows.length - 1];
    expect(last['action']).toBe('end');
    expect(last['formula']).toBe(selected[0]);
    expect(Math.abs(Number(last['AIC']) - one.AIC)).toBeLessThan(TOLERANCE.informationCriterion.absolute);
  });
});
