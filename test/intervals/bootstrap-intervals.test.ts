import { describe, expect, it } from 'vitest';
import { fitRange } from '../../src/backend/threads/run.ts';
import { isFitError } from '../../src/errors.ts';
import { fitDesign } from '../../src/fit.ts';
import { buildDesign } from '../../src/formula/design.ts';
import { bootstrapIntervals } from '../../src/intervals/intervals.ts';
import { intervalWidth } from '../../src/lmm/intervals/interval-options.ts';
import { loadEngines } from '../../src/lmm/open-engine.ts';
import { denseMoments } from '../../src/moments/table-moments.ts';
import { dense, frame, label, responseOver, unbalancedLayout } from '../lmm/frames.ts';
import { TestRandom } from '../lmm/random.ts';
import { TOLERANCE } from '../tolerance.ts';

const CPU = { backend: 'cpu', threads: 1 } as const;

/** Balanced layout: groups x per rows, a covariate that varies inside groups. */
function balanced(groups: number, per: number) {
  const random = new TestRandom(21);
  const g: string[] = [];
  const x: number[] = [];
  for (let i = 0; i < groups; i++) {
    for (let k = 0; k < per; k++) {
      g.push(label('g', i));
      x.push(k - (per - 1) / 2);
    }
  }
  return { random, g, x };
}

function quantile(values: readonly number[], alpha: number): number {
  const sorted = [...values].filter((value) => !Number.isNaN(value)).sort((a, b) => a - b);
  return sorted[Math.floor(alpha * sorted.length)];
}

