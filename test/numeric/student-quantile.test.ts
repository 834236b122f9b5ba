import { readFileSync } from 'node:fs';
import tCdf from '@stdlib/stats-base-dists-t-cdf';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { normalProbability } from '../../src/numeric/distributions/normal.ts';
import { studentQuantile, studentQuantiles } from '../../src/numeric/distributions/student-quantile.ts';
import { twoSidedLog10P } from '../../src/numeric/distributions/student-t.ts';
import { TOLERANCE } from '../tolerance.ts';

const { roundings, perLogTail, stdlib } = TOLERANCE.studentQuantile;

const relative = (got: number, expected: number) => Math.abs(got / expected - 1);

/** The fall h of log P(|T| >= t) with log t, by differences. */
function steepness(t: number, df: number): number {
  const ratio = 1.001;
  const fall = twoSidedLog10P(t / ratio, df) - twoSidedLog10P(t * ratio, df);
  return (fall * Math.LN10) / (2 * Math.log(ratio));
}

/** Relative error that a quantile may have where the two-sided tail is `outside` and h its steepness. */
const boundOf = (outside: number, h: number) => roundings + (roundings + perLogTail * Math.abs(Math.log(outside))) / h;

/** Probabilities of the lower tail from 1e-300 to 1/2, even in their logarithm. */
const lowerTail = fc.double({ min: -300, max: Math.log10(0.5), noNaN: true }).map((exponent) => 10 ** exponent);
/** Degrees of freedom from 0.3 to 1e300. */
const degrees = fc
  .oneof(fc.double({ min: -0.5, max: 4, noNaN: true }), fc.double({ min: -0.5, max: 300, noNaN: true }))
  .map((exponent) => 10 ** exponent);
/** Probabilities whose distance to 1 is exact as well. */
const dyadic = fc.integer({ min: 1, max: 2 ** 30 - 1 }).map((k) => k / 2 ** 30);

