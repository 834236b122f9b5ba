import { describe, expect, it } from 'vitest';
import { calibrate } from '../../src/calibrate/calibration.ts';
import type { Calibration } from '../../src/calibrate/collected-tests.ts';
import { drawableMoments, drawFamilyNulls, familyNulls } from '../../src/calibrate/family-nulls.ts';
import { nullHypotheses } from '../../src/calibrate/null-hypotheses.ts';
import { calibrationPlot } from '../../src/calibrate/quantile-plot.ts';
import { rejectionRate } from '../../src/calibrate/rejection-rates.ts';
import { fitMoments } from '../../src/fit/fit-moments.ts';
import { runMoments } from '../../src/prepare/prepare-moments.ts';
import { prepare } from '../../src/prepare/run.ts';
import type { FamilyName } from '../../src/types/family.ts';
import type { Table } from '../../src/types/table.ts';
import { TOLERANCE } from '../tolerance.ts';
import { countTable, distanceFromUniform, donorTable } from './null-designs.ts';

const CPU = { backend: 'cpu', threads: 1 } as const;

function pValues({ pValues: curves }: Calibration, test: string, term?: string): Float64Array {
  const curve = curves.find((own) => own.test === test && (term === undefined || own.term === term));
  if (!curve) throw new Error(`no test ${test}`);
  return curve.pValues;
}

describe('p-values of generalised models under the null', () => {
  it('of well-specified Poisson models with many donors reject at their level', async () => {
    const table = countTable(donorTable({ donors: 80, cells: [4, 6], ratio: 1 }), { sd: 0.5, mean: 3, spread: 0.4 });
    const simulations = 1000;
    const found = await calibrate(table, {
      ...{ ...CPU, formula: 'count1 ~ group + offset(total) + (1 | donor)', family: 'poisson' },
      ...{ simulations, seed: 2 },
    });
    const error = Math.sqrt((0.05 * 0.95) / simulations);
    for (const test of ['between-within', 'lrt']) {
      const p = pValues(found, test);
      expect(p).toHaveLength(simulations);
      expect(p.some(Number.isNaN)).toBe(false);
      expect(Math.abs(rejectionRate(p, 0.05).rate - 0.05), test).toBeLessThan(TOLERANCE.nullRate * error);
      expect(distanceFromUniform(p)).toBeLessThan(TOLERANCE.nullDistance / Math.sqrt(simulations));
    }
    expect(Math.abs(rejectionRate(pValues(found, 'z'), 0.05).rate - 0.05)).toBeLessThan(TOLERANCE.nullRate * error);
    // Rows of a donor as independent ones.
    expect(rejectionRate(pValues(found, 'naive'), 0.05).low).toBeGreaterThan(0.1);
    expect(found.statuses).toEqual({ ok: simulations });
    expect(found.notes.join()).toMatch(/drawn from the model tested without the effect/);
    expect(calibrationPlot(found)).toMatch(/likelihood ratio/);
  });

  it('of z are smaller than those of t between six donors, and reject too often', async () => {
    const table = countTable(donorTable({ donors: 6, cells: [20, 30], ratio: 1 }), { sd: 0.6, mean: 4, seed: 3 });
    const found = await calibrate(table, {
      ...{ ...CPU, formula: 'count1 ~ group + (1 | donor)', family: 'poisson' },
      ...{ tests: ['z', 'between-within'], simulations: 800, seed: 5 },
    });
    const [z, t] = [pValues(found, 'z'), pValues(found, 'between-within')];
    expect(z.every((p, s) => p <= t[s])).toBe(true);
    const [rateOfZ, rateOfT] = [rejectionRate(z, 0.05), rejectionRate(t, 0.05)];
    expect(rateOfZ.low).toBeGreaterThan(0.06);
    expect(rateOfZ.rate - rateOfT.rate).toBeGreaterThan(0.05);
  });

  it('of negative binomial counts with many offsets are about uniform, also of a model of two terms', async () => {
    const base = donorTable({ donors: 30, cells: [40, 64], ratio: 1 });
    const table = countTable(base, { sd: 0.4, mean: 1.5, spread: 0.5, size: 2, responses: 12, seed: 6 });
    const names = Array.from({ length: 12 }, (_, k) => `count${k + 1}`);
    const found = await calibrate(table, {
      ...{ ...CPU, formula: `cbind(${names.join(', ')}) ~ stim + offset(total) + (1 | donor)`, family: 'nbinom2' },
      ...{ truth: 'model', simulations: 400, seed: 9 },
    });
    for (const test of ['z', 'lrt']) {
      expect(distanceFromUniform(pValues(found, test))).toBeLessThan(TOLERANCE.nullDistance / Math.sqrt(400));
    }
    expect(found.notes.join()).toMatch(/few offsets for the rows of a stratum/);
  });

  it('show what the model tested leaves out, where a term for samples is missing', async () => {
    const base = donorTable({ donors: 16, cells: [60], ratio: 1 });
    const table = countTable(base, { sd: 0.3, mean: 2, sampleSd: 0.4, seed: 4 });
    const run = (formula: string, truth?: string) =>
      calibrate(table, {
        ...{ ...CPU, formula, family: 'poisson', truth },
        ...{ tests: ['z', 'between-within'], simulations: 300, seed: 3 },
      });
    const without = await run('count1 ~ stim + (1 | donor)');
    expect(without.notes.join()).toMatch(/drawn from .*\(1 \| donor:stim\) without the effect tested/);
    expect(rejectionRate(pValues(without, 'z'), 0.05).low).toBeGreaterThan(0.15);
    const blind = await run('count1 ~ stim + (1 | donor)', 'model');
    expect(rejectionRate(pValues(blind, 'z'), 0.05).high).toBeLessThan(0.12);
    const whole = await run('count1 ~ stim + (1 | donor) + (1 | donor:stim)');
    expect(rejectionRate(pValues(whole, 'between-within'), 0.05).low).toBeLessThan(0.05);
    // Of a model with other columns too.
    const larger = await run('count1 ~ stim + (1 | donor)', 'count1 ~ size + stim + (stim | donor)');
    expect(rejectionRate(pValues(larger, 'z'), 0.05).low).toBeGreaterThan(0.15);
  });

  it('depend on the seed and the number of the simulation alone', async () => {
    const table = countTable(donorTable({ donors: 10, cells: [6], ratio: 1 }), { sd: 0.4, mean: 3, responses: 2 });
    const formula = 'cbind(count1, count2) ~ group + stim + (1 | donor)';
    const run = (seed: number, simulations: number, more: object = {}) =>
      calibrate(table, {
        ...CPU,
        formula,
        family: 'poisson',
        truth: 'model',
        tests: ['z'],
        seed,
        simulations,
        ...more,
      });
    const [once, again, fewer, other] = [await run(7, 40), await run(7, 40), await run(7, 20), await run(8, 40)];
    expect(again.pValues).toEqual(once.pValues);
    expect(fewer.pValues[0].pValues).toEqual(once.pValues[0].pValues.subarray(0, 20));
    expect(other.pValues[0].pValues).not.toEqual(once.pValues[0].pValues);
    // Nor on what else is tested.
    const alone = await run(7, 40, { terms: ['stimstim'] });
    expect(alone.pValues[0].pValues).toEqual(pValues(once, 'z', 'stimstim'));
  });
});

