import { describe, expect, it } from 'vitest';
import { exp, log1p } from '../../src/numeric/exponential.ts';
import { TestRandom } from '../lmm/random.ts';

/** Two units of the last place of ours and one of Math's. */
const RELATIVE = 4 * Number.EPSILON;

describe('exp', () => {
  it('is that of Math to the last places, at all sizes', () => {
    const random = new TestRandom(1);
    for (let i = 0; i < 20_000; i++) {
      const x = (random.uniform() - 0.5) * (i % 2 === 0 ? 1410 : 6);
      expect(Math.abs(exp(x) / Math.exp(x) - 1)).toBeLessThanOrEqual(RELATIVE);
    }
    expect([exp(0), exp(-1000), exp(1000), exp(-Infinity), exp(Infinity)]).toEqual([1, 0, Infinity, 0, Infinity]);
    expect(exp(Number.NaN)).toBeNaN();
    expect(exp(-740)).toBe(Math.exp(-740));
  });
});

describe('log1p', () => {
  it('is that of Math to the last places, from tiny to the largest numbers', () => {
    const random = new TestRandom(2);
    for (let i = 0; i < 20_000; i++) {
      const z = Math.exp((random.uniform() - 0.5) * (i % 2 === 0 ? 1410 : 12));
      expect(Math.abs(log1p(z, 1 / (1 + z)) / Math.log1p(z) - 1)).toBeLessThanOrEqual(RELATIVE);
    }
    for (const z of [2 ** -7, 2 ** -7 - 2 ** -60, 1, 3, 2 ** 1023, Number.MAX_VALUE, 1e-310]) {
      expect(Math.abs(log1p(z, 1 / (1 + z)) / Math.log1p(z) - 1)).toBeLessThanOrEqual(RELATIVE);
    }
    expect([log1p(0, 1), log1p(Infinity, 0)]).toEqual([0, Infinity]);
    expect(log1p(Number.NaN, Number.NaN)).toBeNaN();
  });
});
