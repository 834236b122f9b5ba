import { describe, expect, it } from 'vitest';
import { adjustPValues } from '../../src/infer/adjust.ts';
import { estimateQValues } from '../../src/infer/q-value.ts';
import { smoothingSpline } from '../../src/numeric/smoothing-spline.ts';
import { TOLERANCE } from '../tolerance.ts';
import { LIMMA, worstRelative } from './limma-values.ts';

const values = LIMMA.qvalue;
const p = Float64Array.from(values.p);
const lambda = Float64Array.from({ length: 19 }, (_, i) => (i + 1) / 20);

describe('the smoothing spline behind q-values', () => {
  it("is R's smooth.spline with 3 degrees of freedom", () => {
    const smooth = smoothingSpline(lambda, values.pi0, 3);
    expect(worstRelative(smooth, values.smooth)).toBeLessThan(TOLERANCE.smoothingSpline.gram);
    expect(worstRelative(smooth, values.default)).toBeLessThan(TOLERANCE.smoothingSpline.stopped);
  });

  it('keeps straight lines, and is the line of least squares at 2 degrees', () => {
    const line = lambda.map((x) => 3 - 2 * x);
    expect(worstRelative(smoothingSpline(lambda, line, 3), line)).toBeLessThan(1e-10);
    const bent = lambda.map((x) => x * x);
    const fitted = smoothingSpline(lambda, bent, 2 + 1e-9);
    const slopes = [...fitted].slice(1).map((value, i) => value - fitted[i]);
    for (const slope of slopes) expect(slope).toBeCloseTo(slopes[0], 6);
  });
});

describe('q-values', () => {
  it('take the share of true nulls from the smoother or the bootstrap', () => {
    expect(Math.abs(estimateQValues(p).pi0 - values.default[18])).toBeLessThan(TOLERANCE.smoothingSpline.stopped);
    expect(estimateQValues(p, 'bootstrap').pi0).toBeCloseTo(values.bootstrap, 12);
  });

  it('are that share of the adjusted p of Benjamini and Hochberg, ties alike, what is not tested left out', () => {
    const { q, pi0 } = estimateQValues(p);
    const bh = adjustPValues(p, 'BH');
    for (let i = 0; i < p.length; i++) {
      // Below 1, where neither is cut.
      if (bh[i] < 1) expect(q[i]).toBeCloseTo(pi0 * bh[i], 12);
    }
    expect(q[p.length - 1]).toBe(q[p.length - 2]);
    const padded = new Float64Array(p.length + 2).fill(Number.NaN);
    padded.set(p, 1);
    expect(estimateQValues(padded).pi0).toBe(pi0);
    expect([...adjustPValues(padded, 'storey').subarray(1, p.length + 1)]).toEqual([...q]);
  });

  it('fall back where the smoother ends at zero', () => {
    const small = Float64Array.from({ length: 50 }, (_, i) => (i + 1) / 1000);
    const { pi0, q } = estimateQValues(small);
    expect(pi0).toBe(1);
    expect(Math.max(...q)).toBeLessThanOrEqual(1);
  });
});
