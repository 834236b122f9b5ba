/**
 * The prior of many variances where some are outliers (Phipson, Lee, Majewski, Alexander and Smyth, "Robust
 * hyperparameter estimation protects against hypervariable genes", Ann. Appl. Stat. 10, 2016), as limma's
 * `fitFDistRobustly` has it: moments of log variances are matched after both have been Winsorised, and a variance that
 * the fitted F distribution would hardly give gets fewer prior degrees of freedom than the rest.
 */

import { logDensityOfLogF, logTailsF, quantileF } from '../../numeric/distributions/f-quantile.ts';
import { gaussLegendre } from '../../numeric/gauss-legendre.ts';
import { lowess } from '../../numeric/lowess.ts';
import { meanRanks, median, orderOf, quantileOfSorted, sorted } from '../../numeric/order-statistics.ts';
import { fitPrior, type VariancePrior } from './variance-prior.ts';

/** Shares of the variances that are pulled in below and above. */
const LOWER_TAIL = 0.05;
const UPPER_TAIL = 0.1;
/** Span of the trend of log variances with the covariate. */
const TREND_SPAN = 0.4;
/** Degrees of freedom below it count as none. */
const LEAST_DF = 1e-6;
/** Variances are kept above this share of their median. */
const LEAST_VARIANCE = 1e-12;

const quadrature = gaussLegendre(128);

/** Robust prior of each of three or more variances. */
export function fitPriorRobustly(variance: Float64Array, df: Float64Array, covariate?: Float64Array): VariancePrior {
  const usable = Int32Array.from(variance.keys()).filter((g) => Number.isFinite(df[g]) && df[g] > LEAST_DF);
  const pick = (values: Float64Array) => Float64Array.from(usable, (g) => values[g]);
  const x = pick(variance);
  const middle = median(x);
  if (usable.length < 3 || !(middle > 0)) return fitPrior(variance, df, covariate);
  const known = covariate ? pick(covariate) : undefined;
  const inner = fitUsable(
    x.map((value) => Math.max(value, LEAST_VARIANCE * middle)),
    pick(df),
    known,
  );
  if (usable.length === variance.length) return inner;
  // The others get the common prior, at their place on the trend.
  const out = { df: new Float64Array(variance.length), variance: new Float64Array(variance.length) };
  const at = new Map<number, number>();
  usable.forEach((g, i) => {
    at.set(g, i);
  });
  const order = known ? orderOf(known) : null;
  for (let g = 0; g < variance.length; g++) {
    const i = at.get(g);
    out.df[g] = i === undefined ? inner.commonDf : inner.df[i];
    if (i !== undefined) out.variance[g] = inner.variance[i];
    else if (known && covariate && order) {
      out.variance[g] = Math.exp(interpolate(known, inner.variance.map(Math.log), order, covariate[g]));
    } else out.variance[g] = inner.variance[0];
  }
  return out;
}

function fitUsable(
  variance: Float64Array,
  df: Float64Array,
  covariate: Float64Array | undefined,
): VariancePrior & { readonly commonDf: number } {
  const n = variance.length;
  const plain = fitPrior(variance, df, covariate);
  if (LOWER_TAIL < 1 / n && UPPER_TAIL < 1 / n) return plain;
  const df1 = df.reduce((most, value) => Math.max(most, value), 0);
  const z = equalDegrees(variance, df, df1, plain).map(Math.log);

  // Trend, and Winsorised moments about it.
  const trend = covariate
    ? lowess(covariate, z, { span: TREND_SPAN })
    : new Float64Array(n).fill(trimmedMean(z, UPPER_TAIL));
  const ascending = sorted(z.map((value, g) => value - trend[g]));
  const low = quantileOfSorted(ascending, LOWER_TAIL);
  const high = quantileOfSorted(ascending, 1 - UPPER_TAIL);
  let mean = 0;
  for (const value of ascending) mean += Math.min(Math.max(value, low), high) / n;
  let spread = 0;
  for (const value of ascending) spread += (Math.min(Math.max(value, low), high) - mean) ** 2 / (n - 1);

  const excess = (df2: number) => Math.log(spread / winsorisedMoments(df1, df2).variance);
  const centred = (df2: number) => {
    const correction = mean - winsorisedMoments(df1, df2).mean;
    return trend.map((value) => value + correction);
  };
  if (excess(Infinity) <= 0) {
    const level = centred(Infinity);
    return { df: equalVariances(z, level, df1), variance: level.map(Math.exp), commonDf: Infinity };
  }
  if (plain.commonDf === Infinity) return plain;
  const df2 = commonDegrees(excess, plain.commonDf);
  const level = centred(df2);
  return { df: shrunkenDegrees(z, level, df1, df2), variance: level.map(Math.exp), commonDf: df2 };
}

/** Variances as they would be with df1 degrees of freedom each: the same tail of the fitted F distribution. */
function equalDegrees(
  variance: Float64Array,
  df: Float64Array,
  df1: number,
  { variance: scale, commonDf }: { readonly variance: Float64Array; readonly commonDf: number },
): Float64Array {
  return variance.map((value, g) => {
    if (!(df[g] < df1 - 1e-14)) return value;
    const { lower, upper } = logTailsF(value / scale[g], df[g], commonDf);
    const f = upper < lower ? quantileF(upper, 'upper', df1, commonDf) : quantileF(lower, 'lower', df1, commonDf);
    return f * scale[g];
  });
}

