import { describe, expect, it } from 'vitest';
import { boundaryMixture, upperTailChiSquared, upperTailMixture } from '../../src/numeric/distributions/chi-squared.ts';
import { upperTailF } from '../../src/numeric/distributions/f-distribution.ts';
import { twoSidedLog10P } from '../../src/numeric/distributions/student-t.ts';
import { TOLERANCE } from '../tolerance.ts';
import values from './tail-values.json' with { type: 'json' };

/** Distance of a log10 from a natural logarithm, relative; below 1e-3 absolute in units of that. */
function distance(log10P: number, log: number): number {
  return Math.abs(log10P * Math.LN10 - log) / Math.max(Math.abs(log), 1e-3);
}

describe('upperTailChiSquared', () => {
  it("agrees with R's pchisq from the centre to p = 1e-21000, df from 0.1 to 1e6", () => {
    const wrong = values.chiSquared.filter(
      ([statistic, df, log]) => !(distance(upperTailChiSquared(statistic, df).log10P, log) < TOLERANCE.logTail),
    );
    expect(wrong).toEqual([]);
    expect(values.chiSquared.length).toBeGreaterThan(150);
  });

  it('gives p itself, 1 at zero and below, and NaN for what has no tail', () => {
    expect(upperTailChiSquared(3.841458820694124, 1).p).toBeCloseTo(0.05, 14);
    expect(upperTailChiSquared(0, 3)).toEqual({ p: 1, log10P: 0 });
    expect(upperTailChiSquared(-1e-9, 1).p).toBe(1);
    expect(upperTailChiSquared(2, 0).p).toBe(0);
    expect(upperTailChiSquared(Number.POSITIVE_INFINITY, 2).log10P).toBe(Number.NEGATIVE_INFINITY);
    expect(upperTailChiSquared(Number.NaN, 2).p).toBeNaN();
    expect(upperTailChiSquared(2, -1).p).toBeNaN();
  });

  it('is right where p underflows', () => {
    const { p, log10P } = upperTailChiSquared(2000, 2);
    expect(p).toBe(0);
    expect(log10P).toBeCloseTo(-1000 / Math.LN10, 10);
  });
});

describe('mixtures of chi-squared', () => {
  it('halve the tail where a variance stands alone at its bound', () => {
    const plain = upperTailChiSquared(2.706, 1).p;
    expect(upperTailMixture(2.706, boundaryMixture(0)).p).toBeCloseTo(plain / 2, 15);
    expect(upperTailMixture(0, boundaryMixture(0)).p).toBe(1);
  });

  it('average the tails of q and q + 1 degrees of freedom, underflow or not', () => {
    const mean = (upperTailChiSquared(9, 1).p + upperTailChiSquared(9, 2).p) / 2;
    expect(upperTailMixture(9, boundaryMixture(1)).p).toBeCloseTo(mean, 15);
    const far = upperTailMixture(4000, boundaryMixture(1)).log10P;
    const two = upperTailChiSquared(4000, 2).log10P;
    expect(far).toBeGreaterThan(two + Math.log10(0.5));
    expect(far).toBeLessThan(two + Math.log10(0.52));
    expect(upperTailMixture(9, boundaryMixture(0, 2)).p).toBeCloseTo(
      (upperTailChiSquared(9, 2).p + upperTailChiSquared(9, 3).p) / 2,
      15,
    );
  });
});

describe('upperTailF', () => {
  it("agrees with R's pf where that holds, fractional df up to 1e6", () => {
    const wrong = values.f.filter(
      ([statistic, df1, df2, log]) => !(distance(upperTailF(statistic, df1, df2).log10P, log) < TOLERANCE.logTail),
    );
    expect(wrong).toEqual([]);
    expect(values.f.length).toBeGreaterThan(700);
  });

  it('agrees with 40 digits of mpmath where R loses the tail', () => {
    expect(distance(upperTailF(40, 40, 1e6).log10P, -711.6989334603516)).toBeLessThan(TOLERANCE.logTail);
    expect(distance(upperTailF(40, 40, 8000.5).log10P, -645.0148943685059)).toBeLessThan(TOLERANCE.logTail);
  });

  it('is the square of t at df1 = 1, and chi-squared where the denominator is known', () => {
    for (const [t, df] of [
      [0.3, 4.5],
      [3, 57.2],
      [70, 12],
      [200, 5000],
    ]) {
      expect(distance(upperTailF(t * t, 1, df).log10P, twoSidedLog10P(t, df) * Math.LN10)).toBeLessThan(
        TOLERANCE.logTail,
      );
    }
    expect(upperTailF(2.5, 4, Number.POSITIVE_INFINITY)).toEqual(upperTailChiSquared(10, 4));
    expect(upperTailF(2.5, 4, Number.NaN)).toEqual(upperTailChiSquared(10, 4));
  });

  it('covers the ends', () => {
    expect(upperTailF(0, 3, 5)).toEqual({ p: 1, log10P: 0 });
    expect(upperTailF(Number.POSITIVE_INFINITY, 3, 5).p).toBe(0);
    expect(upperTailF(1e300, 3, 5).log10P).toBeLessThan(-700);
    expect(upperTailF(Number.NaN, 3, 5).p).toBeNaN();
    expect(upperTailF(1, 0, 5).p).toBeNaN();
    expect(upperTailF(1, 2, -5).p).toBeNaN();
  });
});
