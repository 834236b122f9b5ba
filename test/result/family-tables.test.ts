/** What tables say of generalised models: toptables in the units of limma, R2 where coefficients have no end, variances at zero. */
import { describe, expect, it } from 'vitest';
import { fit as fitTable } from '../../src/fit.ts';
import { glance } from '../../src/result/glance.ts';
import { type OutputTable, outputRows } from '../../src/result/output-table.ts';
import { tidy } from '../../src/result/tidy.ts';
import { toptable } from '../../src/result/toptable.ts';
import { variance } from '../../src/result/variance.ts';
import { jsonText } from '../../src/result/write-json.ts';
import { countTable, donorTable } from '../calibrate/null-designs.ts';
import { tableOfFit } from '../glmm/reference-fits.ts';
import { TOLERANCE } from '../tolerance.ts';

const CPU = { threads: 1, backend: 'cpu' } as const;
const OFFSET = 'arm + state + offset(ltotal) + (1 | donor)';

function firstRow(table: OutputTable): Readonly<Record<string, unknown>> {
  const [row] = outputRows(table);
  return row;
}

function namesOf({ columns }: OutputTable): string[] {
  return columns.map(({ name }) => name);
}

describe('toptables of generalised models', () => {
  const cells = tableOfFit('gsim_cells.csv');

  it('of counts have binary logarithms of ratios', async () => {
    const result = await fitTable(cells, { ...CPU, formula: `count ~ ${OFFSET}`, family: 'poisson' });
    const { names, estimate, statistic } = result.table.coefficients;
    const at = names.indexOf('stateq');
    const row = firstRow(toptable(result, 'stateq'));
    expect(row['logFC']).toBeCloseTo(Math.log2(Math.exp(estimate[at])), 12);
    expect(row['t']).toBe(statistic[at]);
    const joint = toptable(result, names.slice(1).join());
    expect(namesOf(joint)).toContain('logFC.stateq');
    expect(firstRow(joint)['logFC.stateq']).toBe(row['logFC']);
    // Tidy keeps natural logarithms.
    const own = [...outputRows(tidy(result))].find(({ term }) => term === 'stateq');
    expect(own?.['estimate']).toBe(estimate[at]);
  });

  it('of logits have log odds ratios, of other links estimates, of gaussian models what they had', async () => {
    const cbpp = tableOfFit('cbpp_glmm.csv');
    const formula = 'cbind(incidence, size - incidence) ~ period + (1 | herd)';
    for (const [link, column] of [
      ['logit', 'logOR'],
      ['cloglog', 'estimate'],
    ] as const) {
      const result = await fitTable(cbpp, { ...CPU, formula, family: 'binomial', link });
      const table = toptable(result, 'period2');
      expect(namesOf(table)).toContain(column);
      expect(namesOf(table)).not.toContain('logFC');
      expect(firstRow(table)[column]).toBe(result.table.coefficients.estimate[1]);
    }
    const gaussian = await fitTable(cells, { ...CPU, formula: 'ltotal ~ state + (1 | donor)' });
    expect(firstRow(toptable(gaussian))['logFC']).toBe(gaussian.table.coefficients.estimate[1]);
    expect(namesOf(toptable(gaussian, 'stateq,(Intercept)'))).toContain('stateq');
  });
});

describe('tables of generalised models', () => {
  it('have no R2 where coefficients have no end', async () => {
    const data = tableOfFit('gsim_cells.csv');
    const result = await fitTable(data, { ...CPU, formula: `sep ~ ${OFFSET}`, family: 'poisson' });
    const row = firstRow(glance(result));
    expect(row['status']).toBe('separated');
    expect([row['r2.marginal'], row['r2.conditional']]).toEqual([null, null]);
    const json = JSON.parse([...jsonText(result)].join('')) as { models: { r2: object }[] };
    expect(json.models[0].r2).toEqual({ marginal: null, conditional: null });
    expect(Object.values(firstRow(variance(result))).filter((value) => typeof value === 'number')).toEqual([]);
  });

  it('have standard deviations of zero where variances are at their bound', async () => {
    // Counts that vary less than Poisson's, of two factors and of slopes: nothing is left for random effects.
    const base = donorTable({ donors: 12, cells: [8], ratio: 1 });
    const table = countTable(base, { sd: 0, mean: 4, seed: 3 });
    const columns = new Map(table.columns);
    columns.set('y', { kind: 'numeric', values: Float64Array.from({ length: table.rows }, (_, i) => 3 + (i % 3)) });
    for (const formula of ['y ~ stim + (1 | donor) + (1 | donor:stim)', 'y ~ stim + (stim | donor)']) {
      const result = await fitTable({ ...table, columns }, { ...CPU, formula, family: 'poisson' });
      expect(result.table.singular[0]).toBe(1);
      const deviations = [...outputRows(tidy(result))].filter(({ term }) => String(term).startsWith('sd__'));
      expect(deviations.length).toBe(2);
      for (const { estimate } of deviations) expect(estimate).toBe(0);
    }
  });

  it('keep small standard deviations that are none of these', async () => {
    const base = donorTable({ donors: 300, cells: [6], ratio: 1 });
    const table = countTable(base, { sd: 0.002, mean: 3e6, seed: 2 });
    const result = await fitTable(table, { ...CPU, formula: 'count1 ~ stim + (1 | donor)', family: 'poisson' });
    expect(Math.abs(result.table.theta[0] / 0.002 - 1)).toBeLessThan(TOLERANCE.drawnVariance);
  });
});