function trimmedMean(values: Float64Array, share: number): number {
  const ascending = sorted(values);
  const cut = Math.floor(values.length * share);
  const kept = ascending.subarray(cut, values.length - cut);
  return kept.reduce((sum, value) => sum + value, 0) / kept.length;
}

/** Mean and variance of a Winsorised log F variable, by quadrature in f / (1 + f). */
function winsorisedMoments(df1: number, df2: number): { mean: number; variance: number } {
  const ends = [quantileF(Math.log(LOWER_TAIL), 'lower', df1, df2), quantileF(Math.log(UPPER_TAIL), 'upper', df1, df2)];
  const shares = [LOWER_TAIL, UPPER_TAIL];
  const from = ends[0] / (1 + ends[0]);
  const width = ends[1] / (1 + ends[1]) - from;
  const count = quadrature.nodes.length;
  const z = new Float64Array(count);
  const mass = new Float64Array(count);
  let mean = 0;
  for (let i = 0; i < count; i++) {
    const node = from + width * quadrature.nodes[i];
    const f = node / (1 - node);
    z[i] = Math.log(f);
    // Density of f is that of log f over f, and df = dnode / (1 - node)^2.
    mass[i] = (width * quadrature.weights[i] * Math.exp(logDensityOfLogF(f, df1, df2) - z[i])) / (1 - node) ** 2;
    mean += mass[i] * z[i];
  }
  ends.forEach((f, k) => {
    mean += shares[k] * Math.log(f);
  });
  let variance = 0;
  for (let i = 0; i < count; i++) variance += mass[i] * (z[i] - mean) ** 2;
  ends.forEach((f, k) => {
    variance += shares[k] * (Math.log(f) - mean) ** 2;
  });
  return { mean, variance };
}

/** The d_0 at which the Winsorised variance is as observed: at least `least`, by bisection in d_0 / (1 + d_0). */
function commonDegrees(excess: (df2: number) => number, least: number): number {
  let low = least / (1 + least);
  if (excess(least) >= 0) return least;
  let high = 1;
  for (let step = 0; step < 60; step++) {
    const middle = 0.5 * (low + high);
    if (excess(middle / (1 - middle)) < 0) low = middle;
    else high = middle;
  }
  const root = 0.5 * (low + high);
  return root / (1 - root);
}

/** Prior degrees of freedom where all variances but outliers are equal: those of the pooled variance for an outlier. */
function equalVariances(z: Float64Array, level: Float64Array, df1: number): Float64Array {
  const n = z.length;
  const f = z.map((value, g) => Math.exp(value - level[g]));
  const ranks = meanRanks(f);
  const tail = f.map((value) => Math.exp(logTailsF(value, df1, Infinity).upper));
  const out = new Float64Array(n).fill(Infinity);
  let outliers = false;
  for (let g = 0; g < n; g++) {
    const share = (tail[g] * n) / (n - ranks[g] + 0.5);
    if (!(share < 1)) continue;
    out[g] = share * n * df1;
    outliers = true;
  }
  if (outliers) accumulateMaximum(out, orderOf(tail));
  return out;
}

/** Prior degrees of freedom: d_0, less for a variance with a smaller tail probability than its rank lets expect. */
function shrunkenDegrees(z: Float64Array, level: Float64Array, df1: number, df2: number): Float64Array {
  const n = z.length;
  const f = z.map((value, g) => Math.exp(value - level[g]));
  const logTail = f.map((value) => logTailsF(value, df1, df2).upper);
  const ranks = meanRanks(f);
  const logProper = logTail.map((value, g) => Math.min(0, value - Math.log(n - ranks[g] + 0.5) + Math.log(n)));
  const out = new Float64Array(n).fill(df2);
  if (!logProper.some((value) => value < 0)) return out;
  let smallest = 0;
  for (const value of logTail) smallest = Math.min(smallest, value);
  // The degrees of freedom at which the largest variance would be the median of its tail, in two steps.
  let outlier = 0;
  if (smallest > -Infinity) {
    const largest = f.reduce((most, value) => Math.max(most, value), 0);
    outlier = (Math.LN2 / -smallest) * df2;
    outlier *= Math.LN2 / -logTailsF(largest, df1, outlier).upper;
  }
  for (let g = 0; g < n; g++) out[g] = Math.exp(logProper[g]) * df2 - Math.expm1(logProper[g]) * outlier;
  const order = orderOf(logTail);
  let sum = 0;
  let least = Infinity;
  let until = 0;
  order.forEach((g, i) => {
    sum += out[g];
    if (sum / (i + 1) < least) {
      least = sum / (i + 1);
      until = i;
    }
  });
  for (let i = 0; i <= until; i++) out[order[i]] = least;
  accumulateMaximum(out, order);
  return out;
}

/** Makes values rise along an order. */
function accumulateMaximum(values: Float64Array, order: Int32Array): void {
  let most = -Infinity;
  for (const g of order) {
    most = Math.max(most, values[g]);
    values[g] = most;
  }
}

/** Linear interpolation through points in order of x, constant beyond the ends. */
function interpolate(x: Float64Array, y: Float64Array, order: Int32Array, at: number): number {
  let before = order[0];
  if (at <= x[before]) return y[before];
  for (const i of order) {
    if (x[i] >= at)
      return x[i] > x[before] ? y[before] + ((at - x[before]) / (x[i] - x[before])) * (y[i] - y[before]) : y[i];
    before = i;
  }
  return y[before];
}
