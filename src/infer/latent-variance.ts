/**
 * The variance of a distribution on the scale of its link, which stands where gaussian models have sigma^2 in R2 and ICC
 * (Nakagawa, Johnson & Schielzeth 2017): of a latent variable behind thresholds,
 *
 *     logit pi^2/3     probit 1     cloglog pi^2/6
 *
 * and of the logarithm of a response with mean m, by the variance of a log-normal one with the same mean and variance, that is
 * log(1 + V(m)/m^2): Poisson log(1 + 1/m), nbinom2 log(1 + 1/m + 1/size), nbinom1 log(1 + (1 + phi)/m), Gamma log(1 + 1/shape).
 * Of the logit of a beta-distributed share with precision s: psi'(m s) + psi'((1 - m) s), which is exact.
 */
import { trigamma } from '../numeric/polygamma.ts';
import type { FamilyName, LinkName } from '../types/family.ts';

/** @param mean of the response, @param dispersion size, phi, shape or precision; unused by families without one */
export function latentVariance(family: FamilyName, link: LinkName, mean: number, dispersion: number): number {
  switch (family) {
    case 'poisson':
      return Math.log1p(1 / mean);
    case 'nbinom2':
      return Math.log1p(1 / mean + 1 / dispersion);
    case 'nbinom1':
      return Math.log1p((1 + dispersion) / mean);
    case 'Gamma':
      return Math.log1p(1 / dispersion);
    case 'beta':
      return trigamma(mean * dispersion) + trigamma((1 - mean) * dispersion);
    default:
      return link === 'probit' ? 1 : Math.PI ** 2 / (link === 'cloglog' ? 6 : 3);
  }
}
