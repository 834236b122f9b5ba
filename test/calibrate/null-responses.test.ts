import { describe, expect, it } from 'vitest';
import { calibrateMoments } from '../../src/calibrate/calibrate.ts';
import { nullHypotheses } from '../../src/calibrate/null-hypotheses.ts';
import { nullModels, simulateNull } from '../../src/calibrate/null-responses.ts';
import { naiveTests, testResponses } from '../../src/calibrate/response-tests.ts';
import { fitMoments } from '../../src/fit/fit-moments.ts';
import { upperTailF } from '../../src/numeric/distributions/f-distribution.ts';
import { twoSidedP } from '../../src/numeric/distributions/student-t.ts';
import type { Table } from '../../src/types/table.ts';
import { TOLERANCE } from '../tolerance.ts';
import { donorTable, tableMoments } from './null-designs.ts';

const CPU = { backend: 'cpu', threads: 1 } as const;

describe('null responses', () => {
  it('have the variance ratio of the response that they are drawn from', async () => {
    const cells = 20;
    const donors = 60;
    const table = donorTable({ donors, cells: [cells], ratio: 0.7, seed: 5 });
    const moments = tableMoments(table, '~ stim + (1 | donor)');
    const fit = await fitMoments(moments, CPU);
    const gamma = fit.table.theta[0] ** 2;
    const simulations = 600;
    // Balanced: the mean square between donors estimates 1 + cells x gamma residual variances, with a known variance.
    let sum = 0;
    for (const piece of simulateNull(moments, nullModels(fit, simulations), 4)) {
      for (const { design, responses } of piece.batches) {
        for (let k = 0; k < responses.count; k++) {
          let between = 0;
          for (let i = 0; i < donors; i++) between += responses.ztr[k * design.q + i] ** 2 / cells;
          const within = (responses.rss[k] - between) / (donors * cells - donors - 1);
          sum += (between / (donors - 1) / within - 1) / cells;
        }
      }
    }
    const error = ((1 / cells + gamma) * Math.sqrt(2 / (donors - 1))) / Math.sqrt(simulations);
    // The mean of an F ratio is df / (df - 2): the within mean square is in the denominator.
    const residual = donors * cells - donors - 1;
    const bias = (1 / cells + gamma) * (residual / (residual - 2) - 1);
    expect(Math.abs(sum / simulations - bias - gamma)).toBeLessThan(TOLERANCE.nullRate * error);
  });

  it('take the fitted responses in turn, or at equal distances where there are more of them', async () => {
    const names = ['y1', 'y2', 'y3', 'y4'];
    const table = donorTable({ donors: 8, cells: [6], ratio: 1, responses: 4 });
    const fit = await fitMoments(tableMoments(table, '~ group + (1 | donor)', names), CPU);
    const all = nullModels(fit, 10);
    expect(new Set(all).size).toBe(4);
    expect(all[7]).toBe(all[3]);
    const [first, second] = nullModels(fit, 2);
    expect([first.factors[0], second.factors[0]]).toEqual([all[0].factors[0], all[2].factors[0]]);
  });

  it('depend on the seed alone', async () => {
    const table = donorTable({ donors: 8, cells: [6, 9], ratio: 1, responses: 2 });
    const moments = tableMoments(table, '~ group + stim + (stim | donor)', ['y1', 'y2']);
    const run = (seed: number, simulations: number) =>
      calibrateMoments(moments, { ...CPU, seed, simulations, tests: ['satterthwaite', 'naive'] });
    const [once, again, fewer, other] = [await run(7, 40), await run(7, 40), await run(7, 20), await run(8, 40)];
    expect(again.pValues).toEqual(once.pValues);
    expect(fewer.pValues[0].pValues).toEqual(once.pValues[0].pValues.subarray(0, 20));
    expect(other.pValues[0].pValues).not.toEqual(once.pValues[0].pValues);
    expect(once.statuses).toEqual({ ok: 40 });
  });
});