/** Responses of each family on the rows of a donor table. */
const RESPONSES: Readonly<Record<Exclude<FamilyName, 'poisson' | 'nbinom2'>, (count: number, row: number) => number>> =
  {
    binomial: (count) => (count > 2 ? 1 : 0),
    nbinom1: (count) => count,
    Gamma: (count, row) => 0.3 + count + ((row * 37) % 101) / 101,
    beta: (count, row) => (0.5 + count + ((row * 53) % 97) / 97) / (2 + count + 8),
    cumulative: (count) => Math.min(4, count),
  };

describe('calibration of every family', () => {
  const table = countTable(donorTable({ donors: 16, cells: [7, 9], ratio: 1 }), { sd: 0.4, mean: 2.5, size: 3 });

  function withResponse(family: keyof typeof RESPONSES): Table {
    const count = table.columns.get('count1');
    if (count?.kind !== 'numeric') throw new Error('no counts');
    const values = count.values.map((value, row) => RESPONSES[family](value, row));
    return { ...table, columns: new Map(table.columns).set('y', { kind: 'numeric', values }) };
  }

  it.each(Object.keys(RESPONSES) as (keyof typeof RESPONSES)[])('%s', async (family) => {
    const found = await calibrate(withResponse(family), {
      ...{ ...CPU, formula: 'y ~ group + size + (1 | donor)', family, terms: ['group'], simulations: 40, seed: 1 },
    });
    expect(found.pValues.map(({ test }) => test)).toEqual(['z', 'between-within', 'lrt', 'naive']);
    for (const { pValues: p } of found.pValues) {
      expect(p.filter((value) => value >= 0 && value <= 1).length).toBeGreaterThan(35);
      expect(rejectionRate(p, 0.05).low).toBeLessThan(0.25);
    }
    const [z, t] = [pValues(found, 'z'), pValues(found, 'between-within')];
    expect(z.every((p, s) => Number.isNaN(p) || p <= t[s])).toBe(true);
  });

  it('tests terms of several coefficients, by a bootstrap, by quadrature and by restricted likelihood', async () => {
    const options = { ...CPU, family: 'poisson', simulations: 30, seed: 1 } as const;
    const joint = await calibrate(table, {
      ...options,
      formula: 'count1 ~ site + (1 | donor)',
      terms: ['site'],
      nagq: 5,
    });
    for (const { pValues: p } of joint.pValues) expect(p.every((value) => value > 0 && value <= 1)).toBe(true);
    expect(pValues(joint, 'z').every((p, s) => p <= pValues(joint, 'between-within')[s])).toBe(true);
    const drawn = await calibrate(table, {
      ...{ ...options, formula: 'count1 ~ group + (1 | donor)', tests: ['bootstrap'], draws: 100, simulations: 6 },
    });
    expect(pValues(drawn, 'bootstrap').every((p) => p > 0 && p <= 1)).toBe(true);
    const restricted = await calibrate(table, { ...options, formula: 'count1 ~ group + (1 | donor)', reml: true });
    expect(restricted.pValues.map(({ test }) => test)).toEqual(['z', 'between-within', 'naive']);
  });

  it('permutes a condition between donors', async () => {
    const found = await calibrate(table, {
      ...{ ...CPU, formula: 'count1 ~ group + (1 | donor)', family: 'poisson', scheme: 'permute', simulations: 60 },
    });
    expect(found.notes.join()).toMatch(/'group' is shuffled between the levels of donor/);
    expect(new Set(found.clusters).size).toBe(60);
    expect(pValues(found, 'lrt').every((p) => p > 0 && p <= 1)).toBe(true);
  });

  it('refuses tests of the others, and rows that cannot be drawn', async () => {
    const formula = 'count1 ~ group + (1 | donor)';
    const run = (options: object) =>
      calibrate(table, { ...CPU, formula, family: 'poisson', simulations: 10, ...options });
    await expect(run({ tests: ['satterthwaite'] })).rejects.toThrow(/no test of models of the family poisson/);
    await expect(run({ tests: ['lrt'], family: undefined })).rejects.toThrow(/no test of gaussian models/);
    await expect(run({ tests: ['lrt'], reml: true })).rejects.toThrow(/restricted likelihoods/);
    await expect(run({ tests: ['lrtt'] })).rejects.toThrow(/no such choice/);
    const weights = table.columns.get('size');
    if (weights?.kind !== 'numeric') throw new Error('no numbers');
    const weighted = {
      ...table,
      columns: new Map(table.columns).set('w', { ...weights, values: weights.values.map(Math.exp) }),
    };
    await expect(
      calibrate(weighted, { ...CPU, formula, family: 'poisson', weights: 'w', simulations: 10 }),
    ).rejects.toThrow(/rows with weights are no single draws/);
  });
});

