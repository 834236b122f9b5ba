import { FamilySearch } from '../glmm/family-search.ts';
import { FamilySimulator } from '../glmm/family-simulator.ts';
import { fitRowLayout } from '../glmm/fit-row.ts';
import { openCriterion } from '../glmm/open-objective.ts';
import { PoissonLimit } from '../glmm/poisson-limit.ts';
import type { FamilyEvidence } from '../moments/family-evidence.ts';
import type { DesignMoments } from '../moments/moments.ts';
import { type Embedding, submodel } from '../moments/submodel.ts';
import { Random } from '../simulate/random.ts';
import type { Design } from '../types/design.ts';
import { type RatioDraws, STREAM_RATIO } from './gaussian-ratio-draws.ts';
import type { ModelFits } from './model-fits.ts';

/** Poisson's dispersion among negative binomials, for `nbinom2` as for `nbinom1`. */
const NO_DISPERSION = new Float64Array(1);

/**
 * Draws of generalised models. Responses are drawn on the pseudo-rows of the larger design from the smaller model (`own`, which
 * lies in it by `embedding`) as it was fitted, with new random effects, and each draw is searched as the data were: one with
 * separated coefficients has its supremum, one that cannot be fitted counts as beyond any ratio. Poisson's model inside a
 * negative binomial one is drawn as its limit.
 *
 * @throws RangeError for designs without a family
 */
export function familyRatioDraws(
  large: DesignMoments,
  own: Design,
  embedding: Embedding,
  [small, whole]: readonly [ModelFits, ModelFits],
  seed: number,
): RatioDraws {
  const sub = submodel(large, own, embedding).design;
  if (!large.family || !sub.family) throw new RangeError('the designs have no family');
  const simulator = new FamilySimulator(sub.family);
  const isLimit = small.family?.family !== whole.family?.family;
  const limit = isLimit ? new PoissonLimit(simulator.evidence) : null;
  const smaller = searcher(limit?.evidence ?? simulator.evidence, small.nodes);
  const larger = searcher(new FamilySimulator(large.family).evidence, whole.nodes);
  const { p, m, extraErrors } = fitRowLayout(limit ? { ...sub, family: limit.evidence } : sub);
  return {
    pivotal: false,
    from(model) {
      const row = small.searched(model);
      if (!row) throw new RangeError('fits of a family have their parameters');
      const [beta, theta] = [row.subarray(0, p), row.subarray(p, p + m)];
      const extras = isLimit ? NO_DISPERSION : row.subarray(p + m, extraErrors);
      return (stream, draw) => {
        simulator.draw(new Random(seed, stream, draw, STREAM_RATIO), beta, theta, extras);
        const { values } = simulator;
        const ratio = smaller(limit?.response(values, 0) ?? values) - larger(values);
        return Number.isNaN(ratio) ? Number.POSITIVE_INFINITY : Math.max(0, ratio);
      };
    },
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
