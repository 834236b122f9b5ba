import { fitRowLayout, naturalExtras } from '../glmm/fit-row.ts';
import { openResponse } from '../glmm/responses/open-response.ts';
import type { ResponseDistribution } from '../glmm/responses/response-distribution.ts';
import type { DesignMoments } from '../moments/moments.ts';

/**
 * The distribution of a generalised model's responses; null for a gaussian one.
 *
 * @param theta beta, covariance factors and extras, as readers of fits take them (`LocatedModel.theta`)
 */
export function modelResponse(design: DesignMoments, theta: Float64Array): ResponseDistribution | null {
  const { family } = design;
  if (!family) return null;
  const { p, m, d } = fitRowLayout(design);
  return openResponse(family, naturalExtras(family.family, theta.subarray(p + m, p + m + d)));
}
