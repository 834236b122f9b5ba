/**
 * Positive responses of mean mu = exp(eta) and shape s: variance mu^2 / s, P(Y <= y) = P(s, s y / mu) of the incomplete gamma
 * function. The deviance is R's, 2 (y / mu - 1 - log(y / mu)): without the shape, by which twice the log likelihood differs.
 */
import { logIncompleteGamma } from '../../numeric/distributions/incomplete-gamma.ts';
import { realQuantile } from './quantiles.ts';
import { ALL_ABOVE, type ResponseDistribution, type Tails } from './response-distribution.ts';
import { positiveDevianceTerm } from './unit-deviance.ts';

export class GammaResponse implements ResponseDistribution {
  readonly discrete = false;
  private readonly shape: number;

  constructor(shape: number) {
    this.shape = shape;
  }

  mean(eta: number): number {
    return Math.exp(eta);
  }

  slope(eta: number): number {
    return Math.exp(eta);
  }

  variance(eta: number): number {
    return Math.exp(2 * eta) / this.shape;
  }

  deviance(y: number, eta: number): number {
    const mu = Math.exp(eta);
    return (2 * positiveDevianceTerm(mu, y)) / mu;
  }

  upTo(y: number, eta: number): Tails {
    if (y <= 0) return ALL_ABOVE;
    const { lower, upper } = logIncompleteGamma(this.shape * y * Math.exp(-eta), this.shape);
    return { lower: Math.exp(lower), upper: Math.exp(upper) };
  }

  quantile(probability: number, eta: number): number {
    return realQuantile(probability, (y) => this.upTo(y, eta), Math.exp, eta);
  }
}
