import { describe, expect, it } from 'vitest';
import { logTailsF, quantileF } from '../../src/numeric/distributions/f-quantile.ts';
import { twoSidedLog10P } from '../../src/numeric/distributions/student-t.ts';
import { gaussLegendre } from '../../src/numeric/gauss-legendre.ts';
import { digamma, tetragamma, trigamma, trigammaInverse } from '../../src/numeric/polygamma.ts';

/** Relative bound for functions that are rounded to a few units in the last place. */
const ROUNDING = 1e-13;

describe('polygamma functions', () => {
  it('at known points', () => {
    expect(digamma(1)).toBeCloseTo(-0.5772156649015329, 14);
    expect(digamma(0.5)).toBeCloseTo(-1.9635100260214235, 14);
    expect(trigamma(1)).toBeCloseTo(Math.PI ** 2 / 6, 14);
    expect(trigamma(0.5)).toBeCloseTo(Math.PI ** 2 / 2, 13);
    expect(tetragamma(1)).toBeCloseTo(-2.404113806319188, 13);
  });

  it('invert', () => {
    for (const y of [1e-3, 0.1, 1, 7.5, 1e3, 1e8]) expect(trigammaInverse(trigamma(y)) / y).toBeCloseTo(1, 6);
    expect(trigammaInverse(-1)).toBeNaN();
  });
});

describe('tails of F', () => {
  it('with one degree of freedom are those of t, to the far end', () => {
    for (const df of [0.7, 3, 50, 4000.5, 1e6, Infinity]) {
      for (const t of [1e-4, 0.3, 1, 2.2, 9, 40]) {
        const log10 = logTailsF(t * t, 1, df).upper * Math.LOG10E;
        const expected = twoSidedLog10P(t, df);
        expect(Math.abs(log10 - expected)).toBeLessThan(ROUNDING * 100 * (1 + Math.abs(expected)));
      }
    }
  });

  it('add up to 1, mirror each other, and agree with closed forms', () => {
    for (const [a, b] of [
      [3, 8],
      [4000.2, 9],
      [0.5, 1e5],
      [2e5, 3e5],
    ]) {
      for (const f of [0.01, 0.5, 0.999, 1.3, 20]) {
        const { lower, upper } = logTailsF(f, a, b);
        expect(Math.exp(lower) + Math.exp(upper)).toBeCloseTo(1, 12);
        expect(logTailsF(1 / f, b, a).lower).toBeCloseTo(upper, 9);
      }
    }
    // Two numerator degrees of freedom: (1 + 2 f / d)^(-d/2); none finite below: exp(-f).
    for (const f of [0.1, 2, 60]) {
      expect(logTailsF(f, 2, 7).upper).toBeCloseTo(-3.5 * Math.log1p((2 * f) / 7), 12);
      expect(logTailsF(f, 2, Infinity).upper).toBeCloseTo(-f, 11);
    }
  });

  it('invert', () => {
    for (const df2 of [4.5, 300, Infinity]) {
      for (const f of [1e-3, 0.4, 1, 6, 500]) {
        const { lower, upper } = logTailsF(f, 5.5, df2);
        const tail = lower < upper ? 'lower' : 'upper';
        expect(quantileF(Math.min(lower, upper), tail, 5.5, df2) / f).toBeCloseTo(1, 11);
      }
    }
    expect(quantileF(0, 'upper', 3, 4)).toBe(0);
    expect(quantileF(-Infinity, 'upper', 3, 4)).toBe(Infinity);
  });
});

describe('Gauss-Legendre quadrature', () => {
  it('integrates polynomials exactly', () => {
    const { nodes, weights } = gaussLegendre(6);
    for (let degree = 0; degree < 12; degree++) {
      const sum = nodes.reduce((total, x, i) => total + weights[i] * x ** degree, 0);
      expect(sum).toBeCloseTo(1 / (degree + 1), 14);
    }
  });
});
