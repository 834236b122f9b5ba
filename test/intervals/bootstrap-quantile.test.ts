import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  acceleration,
  averageNormalProbability,
  averageNormalQuantile,
  bcaProbability,
  drawBias,
  drawQuantile,
} from '../../src/numeric/distributions/bootstrap-quantile.ts';
import { normalProbability, normalQuantile } from '../../src/numeric/distributions/normal.ts';
import { TestRandom } from '../lmm/random.ts';
import { TOLERANCE } from '../tolerance.ts';

interface Reference {
  readonly draws: number[];
  readonly alphas: number[];
  readonly quantiles: number[];
  readonly bca: readonly { alpha: number; z0: number; a: number; probability: number }[];
  readonly normal: { readonly p: number[]; readonly q: number[] };
}

const R = JSON.parse(readFileSync(new URL('r-quantiles.json', import.meta.url), 'utf8')) as Reference;
const near = (got: number, wanted: number) =>
  expect(Math.abs(got - wanted)).toBeLessThanOrEqual(TOLERANCE.normalQuantile * Math.max(1, Math.abs(wanted)));

describe('quantiles of draws', () => {
  it('are those of the R package boot', () => {
    R.alphas.forEach((alpha, i) => {
      near(drawQuantile(Float64Array.from(R.draws), alpha), R.quantiles[i]);
    });
  });

  it('are none beyond the first and last draw', () => {
    const draws = Float64Array.from({ length: 99 }, (_, i) => i);
    expect(drawQuantile(draws, 0.005)).toBeNaN();
    expect(drawQuantile(draws, 0.995)).toBeNaN();
    expect(drawQuantile(draws, 0.01)).toBe(0);
  });

  it('have the BCa probabilities of R', () => {
    for (const { alpha, z0, a, probability } of R.bca) near(bcaProbability(alpha, z0, a), probability);
  });

  it('count draws at the estimate half', () => {
    expect(drawBias(Float64Array.of(0, 0, 0, 0), 0)).toBe(0);
    near(drawBias(Float64Array.of(-1, 0, 0, 1, 2), 0), normalQuantile(0.4));
  });
});

describe('the normal distribution', () => {
  it('has the quantiles of R, also in the middle', () => {
    R.normal.p.forEach((p, i) => {
      near(normalQuantile(p), R.normal.q[i]);
      near(normalProbability(R.normal.q[i]), p);
    });
  });

  it('averaged over shifts inverts its own quantile', () => {
    const random = new TestRandom(3);
    const shifts = random.normals(200).map((value) => 0.4 * value);
    shifts[7] = Number.NaN;
    for (const alpha of [0.001, 0.025, 0.5, 0.975]) {
      near(averageNormalProbability(shifts, averageNormalQuantile(shifts, alpha)), alpha);
    }
    near(averageNormalQuantile(new Float64Array(5), 0.975), normalQuantile(0.975));
  });
});

describe('acceleration', () => {
  it('of a variance from a sample of d normal numbers is sqrt(8 / d) / 6, as Efron (1987) gives it', () => {
    const random = new TestRandom(4);
    const d = 10;
    const scores = Float64Array.from({ length: 100_000 }, () => random.normals(d).reduce((sum, v) => sum + v * v, 0));
    const a = acceleration(scores, Float64Array.of(1));
    expect(Math.abs(a - Math.sqrt(8 / d) / 6)).toBeLessThan(TOLERANCE.drawnAcceleration);
  });

  it('does not depend on the parametrisation of the scores', () => {
    const random = new TestRandom(5);
    const rows = 500;
    const plain = new Float64Array(rows * 2);
    const mixed = new Float64Array(rows * 2);
    for (let b = 0; b < rows; b++) {
      const [u, v] = [random.normal() ** 2, random.normal() ** 2];
      plain.set([u, v], 2 * b);
      mixed.set([1e6 * (u + 2 * v), u - v], 2 * b);
    }
    // Parameters phi with theta = A' phi have scores A s and gradients A g.
    const g = [0.7, -0.3];
    near(
      acceleration(mixed, Float64Array.of(1e6 * (g[0] + 2 * g[1]), g[0] - g[1])),
      acceleration(plain, Float64Array.from(g)),
    );
  });

  it('of nothing that varies is zero', () => {
    expect(acceleration(new Float64Array(20), Float64Array.of(1, 0))).toBe(0);
  });
});
