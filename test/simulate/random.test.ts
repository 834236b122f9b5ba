import { describe, expect, it } from 'vitest';
import { Random } from '../../src/simulate/random.ts';

/** Draws per check. */
const DRAWS = 200_000;
/** Monte-Carlo bound: a deviation of five standard errors has a chance below 1e-6, and the seeds are fixed. */
const STANDARD_ERRORS = 5;

/** Mean and variance of many draws against theory; `kurtosis` is the fourth central moment over the squared variance. */
function checkMoments(draw: () => number, mean: number, variance: number, kurtosis: number): void {
  let sum = 0;
  let square = 0;
  for (let i = 0; i < DRAWS; i++) {
    const value = draw() - mean;
    sum += value;
    square += value * value;
  }
  const error = STANDARD_ERRORS * Math.sqrt(variance / DRAWS);
  expect(Math.abs(sum / DRAWS), 'mean').toBeLessThan(error);
  const varianceError = STANDARD_ERRORS * variance * Math.sqrt((kurtosis - 1) / DRAWS);
  expect(Math.abs(square / DRAWS - variance), 'variance').toBeLessThan(varianceError);
}

describe('xoshiro128**', () => {
  it('gives the published sequence (test vector of the rand_xoshiro crate)', () => {
    const random = Random.fromState([1, 2, 3, 4]);
    expect(Array.from({ length: 10 }, () => random.bits())).toEqual([
      11520, 0, 5927040, 70819200, 2031721883, 1637235492, 1287239034, 3734860849, 3729100597, 4258142804,
    ]);
  });

  it('gives the same stream for the same seed and keys, another for any other', () => {
    const first = (seed: number, ...keys: number[]): string => {
      const random = new Random(seed, ...keys);
      return [random.bits(), random.bits(), random.bits()].join();
    };
    expect(first(1, 2, 3)).toBe(first(1, 2, 3));
    const streams = [first(1), first(2), first(-1), first(1, 0), first(1, 2, 3), first(1, 3, 2), first(2 ** 33 + 1)];
    expect(new Set(streams).size).toBe(streams.length);
  });

  it('has no weak streams among neighbouring keys: first words are uniform', () => {
    const bins = new Int32Array(16);
    for (let key = 0; key < 16_000; key++) bins[new Random(5, 10, key).bits() >>> 28]++;
    const chiSquared = bins.reduce((sum, count) => sum + (count - 1000) ** 2 / 1000, 0);
    // 15 degrees of freedom: 44 has a chance of 1e-4.
    expect(chiSquared).toBeLessThan(44);
  });

  it('draws uniforms inside the open interval', () => {
    const random = new Random(1);
    for (let i = 0; i < 10_000; i++) {
      const u = i % 2 === 0 ? random.uniform() : random.coarseUniform();
      expect(u > 0 && u < 1).toBe(true);
    }
  });
});

describe('samplers', () => {
  it('uniform', () => {
    const random = new Random(11);
    checkMoments(() => random.uniform(), 1 / 2, 1 / 12, 9 / 5);
  });

  it('normal', () => {
    const random = new Random(12);
    checkMoments(() => random.normal(), 0, 1, 3);
  });

  it.each([0.2, 1, 2.5, 40])('gamma, shape %d', (shape) => {
    const random = new Random(13);
    checkMoments(() => random.gamma(shape), shape, shape, 3 + 6 / shape);
  });

  it.each([0.01, 0.7, 11.9, 12.1, 80, 5000])('Poisson, mean %d', (mean) => {
    const random = new Random(14);
    checkMoments(() => random.poisson(mean), mean, mean, 3 + 1 / mean);
  });

  it.each([
    [0.5, 0.3],
    [8, 2],
    [200, 0.1],
  ])('negative binomial, mean %d, dispersion %d', (mean, dispersion) => {
    const random = new Random(15);
    const variance = mean + dispersion * mean * mean;
    checkMoments(() => random.negativeBinomial(mean, dispersion), mean, variance, 3 + 6 * dispersion + 1 / variance);
  });

  it('Poisson and negative binomial of mean 0 are 0', () => {
    const random = new Random(16);
    expect(random.poisson(0)).toBe(0);
    expect(random.negativeBinomial(0, 0.5)).toBe(0);
  });
});
