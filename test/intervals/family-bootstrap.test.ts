import { describe, expect, it } from 'vitest';
import { fit } from '../../src/fit.ts';
import { bootstrapIntervals, profileIntervals } from '../../src/intervals/intervals.ts';
import type { IntervalTable } from '../../src/types/inference.ts';
import { referenceTable } from '../formula/reference-table.ts';
import { TOLERANCE } from '../tolerance.ts';

const CPU = { backend: 'cpu', threads: 1 } as const;
const table = referenceTable('cbpp_glmm.csv', new URL('../reference/glmm/data/', import.meta.url).pathname);
const MODEL = {
  formula: 'cbind(incidence, size - incidence) ~ period + (1 | herd)',
  family: 'binomial',
  ...CPU,
} as const;

function limits({ parameters, low, high }: IntervalTable, term: string): [number, number] {
  const at = parameters.findIndex((parameter) => parameter.term === term);
  return [low[at], high[at]];
}

describe('the bootstrap of generalised models', () => {
  it('has intervals near those of profiles, tests near Wald’s, and no use for no random effects here', async () => {
    const result = await fit(table, { ...MODEL, bootstrap: { draws: 400, seed: 5, level: 0.95 } });
    const { bootstrap, coefficients } = result.table;
    if (!bootstrap) throw new Error('no bootstrap');
    const drawn = await bootstrapIntervals(result, { draws: 400, seed: 5, threads: 1 });
    const profiled = await profileIntervals(result, { threads: 1 });
    coefficients.names.forEach((name, k) => {
      const error = coefficients.standardError[k];
      limits(drawn, name).forEach((limit, side) => {
        expect(Math.abs(limit - limits(profiled, name)[side]) / error).toBeLessThan(TOLERANCE.drawnBesideWald * 2);
      });
      expect(Math.abs(bootstrap.coefficients.halfWidth[k] / (1.96 * error) - 1)).toBeLessThan(
        TOLERANCE.drawnBesideWald,
      );
      expect(bootstrap.coefficients.pValue[k]).toBeGreaterThan(0);
      expect(bootstrap.coefficients.pValue[k]).toBeLessThan(0.02);
    });
    expect(bootstrap.varianceRatio[0]).toBeGreaterThan(10);
    // Draws that cannot be fitted count as beyond it.
    expect(bootstrap.varianceP[0]).toBeLessThan(0.02);
    const again = await fit(table, { ...MODEL, bootstrap: { draws: 400, seed: 5, level: 0.95 } });
    expect(again.table.bootstrap).toEqual(bootstrap);
  });

  it('is refused where draws are not to be had', async () => {
    const draws = { bootstrap: { draws: 100 } } as const;
    await expect(fit(table, { ...MODEL, ...draws, reml: true })).rejects.toThrow('maximum likelihood');
    const weighted = {
      formula: 'incidence ~ period + (1 | herd)',
      family: 'poisson',
      weights: 'size',
      ...CPU,
    } as const;
    await expect(fit(table, { ...weighted, ...draws })).rejects.toThrow('weights');
    const result = await fit(table, MODEL);
    await expect(bootstrapIntervals(result, { kind: 'bca', draws: 100 })).rejects.toThrow('acceleration');
  });
});
