import { describe, expect, it } from 'vitest';
import { readOptimum, responseScale, spectralSizes, spectralTables } from '../../src/backend/webgpu/spectral-tables.ts';
import { spectralSpace } from '../../src/lmm/spectral-search.ts';

const lambda = Float64Array.of(1, 2, 3);

describe('spectralTables', () => {
  it('does not depend on the scale of the eigenvalues', () => {
    const a = spectralTables(spectralSpace(lambda, lambda, 10));
    const scaled = lambda.map((value) => value * 2 ** 20);
    const b = spectralTables(spectralSpace(scaled, scaled, 10));
    expect([...b.design]).toEqual([...a.design]);
    expect(b.logMean - a.logMean).toBeCloseTo(20 * Math.log(2), 12);
  });

  it('lays out grid, levels and eigenvalues of the log-determinant as the kernel reads them', () => {
    const mu = Float64Array.of(2, 2, 2, 4, 6);
    const space = spectralSpace(lambda, mu, 17);
    const { design } = spectralTables(space);
    expect(spectralSizes(space)).toEqual({ levels: 3, blocks: 2 });
    expect(design.length).toBe(4 * (10 + 3 * 3 + 2));
    const gamma = design[12 + 4]; // 10^0.5
    expect(gamma).toBeCloseTo(Math.sqrt(10), 6);
    expect(design[4]).toBeCloseTo(Math.log(Math.sqrt(10)), 6);
    const level = 4 * (10 + 3 * 2); // the third: lambda is 1.5 times the mean
    expect(design[level + 9]).toBe(1.5);
    expect(design[level + 4]).toBeCloseTo(1 / (1 + 1.5 * gamma), 6);
    expect([...design.slice(4 * 19)]).toEqual([1, 1, 1, 2, 3, 0, 0, 0]);
    expect([...design.slice(36, 40)]).toEqual([17, 8, 0, 0]); // d, sum of the eigenvalues
    const sumH = [1, 1, 1, 2, 3].reduce((sum, value) => sum + (gamma * value) / (1 + gamma * value), 0);
    expect(design[24 + 4]).toBeCloseTo(sumH, 5);
  });

  it('names no eigenvalues of its own where the log-determinant has those of the residual form', () => {
    expect(spectralSizes(spectralSpace(lambda, lambda, 10)).blocks).toBe(0);
  });

  it('is padded with levels that say nothing', () => {
    const space = spectralSpace(lambda, lambda, 10);
    const { design } = spectralTables(space, { levels: 5, blocks: 0 });
    const own = spectralTables(space).design;
    expect([...design.slice(0, own.length)]).toEqual([...own]);
    for (const level of [3, 4]) {
      const at = 4 * (10 + 3 * level);
      expect([...design.slice(at, at + 10)]).toEqual([1, 1, 1, 1, 1, 1, 1, 1, 1, 0]);
    }
  });
});

describe('responseScale', () => {
  it('is a power of two that brings the residual variance into [1, 4)', () => {
    for (const variance of [1e-290, 3e-8, 0.99, 1, 2, 3.999, 4, 7e12, 1e280]) {
      const scale = responseScale(variance * 50, 50);
      expect(Number.isInteger(Math.log2(scale))).toBe(true);
      expect(variance * scale).toBeGreaterThanOrEqual(1);
      expect(variance * scale).toBeLessThan(4);
    }
  });

  it('is finite and positive for any residual sum of squares', () => {
    for (const rss of [Number.MIN_VALUE, 1e-320, Number.MAX_VALUE]) {
      const scale = responseScale(rss, 10);
      expect(scale > 0 && Number.isFinite(scale)).toBe(true);
    }
  });
});

describe('readOptimum', () => {
  // Rows of 4: u as bits, then evaluations and outcome.
  const words = new Uint32Array(8);
  const floats = new Float32Array(words.buffer);
  const results = { words, floats, stride: 4 };
  floats[0] = 1.5;
  words.set([9, 4 + (1 << 16), 5 + (2 << 16), 0xffffffff], 4);

  it('tells interior, boundary and unsure apart', () => {
    expect(readOptimum(results, 0, 0.5)).toEqual({ point: Float64Array.of(1), evaluations: 9 });
    expect(readOptimum(results, 1, 0.5)).toEqual({ point: Float64Array.of(Number.NEGATIVE_INFINITY), evaluations: 4 });
    expect(readOptimum(results, 2, 0.5)).toEqual({ point: Float64Array.of(Number.NaN), evaluations: 5 });
  });

  it('takes words that mean nothing for unsure', () => {
    expect(readOptimum(results, 3, 0.5).point[0]).toBeNaN();
  });
});
