import { describe, expect, it } from 'vitest';
import { lowess } from '../../src/numeric/lowess.ts';
import { LIMMA, worstRelative } from '../infer/limma-values.ts';
import { TOLERANCE } from '../tolerance.ts';

const { x, y, ...curves } = LIMMA.lowess;

describe('lowess', () => {
  it.each([
    ['half', { span: 0.5 }],
    ['wide', {}],
    ['no_delta', { span: 0.4, delta: 0 }],
    ['once', { span: 0.5, iterations: 0 }],
  ] as const)("is R's: %s", (name, options) => {
    expect(worstRelative(lowess(x, y, options), curves[name])).toBeLessThan(TOLERANCE.limma);
  });

  it('keeps a line and takes few points', () => {
    const line = x.map((value) => 2 * value - 1);
    lowess(x, line, { span: 0.3 }).forEach((value, i) => {
      expect(value).toBeCloseTo(line[i], 10);
    });
    expect([...lowess([1], [5])]).toEqual([5]);
    expect(lowess([2, 2], [1, 3])[0]).toBeGreaterThanOrEqual(1);
  });
});