describe('studentQuantile', () => {
  it('agrees with R: qt and qnorm', () => {
    const expected = [
      [0.975, 3.7, 2.8675207071911917],
      [0.001, 3.7, -7.7951838750291644],
      [0.975, 17, 2.1098155778333165],
      [0.001, 1e4, -3.0910475160306117],
      [0.975, Infinity, 1.9599639845400536],
      [0.0001, Number.NaN, -3.71901648545568],
      [0.975, 1e20, 1.9599639845400536],
    ] as const;
    for (const [probability, df, t] of expected) {
      expect(relative(studentQuantile(probability, df), t), `df ${df}`).toBeLessThan(TOLERANCE.normalQuantile);
    }
  });

  it('returns to the t of p-values of 60 digits', () => {
    const rows = JSON.parse(
      readFileSync(new URL('./student-t-values.json', import.meta.url), 'utf8'),
    ) as readonly (readonly [t: number, df: number | null, p: number, log10P: number])[]; // written by student-t-values.py
    let judged = 0;
    for (const [t, degreesOfFreedom, p] of rows) {
      // Nearer to 1 the rounding of p itself hides t.
      if (p < 1e-300 || p > 0.9) continue;
      const df = degreesOfFreedom ?? Infinity;
      judged++;
      const bound = boundOf(p, steepness(t, df));
      expect(relative(-studentQuantile(p / 2, df), t), `t ${t}, df ${df}`).toBeLessThan(bound);
    }
    expect(judged).toBeGreaterThan(100);
  });

  it("is Cauchy's with one degree of freedom, and has its closed form with two", () => {
    fc.assert(
      fc.property(lowerTail, (p) => {
        if (p === 0.5) return;
        // tan(pi (p - 1/2)) near the middle, where p - 1/2 is exact, and 1 / tan(pi p) in the tail.
        const cauchy = p > 0.25 ? Math.tan(Math.PI * (p - 0.5)) : -1 / Math.tan(Math.PI * p);
        expect(relative(studentQuantile(p, 1), cauchy)).toBeLessThan(boundOf(2 * p, 1) + roundings);
        const two = ((2 * p - 1) * Math.SQRT1_2) / Math.sqrt(p * (1 - p));
        expect(relative(studentQuantile(p, 2), two)).toBeLessThan(boundOf(2 * p, 1));
      }),
      { numRuns: 2000 },
    );
  });

  it('is the inverse of the tail, as far as t tells p', () => {
    fc.assert(
      fc.property(lowerTail, degrees, (p, df) => {
        const t = studentQuantile(p, df);
        if (!Number.isFinite(t) || p > 0.49) return;
        const error = Math.abs(twoSidedLog10P(t, df) - Math.log10(2 * p)) * Math.LN10;
        const h = steepness(-t, df);
        expect(error, `p ${p}, df ${df}`).toBeLessThan(h * boundOf(2 * p, h));
      }),
      { numRuns: 5000 },
    );
  });

  it("is the inverse of @stdlib's distribution function wherever that is in range", () => {
    fc.assert(
      fc.property(
        fc.double({ min: -200, max: Math.log10(0.49), noNaN: true }),
        fc.double({ min: -0.3, max: 5, noNaN: true }),
        (logP, logDf) => {
          const p = 10 ** logP;
          const df = 10 ** logDf;
          const t = studentQuantile(p, df);
          if (t < -1e4) return;
          expect(relative(tCdf(t, df), p), `p ${p}, df ${df}`).toBeLessThan(stdlib);
        },
      ),
      { numRuns: 1000 },
    );
  });

  it('is odd about 1/2, rises with the probability and shrinks with the degrees of freedom', () => {
    fc.assert(
      fc.property(dyadic, dyadic, degrees, degrees, (p1, p2, df1, df2) => {
        expect(studentQuantile(1 - p1, df1) + 0).toBe(0 - studentQuantile(p1, df1));
        const [low, high] = [Math.min(p1, p2), Math.max(p1, p2)];
        if (low < high) expect(studentQuantile(low, df1)).toBeLessThan(studentQuantile(high, df1));
        const [few, many] = [Math.min(df1, df2), Math.max(df1, df2)];
        const [wide, narrow] = [few, many].map((df) => Math.abs(studentQuantile(p1, df)));
        expect(narrow).toBeLessThanOrEqual(wide * (1 + boundOf(2 * Math.min(p1, 1 - p1), Math.min(1, few))));
      }),
      { numRuns: 3000 },
    );
  });

  it('passes without a step from the sum of the middle to the search in the tail', () => {
    for (const df of [0.3, 0.9, 1, 4.5, 40, 1e4, Infinity]) {
      const [below, above] = [0.75 - 2 ** -53, 0.75].map((p) => studentQuantile(p, df));
      expect(above).toBeGreaterThanOrEqual(below * (1 - 2 * boundOf(0.5, steepness(above, df))));
      expect(relative(above, below), `df ${df}`).toBeLessThan(2 * boundOf(0.5, steepness(above, df)));
    }
  });

  it('is p - 1/2 over the density at zero next to the middle', () => {
    // f(0) of 1, 2, 4 and infinite degrees of freedom.
    const densities = [
      [1, 1 / Math.PI],
      [2, Math.SQRT1_2 / 2],
      [4, 3 / 8],
      [Infinity, 1 / Math.sqrt(2 * Math.PI)],
    ] as const;
    for (const [df, density] of densities) {
      for (const distance of [2 ** -53, 2 ** -40, 2 ** -30]) {
        const t = studentQuantile(0.5 + distance, df);
        expect(relative(t, distance / density), `df ${df}, ${distance}`).toBeLessThan(2 * roundings);
        expect(studentQuantile(0.5 - distance, df)).toBe(-t);
      }
    }
  });

  it('becomes normal: by z + (z^3 + z) / (4 df) first, then to the last digit', () => {
    for (const p of [1e-300, 1e-12, 0.01, 0.3, 0.499]) {
      const z = studentQuantile(p, Infinity);
      expect(relative(normalProbability(z), p)).toBeLessThan(z * z * boundOf(2 * p, z * z) + 2 * roundings);
      for (const df of [1e9, 1e12, 1e18, 1e24]) {
        const expected = z + (z ** 3 + z) / (4 * df);
        const next = z ** 4 / df ** 2;
        expect(relative(studentQuantile(p, df), expected), `p ${p}, df ${df}`).toBeLessThan(next + 2 * roundings);
      }
      for (const df of [1e26, 1e300, Number.NaN]) expect(studentQuantile(p, df)).toBe(z);
    }
  });

  it('has its limits', () => {
    expect(studentQuantile(0.5, 4)).toBe(0);
    expect(studentQuantile(0.5, Infinity)).toBe(0);
    expect(studentQuantile(1, 4)).toBe(Infinity);
    expect(studentQuantile(0, 4)).toBe(-Infinity);
    expect(studentQuantile(1, Infinity)).toBe(Infinity);
    expect(studentQuantile(1.5, Infinity)).toBeNaN();
    expect(studentQuantile(Number.NaN, 3)).toBeNaN();
    expect(studentQuantile(0.9, -1)).toBeNaN();
    expect(studentQuantile(0.9, 0)).toBeNaN();
    // Beyond the largest number.
    expect(studentQuantile(1e-300, 0.5)).toBe(-Infinity);
    expect(studentQuantile(Number.MIN_VALUE, 1e300)).toBeGreaterThan(-39);
  });
});

describe('studentQuantiles', () => {
  it('are those of one at a time, whatever the degrees of freedom', () => {
    for (const probability of [0.5, 0.9, 0.975, 0.995, 0.9999, 1 - 1e-9, 0.01, 1, 0]) {
      const quantile = studentQuantiles(probability);
      for (const df of [0.3, 1, 3.99, 4, 4.01, 7.7, 20, 113.4, 1e4, 1e12, Infinity, Number.NaN]) {
        const exact = studentQuantile(probability, df);
        if (Number.isFinite(exact) && exact !== 0)
          expect(relative(quantile(df), exact)).toBeLessThan(TOLERANCE.interpolatedQuantile);
        else expect(quantile(df)).toBe(exact);
      }
    }
    expect(studentQuantiles(0.975)(-1)).toBeNaN();
    expect(studentQuantiles(1.5)(10)).toBeNaN();
  });
});
