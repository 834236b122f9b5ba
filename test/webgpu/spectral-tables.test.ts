import { describe, expect, it } from 'vitest';
import { spectralSpace } from '../../src/backend/cpu/spectral-search.ts';
import { readOptimum, responseScale, shapeUniform, spectralTables } from '../../src/backend/webgpu/spectral-tables.ts';

const lambda = Float64Array.of(1, 2, 3);

describe('spectralTables', () => {
  it('does not depend on the scale of the eigenvalues', () => {
    const a = spectralTables(spectralSpace(lambda, lambda, 10));
    const scaled = lambda.map((value) => value * 2 ** 20);
    const b = spectralTables(spectralSpace(scaled, scaled, 10));
    expect([...b.design]).toEqual([...a.design]);
    expect(b.sumMu).toBe(a.sumMu);
    expect(b.logMean - a.logMean).toBeCloseTo(20 * Math.log(2), 12);
  });

  it('lays out grid, levels and eigenvalues of the log-determinant as the kernel reads them', () => {
    const mu = Float64Array.of(2, 2, 2, 4, 6);
    const { design, levels, blocks, sumMu } = spectralTables(spectralSpace(lambda, mu, 10));
    expect([levels, blocks]).toEqual([3, 2]);
    expect(design.length).toBe(4 * (9 + 3 * 3 + 2));
    const gamma = design[12 + 4]; // 10^0.5
    expect(gamma).toBeCloseTo(Math.sqrt(10), 6);
    expect(design[4]).toBeCloseTo(Math.log(Math.sqrt(10)), 6);
    const level = 4 * (9 + 3 * 2); // the third: lambda is 1.5 times the mean
    expect(design[level + 9]).toBe(1.5);
    expect(design[level + 4]).toBeCloseTo(1 / (1 + 1.5 * gamma), 6);
    expect([...design.slice(4 * 18)]).toEqual([1, 1, 1, 2, 3, 0, 0, 0]);
    expect(sumMu).toBe(8);
    const sumH = [1, 1, 1, 2, 3].reduce((sum, value) => sum + (gamma * value) / (1 + gamma * value), 0);
    expect(design[24 + 4]).toBeCloseTo(sumH, 5);
  });

  it('names no eigenvalues of its own where the log-determinant has those of the residual form', () => {
    expect(spectralTables(spectralSpace(lambda, lambda, 10)).blocks).toBe(0);
  });
});

describe('shapeUniform', () => {
  it('has the fields of the struct Shape in order', () => {
    const tables = spectralTables(spectralSpace(lambda, lambda, 17));
    const bytes = shapeUniform(tables, 100, 128);
    expect([...new Uint32Array(bytes, 0, 4)]).toEqual([100, 128, 3, 0]);
    expect([...new Float32Array(bytes, 16, 2)]).toEqual([17, 3]);
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
  const words = new Uint32Array(8);
  const floats = new Float32Array(words.buffer);
  floats[0] = 1.5;
  words[1] = 9;
  words[3] = 4 + (1 << 16);
  words[5] = 5 + (2 << 16);
  words[7] = 0xffffffff;

  it('tells interior, boundary and unsure apart', () => {
    expect(readOptimum(words, floats, 0, 0.5)).toEqual({ u: 1, evaluations: 9 });
    expect(readOptimum(words, floats, 1, 0.5)).toEqual({ u: Number.NEGATIVE_INFINITY, evaluations: 4 });
    expect(readOptimum(words, floats, 2, 0.5)).toEqual({ u: Number.NaN, evaluations: 5 });
  });

  it('takes words that mean nothing for unsure', () => {
    expect(readOptimum(words, floats, 3, 0.5).u).toBeNaN();
  });
});
