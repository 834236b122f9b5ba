import { describe, expect, it } from 'vitest';
import { isLower, rankModels } from '../../src/infer/information-criteria.ts';

describe('rankModels', () => {
  it('ranks by value, without a rank where there is none', () => {
    const { rank, delta, weight } = rankModels([12, Number.NaN, 10, 13]);
    expect([...rank]).toEqual([2, 0, 1, 3]);
    expect([...delta]).toEqual([2, Number.NaN, 0, 3]);
    const total = 1 + Math.exp(-1) + Math.exp(-1.5);
    expect(weight[2]).toBeCloseTo(1 / total, 14);
    expect(weight[1]).toBeNaN();
  });

  it('shares a rank between values that differ by rounding, in any order and at any size', () => {
    const noisy = [1748.4311411296676, 1748.431141129668, 1750, 1748.4311411296674];
    expect([...rankModels(noisy).rank]).toEqual([1, 1, 4, 1]);
    expect([...rankModels(noisy).delta].map((delta) => delta === 0)).toEqual([true, true, false, true]);
    const { weight } = rankModels(noisy);
    expect([weight[1], weight[3]]).toEqual([weight[0], weight[0]]);
    // A sum over 1e7 rows has no digit of 1e-6.
    expect([...rankModels([2.5e7 + 1e-3, 2.5e7, 2.5e7 + 1]).rank]).toEqual([1, 1, 3]);
    expect([...rankModels([1e-3, 0]).rank]).toEqual([2, 1]);
  });

  it('joins no chain of small steps', () => {
    expect([...rankModels([0, 0.8e-6, 1.6e-6, 2.4e-6]).rank]).toEqual([1, 1, 3, 3]);
  });

  it('ranks infinite values', () => {
    const { rank } = rankModels([Number.POSITIVE_INFINITY, 3, Number.NEGATIVE_INFINITY]);
    expect([...rank]).toEqual([3, 2, 1]);
    expect([isLower(3, Number.NaN), isLower(Number.NaN, 3), isLower(3, Number.POSITIVE_INFINITY)]).toEqual([
      ...[false, false, true],
    ]);
  });
});
