import { describe, expect, it } from 'vitest';
import { withTests } from '../../src/fit/tested-fit.ts';
import { fit as fitTable } from '../../src/fit.ts';
import { marginalMeans } from '../../src/result/marginal-means.ts';
import type { OutputTable } from '../../src/result/output-table.ts';
import { type FamilyFit, familyFits, tableOfFit } from '../glmm/reference-fits.ts';
import { TOLERANCE } from '../tolerance.ts';

const fits = new Map(familyFits().map((fit) => [fit.id, fit]));

async function fitOf(id: string) {
  const reference = fits.get(id) as FamilyFit;
  const { data, formula, family, link, nAGQ } = reference;
  return { reference, result: await fitTable(tableOfFit(data), { formula, family, link, nagq: nAGQ, threads: 1 }) };
}

function numbers(table: OutputTable, name: string): number[] {
  const column = table.columns.find((candidate) => candidate.name === name);
  if (column?.kind !== 'number')
    throw new Error(`no column ${name}: ${table.columns.map((own) => own.name).join(' ')}`);
  return [...column.values];
}

function texts(table: OutputTable, name: string): unknown[] {
  return [...(table.columns.find((column) => column.name === name)?.values ?? [])];
}

/** sum of weights over R's joint estimates, and its standard error by their covariance. */
function linear({ joint }: FamilyFit, weights: Readonly<Record<string, number>>): { value: number; error: number } {
  let value = 0;
  let square = 0;
  joint.names.forEach((name, i) => {
    const a = weights[name] ?? 0;
    value += a * joint.estimate[i];
    joint.names.forEach((other, j) => {
      const b = weights[other] ?? 0;
      if (a !== 0 && b !== 0) square += a * b * (joint.vcov[i][j] ?? Number.NaN);
    });
  });
  return { value, error: Math.sqrt(square) };
}

const near = (got: number, wanted: number, bound: number): void => {
  expect(Math.abs(got - wanted)).toBeLessThanOrEqual(bound * Math.max(Math.abs(wanted), 0.01));
};

const BOUND = TOLERANCE.generalised.standardError;

