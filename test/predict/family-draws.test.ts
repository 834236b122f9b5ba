import { describe, expect, it } from 'vitest';
import { fit as fitTable } from '../../src/fit.ts';
import { simulateResponses } from '../../src/predict/simulate-responses.ts';
import { type FamilyFit, familyFits, tableOfFit } from '../glmm/reference-fits.ts';
import { TOLERANCE } from '../tolerance.ts';

const fits = new Map(familyFits().map((fit) => [fit.id, fit]));
const NSIM = 150;

async function fitOf(id: string) {
  const { data, formula, family, link, weights } = fits.get(id) as FamilyFit;
  const table = tableOfFit(data);
  return { table, result: await fitTable(table, { formula, family, link, weights: weights ?? undefined, threads: 1 }) };
}

type Fit = Awaited<ReturnType<typeof fitOf>>;

function draws({ result, table }: Fit, options: Parameters<typeof simulateResponses>[2]) {
  const [drawn] = simulateResponses(result, table, options);
  return drawn;
}

describe('draws from generalised models', () => {
  it.each([
    'glmm_cbpp_logit',
    'glmm_cbpp_weights',
    'glmm_sim_cells_nb2',
    'glmm_epil_nb1',
    'glmm_sim_offset_poisson',
    'glmm_sim_gamma',
    'glmm_sim_beta',
    'clmm_wine_logit',
  ])('%s: have the means and variances of the fit where random effects are kept', async (id) => {
    const fit = await fitOf(id);
    const { table, result } = fit;
    const { values, categories } = draws(fit, { nsim: NSIM, seed: 4, useRandomEffects: true });
    const fitted = result.fittedValues(0);
    const residuals = result.responseResiduals?.(0);
    if (!fitted || !residuals) throw new Error('no fitted values');
    const size = id === 'glmm_cbpp_logit' ? table.columns.get('size') : undefined;
    expect(categories?.length).toBe(id.startsWith('clmm') ? 5 : undefined);
    let total = 0;
    let squares = 0;
    let spread = 0;
    for (let i = 0; i < table.rows; i++) {
      const own = Array.from({ length: NSIM }, (_, s) => values[s * table.rows + i]);
      const m = size?.kind === 'numeric' ? size.values[i] : 1;
      const shares = own.map((value) => value / m);
      const mean = shares.reduce((sum, value) => sum + value, 0) / NSIM;
      // Mean and standard deviation of the response: of ordinal ones of the number, by the residuals.
      const observed = response(fit, i);
      const wanted = observed - fitted.residual[i];
      const sd = Math.abs(fitted.residual[i] / residuals.pearson[i]);
      if (!(sd > 0)) continue;
      const z = ((mean - wanted) / sd) * Math.sqrt(NSIM);
      total += z;
      squares += z * z;
      spread += shares.reduce((sum, value) => sum + ((value - wanted) / sd) ** 2, 0) / NSIM;
    }
    const n = table.rows;
    expect(Math.abs(total / Math.sqrt(n))).toBeLessThan(TOLERANCE.nullRate);
    expect(Math.abs((squares - n) / Math.sqrt(2 * n))).toBeLessThan(TOLERANCE.nullRate + 1);
    expect(spread / n).toBeGreaterThan(0.9);
    expect(spread / n).toBeLessThan(1.1);
  });

  it('depend on the seed and on names alone', async () => {
    const fit = await fitOf('glmm_sim_cells_nb2');
    const drawn = draws(fit, { nsim: 2, seed: 9 });
    expect(draws(fit, { nsim: 2, seed: 9 }).values).toEqual(drawn.values);
    expect(draws(fit, { nsim: 1, seed: 9 }).values).toEqual(drawn.values.subarray(0, fit.table.rows));
    expect(draws(fit, { nsim: 2, seed: 10 }).values).not.toEqual(drawn.values);
    expect(drawn.values.every((value) => Number.isInteger(value) && value >= 0)).toBe(true);
  });

  it('vary more where random effects are drawn anew', async () => {
    const fit = await fitOf('glmm_cbpp_logit');
    const variance = (useRandomEffects: boolean): number => {
      const { values } = draws(fit, { nsim: NSIM, seed: 2, useRandomEffects });
      let sum = 0;
      for (let i = 0; i < fit.table.rows; i++) {
        const own = Array.from({ length: NSIM }, (_, s) => values[s * fit.table.rows + i]);
        const mean = own.reduce((all, value) => all + value, 0) / NSIM;
        sum += own.reduce((all, value) => all + (value - mean) ** 2, 0) / NSIM;
      }
      return sum;
    };
    expect(variance(false)).toBeGreaterThan(1.2 * variance(true));
  });

  it('give estimates back', async () => {
    const fit = await fitOf('glmm_sim_cells_nb2');
    const { values } = draws(fit, { nsim: 60, seed: 5 });
    const { rows } = fit.table;
    const columns = new Map(fit.table.columns);
    for (let s = 0; s < 60; s++) {
      columns.set(`sim${s}`, { kind: 'numeric', values: values.slice(s * rows, (s + 1) * rows) });
    }
    const responses = Array.from({ length: 60 }, (_, s) => `sim${s}`).join(', ');
    const again = await fitTable(
      { ...fit.table, columns },
      { formula: `cbind(${responses}) ~ arm + state + offset(ltotal) + (1 | donor)`, family: 'nbinom2', threads: 1 },
    );
    const { estimate, names } = again.table.coefficients;
    const { estimate: truth, standardError } = fit.result.table.coefficients;
    names.forEach((_, k) => {
      const mean = again.table.responses.reduce((sum, __, m) => sum + estimate[m * names.length + k], 0) / 60;
      expect(Math.abs(mean - truth[k]) / (standardError[k] / Math.sqrt(60))).toBeLessThan(TOLERANCE.nullRate);
    });
  });

  it('need the trials of the rows', async () => {
    const fit = await fitOf('glmm_cbpp_logit');
    const columns = new Map(fit.table.columns);
    columns.delete('size');
    expect(() => draws({ ...fit, table: { ...fit.table, columns } }, {})).toThrow(/size/);
  });
});

/** The response of row i as the fit has it: shares of trials, numbers of categories. */
function response({ table, result }: Fit, i: number): number {
  const name = result.table.responses[0];
  const of = (column: string): number => {
    const found = table.columns.get(column);
    if (found === undefined) throw new Error(`no column ${column}`);
    return found.kind === 'factor' ? found.codes[i] + 1 : found.values[i];
  };
  return name.startsWith('cbind') ? of('incidence') / of('size') : of(name);
}
