import { describe, expect, it } from 'vitest';
import { FamilySimulator } from '../../src/glmm/family-simulator.ts';
import { openFamily } from '../../src/glmm/open-family.ts';
import type { FamilyEvidence } from '../../src/moments/family-evidence.ts';
import { undrawable } from '../../src/moments/family-evidence.ts';
import { Random } from '../../src/simulate/random.ts';
import type { FamilyName, LinkName } from '../../src/types/family.ts';
import { TOLERANCE } from '../tolerance.ts';
import { expectClose } from './expect-close.ts';
import { FAMILY_LINKS } from './families/pseudo-rows.ts';

const DRAWS = 4000;
const ETA = [-0.8, 0.1, 0.9];

/** Three pseudo-rows with these linear predictors, of 1, 3 and 6 rows each. */
function evidenceOf(family: FamilyName, link: LinkName): FamilyEvidence {
  const statistics = family === 'cumulative' ? 4 : family === 'beta' ? 2 : 1;
  return {
    ...{ family, link, rows: 3, statistics, x: Float64Array.from(ETA), offset: new Float64Array(3) },
    mass: family === 'poisson' ? Float64Array.of(1, 1, 1) : Float64Array.of(1, 3, 6),
    effects: [{ z: Float64Array.of(1, 1, 1), codes: Int32Array.of(0, 1, 2) }],
    counts: new Float64Array(0),
    categories: family === 'cumulative' ? ['a', 'b', 'c', 'd'] : [],
    width: 3 * statistics + 1 + (family === 'Gamma' ? 2 : 0),
  };
}

const EXTRAS: Readonly<Partial<Record<FamilyName, readonly number[]>>> = {
  ...{ nbinom2: [0.5], nbinom1: [0.7], Gamma: [0.9], beta: [1.6], cumulative: [-0.9, 0.1, -0.4] },
};

