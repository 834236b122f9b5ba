import { describe, expect, it } from 'vitest';
import { gaussHermite } from '../../src/numeric/gauss-hermite.ts';
import { TOLERANCE } from '../tolerance.ts';

describe('Gauss-Hermite rules', () => {
  it.each([1, 2, 3, 4, 7, 15, 25, 50])('of %i nodes have the moments of the normal distribution', (count) => {
    const { nodes, weights } = gaussHermite(count);
    expect(nodes).toHaveLength(count);
    let moment = 1;
    for (let degree = 0; degree < 2 * count; degree++) {
      if (degree % 2 === 0 && degree > 0) moment *= degree - 1;
      const wanted = degree % 2 === 0 ? moment : 0;
      let sum = 0;
      let size = 0;
      nodes.forEach((x, i) => {
        sum += weights[i] * x ** degree;
        size += weights[i] * Math.abs(x) ** degree;
      });
      expect(Math.abs(sum - wanted)).toBeLessThanOrEqual(TOLERANCE.quadratureRule * size);
    }
  });

  it('are symmetric and ascend', () => {
    for (let count = 1; count <= 60; count++) {
      const { nodes, weights } = gaussHermite(count);
      for (let i = 0; i < count; i++) {
        expect(nodes[i]).toBe(-nodes[count - 1 - i] + 0);
        expect(weights[i]).toBe(weights[count - 1 - i]);
        expect(weights[i]).toBeGreaterThan(0);
        if (i > 0) expect(nodes[i]).toBeGreaterThan(nodes[i - 1]);
      }
    }
  });

  it('integrate what is no polynomial', () => {
    const { nodes, weights } = gaussHermite(30);
    const mean = nodes.reduce((sum, x, i) => sum + weights[i] * Math.exp(0.8 * x), 0);
    expect(Math.abs(mean / Math.exp(0.32) - 1)).toBeLessThan(TOLERANCE.quadratureRule);
  });
});
