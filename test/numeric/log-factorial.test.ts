import { describe, expect, it } from 'vitest';
import { logBinomial, logFactorial } from '../../src/numeric/log-factorial.ts';
import { TOLERANCE } from '../tolerance.ts';

describe('logarithms of factorials', () => {
  it('are sums of logarithms, through the table and beyond it', () => {
    let sum = 0;
    for (let k = 1; k < 600; k++) {
      sum += Math.log(k);
      expect(Math.abs(logFactorial(k) - sum)).toBeLessThanOrEqual(TOLERANCE.familyRows * (1 + sum));
    }
    expect(logFactorial(0)).toBe(0);
  });

  it('satisfy the recurrence between whole numbers', () => {
    for (const x of [0.1, 0.5, 2.3, 17.7, 254.5, 1e4 + 0.25]) {
      const difference = logFactorial(x + 1) - logFactorial(x) - Math.log(x + 1);
      expect(Math.abs(difference)).toBeLessThanOrEqual(TOLERANCE.familyRows * (1 + logFactorial(x + 1)));
    }
    expect(logFactorial(-0.5)).toBeCloseTo(0.5 * Math.log(Math.PI), 13);
  });

  it('make binomial coefficients that keep their digits', () => {
    expect(logBinomial(52, 5)).toBeCloseTo(Math.log(2_598_960), 12);
    expect(logBinomial(7, 0)).toBe(0);
    expect(logBinomial(7, 7)).toBe(0);
    // m choose 2 of an m whose factorial has lost them.
    expect(logBinomial(1e9, 2)).toBeCloseTo(Math.log((1e9 * (1e9 - 1)) / 2), 6);
    expect(logBinomial(30.5, 12.25)).toBeCloseTo(logBinomial(30.5, 18.25), 12);
  });
});
