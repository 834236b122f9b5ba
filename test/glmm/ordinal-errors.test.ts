import { describe, expect, it } from 'vitest';
import { familyCovariance } from '../../src/glmm/family-covariance.ts';
import { FamilySearch } from '../../src/glmm/family-search.ts';
import { openCriterion } from '../../src/glmm/open-objective.ts';
import { TOLERANCE } from '../tolerance.ts';
import { DESIGNS, differenceGradient, FAMILY_LINKS, randomModel } from './random-models.ts';

const LINKS = FAMILY_LINKS.filter(([family]) => family === 'cumulative');
const CASES = LINKS.flatMap(([family, link], k) =>
  // Models of one variance may have it at its bound, where there is one side.
  DESIGNS.slice(1, 5).map((kind, j) => [link, kind, family, 40 + 4 * k + j] as const),
);

describe('standard errors of ordinal models, whose Hessians are differences of gradients', () => {
  it.each(CASES)('are those of differences of the eighth order: %s, %s', (link, kind, family, seed) => {
    const { evidence, values } = randomModel(family, link, kind, seed, 90);
    const search = new FamilySearch(evidence, openCriterion);
    const { parameters } = search.fit(values, 0);
    const { objective } = search;
    const { own } = objective;
    const found = familyCovariance(objective, family, parameters);
    const point = objective.ownParameters(parameters);
    const n = point.length;
    const hessian = new Float64Array(n * n);
    for (let j = 0; j < n; j++) {
      const row = differenceGradient((at) => {
        own.evaluate(at, 1);
        return own.gradient[j];
      }, point);
      hessian.set(row, j * n);
    }
    own.evaluate(point, 1);
    own.hessian.set(hessian.map((value, e) => (value + hessian[(e % n) * n + Math.floor(e / n)]) / 2));
    const wanted = familyCovariance(objective, family, parameters);
    expect(found.positive).toBe(wanted.positive);
    for (const errors of ['standardErrors', 'extraErrors'] as const) {
      found[errors].forEach((error, k) => {
        expect(Math.abs(error / wanted[errors][k] - 1)).toBeLessThan(TOLERANCE.differencedErrors);
      });
    }
  });
});