describe('tests of responses', () => {
  const table = donorTable({ donors: 12, cells: [5, 8], ratio: 1, responses: 3 });
  const names = ['y1', 'y2', 'y3'];

  it('are those of fits with the same method', async () => {
    const moments = tableMoments(table, '~ stim * group + (1 | donor)', names);
    const hypotheses = nullHypotheses(moments, {});
    expect(hypotheses.map(({ name }) => name)).toEqual(moments.coefficients.slice(1));
    const bootstrap = { draws: 200, seed: 3 };
    const tests = ['z', 'satterthwaite', 'kenward-roger', 'bootstrap'] as const;
    const { pValues } = await testResponses(moments, hypotheses, tests, { ...CPU, bootstrap });
    const ddf = ['asymptotic', 'satterthwaite', 'kenward-roger'] as const;
    for (const [t, method] of ddf.entries()) {
      const { coefficients } = (await fitMoments(moments, { ...CPU, ddf: method })).table;
      names.forEach((_, m) => {
        hypotheses.forEach((_h, h) => {
          const expected = coefficients.pValue[m * 4 + h + 1];
          expect(Math.abs(pValues[t][h][m] / expected - 1)).toBeLessThan(TOLERANCE.objectives);
        });
      });
    }
    const drawn = (await fitMoments(moments, { ...CPU, bootstrap })).table.bootstrap;
    expect(pValues[3][0][1]).toBeCloseTo(drawn?.coefficients.pValue[4 + 1] ?? Number.NaN, 8);
  });

  it('test the coefficients of a term jointly', async () => {
    // Balanced: the F test of three sites between donors is that of a one-way analysis of variance of donor means.
    const balanced = donorTable({ donors: 12, cells: [6], ratio: 1, responses: 3 });
    const moments = tableMoments(balanced, '~ stim + site + (1 | donor)', names);
    const hypotheses = nullHypotheses(moments, { terms: ['site', 'stim'] });
    expect(hypotheses.map(({ rows }) => rows.length)).toEqual([2, 1]);
    const tests = ['z', 'satterthwaite', 'kenward-roger'] as const;
    const { pValues } = await testResponses(moments, hypotheses, tests, CPU);
    const [z, satterthwaite, kenwardRoger] = pValues.map(([site]) => site);
    names.forEach((name, m) => {
      const y = numbers(balanced, name);
      const donorMeans = Array.from({ length: 12 }, (_, d) => y.slice(6 * d, 6 * d + 6).reduce((a, b) => a + b) / 6);
      const { f, rest } = oneWay(
        donorMeans,
        donorMeans.map((_, d) => d % 3),
      );
      const expected = upperTailF(f, 2, rest).p;
      expect(rest).toBe(9);
      expect(Math.abs(satterthwaite[m] / expected - 1)).toBeLessThan(TOLERANCE.fStatistic);
      expect(Math.abs(kenwardRoger[m] / expected - 1)).toBeLessThan(TOLERANCE.fStatistic);
      const asymptotic = upperTailF(f, 2, Number.POSITIVE_INFINITY).p;
      expect(Math.abs(z[m] / asymptotic - 1)).toBeLessThan(TOLERANCE.fStatistic);
    });
  });

  it('ignore donors in least squares', () => {
    // One-way analyses of variance of the rows, of two groups and of three.
    const moments = tableMoments(table, '~ group + (1 | donor)', names);
    const [p] = naiveTests(moments, nullHypotheses(moments, {}));
    const joint = tableMoments(table, '~ site + (1 | donor)', names);
    const [pJoint] = naiveTests(joint, nullHypotheses(joint, { terms: ['site'] }));
    names.forEach((name, m) => {
      const y = [...numbers(table, name)];
      const two = oneWay(y, codes(table, 'group'));
      expect(p[m]).toBeCloseTo(twoSidedP(Math.sqrt(two.f), two.rest), 10);
      const three = oneWay(y, codes(table, 'site'));
      expect(pJoint[m]).toBeCloseTo(upperTailF(three.f, 2, three.rest).p, 10);
    });
  });
});

function numbers(table: Table, name: string): Float64Array {
  const column = table.columns.get(name);
  if (column?.kind !== 'numeric') throw new Error(name);
  return column.values;
}

function codes(table: Table, name: string): number[] {
  const column = table.columns.get(name);
  if (column?.kind !== 'factor') throw new Error(name);
  return [...column.codes];
}

/** F of a one-way analysis of variance, and its denominator's degrees of freedom. */
function oneWay(y: readonly number[], groups: readonly number[]): { f: number; rest: number } {
  const sums = Array.from({ length: Math.max(...groups) + 1 }, () => ({ n: 0, sum: 0 }));
  groups.forEach((g, i) => {
    sums[g].n++;
    sums[g].sum += y[i];
  });
  const mean = y.reduce((a, b) => a + b, 0) / y.length;
  const between = sums.reduce((total, { n, sum }) => total + n * (sum / n - mean) ** 2, 0);
  const within = y.reduce((total, v, i) => total + (v - sums[groups[i]].sum / sums[groups[i]].n) ** 2, 0);
  const rest = y.length - sums.length;
  return { f: between / (sums.length - 1) / (within / rest), rest };
}

describe('hypotheses', () => {
  const moments = tableMoments(donorTable({ donors: 6, cells: [4], ratio: 1 }), '~ stim * group + (1 | donor)');

  it('are coefficients, terms and contrasts', () => {
    const found = nullHypotheses(moments, {
      terms: ['group', 'stimstim'],
      contrasts: { both: 'stimstim + groupdisease' },
    });
    expect(found.map(({ name, rows }) => [name, [...rows[0]]])).toEqual([
      ['group', [0, 0, 1, 0]],
      ['stimstim', [0, 1, 0, 0]],
      ['both', [0, 1, 1, 0]],
    ]);
  });

  it('refuse names that are none, with a remedy', () => {
    expect(() => nullHypotheses(moments, { terms: ['grup'] })).toThrow(/no coefficient or term 'grup'/);
    expect(() => nullHypotheses(moments, { terms: ['group', 'group'] })).toThrow(/named twice/);
  });

  it('refuse options that make no sense', async () => {
    const refused = (options: Parameters<typeof calibrateMoments>[1]) =>
      calibrateMoments(moments, { ...CPU, ...options });
    await expect(refused({ simulations: 0 })).rejects.toThrow(/simulations: 0/);
    await expect(refused({ seed: -1 })).rejects.toThrow(/seed: -1/);
    await expect(refused({ tests: [] })).rejects.toThrow(/no test/);
    await expect(refused({ method: 'ML', tests: ['kenward-roger'] })).rejects.toThrow(/REML/);
    await expect(refused({ scheme: 'permute' })).rejects.toThrow(/rows of the data/);
    const site = tableMoments(donorTable({ donors: 6, cells: [4], ratio: 1 }), '~ site + (1 | donor)');
    await expect(calibrateMoments(site, { ...CPU, terms: ['site'], tests: ['bootstrap'] })).rejects.toThrow(/jointly/);
  });
});
