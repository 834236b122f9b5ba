import { openFamily } from '../../glmm/open-family.ts';
import { openObjective } from '../../glmm/open-objective.ts';
import type { DesignMoments } from '../../moments/moments.ts';
import type { HeldOutScorer, ScoredSide } from '../held-out-score.ts';

/**
 * Scores rows that a fit of a generalised model was made without: log p(all) - log p(others) at the parameters of the fit, each
 * with its random effects integrated out as the criterion does. `extras` holds the family's own parameters (`family-kernel.ts`)
 * of the fit that is scored; `theta` of a side are covariance factors without a sigma in front. There are no squared errors.
 *
 * @throws RangeError for designs without a family
 */
export function familyHeldOutScorer(
  all: DesignMoments,
  others: DesignMoments,
  nodes: number,
  extras: Float64Array,
): HeldOutScorer {
  const [whole, rest] = [logDensity(all, nodes, extras), logDensity(others, nodes, extras)];
  return (one, other, _, out) => {
    out.logDensity = whole(one) - rest(other);
    out.squaredError = Number.NaN;
  };
}

function logDensity(
  { family: evidence }: DesignMoments,
  nodes: number,
  extras: Float64Array,
): (side: ScoredSide) => number {
  if (!evidence) throw new RangeError('the design has no family');
  const objective = openObjective(evidence, openFamily(evidence), nodes);
  return ({ responses, k, beta, theta }) => {
    if (!responses.family) throw new RangeError('the responses have no statistics of a family');
    objective.load(responses.family, k * evidence.width);
    return -objective.evaluate(objective.parametersOf(beta, theta, extras), 0) / 2;
  };
}