describe('bootstrap intervals', () => {
  it('are quantiles of what rows drawn from the fitted model give', async () => {
    const { random, g, x } = balanced(12, 5);
    const y = responseOver(random, g, x, 1, 0.5);
    const design = buildDesign('~ x + (x | g)', frame({ g, x }));
    const result = await fitDesign(design, dense({ y }), CPU);
    const found = await bootstrapIntervals(result, { draws: 2000, level: 0.8, threads: 1 });
    // Rows: y* = X b + Z u* + e*, each fitted as data.
    const { coefficients, covariance, sigma } = result.table;
    const [v00, , v10, v11] = covariance;
    const [l00, l10] = [Math.sqrt(v00), v10 / Math.sqrt(v00)];
    const l11 = Math.sqrt(Math.max(0, v11 - l10 * l10));
    const drawn: Record<string, number[]> = {};
    for (let b = 0; b < 1500; b++) {
      let last = '';
      let effect = [0, 0];
      drawn[`y${b}`] = x.map((value, i) => {
        if (g[i] !== last) {
          const [u, w] = [random.normal(), random.normal()];
          effect = [l00 * u, l10 * u + l11 * w];
          last = g[i];
        }
        const [b0, b1] = coefficients.estimate;
        return b0 + effect[0] + (b1 + effect[1]) * value + sigma[0] * random.normal();
      });
    }
    const { table } = await fitDesign(design, dense(drawn), CPU);
    const models = Array.from({ length: table.models }, (_, m) => m);
    const element = (m: number, i: number) => table.covariance[m * 4 + i];
    const values: number[][] = [
      models.map((m) => table.coefficients.estimate[2 * m]),
      models.map((m) => table.coefficients.estimate[2 * m + 1]),
      models.map((m) => Math.sqrt(element(m, 0))),
      models.map((m) => element(m, 2) / Math.sqrt(element(m, 0) * element(m, 3))),
      models.map((m) => Math.sqrt(element(m, 3))),
      models.map((m) => table.sigma[m]),
    ];
    values.forEach((column, i) => {
      const [low, high] = [quantile(column, 0.1), quantile(column, 0.9)];
      const bound = TOLERANCE.drawnLimit * (high - low);
      expect(Math.abs(found.low[i] - low), found.parameters[i].term).toBeLessThan(bound);
      expect(Math.abs(found.high[i] - high), found.parameters[i].term).toBeLessThan(bound);
    });
  });

  it('by BCa come near the exact interval of a residual variance, which percentiles miss', async () => {
    const { random, g, x } = balanced(11, 4);
    const y = responseOver(random, g, x, 3, 0);
    const result = await fitDesign(buildDesign('~ x + (1 | g)', frame({ g, x })), dense({ y }), CPU);
    // 44 rows, 11 groups, one slope: 32 degrees of freedom inside the groups; R: qchisq(c(0.025, 0.975), 32).
    const [sigma] = result.table.sigma;
    const exact = [49.48043771, 18.29075774].map(
      (quantileOfChiSquared) => sigma * Math.sqrt(32 / quantileOfChiSquared),
    );
    const options = { draws: 4000, parameters: ['sigma'], threads: 1 };
    const bca = await bootstrapIntervals(result, { ...options, kind: 'bca' });
    const plain = await bootstrapIntervals(result, options);
    const last = bca.parameters.length - 1;
    const width = exact[1] - exact[0];
    expect(Math.abs(bca.low[last] - exact[0])).toBeLessThan(TOLERANCE.drawnLimit * width);
    expect(Math.abs(bca.high[last] - exact[1])).toBeLessThan(TOLERANCE.drawnLimit * width);
    expect(exact[1] - plain.high[last]).toBeGreaterThan(2 * TOLERANCE.drawnLimit * width);
    expect([bca.method, bca.draws, bca.seed, bca.level]).toEqual(['bca', 4000, 1, 0.95]);
  });

  it.each(['percentile', 'bca'] as const)('by %s agree between the spectral path and blocks', async (kind) => {
    const { random, g, x } = unbalancedLayout(4, 15, 6);
    const batch = denseMoments(
      buildDesign('~ x + (1 | g)', frame({ g, x })),
      dense({ y: responseOver(random, g, x, 0.8, 0) }),
    ).batches[0];
    const options = {
      method: 'REML',
      ddf: 'asymptotic',
      contrasts: new Float64Array(0),
      intervals: { kind, level: 0.8, asked: new Uint8Array(intervalWidth(2, 1)).fill(1), draws: 3000, seed: 2 },
    } as const;
    const engines = await loadEngines([{ design: batch.design, options }]);
    const [a, b] = (['spectral', 'block'] as const).map((path) =>
      fitRange(engines.open(batch.design, path, options), batch, options, 0, 1),
    );
    a.low.forEach((low, i) => {
      const bound = (kind === 'bca' ? TOLERANCE.drawnBcaLimit : TOLERANCE.drawnLimit) * (a.high[i] - low);
      expect(Math.abs(b.low[i] - low)).toBeLessThan(bound);
      expect(Math.abs(b.high[i] - a.high[i])).toBeLessThan(bound);
    });
  });

  it.each(['~ x + (1 | g)', '~ x + (x | g)'])('of %s scale with the response and heed the seed', async (formula) => {
    const { random, g, x } = unbalancedLayout(6, 10, 6); // in a balanced one estimates do not depend on variances
    const y = responseOver(random, g, x, 1, 0.6);
    const design = buildDesign(formula, frame({ g, x }));
    const of = async (values: ArrayLike<number>, seed = 1) =>
      bootstrapIntervals(await fitDesign(design, dense({ y: values }), CPU), {
        draws: 400,
        kind: 'bca',
        level: 0.8,
        seed,
        threads: 1,
      });
    const [first, scaled, other] = [await of(y), await of(y.map((value) => 8 * value)), await of(y, 2)];
    first.parameters.forEach(({ term }, i) => {
      const unit = term.startsWith('cor__') ? 1 : 8;
      const bound = TOLERANCE.profileEquivariance * unit * (first.high[i] - first.low[i]);
      expect(Math.abs(scaled.low[i] - unit * first.low[i])).toBeLessThanOrEqual(bound);
      expect(Math.abs(scaled.high[i] - unit * first.high[i])).toBeLessThanOrEqual(bound);
      expect(other.low[i]).not.toBe(first.low[i]);
    });
  });

  it('say nothing beyond what the draws reach, and refuse too few', async () => {
    const { random, g, x } = balanced(10, 4);
    const design = buildDesign('~ x + (1 | g)', frame({ g, x }));
    const result = await fitDesign(design, dense({ y: responseOver(random, g, x, 1, 0) }), CPU);
    const found = await bootstrapIntervals(result, { draws: 100, level: 0.99, threads: 1 });
    expect(found.low.every((value) => Number.isNaN(value))).toBe(true);
    const error = await bootstrapIntervals(result, { draws: 10 }).catch((e: unknown) => e);
    expect(isFitError(error, 'OptionError')).toBe(true);
  });
});
