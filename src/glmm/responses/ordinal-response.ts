/**
 * Categories 1 .. J with P(Y <= c) = F(a_c - eta). Mean and variance are those of the number of the category; the deviance of a
 * category is -2 log P, since a model that knew it would give it probability 1.
 */
import type { InverseLink } from './inverse-link.ts';
import { ALL_ABOVE, ALL_BELOW, type ResponseDistribution, type Tails } from './response-distribution.ts';

export class OrdinalResponse implements ResponseDistribution {
  readonly discrete = true;
  private readonly link: InverseLink;
  private readonly thresholds: Float64Array;

  constructor(link: InverseLink, thresholds: Float64Array) {
    this.link = link;
    this.thresholds = thresholds;
  }

  probabilities(eta: number): Float64Array {
    const { length } = this.thresholds;
    return Float64Array.from({ length: length + 1 }, (_, c) => this.probability(c + 1, eta));
  }

  densities(eta: number): Float64Array {
    return this.thresholds.map((threshold) => this.link.slope(threshold - eta));
  }

  /** Differences of whichever tails are small. */
  private probability(y: number, eta: number): number {
    const to = this.upTo(y, eta);
    const before = this.upTo(y - 1, eta);
    return before.lower > 0.5 ? before.upper - to.upper : to.lower - before.lower;
  }

  mean(eta: number): number {
    let mean = 1;
    for (const threshold of this.thresholds) mean += this.link.rest(threshold - eta);
    return mean;
  }

  slope(eta: number): number {
    let slope = 0;
    for (const threshold of this.thresholds) slope += this.link.slope(threshold - eta);
    return slope;
  }

  variance(eta: number): number {
    const mean = this.mean(eta);
    return this.probabilities(eta).reduce((sum, p, c) => sum + p * (c + 1 - mean) ** 2, 0);
  }

  deviance(y: number, eta: number): number {
    return -2 * Math.log(this.probability(y, eta));
  }

  upTo(y: number, eta: number): Tails {
    if (y < 1) return ALL_ABOVE;
    if (y > this.thresholds.length) return ALL_BELOW;
    const t = this.thresholds[y - 1] - eta;
    return { lower: this.link.mean(t), upper: this.link.rest(t) };
  }

  quantile(probability: number, eta: number): number {
    let y = 1;
    while (y <= this.thresholds.length && this.upTo(y, eta).lower < probability) y++;
    return y;
  }
}
