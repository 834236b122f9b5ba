import type { FamilyChoice } from '../../types/family.ts';
import { BetaResponse } from './beta-response.ts';
import { BinomialResponse } from './binomial-response.ts';
import { LinearCountResponse, PoissonResponse, QuadraticCountResponse } from './count-response.ts';
import { GammaResponse } from './gamma-response.ts';
import { inverseLink } from './inverse-link.ts';
import { OrdinalResponse } from './ordinal-response.ts';
import type { ResponseDistribution } from './response-distribution.ts';

/** Sizes from which on a negative binomial cannot be told from Poisson's counts. */
const LARGEST_SIZE = 1e12;

/**
 * The distribution of responses of a family.
 *
 * @param extras as users know them: size, phi, shape, precision, or the thresholds
 */
export function openResponse({ family, link }: FamilyChoice, extras: Float64Array): ResponseDistribution {
  switch (family) {
    case 'binomial':
      return new BinomialResponse(inverseLink(link));
    case 'poisson':
      return new PoissonResponse();
    case 'nbinom2':
      return extras[0] < LARGEST_SIZE ? new QuadraticCountResponse(extras[0]) : new PoissonResponse();
    case 'nbinom1':
      return extras[0] > 1 / LARGEST_SIZE ? new LinearCountResponse(extras[0]) : new PoissonResponse();
    case 'Gamma':
      return new GammaResponse(extras[0]);
    case 'beta':
      return new BetaResponse(extras[0]);
    default:
      return new OrdinalResponse(inverseLink(link), extras);
  }
}
