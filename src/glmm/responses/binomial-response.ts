/**
 * Successes of m trials with probability mu each, by any link. With D(x, m) = x log(x / m) + m - x the deviance is
 * 2 (D(k, m mu) + D(m - k, m (1 - mu))), and P(K <= k) = I_{1 - mu}(m - k, k + 1).
 */
import { logIncompleteBeta } from '../../numeric/distributions/incomplete-beta.ts';
import { normalQuantile } from '../../numeric/distributions/normal.ts';
import type { InverseLink } from './inverse-link.ts';
import { wholeQuantile } from './quantiles.ts';
import { ALL_ABOVE, ALL_BELOW, type ResponseDistribution, type Tails } from './response-distribution.ts';
import { positiveDevianceTerm } from './unit-deviance.ts';

export class BinomialResponse implements ResponseDistribution {
  readonly discrete = true;
  private readonly link: InverseLink;

  constructor(link: InverseLink) {
    this.link = link;
  }

  mean(eta: number): number {
    return this.link.mean(eta);
  }

  slope(eta: number): number {
    return this.link.slope(eta);
  }

  variance(eta: number): number {
    return this.link.mean(eta) * this.link.rest(eta);
  }

  deviance(y: number, eta: number, trials = 1): number {
    const { link } = this;
    const successes = positiveDevianceTerm(y, trials * link.mean(eta));
    return 2 * (successes + positiveDevianceTerm(trials - y, trials * link.rest(eta)));
  }

  upTo(y: number, eta: number, trials = 1): Tails {
    if (y < 0) return ALL_ABOVE;
    if (y >= trials) return ALL_BELOW;
    const { link } = this;
    const { lower, upper } = logIncompleteBeta(link.rest(eta), link.mean(eta), trials - y, y + 1);
    return { lower: Math.exp(lower), upper: Math.exp(upper) };
  }

  quantile(probability: number, eta: number, trials = 1): number {
    if (trials === 0) return 0;
    const sd = Math.sqrt(trials * this.variance(eta));
    const start = Math.min(trials, trials * this.mean(eta) + sd * normalQuantile(probability));
    return wholeQuantile(probability, (y) => this.upTo(y, eta, trials), start, sd / 8);
  }
}
