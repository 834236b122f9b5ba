import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { openFamily } from '../../src/glmm/open-family.ts';
import { openCriterion, openObjective } from '../../src/glmm/open-objective.ts';
import { RestrictedObjective } from '../../src/glmm/restricted-objective.ts';
import { RestrictedSearch } from '../../src/glmm/restricted-search.ts';
import { choleskyInPlace } from '../../src/numeric/cholesky.ts';
import { TOLERANCE } from '../tolerance.ts';
import { expectClose } from './expect-close.ts';
import { anyRowsOfFit, familyFits } from './reference-fits.ts';
import { rowEvidence } from './row-evidence.ts';

interface RestrictedFit {
  readonly criterion: number;
  readonly estimate: readonly number[];
  readonly se: readonly number[];
  readonly sd: readonly number[];
  /** The dispersion as glmmTMB has it: size, shape's inverse root, precision; 1 without. */
  readonly sigma: number;
}

/** Written by restricted-fits.R. */
const REFERENCE = JSON.parse(readFileSync(new URL('./restricted-fits.json', import.meta.url), 'utf8')) as Record<
  string,
  RestrictedFit
>; // our own file

const cases = familyFits().flatMap((fit) => (fit.id in REFERENCE ? [{ id: fit.id, fit }] : []));

describe('restricted Laplace', () => {
  it.each(cases)('agrees with glmmTMB: $id', ({ id, fit }) => {
    const { evidence, values } = rowEvidence(anyRowsOfFit(fit));
    const search = new RestrictedSearch(evidence, openCriterion);
    const { parameters, value, covariance, converged, decrement } = search.fit(values, 0);
    const wanted = REFERENCE[id];
    const { objective } = search.search;
    const { p, m } = objective;
    expect(converged).toBe(true);
    expect(decrement).toBeLessThanOrEqual(TOLERANCE.gradient);
    const { absolute, relative } = TOLERANCE.criterion;
    expect(Math.abs(value - wanted.criterion)).toBeLessThan(Math.max(absolute, relative * Math.abs(value)));
    if (!covariance) throw new Error('no covariance');
    const bounds = TOLERANCE.generalised;
    wanted.estimate.forEach((estimate, k) => {
      const error = wanted.se[k];
      expect(Math.abs(parameters[k] - estimate) / error).toBeLessThan(bounds.coefficient);
      expect(Math.abs(Math.sqrt(covariance.beta[k * p + k]) / error - 1)).toBeLessThan(bounds.standardError);
      expect(covariance.conditionalErrors[k]).toBeLessThanOrEqual(error * (1 + bounds.standardError));
    });
    if (m === wanted.sd.length) {
      const sd = objective.theta(parameters).sort();
      sd.forEach((deviation, k) => {
        expect(Math.abs(deviation / wanted.sd[k] - 1)).toBeLessThan(bounds.deviation);
      });
    }
    const extra = parameters[p + m];
    if (fit.family === 'nbinom2') expect(Math.abs(1 / extra / wanted.sigma - 1)).toBeLessThan(bounds.dispersion);
    if (fit.family === 'beta') expect(Math.abs(Math.exp(extra) / wanted.sigma - 1)).toBeLessThan(bounds.dispersion);
    if (fit.family === 'Gamma')
      expect(Math.abs(Math.exp(-extra / 2) / wanted.sigma - 1)).toBeLessThan(bounds.dispersion);
  });

  it('is the ordinary criterion with the determinant of the information of the coefficients', () => {
    const fit = familyFits().find(({ id }) => id === 'glmm_salamanders_nb2');
    if (!fit) throw new Error('no such fit');
    const { evidence, values } = rowEvidence(anyRowsOfFit(fit));
    const restricted = new RestrictedObjective(evidence, openFamily(evidence));
    restricted.load(values, 0);
    const value = restricted.evaluate(Float64Array.of(0.7, 1.1), 1);
    const ordinary = openObjective(evidence, openFamily(evidence));
    ordinary.load(values, 0);
    const { p } = ordinary;
    const point = ordinary.parametersOf(restricted.beta, Float64Array.of(0.7), Float64Array.of(1.1));
    const plain = ordinary.evaluate(point, 1);
    const information = ordinary.fixedInformation?.() ?? new Float64Array(0);
    const logDet = choleskyInPlace(information, p);
    const roots = Array.from({ length: p }, (_, j) => 2 * Math.log(information[j * (p + 1)]));
    expect(Number.isNaN(logDet)).toBe(false);
    const expected = plain + roots.reduce((sum, root) => sum + root, 0) - p * Math.log(2 * Math.PI);
    expectClose([value], [expected], TOLERANCE.laplaceRounding);
    // Derivatives of its values.
    const gradient = restricted.gradient.slice();
    [0, 1].forEach((j) => {
      const h = 1e-3;
      const at = (step: number) => {
        const moved = Float64Array.of(0.7, 1.1);
        moved[j] += step;
        return restricted.evaluate(moved, 0);
      };
      const slope = (8 * (at(h) - at(-h)) - (at(2 * h) - at(-2 * h))) / (12 * h);
      expectClose([gradient[j]], [slope], TOLERANCE.generalised.gradient);
    });
  });
});
