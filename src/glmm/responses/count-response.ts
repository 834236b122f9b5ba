/**
 * Counts with mean mu = exp(eta): Poisson, and negative binomial of size s, whose variance is mu + mu^2 / s. With
 * P(Y <= y) = Q(y + 1, mu) of the incomplete gamma function, I_{s / (s + mu)}(s, y + 1) of the incomplete beta function.
 * D(x, m) = x log(x / m) + m - x:
 *
 *     deviance    Poisson 2 D(y, mu)        size s, held: 2 (D(y, mu) - D(y + s, mu + s))
 *
 * of sizes that go with the mean (nbinom1, s = mu / phi) twice the logarithm of the ratio of the likelihood to its maximum.
 */
import { logIncompleteBeta } from '../../numeric/distributions/incomplete-beta.ts';
import { logIncompleteGamma } from '../../numeric/distributions/incomplete-gamma.ts';
import { normalQuantile } from '../../numeric/distributions/normal.ts';
import { digamma, trigamma } from '../../numeric/polygamma.ts';
import { RisingFactorial } from '../../numeric/rising-factorial.ts';
import { wholeQuantile } from './quantiles.ts';
import { ALL_ABOVE, ALL_BELOW, type ResponseDistribution, type Tails } from './response-distribution.ts';
import { positiveDevianceTerm } from './unit-deviance.ts';

/** Poisson counts, and what all counts share. */
export class PoissonResponse implements ResponseDistribution {
  readonly discrete = true;

  mean(eta: number): number {
    return Math.exp(eta);
  }

  slope(eta: number): number {
    return Math.exp(eta);
  }

  variance(eta: number): number {
    return Math.exp(eta);
  }

  deviance(y: number, eta: number): number {
    return 2 * positiveDevianceTerm(y, Math.exp(eta));
  }

  upTo(y: number, eta: number): Tails {
    if (y < 0) return ALL_ABOVE;
    const mu = Math.exp(eta);
    if (mu === 0) return ALL_BELOW;
    if (y === 0) return { lower: Math.exp(-mu), upper: -Math.expm1(-mu) };
    const { lower, upper } = logIncompleteGamma(mu, y + 1);
    return { lower: Math.exp(upper), upper: Math.exp(lower) };
  }

  quantile(probability: number, eta: number): number {
    const sd = Math.sqrt(this.variance(eta));
    const start = this.mean(eta) + sd * normalQuantile(probability);
    return wholeQuantile(probability, (y) => this.upTo(y, eta), start, sd / 8);
  }
}

/** Negative binomial counts, by the size at a mean. */
abstract class NegativeBinomialResponse extends PoissonResponse {
  protected abstract size(mu: number): number;

  override variance(eta: number): number {
    const mu = Math.exp(eta);
    return mu * (1 + mu / this.size(mu));
  }

  override upTo(y: number, eta: number): Tails {
    if (y < 0) return ALL_ABOVE;
    const mu = Math.exp(eta);
    if (mu === 0) return ALL_BELOW;
    const size = this.size(mu);
    if (y === 0) {
      const log = -size * Math.log1p(mu / size);
      return { lower: Math.exp(log), upper: -Math.expm1(log) };
    }
    const { lower, upper } = logIncompleteBeta(size / (size + mu), mu / (size + mu), size, y + 1);
    return { lower: Math.exp(lower), upper: Math.exp(upper) };
  }
}

/** Variance mu + mu^2 / size. */
export class QuadraticCountResponse extends NegativeBinomialResponse {
  private readonly fixed: number;

  constructor(size: number) {
    super();
    this.fixed = size;
  }

  protected size(): number {
    return this.fixed;
  }

  override deviance(y: number, eta: number): number {
    const { fixed: size } = this;
    const mu = Math.exp(eta);
    return 2 * Math.max(0, positiveDevianceTerm(y, mu) - positiveDevianceTerm(y + size, mu + size));
  }
}

const NEWTON_STEPS = 100;

/** Variance mu (1 + phi). */
export class LinearCountResponse extends NegativeBinomialResponse {
  private readonly phi: number;
  private readonly rising = new RisingFactorial();

  constructor(phi: number) {
    super();
    this.phi = phi;
  }

  protected size(mu: number): number {
    return mu / this.phi;
  }

  override deviance(y: number, eta: number): number {
    const size = this.size(Math.exp(eta));
    const L = Math.log1p(this.phi);
    if (y === 0) return 2 * size * L;
    return 2 * Math.max(0, this.logLikelihood(y, this.likeliest(y), L) - this.logLikelihood(y, size, L));
  }

  /** log Gamma(y + a) - log Gamma(a) - a log1p(phi), in which alone the mean is. */
  private logLikelihood(y: number, a: number, L: number): number {
    this.rising.fix(1 / a);
    this.rising.evaluate(y, 0);
    return this.rising.value + y * Math.log(a) - a * L;
  }

  /** The size a with psi(y + a) - psi(a) = log1p(phi), by Newton's method in log a within a bracket. */
  private likeliest(y: number): number {
    const L = Math.log1p(this.phi);
    let [low, high] = [-Infinity, Infinity];
    let t = Math.log(Math.max(y / this.phi, Number.MIN_VALUE));
    for (let step = 0; step < NEWTON_STEPS; step++) {
      const a = Math.exp(t);
      const score = digamma(y + a) - digamma(a) - L;
      if (score > 0) low = t;
      else high = t;
      let next = t - score / (a * (trigamma(y + a) - trigamma(a)));
      if (!(next > low && next < high)) {
        next = low === -Infinity ? high - 1 : high === Infinity ? low + 1 : (low + high) / 2;
      }
      if (Math.abs(next - t) < 1e-12) return Math.exp(next);
      t = next;
    }
    return Math.exp(t);
  }
}
