import { FitError } from '../errors.ts';
import type { FamilyEvidence } from '../moments/family-evidence.ts';
import type { DesignBasisOptions } from './design-basis.ts';
import type { FamilyKernel } from './family-kernel.ts';
import type { FamilyObjective } from './family-objective.ts';
import { LaplaceObjective } from './laplace-objective.ts';
import { type OrthogonalObjective, orthogonalObjective } from './orthogonal-objective.ts';
import { QuadratureObjective } from './quadrature-objective.ts';
import { ScalarObjective } from './scalar-objective.ts';

/**
 * The criterion of a model whose columns are as they are given, in the form that suits its random terms: none or one column of one term in its variance, by sums
 * over the levels; any others by Cholesky factors of H.
 *
 * @param nodes of adaptive Gauss-Hermite quadrature; 1 is Laplace's approximation
 * @throws FitError OptionError for quadrature over more than one term with one column
 */
export function openCriterion(evidence: FamilyEvidence, kernel: FamilyKernel, nodes = 1): FamilyObjective {
  const { effects, rows } = evidence;
  const scalar = effects.length === 1 && effects[0].z.length === rows;
  if (nodes > 1 && effects.length > 0) {
    if (scalar) return new QuadratureObjective(evidence, kernel, nodes);
    throw new FitError('OptionError', 'quadrature integrates one random effect a level, and these models have more', {
      option: 'nagq',
      remedy: 'Leave “nagq” at 1, Laplace’s approximation, or take a single random intercept or slope.',
    });
  }
  return effects.length === 0 || scalar
    ? new ScalarObjective(evidence, kernel)
    : new LaplaceObjective(evidence, kernel);
}

/** The same in orthogonal coordinates, which it keeps to itself. */
export function openObjective(
  evidence: FamilyEvidence,
  kernel: FamilyKernel,
  nodes = 1,
  options: DesignBasisOptions = {},
): OrthogonalObjective {
  return orthogonalObjective(evidence, kernel.extras, (own) => openCriterion(own, kernel, nodes), options);
}
