/** Shares in (0, 1) of mean mu and precision s: Beta(s mu, s (1 - mu)), variance mu (1 - mu) / (1 + s). */
import { logBetaDensity, logIncompleteBeta } from '../../numeric/distributions/incomplete-beta.ts';
import { digamma, trigamma } from '../../numeric/polygamma.ts';
import { type InverseLink, inverseLink } from './inverse-link.ts';
import { realQuantile } from './quantiles.ts';
import type { ResponseDistribution, Tails } from './response-distribution.ts';

const NEWTON_STEPS = 100;

export class BetaResponse implements ResponseDistribution {
  readonly discrete = false;
  private readonly precision: number;
  private readonly link: InverseLink = inverseLink('logit');

  constructor(precision: number) {
    this.precision = precision;
  }

  mean(eta: number): number {
    return this.link.mean(eta);
  }

  slope(eta: number): number {
    return this.link.slope(eta);
  }

  variance(eta: number): number {
    return this.link.slope(eta) / (1 + this.precision);
  }

  deviance(y: number, eta: number): number {
    const density = (at: number) => logBetaDensity(y, 1 - y, this.shape(at), this.shape(-at));
    return 2 * Math.max(0, density(this.likeliest(y)) - density(eta));
  }

  private shape(eta: number): number {
    return this.precision * this.link.mean(eta);
  }

  /** The eta at which the density of y is greatest: psi(a) - psi(b) = logit y, by Newton's method within a bracket. */
  private likeliest(y: number): number {
    const target = this.link.link(y);
    let [low, high] = [-Infinity, Infinity];
    let eta = target;
    for (let step = 0; step < NEWTON_STEPS; step++) {
      const [a, b] = [this.shape(eta), this.shape(-eta)];
      const excess = digamma(a) - digamma(b) - target;
      if (excess > 0) high = eta;
      else low = eta;
      let next = eta - excess / (this.precision * this.link.slope(eta) * (trigamma(a) + trigamma(b)));
      if (!(next > low && next < high)) {
        next = low === -Infinity ? high - 1 : high === Infinity ? low + 1 : (low + high) / 2;
      }
      if (Math.abs(next - eta) < 1e-12 * (1 + Math.abs(eta))) return next;
      eta = next;
    }
    return eta;
  }

  upTo(y: number, eta: number): Tails {
    const { lower, upper } = logIncompleteBeta(y, 1 - y, this.shape(eta), this.shape(-eta));
    return { lower: Math.exp(lower), upper: Math.exp(upper) };
  }

  quantile(probability: number, eta: number): number {
    return realQuantile(probability, (y) => this.upTo(y, eta), this.link.mean, eta);
  }
}