describe('marginal means of generalised models', () => {
  it('compares the later level with the earlier where that is asked for: ratios turned over, tests of the other sign', async () => {
    const { result } = await fitOf('glmm_cbpp_logit');
    for (const type of ['link', 'response'] as const) {
      const options = { over: ['period'], level: 0.95, type } as const;
      const { pairs: usual } = marginalMeans(result, options);
      const { pairs: turned } = marginalMeans(result, { ...options, reverse: true });
      const sign = type === 'link' ? ' - ' : ' / ';
      const names = (table: OutputTable): string[] => texts(table, 'contrast').map(String);
      expect(names(turned)).toEqual(names(usual).map((name) => name.split(sign).reverse().join(sign)));
      const turn = (value: number): number => (type === 'link' ? -value : 1 / value);
      const column = type === 'link' ? 'estimate' : 'odds.ratio';
      const limits = [
        [column, column],
        ['conf.low', 'conf.high'],
        ['conf.high', 'conf.low'],
      ] as const;
      for (const [own, other] of limits) {
        numbers(usual, own).forEach((value, k) => {
          near(numbers(turned, other)[k], turn(value), TOLERANCE.generalised.standardError);
        });
      }
      numbers(usual, 'statistic').forEach((value, k) => {
        near(numbers(turned, 'statistic')[k], -value, TOLERANCE.generalised.standardError);
      });
      for (const name of ['df', 'p.value', 'p.adjusted']) expect(numbers(turned, name)).toEqual(numbers(usual, name));
    }
  });

  it('of shares are log odds, or probabilities with odds ratios', async () => {
    const { reference, result } = await fitOf('glmm_cbpp_logit');
    const link = marginalMeans(result, { over: ['period'], level: 0.95, adjust: 'none' });
    const response = marginalMeans(result, { over: ['period'], level: 0.95, adjust: 'none', type: 'response' });
    const rows = [{ '(Intercept)': 1 }, ...['2', '3', '4'].map((k) => ({ '(Intercept)': 1, [`period${k}`]: 1 }))];
    rows.forEach((row, k) => {
      const { value, error } = linear(reference, row);
      near(numbers(link.means, 'estimate')[k], value, BOUND);
      near(numbers(link.means, 'std.error')[k], error, BOUND);
      const p = 1 / (1 + Math.exp(-value));
      near(numbers(response.means, 'prob')[k], p, BOUND);
      near(numbers(response.means, 'std.error')[k], error * p * (1 - p), BOUND);
      // Limits of the link, turned back.
      near(numbers(response.means, 'conf.low')[k], 1 / (1 + Math.exp(1.959963984540054 * error - value)), BOUND);
      near(numbers(response.means, 'conf.high')[k], 1 / (1 + Math.exp(-1.959963984540054 * error - value)), BOUND);
    });
    const { value, error } = linear(reference, { period2: -1 });
    near(numbers(link.pairs, 'estimate')[0], value, BOUND);
    near(numbers(response.pairs, 'odds.ratio')[0], Math.exp(value), BOUND);
    near(numbers(response.pairs, 'std.error')[0], Math.exp(value) * error, BOUND);
    near(numbers(response.pairs, 'conf.low')[0], Math.exp(value - 1.959963984540054 * error), BOUND);
    expect(texts(response.pairs, 'contrast')[0]).toBe('period1 / period2');
    expect(texts(link.pairs, 'contrast')[0]).toBe('period1 - period2');
    for (const column of ['statistic', 'p.value', 'p.adjusted']) {
      expect(numbers(response.pairs, column)).toEqual(numbers(link.pairs, column));
    }
  });

  it('of counts are rates with ratios, at an offset of zero', async () => {
    const { reference, result } = await fitOf('glmm_sim_offset_poisson');
    const response = marginalMeans(result, { over: ['arm'], type: 'response' });
    expect(response.notes.join()).toMatch(/offset of 0/);
    const names = reference.coef.names.filter((name) => name.startsWith('state'));
    const weights = Object.fromEntries(names.map((name) => [name, 1 / (names.length + 1)]));
    const arm = reference.coef.names.find((name) => name.startsWith('arm')) ?? '';
    const { value, error } = linear(reference, { '(Intercept)': 1, ...weights });
    near(numbers(response.means, 'rate')[0] * 1e6, Math.exp(value) * 1e6, BOUND);
    near(numbers(response.means, 'std.error')[0] * 1e6, Math.exp(value) * error * 1e6, BOUND);
    near(numbers(response.pairs, 'ratio')[0], Math.exp(-linear(reference, { [arm]: 1 }).value), BOUND);
  });

  it('of counts with a dispersion are rates too, of positive responses means', async () => {
    const { result } = await fitOf('glmm_sim_cells_nb2');
    const { means, pairs } = marginalMeans(result, { over: ['state'], type: 'response' });
    expect(numbers(means, 'rate').every((value) => value > 0)).toBe(true);
    expect(numbers(pairs, 'ratio').every((value) => value > 0)).toBe(true);
    const gamma = await fitOf('glmm_sim_gamma');
    const [mean] = numbers(
      marginalMeans(gamma.result, { over: ['x'], at: { x: [0] }, type: 'response' }).means,
      'mean',
    );
    near(mean, Math.exp(linear(gamma.reference, { '(Intercept)': 1 }).value), BOUND);
  });

  it('of the link probit have comparisons on its scale', async () => {
    const { result } = await fitOf('glmm_cbpp_probit');
    const link = marginalMeans(result, { over: ['period'] });
    const response = marginalMeans(result, { over: ['period'], type: 'response' });
    expect(numbers(response.pairs, 'estimate')).toEqual(numbers(link.pairs, 'estimate'));
    expect(numbers(response.means, 'prob').every((value) => value > 0 && value < 1)).toBe(true);
    expect(response.notes.join()).toMatch(/stay on its scale/);
  });

  it('of categories are those of the latent variable, less the mean of the thresholds', async () => {
    const { reference, result } = await fitOf('clmm_wine_logit');
    const tables = marginalMeans(result, { over: ['temp'] });
    const thresholds = reference.joint.names.filter((name) => name.includes('|'));
    const mean = Object.fromEntries(thresholds.map((name) => [name, -1 / thresholds.length]));
    const cold = linear(reference, { ...mean, contactyes: 0.5 });
    const warm = linear(reference, { ...mean, contactyes: 0.5, tempwarm: 1 });
    [cold, warm].forEach(({ value, error }, k) => {
      near(numbers(tables.means, 'estimate')[k], value, BOUND);
      near(numbers(tables.means, 'std.error')[k], error, BOUND);
    });
    const difference = linear(reference, { tempwarm: -1 });
    near(numbers(tables.pairs, 'estimate')[0], difference.value, BOUND);
    near(numbers(tables.pairs, 'std.error')[0], difference.error, BOUND);
    expect(() => marginalMeans(result, { over: ['temp'], type: 'response' })).toThrow(/latent/);
    // Of a restricted fit differences have the errors of their coefficients too.
    const { formula, family, link, data } = reference;
    const restricted = await fitTable(tableOfFit(data), { formula, family, link, reml: true, threads: 1 });
    const { standardError, names } = restricted.table.coefficients;
    const [error] = numbers(marginalMeans(restricted, { over: ['temp'] }).pairs, 'std.error');
    near(error, standardError[names.indexOf('tempwarm')], BOUND);
    // The same where threads would be taken.
    const tested = await withTests(result, { means: { over: ['temp'] } }, { threads: 2 });
    expect(numbers(marginalMeans(tested, { over: ['temp'] }).means, 'estimate')).toEqual(
      numbers(tables.means, 'estimate'),
    );
  });

  it('have ratios and probabilities where ratios are asked for', async () => {
    const { result } = await fitOf('glmm_cbpp_logit');
    const asked = { over: ['period'], level: 0.95 } as const;
    const response = marginalMeans(result, { ...asked, type: 'response' });
    const ratios = marginalMeans(result, { ...asked, exponentiate: true });
    expect(ratios).toEqual(response);
    const onLink = marginalMeans(result, { ...asked, exponentiate: true, type: 'link' });
    expect(onLink.pairs).toEqual(response.pairs);
    expect(onLink.means).toEqual(marginalMeans(result, asked).means);
    expect(onLink.notes.join()).toMatch(/scale of the link/);
    expect(() => marginalMeans(result, { ...asked, exponentiate: false })).not.toThrow();
  });

  it('have ratios of grades, of hazards and for each unit of a covariate', async () => {
    const wine = await fitOf('clmm_wine_logit');
    const asked = { over: ['temp'], level: 0.95 } as const;
    const [link, ratios] = [false, true].map((exponentiate) => marginalMeans(wine.result, { ...asked, exponentiate }));
    expect(ratios.means).toEqual(link.means);
    const exponentials = (column: string) => numbers(link.pairs, column).map(Math.exp);
    expect(numbers(ratios.pairs, 'odds.ratio')).toEqual(exponentials('estimate'));
    expect(numbers(ratios.pairs, 'conf.low')).toEqual(exponentials('conf.low'));
    const [own, before] = [numbers(ratios.pairs, 'std.error')[0], numbers(link.pairs, 'std.error')[0]];
    near(own, before * exponentials('estimate')[0], BOUND);
    expect(texts(ratios.pairs, 'contrast')[0]).toBe('cold / warm');
    for (const column of ['statistic', 'p.value', 'p.adjusted']) {
      expect(numbers(ratios.pairs, column)).toEqual(numbers(link.pairs, column));
    }
    const hazards = await fitOf('glmm_cbpp_cloglog');
    const periods = { over: ['period'], exponentiate: true } as const;
    expect(numbers(marginalMeans(hazards.result, periods).pairs, 'hazard.ratio').every((ratio) => ratio > 0)).toBe(
      true,
    );
    const slopes = await fitOf('glmm_sim_binary_int');
    const byTime = { over: ['trt'], slopes: 'time' } as const;
    const [plain, perUnit] = [byTime, { ...byTime, exponentiate: true }].map((own) =>
      marginalMeans(slopes.result, own),
    );
    expect(numbers(perUnit.means, 'odds.ratio')).toEqual(numbers(plain.means, 'estimate').map(Math.exp));
    expect(numbers(perUnit.pairs, 'ratio')).toEqual(numbers(plain.pairs, 'estimate').map(Math.exp));
    const probit = await fitOf('glmm_cbpp_probit');
    expect(() => marginalMeans(probit.result, periods)).toThrow(/no logarithms/);
  });

  it('refuse slopes on the scale of the response', async () => {
    const { result } = await fitOf('glmm_sim_binary_int');
    expect(() => marginalMeans(result, { over: ['trt'], slopes: 'time', type: 'response' })).toThrow(/link/);
    expect(numbers(marginalMeans(result, { over: ['trt'], slopes: 'time' }).means, 'estimate')).toHaveLength(2);
  });
});
