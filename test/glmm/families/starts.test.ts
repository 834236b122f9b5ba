import { describe, expect, it } from 'vitest';
import { TestRandom } from '../../lmm/random.ts';
import { TOLERANCE } from '../../tolerance.ts';
import { kernelOn, logLikelihood, randomCase, remainderAt, rowsAt } from './pseudo-rows.ts';

describe('first extras', () => {
  it('of negative binomials are moments of the counts, and Poisson', () => {
    const y = [0, 3, 9, 1];
    const eta = Float64Array.of(0.5, 1, 1.2, 0.3);
    const mu = eta.map(Math.exp);
    const mass = y.map(() => 1);
    let excess = 0;
    let squares = 0;
    let sum = 0;
    y.forEach((count, i) => {
      excess += (count - mu[i]) ** 2 - count;
      squares += mu[i] * mu[i];
      sum += mu[i];
    });
    const quadratic = kernelOn('nbinom2', 'log', { mass, counts: [1, 3, 9] }, [...y, 0, 1, 1, 1]).starts(eta);
    expect(quadratic.length).toBe(2);
    expect(Math.abs(quadratic[0][0] / (excess / squares) - 1)).toBeLessThan(TOLERANCE.familyRounding);
    expect(quadratic[1][0]).toBe(0);
    const linear = kernelOn('nbinom1', 'log', { mass }, [...y, 0]).starts(eta);
    const residual = y.reduce((total, count, i) => total + (count - mu[i]) ** 2, 0);
    expect(Math.abs(linear[0][0] / (residual / sum - 1) - 1)).toBeLessThan(TOLERANCE.familyRounding);
    expect(linear[1][0]).toBe(0);
    // Counts nearer to their means than Poisson's would be.
    const narrow = kernelOn('nbinom2', 'log', { mass, counts: [3] }, [3, 3, 3, 3, 0, 4]);
    expect(narrow.starts(new Float64Array(4).fill(Math.log(3)))[0][0]).toBe(0.05);
  });

  it.each([
    ['Gamma', 'log', 0.02],
    ['beta', 'logit', 2e-3],
  ] as const)('of %s nearly maximise the likelihood', (family, link, distance) => {
    for (const seed of [1, 2, 3, 4]) {
      const { kernel, eta } = randomCase(family, link, seed);
      const [extras] = kernel.starts(eta);
      const slope = rowsAt(kernel, eta, extras).lE.reduce((a, b) => a + b, remainderAt(kernel, extras).first[0]);
      const bend = rowsAt(kernel, eta, extras).lEE.reduce((a, b) => a + b, remainderAt(kernel, extras).second[0]);
      expect(bend).toBeLessThan(0);
      expect(Math.abs(slope / bend)).toBeLessThan(distance);
    }
  });

  it.each(['logit', 'probit', 'cloglog'] as const)(
    'of ordinal responses with %s link give each category its share',
    (link) => {
      const random = new TestRandom(3);
      const counts = Array.from({ length: 4 }, () => 1 + random.integer(20));
      const total = counts.reduce((a, b) => a + b, 0);
      const kernel = kernelOn('cumulative', link, { mass: [total], categories: 4 }, [...counts, 0]);
      const eta = Float64Array.of(0.7);
      const [extras] = kernel.starts(eta);
      kernel.means(eta, extras).forEach((p, c) => {
        expect(Math.abs(p - counts[c] / total)).toBeLessThan(TOLERANCE.familyRounding);
      });
      // Which is the maximum, as one pseudo-row has a threshold for each.
      for (const slope of rowsAt(kernel, eta, extras, 2).lE)
        expect(Math.abs(slope)).toBeLessThan(TOLERANCE.familySlope);
      expect(logLikelihood(kernel, eta, extras)).toBeLessThan(0);
    },
  );
});
