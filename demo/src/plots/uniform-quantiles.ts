/**
 * Observed p-values against those of uniform ones, all on the scale of -log10.
 *
 * The k-th smallest of n uniform numbers is Beta(k, n + 1 - k): its mean k / (n + 1) is the abscissa, its 2.5 and 97.5 %
 * points are the band, which holds pointwise and for independent genes. The inflation factor compares medians on the
 * scale of chi-square with one degree of freedom (B. Devlin, K. Roeder, Biometrics 55, 1999):
 *
 *     lambda = median(chi-square of p) / 0.4549...
 */
import { betaQuantile } from 'webgpu-lmm/statistics';
import { gather, placesWhere } from './gather.ts';
import { quantileSorted } from './quantiles.ts';

export interface UniformQuantiles {
  /** Index of the gene, smallest p first; genes without p are left out. */
  readonly order: Int32Array;
  /** -log10 of the expected p, in that order. */
  readonly expected: Float64Array;
  /** -log10 of the observed p; Infinity where p is 0. */
  readonly observed: Float64Array;
  /** Genomic inflation factor; NaN of no p-values. */
  readonly inflation: number;
}

export interface UniformBand {
  /** -log10 of the expected p, descending. */
  readonly expected: Float64Array;
  readonly low: Float64Array;
  readonly high: Float64Array;
}

/** Median of chi-square with one degree of freedom. */
const CHI_SQUARE_MEDIAN = 0.454936423119572;

export function uniformQuantiles(log10P: Float64Array): UniformQuantiles {
  const order = placesWhere(log10P.length, (i) => !Number.isNaN(log10P[i])).sort(
    (i, j) => log10P[i] - log10P[j] || i - j,
  );
  const n = order.length;
  const observed = gather(log10P, order).map((value) => Math.max(0, -value));
  return {
    order,
    expected: observed.map((_, k) => -Math.log10((k + 1) / (n + 1))),
    observed,
    inflation: chiSquareOfP(-quantileSorted(observed, 0.5)) / CHI_SQUARE_MEDIAN,
  };
}

/** The 95 % band for n p-values at about `points` ranks, evenly spread over the logarithm. */
export function uniformBand(n: number, points: number): UniformBand {
  const ranks = new Set<number>();
  for (let i = 0; i < points && n > 0; i++) ranks.add(Math.round(n ** (i / Math.max(1, points - 1))));
  const k = Float64Array.from(ranks);
  return {
    expected: k.map((rank) => -Math.log10(rank / (n + 1))),
    low: k.map((rank) => -Math.log10(betaQuantile(0.975, rank, n + 1 - rank))),
    high: k.map((rank) => -Math.log10(betaQuantile(0.025, rank, n + 1 - rank))),
  };
}

/** The chi-square (1 df) whose upper tail is p: 2 u^2 with erfc(u) = p, by bisection on the logarithm. */
export function chiSquareOfP(log10P: number): number {
  if (Number.isNaN(log10P)) return NaN;
  if (log10P === -Infinity) return Infinity;
  const target = log10P * Math.LN10;
  let low = 0;
  let high = 1;
  while (logErfc(high) > target) high *= 2;
  for (let step = 0; step < 60; step++) {
    const middle = (low + high) / 2;
    if (logErfc(middle) > target) low = middle;
    else high = middle;
  }
  const u = (low + high) / 2;
  return 2 * u * u;
}

/**
 * log erfc(u) for u >= 0: below 2 from the series 7.6.2 of the NIST Digital Library, above from the continued fraction
 * 7.9.1, evaluated from its 60th term backwards.
 */
export function logErfc(u: number): number {
  if (u < 2) {
    let term = u;
    let sum = u;
    for (let k = 1; term > 1e-18 * sum; k++) {
      term *= (2 * u * u) / (2 * k + 1);
      sum += term;
    }
    return Math.log1p((-2 / Math.sqrt(Math.PI)) * Math.exp(-u * u) * sum);
  }
  let tail = 0;
  for (let k = 60; k >= 1; k--) tail = k / 2 / (u + tail);
  return -u * u - Math.log(Math.sqrt(Math.PI) * (u + tail));
}
