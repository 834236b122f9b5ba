import { FamilySearch } from '../../glmm/family-search.ts';
import { FamilySimulator } from '../../glmm/family-simulator.ts';
import { fitRowLayout } from '../../glmm/fit-row.ts';
import { openCriterion } from '../../glmm/open-objective.ts';
import { PoissonLimit } from '../../glmm/poisson-limit.ts';
import type { FamilyEvidence } from '../../moments/family-evidence.ts';
import { Random } from '../../simulate/random.ts';
import { type RatioDraws, type RatioModels, STREAM_RATIO } from '../bootstrap/ratio-draws.ts';

/** Poisson's dispersion among negative binomials, for `nbinom2` as for `nbinom1`. */
const NO_DISPERSION = new Float64Array(1);

/**
 * Draws of generalised models. Responses are drawn on the pseudo-rows of the larger design from the smaller model as it was
 * fitted, with new random effects, and each draw is searched as the data were: one with
 * separated coefficients has its supremum, one that cannot be fitted counts as beyond any ratio. Poisson's model inside a
 * negative binomial one is drawn as its limit.
 *
 * @throws RangeError for designs without a family
 */
export function familyRatioDraws({ large, sub, nodes, isLimit, seed }: RatioModels): RatioDraws {
  const { design: small } = sub;
  if (!large.family || !small.family) throw new RangeError('the designs have no family');
  const simulator = new FamilySimulator(small.family);
  const limit = isLimit ? new PoissonLimit(simulator.evidence) : null;
  const smaller = searcher(limit?.evidence ?? simulator.evidence, nodes[0]);
  const larger = searcher(new FamilySimulator(large.family).evidence, nodes[1]);
  const { p, m, extraErrors } = fitRowLayout(limit ? { ...small, family: limit.evidence } : small);
  return (row) => {
    const [beta, theta] = [row.subarray(0, p), row.subarray(p, p + m)];
    const extras = isLimit ? NO_DISPERSION : row.subarray(p + m, extraErrors);
    return (stream, draw) => {
      simulator.draw(new Random(seed, stream, draw, STREAM_RATIO), beta, theta, extras);
      const { values } = simulator;
      const ratio = smaller(limit?.response(values, 0) ?? values) - larger(values);
      return Number.isNaN(ratio) ? Number.POSITIVE_INFINITY : Math.max(0, ratio);
    };
  };
}

/** What finds -2 log-likelihood of drawn responses; NaN where there is no fit. */
function searcher(evidence: FamilyEvidence, nodes: number): (values: Float64Array) => number {
  const search = new FamilySearch(evidence, (rows, kernel) => openCriterion(rows, kernel, nodes));
  return (values) => {
    const { converged, value } = search.fit(values, 0);
    return converged ? value : Number.NaN;
  };
}
