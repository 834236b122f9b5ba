/** Draws of responses with structured covariances, from sums and from rows, and what is made of them. */
import { describe, expect, it } from 'vitest';

import { modelLocator } from '../../../src/fit/readable-fit.ts';
import { fit as fitTable } from '../../../src/fit.ts';
import { buildDesign } from '../../../src/formula/design.ts';
import { bootstrapIntervals, waldIntervals } from '../../../src/intervals/intervals.ts';
import { BlocksSimulator } from '../../../src/lmm/structured/blocks-simulator.ts';
import { addBlocks } from '../../../src/moments/covariance-blocks.ts';
import { projectDesign } from '../../../src/moments/design-moments.ts';
import { outputRows } from '../../../src/result/output-table.ts';
import { tidy } from '../../../src/result/tidy.ts';
import { TOLERANCE } from '../../tolerance.ts';
import { TestRandom } from '../random.ts';
import { denseCovariance, lower } from './dense-covariance.ts';
import { trialWithOutcomes } from './outcomes.ts';

const OPTIONS = { threads: 1, backend: 'cpu', ddf: 'satterthwaite' } as const;

describe('draws', () => {
  it.each([
    ['us', 'y ~ arm', 'us(visit | subject)', undefined, {}],
    ['ar1h by arm, weighted', 'y ~ x + arm', 'ar1h(visit | arm / subject)', 'w', { by: 'arm', weights: 'w' }],
  ] as const)('of %s have the moments of draws of rows', async (_, formula, residual, weights, dense) => {
    // Many subjects of few patterns: sums, of which some are of more subjects than their rank and some of fewer.
    const table = trialWithOutcomes(5, 60, 3);
    const fit = await fitTable(table, { formula, residual, weights, ...OPTIONS });
    const [{ design }] = fit.moments.batches;
    const { blocks } = design;
    if (!blocks) throw new Error('no blocks');
    expect(blocks.blocks.some(({ sums }) => sums)).toBe(true);
    const projector = projectDesign(buildDesign(formula, table, { residual, weights }), null);
    const { V } = denseCovariance(fit, 0, table, dense);
    const { q, m: n, rootWeight } = projector;
    const { p } = design;
    const L = lower(V.map((row, i) => row.map((v, j) => v * (rootWeight ? rootWeight[i] * rootWeight[j] : 1))));
    const random = new TestRandom(8);
    const simulator = new BlocksSimulator(design, 11);
    simulator.move(modelLocator(fit).locate(0)?.theta ?? new Float64Array(0));
    const draws = 3000;
    const width = blocks.width + p + 1;
    const sums = [0, 1].map(() => ({ first: new Float64Array(width), second: new Float64Array(width) }));
    const take = (side: number, values: Float64Array) => {
      values.forEach((value, i) => {
        sums[side].first[i] += value / draws;
        sums[side].second[i] += (value * value) / draws;
      });
    };
    for (let b = 0; b < draws; b++) {
      const { qty, rss, blocks: drawn } = simulator.draw(0, b, 1);
      take(0, Float64Array.from([...qty, ...rss, ...(drawn ?? [])]));
      const z = L.map(() => random.normal());
      const y = Float64Array.from(L, (row) => row.reduce((sum, l, k) => sum + (l === 0 ? 0 : l * z[k]), 0));
      const own = new Float64Array(p);
      for (let c = 0; c < p; c++) for (let i = 0; i < n; i++) own[c] += q[c * n + i] * y[i];
      for (let c = 0; c < p; c++) for (let i = 0; i < n; i++) y[i] -= q[c * n + i] * own[c];
      const out = new Float64Array(blocks.width);
      addBlocks(blocks, { count: n, q, expand: (r) => r }, p, y, out, 0);
      take(1, Float64Array.from([...own, y.reduce((sum, r) => sum + r * r, 0), ...out]));
    }
    const [a, b] = sums;
    for (let i = 0; i < width; i++) {
      const [va, vb] = [a, b].map(({ first, second }) => second[i] - first[i] ** 2);
      const error = Math.sqrt((va + vb) / draws);
      expect(Math.abs(a.first[i] - b.first[i]), `mean ${i}`).toBeLessThan(TOLERANCE.nullRate * error + 1e-12);
      // Fourth moments of quadratic forms: heavier than normal ones by up to a factor of seven in variance.
      const spread = Math.sqrt(14 / draws) * Math.max(va, vb);
      expect(Math.abs(va - vb), `variance ${i}`).toBeLessThan(TOLERANCE.nullRate * spread + 1e-12);
    }
  });

  it('do not depend on the other responses, nor on threads', async () => {
    const table = trialWithOutcomes(6, 30, 3, ['y', 'z']);
    const options = { residual: 'ar1(visit | subject)', bootstrap: { draws: 100, level: 0.9 }, ...OPTIONS };
    const both = await fitTable(table, { formula: 'cbind(y, z) ~ x', ...options });
    const one = await fitTable(table, { formula: 'z ~ x', ...options });
    const two = await fitTable(table, { formula: 'cbind(y, z) ~ x', ...options, threads: 2 });
    expect(both.table.bootstrap?.coefficients.pValue.slice(2)).toEqual(one.table.bootstrap?.coefficients.pValue);
    expect(two.table.bootstrap).toEqual(both.table.bootstrap);
  });

  it('are nearly all fitted, and say what Satterthwaite says where that is exact', async () => {
    const table = trialWithOutcomes(7, 40, 3);
    const fit = await fitTable(table, {
      formula: 'y ~ arm',
      residual: 'us(visit | subject)',
      bootstrap: { draws: 400, level: 0.95 },
      ...OPTIONS,
    });
    const { coefficients, bootstrap } = fit.table;
    expect(bootstrap?.varianceP[0]).toBeNaN();
    [1].forEach((k) => {
      const log = bootstrap?.coefficients.log10P[k] ?? Number.NaN;
      expect(Math.abs(log - coefficients.log10P[k])).toBeLessThan(0.1 * Math.max(1, -coefficients.log10P[k]));
      const half = bootstrap?.coefficients.halfWidth[k] ?? Number.NaN;
      expect(half / coefficients.standardError[k]).toBeGreaterThan(1.9);
      expect(half / coefficients.standardError[k]).toBeLessThan(2.3);
    });
  });
});