describe('draws of generalised models', () => {
  it.each(FAMILY_LINKS)(
    'of %s with %s link have no score in the mean, and the information as its variance',
    (family, link) => {
      const evidence = evidenceOf(family, link);
      const extras = Float64Array.from(EXTRAS[family] ?? []);
      const simulator = new FamilySimulator(evidence);
      const kernel = openFamily(simulator.evidence);
      const { rows } = simulator.evidence;
      const eta = Float64Array.from(simulator.evidence.x);
      const of = (length: number) => new Float64Array(length);
      const out = {
        ...{ l: of(rows), r: of(rows), w: of(rows), w1: of(rows), w2: of(rows) },
        ...{ lE: of(rows * extras.length), rE: of(rows * extras.length), wE: of(rows * extras.length) },
        ...{ lEE: of(rows), rEE: of(rows), wEE: of(rows), w1E: of(rows) },
      };
      const remainder = { value: 0, first: of(extras.length), second: of(extras.length ** 2) };
      // Scores of the linear predictors' common level and of each extra: mean 0, variance the mean information.
      const scores = Array.from({ length: 1 + extras.length }, () => of(DRAWS));
      let information = 0;
      for (let b = 0; b < DRAWS; b++) {
        simulator.draw(new Random(7, b), Float64Array.of(1), Float64Array.of(0), extras);
        kernel.load(simulator.values, 0);
        kernel.evaluate(eta, extras, 2, out);
        kernel.remainder(extras, 2, remainder);
        for (let i = 0; i < rows; i++) {
          scores[0][b] += out.r[i];
          information += out.w[i] / DRAWS;
          extras.forEach((_, e) => {
            scores[1 + e][b] += out.lE[e * rows + i];
          });
        }
        extras.forEach((_, e) => {
          scores[1 + e][b] += remainder.first[e];
        });
      }
      const moments = scores.map((score) => {
        const mean = score.reduce((sum, value) => sum + value, 0) / DRAWS;
        return { mean, variance: score.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (DRAWS - 1) };
      });
      for (const { mean, variance } of moments) expect(Math.abs(mean) / Math.sqrt(variance / DRAWS)).toBeLessThan(4);
      expect(Math.abs(moments[0].variance / information - 1)).toBeLessThan(TOLERANCE.drawnVariance);
    },
  );

  it('take random effects with the covariance of their factor', () => {
    const levels = 20000;
    const of = Float64Array.from({ length: levels }, () => 1);
    const evidence: FamilyEvidence = {
      ...{
        family: 'poisson',
        link: 'log',
        rows: levels,
        statistics: 1,
        x: new Float64Array(0),
        offset: of.map(() => 8),
      },
      mass: of,
      effects: [{ z: of, codes: Int32Array.from(of.keys()) }],
      ...{ counts: new Float64Array(0), categories: [], width: levels + 1 },
    };
    const simulator = new FamilySimulator(evidence);
    simulator.draw(new Random(3), new Float64Array(0), Float64Array.of(0.5), new Float64Array(0));
    const logs = Array.from(simulator.values.subarray(0, levels), Math.log);
    const mean = logs.reduce((sum, value) => sum + value, 0) / levels;
    const variance = logs.reduce((sum, value) => sum + (value - mean) ** 2, 0) / levels;
    // Counts of 3000 add 3e-4.
    expectClose([mean, Math.sqrt(variance)], [8, 0.5], TOLERANCE.drawnVariance / 4);
  });

  it.each([0, 0.4, 3])('of many rows have negative binomial counts, of dispersion %d', (nu) => {
    const [rows, mean] = [200_000, 0.7];
    const evidence: FamilyEvidence = {
      ...{ family: 'nbinom2', link: 'log', rows: 1, statistics: 1 },
      ...{ x: Float64Array.of(Math.log(mean)), offset: Float64Array.of(0), mass: Float64Array.of(rows) },
      ...{ effects: [], counts: new Float64Array(0), categories: [], width: 2 },
    };
    const simulator = new FamilySimulator(evidence);
    simulator.draw(new Random(9), Float64Array.of(1), new Float64Array(0), Float64Array.of(nu));
    const { values } = simulator;
    const { counts } = simulator.evidence;
    const tail = values.subarray(2);
    expect(tail.reduce((sum, cells) => sum + cells, 0)).toBe(rows);
    expect(Math.abs(tail.reduce((sum, cells, v) => sum + cells * counts[v], 0) / values[0] - 1)).toBeLessThan(
      TOLERANCE.nodeSums,
    );
    // Each share of the counts within its standard error.
    let share = nu > 0 ? (1 + nu * mean) ** (-1 / nu) : Math.exp(-mean);
    for (let y = 0; y < 6; y++) {
      const error = Math.sqrt(rows * share * (1 - share));
      expect(Math.abs(tail[y] - rows * share) / error).toBeLessThan(TOLERANCE.nullRate);
      share *= ((mean / (1 + nu * mean)) * (1 + nu * y)) / (y + 1);
    }
  });

  it('of many rows with large counts are drawn row by row', () => {
    const evidence: FamilyEvidence = {
      ...{ family: 'nbinom2', link: 'log', rows: 1, statistics: 1, x: Float64Array.of(Math.log(3000)) },
      ...{ offset: Float64Array.of(0), mass: Float64Array.of(60_000), effects: [] },
      ...{ counts: new Float64Array(0), categories: [], width: 2 },
    };
    const simulator = new FamilySimulator(evidence);
    simulator.draw(new Random(2), Float64Array.of(1), new Float64Array(0), Float64Array.of(0));
    const error = 1 / Math.sqrt(60_000 * 3000);
    expect(Math.abs(simulator.values[0] / (60_000 * 3000) - 1)).toBeLessThan(TOLERANCE.nullRate * error);
  });

  it('are refused where rows are not known', () => {
    const evidence = evidenceOf('nbinom2', 'log');
    expect(undrawable(evidence, false)).toBeNull();
    expect(undrawable({ ...evidence, mass: Float64Array.of(1, 0.3, 2.7) }, false)).toContain('interpolated');
    expect(undrawable(evidenceOf('poisson', 'log'), true)).toContain('weights');
  });
});

describe('binomial numbers', () => {
  it.each([
    [7, 0.3],
    [40, 0.9],
    [1000, 0.02],
    [5000, 0.37],
  ])('of %d trials with probability %d have their mean and variance', (n, p) => {
    const random = new Random(11, n);
    const values = Array.from({ length: 20000 }, () => random.binomial(n, p));
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
    expect(values.every((value) => Number.isInteger(value) && value >= 0 && value <= n)).toBe(true);
    expect(Math.abs(mean - n * p) / Math.sqrt((n * p * (1 - p)) / values.length)).toBeLessThan(4);
    expect(Math.abs(variance / (n * p * (1 - p)) - 1)).toBeLessThan(TOLERANCE.drawnVariance);
    expect(random.binomial(n, 0)).toBe(0);
    expect(random.binomial(n, 1)).toBe(n);
  });
});
