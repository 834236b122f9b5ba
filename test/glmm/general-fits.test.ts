import { describe, expect, it } from 'vitest';
import { LaplaceObjective } from '../../src/glmm/laplace-objective.ts';
import { openCriterion } from '../../src/glmm/open-objective.ts';
import { expectFit } from './expect-fit.ts';
import { anyRowsOfFit, familyFits, rowsOfFit } from './reference-fits.ts';

const cases = familyFits().map((fit) => ({ id: fit.id, fit, scalar: rowsOfFit(fit) !== null }));

describe('fits with slopes, nested and crossed factors', () => {
  const general = cases.filter(({ scalar }) => !scalar);
  it('are there', () => expect(general.length).toBeGreaterThan(15));

  it.each(general)('agree with R: $id', ({ fit }) => {
    expectFit(fit, anyRowsOfFit(fit), (evidence, kernel) => openCriterion(evidence, kernel));
  });
});

describe('fits by adaptive Gauss-Hermite quadrature', () => {
  const quadrature = cases.filter(({ fit }) => fit.nAGQ > 1);
  it('are there', () => expect(quadrature.length).toBeGreaterThan(8));

  it.each(quadrature)('agree with R: $id', ({ fit }) => {
    expectFit(fit, anyRowsOfFit(fit), (evidence, kernel) => openCriterion(evidence, kernel, fit.nAGQ));
  });
});

describe('fits of one scalar random effect by its standard deviation', () => {
  // One of each family, and those at a boundary.
  const wanted =
    /^(glmm_(bacteria|epil_nb1|epil_nb2|seizure_poisson|sim_beta|sim_gamma|sim_flat_poisson)|clmm_wine_logit)$/;
  const scalar = cases.filter(({ id }) => wanted.test(id));
  it('are there', () => expect(scalar.length).toBe(8));

  it.each(scalar)('agree with R: $id', ({ fit }) => {
    expectFit(fit, anyRowsOfFit(fit), (evidence, kernel) => new LaplaceObjective(evidence, kernel));
  });
});
