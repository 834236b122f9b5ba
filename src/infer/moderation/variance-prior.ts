/**
 * The prior of many variances by moments of their logarithms (Smyth 2004, section 6.2; limma's `fitFDist`): d_0 and s_0^2
 * match mean and variance of
 *
 *     e_g = log s_g^2 - psi(d_g/2) + log(d_g/2),   var e_g = psi'(d_g/2) + psi'(d_0/2)
 *
 * With a covariate (mean expression) the mean of e_g is a natural spline of it.
 */
import { fitNaturalSpline } from '../../numeric/natural-spline.ts';
import { median } from '../../numeric/order-statistics.ts';
import { digamma, trigamma, trigammaInverse } from '../../numeric/polygamma.ts';

/** The prior of each variance. */
export interface VariancePrior {
  /** d_0; Infinity where all variances are equal. */
  readonly df: Float64Array;
  /** s_0^2. */
  readonly variance: Float64Array;
}

/** Degrees of freedom below it count as none. */
const LEAST_DF = 1e-15;
/** Variances are kept above this share of their median, so that a zero has a logarithm. */
const LEAST_VARIANCE = 1e-5;

/** The prior by moments of log variances (limma's `fitFDist`), repeated for each variance. */
export function fitPrior(
  variance: Float64Array,
  df: Float64Array,
  covariate?: Float64Array,
): VariancePrior & { readonly commonDf: number } {
  const n = variance.length;
  const usable = Int32Array.from(variance.keys()).filter(
    (g) => Number.isFinite(df[g]) && df[g] > LEAST_DF && Number.isFinite(variance[g]) && variance[g] > -LEAST_DF,
  );
  const count = usable.length;
  const result = (d0: number, s0: Float64Array) => ({
    df: new Float64Array(n).fill(d0),
    variance: s0,
    commonDf: d0,
  });
  if (count === 1) return result(0, new Float64Array(n).fill(variance[usable[0]]));
  const x = Float64Array.from(usable, (g) => Math.max(0, variance[g]));
  const middle = median(x) || 1;
  for (let i = 0; i < count; i++) x[i] = Math.max(x[i], LEAST_VARIANCE * middle);
  const e = x.map((value, i) => {
    const half = df[usable[i]] / 2;
    return Math.log(value) - digamma(half) + Math.log(half);
  });
  let noise = 0;
  for (const g of usable) noise += trigamma(df[g] / 2) / count;

  const known = covariate ? Float64Array.from(usable, (g) => covariate[g]) : null;
  // More coefficients where there are more variances, as limma has it.
  const wanted = 1 + Number(count >= 3) + Number(count >= 6) + Number(count >= 30);
  const coefficients = known ? Math.min(wanted, new Set(known).size) : 1;
  if (known && covariate && coefficients >= 2) {
    const curve = fitNaturalSpline(known, e, coefficients);
    const level = covariate.map((value) => curve.predict(value));
    const excess = curve.rss / (count - curve.rank) - noise;
    if (!(excess > 0)) return result(Infinity, level.map(Math.exp));
    const d0 = 2 * trigammaInverse(excess);
    const shift = digamma(d0 / 2) - Math.log(d0 / 2);
    return result(
      d0,
      level.map((value) => Math.exp(value + shift)),
    );
  }
  const mean = e.reduce((sum, value) => sum + value, 0) / count;
  let spread = 0;
  for (const value of e) spread += (value - mean) ** 2;
  const excess = spread / (count - 1) - noise;
  if (!(excess > 0)) {
    const average = x.reduce((sum, value) => sum + value, 0) / count;
    return result(Infinity, new Float64Array(n).fill(average));
  }
  const d0 = 2 * trigammaInverse(excess);
  return result(d0, new Float64Array(n).fill(Math.exp(mean + digamma(d0 / 2) - Math.log(d0 / 2))));
}
