import { describe, expect, it } from 'vitest';
import { calibrate } from '../../src/calibrate/calibration.ts';
import { isFitError } from '../../src/errors.ts';
import { trialWithOutcomes } from '../lmm/structured/outcomes.ts';
import { TOLERANCE } from '../tolerance.ts';

describe('calibration of tests with structured residuals', () => {
  const table = trialWithOutcomes(31, 24, 3);
  const options = { formula: 'y ~ x + arm', residual: 'us(visit | subject)', terms: ['arm'], threads: 1 } as const;

  it('by simulation holds the level where least squares do not', async () => {
    const simulations = 400;
    const { pValues, rates } = await calibrate(table, { ...options, simulations, seed: 3 });
    const again = await calibrate(table, { ...options, simulations, seed: 3 });
    expect(again.rates).toEqual(rates);
    const rate = (test: string) => {
      const own = pValues.find((entry) => entry.test === test)?.pValues ?? new Float64Array(0);
      expect(own.length).toBe(simulations);
      return own.filter((p) => p < 0.05).length / simulations;
    };
    const error = Math.sqrt((0.05 * 0.95) / simulations);
    expect(Math.abs(rate('satterthwaite') - 0.05)).toBeLessThan(TOLERANCE.nullRate * error);
    expect(Math.abs(rate('kenward-roger') - 0.05)).toBeLessThan(TOLERANCE.nullRate * error);
    // Visits of a subject are no replicates of its arm.
    expect(rate('naive')).toBeGreaterThan(0.05 + TOLERANCE.nullRate * error);
  });

  it.each([{ scheme: 'permute' as const }, { truth: 'y ~ x + arm + (1 | site)' }])('refuses %o', async (asked) => {
    const error = await calibrate(table, { ...options, ...asked }).catch((thrown: unknown) => thrown);
    expect(isFitError(error, 'OptionError') && typeof error.fields.remedy).toBe('string');
  });
});
