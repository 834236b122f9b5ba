import { describe, expect, it } from 'vitest';
import { familyCovariance, thresholdsOf } from '../../src/glmm/family-covariance.ts';
import { FamilySearch } from '../../src/glmm/family-search.ts';
import { ScalarObjective } from '../../src/glmm/scalar-objective.ts';
import { TOLERANCE } from '../tolerance.ts';
import { type FamilyFit, familyFits, rowsOfFit } from './reference-fits.ts';
import { rowEvidence } from './row-evidence.ts';

const cases = familyFits().flatMap((fit) => {
  const rows = fit.nAGQ > 1 ? null : rowsOfFit(fit);
  return rows === null ? [] : [{ id: fit.id, fit, rows }];
});

/** The dispersion as R shows it, of the extra of a search. */
function dispersion(fit: FamilyFit, extra: number): number {
  if (fit.family === 'nbinom2') return 1 / extra;
  return fit.family === 'nbinom1' ? extra : Math.exp(extra);
}

describe('fits of one scalar random effect', () => {
  it('are there', () => {
    expect(cases.length).toBeGreaterThan(30);
    expect(new Set(cases.map(({ fit }) => fit.family)).size).toBe(7);
  });

  it.each(cases)('agree with R: $id', ({ fit, rows }) => {
    const { evidence, values } = rowEvidence(rows);
    const search = new FamilySearch(evidence, (own, kernel) => new ScalarObjective(own, kernel));
    const { objective } = search;
    const optimum = search.fit(values, 0);
    const { parameters, value } = optimum;
    const { absolute, relative } = TOLERANCE.criterion;
    expect(optimum.converged).toBe(true);
    expect(optimum.decrement).toBeLessThanOrEqual(TOLERANCE.gradient);
    if (fit.status === 'separated') {
      expect(optimum.separated).toEqual([1]);
      expect(Math.abs(value - fit.criterion)).toBeLessThan(TOLERANCE.infimum);
      return;
    }
    expect(optimum.separated).toEqual([]);
    expect(optimum.poissonLimit).toBe(fit.status === 'poisson_limit');
    expect(Math.abs(value - fit.criterion)).toBeLessThan(Math.max(absolute, relative * Math.abs(value)));
    const { p, m } = objective;
    const covariance = familyCovariance(objective, fit.family, parameters);
    const { estimate, se, se_conditional } = fit.coef;
    for (let k = 0; k < p; k++) {
      expect(Math.abs(parameters[k] - estimate[k]) / se[k]).toBeLessThan(TOLERANCE.coefficient);
      expect(Math.abs(covariance.standardErrors[k] / se[k] - 1)).toBeLessThan(TOLERANCE.generalised.standardError);
      expect(Math.abs(covariance.conditionalErrors[k] / se_conditional[k] - 1)).toBeLessThan(
        TOLERANCE.generalised.standardError,
      );
    }
    expect(Math.abs(objective.theta(parameters)[0] - fit.theta[0])).toBeLessThan(
      TOLERANCE.generalised.deviation * (fit.theta[0] + 0.01),
    );
    const extras = parameters.slice(p + m);
    if (fit.dispersion !== null && fit.dispersion.value !== null && fit.status === 'ok') {
      expect(Math.abs(dispersion(fit, extras[0]) / fit.dispersion.value - 1)).toBeLessThan(
        TOLERANCE.generalised.dispersion,
      );
      const { log_se } = fit.dispersion;
      if (log_se !== null) {
        expect(Math.abs(covariance.extraErrors[0] / log_se - 1)).toBeLessThan(TOLERANCE.generalised.standardError);
      }
    }
    if (fit.thresholds !== null) {
      thresholdsOf(extras).forEach((threshold, j) => {
        const { estimate: reference, se: errors } = fit.thresholds ?? { estimate: [], se: [] };
        expect(Math.abs(threshold - reference[j]) / errors[j]).toBeLessThan(TOLERANCE.coefficient);
        expect(Math.abs(covariance.extraErrors[j] / errors[j] - 1)).toBeLessThan(TOLERANCE.generalised.standardError);
      });
    }
    const [{ estimate: modes, standardError }] = objective.modes();
    for (const [g, [mode]] of (fit.ranef[0]?.mode ?? []).entries()) {
      const [sd] = fit.ranef[0].sd[g];
      const unit = Math.max(sd, TOLERANCE.generalised.leastDeviation);
      expect(Math.abs(modes[g] - mode)).toBeLessThan(TOLERANCE.generalised.mode * unit);
      expect(Math.abs(standardError[g] - sd)).toBeLessThan(TOLERANCE.generalised.mode * unit);
    }
  });
});
