import { describe, expect, it } from 'vitest';
import { emptyOptimum } from '../../src/lmm/ratio-search.ts';
import { finishSpectral, type SpectralSpace, searchSpectral, spectralSpace } from '../../src/lmm/spectral-search.ts';
import { TestRandom } from '../lmm/random.ts';

/** An optimum is known to the root of the rounding of the criterion times its flatness; both engines go below this. */
const SAME_U = 1e-9;

interface Problem {
  readonly space: SpectralSpace;
  readonly z2: Float64Array;
  readonly rw: number;
}

/** Residual form and design with a ratio of variances gamma * mean(lambda) of about `ratio`. */
function problem(seed: number, ratio: number): Problem {
  const random = new TestRandom(seed);
  const J = 12;
  const lambda = Float64Array.from({ length: J }, () => Math.exp(random.normal())).sort();
  const mean = lambda.reduce((sum, value) => sum + value / J, 0);
  const z2 = lambda.map((value) => (1 + (ratio * value) / mean) * random.normal() ** 2);
  const d = 80;
  return { space: spectralSpace(lambda, lambda, d), z2, rw: d - J };
}

describe('finishSpectral', () => {
  it('reaches the optimum of the search from nearby', () => {
    for (let seed = 1; seed <= 50; seed++) {
      const { space, z2, rw } = problem(seed, 3);
      const searched = emptyOptimum();
      searchSpectral(space, z2, rw, searched);
      if (searched.gamma === 0) continue;
      for (const off of [0, 1e-6, -1e-3, 0.05]) {
        const finished = emptyOptimum();
        expect(finishSpectral(space, z2, rw, searched.u + off, finished)).toBe(true);
        expect(Math.abs(finished.u - searched.u)).toBeLessThan(SAME_U);
        expect(Math.abs(finished.difference - searched.difference)).toBeLessThan(
          1e-12 * (1 + Math.abs(searched.difference)),
        );
        expect(finished.converged).toBe(true);
        expect(finished.evaluations).toBeLessThanOrEqual(4);
      }
    }
  });

  it('refuses points that are far from a minimum', () => {
    const { space, z2, rw } = problem(1, 3);
    const searched = emptyOptimum();
    searchSpectral(space, z2, rw, searched);
    expect(searched.gamma).toBeGreaterThan(0);
    for (const off of [-8, -3, 3, 8]) {
      expect(finishSpectral(space, z2, rw, searched.u + off, emptyOptimum())).toBe(false);
    }
    expect(finishSpectral(space, z2, rw, Number.NaN, emptyOptimum())).toBe(false);
    expect(finishSpectral(space, z2, rw, Number.POSITIVE_INFINITY, emptyOptimum())).toBe(false);
  });

  it('decides the boundary by the slope at zero, whatever the search said', () => {
    let boundaries = 0;
    for (let seed = 1; seed <= 60; seed++) {
      const { space, z2, rw } = problem(seed, 0);
      const searched = emptyOptimum();
      searchSpectral(space, z2, rw, searched);
      const finished = emptyOptimum();
      const held = finishSpectral(space, z2, rw, Number.NEGATIVE_INFINITY, finished);
      expect(held).toBe(searched.gamma === 0);
      if (!held) continue;
      boundaries++;
      expect(finished).toMatchObject({ gamma: 0, S: searched.S, difference: 0, slope: 0, converged: true });
    }
    expect(boundaries).toBeGreaterThan(10);
  });
});
