/** The comparison of a generalised fit with R's. */
import { expect } from 'vitest';
import { familyCovariance } from '../../src/glmm/family-covariance.ts';
import { FamilySearch, type OpenObjective } from '../../src/glmm/family-search.ts';
import { thresholdsOf } from '../../src/glmm/fit-row.ts';
import { TOLERANCE } from '../tolerance.ts';
import type { FamilyFit } from './reference-fits.ts';
import { type FamilyRowsOf, rowEvidence } from './row-evidence.ts';

/** The dispersion as R shows it, of the extra of a search. */
function dispersion(fit: FamilyFit, extra: number): number {
  if (fit.family === 'nbinom2') return 1 / extra;
  return fit.family === 'nbinom1' ? extra : Math.exp(extra);
}

/** Fits the rows and expects R's criterion, estimates, errors and modes. */
export function expectFit(fit: FamilyFit, rows: FamilyRowsOf, open: OpenObjective): void {
  const { evidence, values } = rowEvidence(rows);
  const search = new FamilySearch(evidence, open);
  const { objective } = search;
  const optimum = search.fit(values, 0);
  const { parameters, value } = optimum;
  const { absolute, relative } = TOLERANCE.criterion;
  const bounds = fit.nAGQ > 1 ? TOLERANCE.quadratureFit : TOLERANCE.generalised;
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
    expect(Math.abs(parameters[k] - estimate[k]) / se[k]).toBeLessThan(bounds.coefficient);
    expect(Math.abs(covariance.standardErrors[k] / se[k] - 1)).toBeLessThan(bounds.standardError);
    expect(Math.abs(covariance.conditionalErrors[k] / se_conditional[k] - 1)).toBeLessThan(bounds.standardError);
  }
  objective.theta(parameters).forEach((theta, k) => {
    expect(Math.abs(theta - fit.theta[k])).toBeLessThan(bounds.deviation * (Math.abs(fit.theta[k]) + 0.01));
  });
  const extras = parameters.slice(p + m);
  if (fit.dispersion !== null && fit.dispersion.value !== null && fit.status === 'ok') {
    expect(Math.abs(dispersion(fit, extras[0]) / fit.dispersion.value - 1)).toBeLessThan(bounds.dispersion);
    const { log_se } = fit.dispersion;
    if (log_se !== null) expect(Math.abs(covariance.extraErrors[0] / log_se - 1)).toBeLessThan(bounds.standardError);
  }
  if (fit.thresholds !== null) {
    thresholdsOf(extras).forEach((threshold, j) => {
      const { estimate: reference, se: errors } = fit.thresholds ?? { estimate: [], se: [] };
      expect(Math.abs(threshold - reference[j]) / errors[j]).toBeLessThan(bounds.coefficient);
      expect(Math.abs(covariance.extraErrors[j] / errors[j] - 1)).toBeLessThan(bounds.standardError);
    });
  }
  objective.modes().forEach(({ estimate: modes, standardError }, t) => {
    const { mode, sd } = fit.ranef[t];
    expect(modes.length).toBe(mode.length * mode[0].length);
    mode.flat().forEach((wanted, e) => {
      const error = sd.flat()[e];
      const unit = Math.max(error, bounds.leastDeviation);
      expect(Math.abs(modes[e] - wanted)).toBeLessThan(bounds.mode * unit);
      expect(Math.abs(standardError[e] - error)).toBeLessThan(bounds.mode * unit);
    });
  });
}
