import { describe, expect, it } from 'vitest';
import { calibrate } from '../../src/calibrate/calibration.ts';
import { compare } from '../../src/compare/comparisons.ts';
import { FitError } from '../../src/errors.ts';
import { fitDesign, fit as fitTable } from '../../src/fit.ts';
import { buildDesign } from '../../src/formula/design.ts';
import { influence } from '../../src/influence/influence.ts';
import { bootstrapIntervals, waldIntervals } from '../../src/intervals/intervals.ts';
import { tableOfFit } from '../glmm/reference-fits.ts';

const table = tableOfFit('gsim_cells.csv');
const formula = 'count ~ arm + state + offset(ltotal) + (1 | donor)';
const smaller = 'count ~ state + offset(ltotal) + (1 | donor)';
const data = { formula, family: 'poisson', threads: 1 } as const;

async function remedyOf(work: () => Promise<unknown>): Promise<string> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof FitError)) throw error;
    expect(error.tag).toBe('OptionError');
    expect(error.message).toMatch(/poisson|gaussian/);
    return error.fields.remedy ?? '';
  }
  throw new Error('nothing was refused');
}

describe('what is not there for generalised models', () => {
  it.each([
    ['bootstrap of restricted fits', { bootstrap: { draws: 100 }, reml: true }],
    ['moderate', { moderate: true }],
    ['information', { information: 'observed' }],
    ['ddf', { ddf: 'satterthwaite' }],
    ['weights', { weights: 'voom' }],
    ['residual', { residual: 'ar1(state | donor)' }],
    ['dispersion', { dispersion: '~ arm' }],
  ] as const)('is refused with a remedy: %s', async (_, options) => {
    expect(await remedyOf(() => fitTable(table, { ...data, ...options }))).not.toBe('');
  });

  it('is refused with a remedy: influence of one step, intervals corrected for acceleration', async () => {
    const result = await fitTable(table, data);
    expect(await remedyOf(() => influence(result, { refit: false }))).toMatch(/fitted again/);
    expect(await remedyOf(() => bootstrapIntervals(result, { kind: 'bca' }))).toMatch(/profile/);
    const { low, high } = waldIntervals(result);
    expect(low[1]).toBeLessThan(result.table.coefficients.estimate[1]);
    expect(high[1]).toBeGreaterThan(result.table.coefficients.estimate[1]);
  });

  it('is refused with a remedy: calibration of tests of gaussian models', async () => {
    const tests = ['kenward-roger'] as const;
    expect(await remedyOf(() => calibrate(table, { ...data, tests, simulations: 10 }))).toMatch(/between-within/);
  });

  it('is no restricted likelihood where models are compared', async () => {
    const compared = await compare(table, { ...data, formulas: [formula, smaller] });
    expect(compared.method).toBe('ML');
    expect(compared.notes.join()).not.toMatch(/restricted/);
  });

  it('is refused with a remedy: designs that are built already', async () => {
    const design = buildDesign(smaller, table);
    const count = table.columns.get('count');
    if (count?.kind !== 'numeric') throw new Error('no counts');
    const responses = { kind: 'dense' as const, rows: table.rows, names: ['count'], values: count.values };
    const asked = { family: 'poisson' } as object;
    expect(await remedyOf(() => fitDesign(design, responses, asked))).toMatch(/family/);
    const trials = new Float64Array(table.rows).fill(1);
    expect(await remedyOf(() => fitDesign(design, { ...responses, trials }))).toMatch(/family/);
  });
});

describe('fractions of variance of generalised models', () => {
  it('have the variance of the distribution on the scale of the link in place of sigma squared', async () => {
    const result = await fitTable(table, data);
    const fractions = result.varianceFractions?.(0, 'term');
    if (!fractions) throw new Error('no fractions');
    expect(fractions.names).toEqual(['arm', 'state', 'donor', 'Residuals']);
    const [arm, state, donor, residual] = fractions.values;
    expect(arm + state + donor + residual).toBeCloseTo(1, 12);
    const latent = Math.log1p(1 / result.table.mean[0]);
    expect(donor / residual).toBeCloseTo(result.table.covariance[0] / latent, 10);
    expect(donor / (donor + residual)).toBeCloseTo(result.table.icc[0], 10);
  });
});