describe('intervals', () => {
  const table = trialWithOutcomes(9, 60, 3);

  it('by Wald are inside the range of each parameter, and shown in tidy', async () => {
    const fit = await fitTable(table, { formula: 'y ~ x + arm', residual: 'csh(visit | subject)', ...OPTIONS });
    const rows = [...outputRows(tidy({ ...fit, intervals: waldIntervals(fit) }))];
    const covariances = rows.filter((row) => row['effect'] === 'ran_pars');
    expect(covariances.map((row) => row['term'])).toEqual(['sd__visit000', 'sd__visit001', 'sd__visit002', 'rho']);
    for (const row of covariances) {
      const [low, value, high] = ['conf.low', 'estimate', 'conf.high'].map((name) => Number(row[name]));
      expect(low).toBeLessThan(value);
      expect(high).toBeGreaterThan(value);
      if (row['term'] === 'rho') expect([low > -0.5, high < 1]).toEqual([true, true]);
      else {
        expect(low).toBeGreaterThan(0);
        // On the logarithm the estimate is the middle.
        expect(Math.abs(Math.log(low * high) - 2 * Math.log(value))).toBeLessThan(TOLERANCE.denseStructured);
      }
    }
  });

  it('by Wald of one standard deviation per row are those of the log of a chi distribution', async () => {
    // y ~ 1 with sd by arm: the information of a log sd is 2 (n - 1) exactly where the mean is by arm too.
    const fit = await fitTable(table, { formula: 'y ~ arm', dispersion: '~ 0 + arm', ...OPTIONS });
    const { low, high, parameters } = waldIntervals(fit);
    const { estimate } = fit.table.structured?.dispersion ?? { estimate: new Float64Array(2) };
    const arm = table.columns.get('arm');
    if (arm?.kind !== 'factor') throw new Error('no arm');
    [0, 1].forEach((g) => {
      const n = arm.codes.filter((code) => code === g).length;
      const at = parameters.findIndex(({ term, effect }) => effect === 'dispersion' && term.endsWith(`00${g}`));
      const half = 1.959963984540054 / Math.sqrt(2 * (n - 1));
      expect(Math.abs(low[at] - (estimate[g] - half))).toBeLessThan(TOLERANCE.waldDifferences);
      expect(Math.abs(high[at] - (estimate[g] + half))).toBeLessThan(TOLERANCE.waldDifferences);
    });
  });

  it.each(['percentile', 'bca'] as const)('by %s draws hold the estimate and agree roughly with Wald', async (kind) => {
    const fit = await fitTable(table, {
      formula: 'y ~ x + (1 | site)',
      residual: 'ar1(visit | subject)',
      ...OPTIONS,
    });
    const wald = waldIntervals(fit, { level: 0.9 });
    const drawn = await bootstrapIntervals(fit, { kind, level: 0.9, draws: 400, threads: 1 });
    const rows = [...outputRows(tidy({ ...fit, intervals: drawn }))].filter(({ term }) => term !== 'sd__(Intercept)');
    expect(rows.length).toBe(4);
    drawn.parameters.forEach(({ term, group }, i) => {
      if (term === 'sd__(Intercept)' || Number.isNaN(wald.low[i])) return;
      expect([term, group, drawn.low[i] < drawn.high[i]]).toEqual([term, group, true]);
      const width = wald.high[i] - wald.low[i];
      expect(Math.abs(drawn.low[i] - wald.low[i])).toBeLessThan(TOLERANCE.drawnBesideWald * width);
      expect(Math.abs(drawn.high[i] - wald.high[i])).toBeLessThan(TOLERANCE.drawnBesideWald * width);
    });
  });
});