describe('null responses of generalised models', () => {
  it('are those of the fit without the effect, with its other coefficients and variances', async () => {
    const base = donorTable({ donors: 40, cells: [8], ratio: 1 });
    const table = countTable(base, { sd: 0.5, mean: 4, seed: 8 });
    const formula = 'count1 ~ group + stim + (1 | donor)';
    const { moments } = await runMoments(await prepare(table, { formula, family: 'poisson' }), formula);
    const [hypothesis] = nullHypotheses(moments, { terms: ['group'] });
    const simulations = 400;
    const nulls = await familyNulls(moments, drawableMoments(moments).moments, hypothesis, simulations, CPU);
    const [{ beta, theta }] = nulls;
    expect(beta[moments.coefficients.indexOf('groupdisease')]).toBe(0);
    const sums = new Float64Array(4);
    for (const piece of drawFamilyNulls(moments, nulls, hypothesis, 1)) {
      const { table: found } = await fitMoments(piece, { ...CPU, ddf: 'asymptotic' });
      found.coefficients.estimate.forEach((value, at) => {
        sums[at % 3] += value / simulations;
      });
      found.theta.forEach((sd) => {
        sums[3] += sd ** 2 / simulations;
      });
    }
    const { coefficients } = (await fitMoments(moments, { ...CPU, ddf: 'asymptotic' })).table;
    beta.forEach((value, k) => {
      const error = coefficients.standardError[k] / Math.sqrt(simulations);
      expect(Math.abs(sums[k] - value), moments.coefficients[k]).toBeLessThan(
        TOLERANCE.nullRate * error + TOLERANCE.nullEstimate,
      );
    });
    // Maximum likelihood takes two of forty donors for the coefficients.
    expect(sums[3] / theta[0] ** 2).toBeGreaterThan(0.9);
    expect(sums[3] / theta[0] ** 2).toBeLessThan(1.02);
  });
});
