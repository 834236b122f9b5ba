/**
 * The distribution of a response whose linear predictor is itself uncertain, eta ~ N(m, s^2):
 *
 *     P(Y <= y) = int P(Y <= y | eta) phi((eta - m) / s) / s deta
 *
 * by Gauss-Legendre panels over where neither factor is constant: m -+ 9 s, and the eta whose means are near y. Beyond, the
 * distribution function counts as what it is at the end.
 */
import { normalProbability } from '../../numeric/distributions/normal.ts';
import { gaussLegendre } from '../../numeric/gauss-legendre.ts';
import { realQuantile, wholeQuantile } from './quantiles.ts';
import type { ResponseDistribution, Tails } from './response-distribution.ts';

const { nodes: NODES, weights: WEIGHTS } = gaussLegendre(16);
/** Standard deviations of eta, and of a response in units of eta, beyond which nothing happens. */
const PRIOR_REACH = 9;
const RESPONSE_REACH = 12;
/** Length of a panel in the smaller of the two. */
const PANEL = 3;

/** Tails of a response at y. `link` gives the linear predictor of a mean. */
export function predictiveTails(
  distribution: ResponseDistribution,
  link: (mean: number) => number,
  y: number,
  m: number,
  s: number,
): Tails {
  if (!(s > 0)) return distribution.upTo(y, m);
  // The linear predictor at which y is the mean, and how far it reaches.
  const centre = link(distribution.discrete ? y + 0.5 : y);
  const width = Math.sqrt(distribution.variance(centre)) / distribution.slope(centre);
  const reach = Number.isFinite(width) ? RESPONSE_REACH * width : Infinity;
  const from = Math.min(Math.max(m - PRIOR_REACH * s, centre - reach), m + PRIOR_REACH * s);
  const to = Math.max(Math.min(m + PRIOR_REACH * s, centre + reach), from);
  const before = normalProbability((from - m) / s);
  const after = normalProbability((m - to) / s);
  const [low, high] = [distribution.upTo(y, from), distribution.upTo(y, to)];
  let lower = before * low.lower + after * high.lower;
  let upper = before * low.upper + after * high.upper;
  const panels = Math.ceil((to - from) / (PANEL * Math.min(s, width)));
  const step = (to - from) / Math.max(1, panels);
  for (let k = 0; k < panels; k++) {
    for (let j = 0; j < NODES.length; j++) {
      const eta = from + step * (k + NODES[j]);
      const z = (eta - m) / s;
      const weight = (WEIGHTS[j] * step * Math.exp(-0.5 * z * z)) / (s * Math.sqrt(2 * Math.PI));
      const tails = distribution.upTo(y, eta);
      lower += weight * tails.lower;
      upper += weight * tails.upper;
    }
  }
  return { lower, upper };
}

/** The least y with P(Y <= y) >= probability. */
export function predictiveQuantile(
  distribution: ResponseDistribution,
  { mean, link }: { mean(eta: number): number; link(mean: number): number },
  probability: number,
  m: number,
  s: number,
): number {
  const upTo = (y: number): Tails => predictiveTails(distribution, link, y, m, s);
  if (!distribution.discrete) return realQuantile(probability, upTo, mean, m);
  const start = distribution.mean(m);
  return wholeQuantile(probability, upTo, start, Math.sqrt(distribution.variance(m)) + s * start);
}
