import { describe, expect, it } from 'vitest';
import { fit as fitTable } from '../../../src/fit.ts';
import { TOLERANCE } from '../../tolerance.ts';
import { type FamilyFit, familyFits, tableOfFit } from '../reference-fits.ts';

const cases = familyFits().flatMap((fit) => (fit.fitted && fit.status !== 'separated' ? [{ id: fit.id, fit }] : []));

function optionsOf({ formula, family, link, nAGQ, weights }: FamilyFit) {
  return { formula, family, link, nagq: nAGQ, weights: weights ?? undefined, threads: 1 };
}

function sumOfSquares(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value * value, 0);
}

describe('fitted values and residuals of generalised models', () => {
  it('are there', () => expect(new Set(cases.map(({ fit }) => fit.family)).size).toBe(7));

  it.each(cases)('agree with R: $id', async ({ fit }) => {
    const result = await fitTable(tableOfFit(fit.data), optionsOf(fit));
    const values = result.fittedValues(0);
    const residuals = result.responseResiduals?.(0);
    const { checks } = result.table.family ?? {};
    if (!values || !residuals || !checks || !fit.fitted) throw new Error('no fitted values');
    const ordinal = fit.family === 'cumulative';
    const used = [...values.fitted].filter((value) => !Number.isNaN(value));
    const off = used.map((value, i) => Math.abs(value / (fit.fitted?.[i] ?? Number.NaN) - 1));
    expect(Math.max(...off)).toBeLessThan(TOLERANCE.generalised.fitted);
    expect(sumOfSquares(residuals.deviance)).toBeCloseTo(checks.deviance[0], 8);
    if (fit.deviance_conditional !== null) {
      expect(Math.abs(checks.deviance[0] / fit.deviance_conditional - 1)).toBeLessThan(TOLERANCE.generalised.fitted);
    }
    expect(Number.isNaN(checks.pearson[0])).toBe(ordinal);
    if (!ordinal) {
      expect(sumOfSquares(residuals.pearson)).toBeCloseTo(checks.pearson[0], 8);
      expect(Math.abs(checks.pearson[0] / (fit.pearson ?? Number.NaN) - 1)).toBeLessThan(TOLERANCE.generalised.fitted);
    }
    // Signs are those of the residual.
    residuals.deviance.forEach((value, i) => {
      if (value !== 0 && !Number.isNaN(value)) expect(Math.sign(value)).toBe(Math.sign(values.residual[i]));
    });
    expect(residuals.quantile.every(Number.isFinite)).toBe(true);
  });
});
