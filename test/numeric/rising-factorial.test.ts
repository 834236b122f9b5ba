import { describe, expect, it } from 'vitest';
import { log1pQuotient, log1pQuotientCurvature, log1pQuotientSlope } from '../../src/numeric/log1p-quotient.ts';
import { digamma, pentagamma, tetragamma, trigamma } from '../../src/numeric/polygamma.ts';
import { RisingFactorial } from '../../src/numeric/rising-factorial.ts';

/** Relative errors of the value, then of each derivative: closed forms lose digits like u^-n down to u = 1/4. */
const RELATIVE = [1e-14, 1e-13, 1e-12, 1e-11, 1e-10];
/** Sums and series of some terms. */
const ROUNDING = 1e-13;

/** Kahan's sum, so that millions of terms keep their digits. */
function longSum(count: number, term: (k: number) => number): number {
  let sum = 0;
  let lost = 0;
  for (let k = 0; k < count; k++) {
    const next = term(k) - lost;
    const total = sum + next;
    lost = total - sum - next;
    sum = total;
  }
  return sum;
}

const rising = new RisingFactorial();
function at(y: number, nu: number): number[] {
  rising.fix(nu);
  rising.evaluate(y, 4);
  return [rising.value, rising.first, rising.second, rising.third, rising.fourth, rising.inverses];
}

describe('RisingFactorial', () => {
  const NU = [1e-12, 1e-7, 1e-4, 0.01, 0.0625, 0.07, 0.3, 1, 40, 1e6];
  it.each([1, 2, 3, 24, 25, 26, 100, 1000, 50_000])('is the sum of %d logarithms, with derivatives', (y) => {
    for (const nu of NU) {
      const found = at(y, nu);
      const power = (n: number) => longSum(y, (k) => (k / (1 + k * nu)) ** n);
      const expected = [longSum(y, (k) => Math.log1p(k * nu)), power(1), -power(2), 2 * power(3), -6 * power(4)];
      expected.forEach((value, n) => {
        expect(Math.abs(found[n] - value)).toBeLessThanOrEqual(RELATIVE[n] * Math.abs(value));
      });
      const inverses = longSum(y, (k) => 1 / (1 + k * nu));
      expect(Math.abs(found[5] / inverses - 1)).toBeLessThan(ROUNDING);
    }
  });

  it('is the sum of a million logarithms', () => {
    for (const nu of [1e-7, 0.01, 1]) {
      const value = longSum(1e6, (k) => Math.log1p(k * nu));
      expect(Math.abs(at(1e6, nu)[0] - value)).toBeLessThanOrEqual(RELATIVE[0] * value);
    }
  });

  it('is zero at nu = 0, with slopes that are sums of powers', () => {
    for (const y of [1, 7, 25, 1e5, 1e7]) {
      const [value, first, second] = at(y, 0);
      expect(value).toBe(0);
      const squares = ((y - 1) * y * (2 * y - 1)) / 6;
      expect(Math.abs(first - (y * (y - 1)) / 2)).toBeLessThanOrEqual(ROUNDING * first);
      expect(Math.abs(second + squares)).toBeLessThanOrEqual(ROUNDING * squares);
    }
  });

  it('between whole numbers satisfies the recurrence, and the Gamma function at 1/2', () => {
    for (const nu of [1e-7, 0.01, 0.07, 1, 40]) {
      for (const y of [1.5, 24.25, 99.75, 12_345.5]) {
        const low = at(y, nu);
        const high = at(y + 1, nu);
        const q = y / (1 + y * nu);
        [Math.log1p(y * nu), q, -q * q].forEach((step, n) => {
          const size = Math.abs(high[n]) * RELATIVE[n] + Math.abs(step) * RELATIVE[2];
          expect(Math.abs(high[n] - low[n] - step)).toBeLessThanOrEqual(size);
        });
      }
    }
    // log Gamma(3/2) and log Gamma(1) - log Gamma(1/2) + log(2) / 2.
    expect(Math.abs(at(0.5, 1)[0] - Math.log(Math.sqrt(Math.PI) / 2))).toBeLessThan(ROUNDING);
    expect(Math.abs(at(0.5, 2)[0] - 0.5 * Math.log(2 / Math.PI))).toBeLessThan(ROUNDING);
  });
});

describe('log1p(z) / z', () => {
  it('has its derivatives, across the end of its series', () => {
    for (const z of [0, 1e-9, 1e-3, 0.029, 0.031, 0.5, 30]) {
      // c = int 1 / (1 + t z) dt, t from 0 to 1, by the midpoint rule with its end corrections left out: Simpson's.
      const N = 2000;
      const integral = (f: (t: number) => number) =>
        longSum(N + 1, (k) => ((k === 0 || k === N ? 1 : k % 2 === 1 ? 4 : 2) / (3 * N)) * f(k / N));
      const c = log1pQuotient(z, Math.log1p(z));
      const inverse = 1 / (1 + z);
      const slope = log1pQuotientSlope(z, inverse, c);
      // Simpson's rule: the fourth derivative, up to 24 z^4, over 180 N^4.
      const error = 1e-12 + (24 * 30 * z ** 4) / 180 / N ** 4;
      expect(Math.abs(c - integral((t) => 1 / (1 + t * z)))).toBeLessThan(error);
      expect(Math.abs(slope + integral((t) => t / (1 + t * z) ** 2))).toBeLessThan(error);
      expect(
        Math.abs(log1pQuotientCurvature(z, inverse, slope) - integral((t) => (2 * t * t) / (1 + t * z) ** 3)),
      ).toBeLessThan(error);
    }
  });
});

describe('polygamma functions', () => {
  it('are each the slope of the one before', () => {
    const functions = [digamma, trigamma, tetragamma, pentagamma];
    for (const x of [0.3, 1, 7.5, 11.99, 12.01, 400]) {
      const h = 1e-3 * x;
      for (let n = 0; n < 3; n++) {
        const f = functions[n];
        const slope =
          (45 * (f(x + h) - f(x - h)) - 9 * (f(x + 2 * h) - f(x - 2 * h)) + f(x + 3 * h) - f(x - 3 * h)) / (60 * h);
        expect(Math.abs(slope / functions[n + 1](x) - 1)).toBeLessThan(1e-10);
      }
    }
  });
});
