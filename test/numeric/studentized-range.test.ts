import { describe, expect, it } from 'vitest';
import { upperTailF } from '../../src/numeric/distributions/f-distribution.ts';
import { twoSidedLog10P } from '../../src/numeric/distributions/student-t.ts';
import { upperTailStudentizedRange } from '../../src/numeric/distributions/studentized-range.ts';
import { TOLERANCE } from '../tolerance.ts';

describe('the studentized range', () => {
  // For two means it is the root of 2 times a t statistic, which is exact into the far tails.
  it.each([1, 2.5, 7.5, 40, 1e4])('of two means is a t test, %d degrees of freedom', (df) => {
    for (const q of [0.1, 1, 3, 8, 20, 45]) {
      const { log10P } = upperTailStudentizedRange(q, 2, df);
      const exact = twoSidedLog10P(q / Math.SQRT2, df);
      expect(Math.abs(log10P - exact)).toBeLessThan(TOLERANCE.studentizedRange * (1 + Math.abs(exact)));
    }
  });

  // R 4.2.2, ptukey(q, k, df, lower.tail = FALSE), which is right to 1e-9 absolute.
  it.each([
    [3.5, 3, 10, 0.0771033108387],
    [0.5, 3, 4.7, 0.934353437075],
    [3.877, 3, 10, 0.0499870887535],
    [3, 10, 1e9, 0.512184073974],
    [3, 10, Number.POSITIVE_INFINITY, 0.512184073974],
  ])('is that of R at %d of %d means, %d degrees of freedom', (q, k, df, p) => {
    expect(Math.abs(upperTailStudentizedRange(q, k, df).p - p)).toBeLessThan(2e-8);
  });

  // Both integrals by quadratures with many more points, without a table in between: log10 p.
  it.each([
    [3, 1, 9, -0.8286156613456355],
    [3, 4.7, 2, -0.39135366093851115],
    [3, 33.3, 6, -3.3226960819899802],
    [7, 1, 9, -0.628602286801347],
    [7, 4.7, 2, -0.10867022912015499],
    [7, 33.3, 6, -2.542831207455923],
    [100, 1, 9, -0.37492460504399877],
    [100, 4.7, 2, -0.0000977899956397714],
    [100, 33.3, 6, -0.7961091694655864],
  ])('is that of a finer quadrature: %d means, %d degrees of freedom, q = %d', (k, df, q, log10P) => {
    const found = upperTailStudentizedRange(q, k, df).log10P;
    expect(Math.abs(found - log10P)).toBeLessThan(TOLERANCE.studentizedRange * (1 + Math.abs(log10P)));
  });

  it('lies between one comparison and all of them', () => {
    for (const df of [3, 12, 300]) {
      for (const q of [2, 6, 15]) {
        const { p } = upperTailStudentizedRange(q, 5, df);
        const single = upperTailF((q * q) / 2, 1, df).p;
        expect(p).toBeGreaterThan(single);
        expect(p).toBeLessThan(10 * single);
      }
    }
  });

  it('has no value without means or a statistic', () => {
    expect(upperTailStudentizedRange(2, 3.5, 5).p).toBeNaN();
    expect(upperTailStudentizedRange(Number.NaN, 3, 5).p).toBeNaN();
    expect(upperTailStudentizedRange(1, 1, 5).p).toBeNaN();
    expect(upperTailStudentizedRange(0, 3, 5)).toEqual({ p: 1, log10P: 0 });
  });
});
