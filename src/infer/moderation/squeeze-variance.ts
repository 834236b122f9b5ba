/**
 * Empirical Bayes for many variances (Smyth, "Linear models and empirical Bayes methods for assessing differential
 * expression", Stat. Appl. Genet. Mol. Biol. 3:3, 2004), by the estimators of limma's `squeezeVar` and `fitFDist`:
 *
 *     s_g^2 ~ sigma_g^2 chi^2_{d_g} / d_g,   1 / sigma_g^2 ~ chi^2_{d_0} / (d_0 s_0^2)
 *     posterior  (d_0 s_0^2 + d_g s_g^2) / (d_0 + d_g)
 */
import { FitError } from '../../errors.ts';
import { fitPriorRobustly } from './robust-prior.ts';
import { fitPrior, type VariancePrior } from './variance-prior.ts';

/** Posterior variances and the prior that they were squeezed towards. */
export interface SqueezedVariances extends VariancePrior {
  /** Posterior variances. */
  readonly posterior: Float64Array;
}

/** How the prior of variances is found. */
export interface SqueezeOptions {
  /** Covariate of the prior variance, one a variance, finite. */
  readonly covariate?: Float64Array | undefined;
  /** Lets outlying variances have fewer prior degrees of freedom (Phipson et al. 2016). */
  readonly robust?: boolean | undefined;
}

/**
 * Squeezes variances s_g^2 with d_g degrees of freedom towards a common value or trend.
 *
 * @throws OptionError when lengths differ, DataError when no variance has degrees of freedom.
 */
export function squeezeVariances(
  variance: Float64Array,
  df: Float64Array,
  options: SqueezeOptions = {},
): SqueezedVariances {
  const n = variance.length;
  const { covariate, robust } = options;
  if (df.length !== n || (covariate && covariate.length !== n)) {
    throw new FitError('OptionError', `${n} variances with ${df.length} degrees of freedom`, {
      option: 'moderate',
      remedy: 'Give one of each, and one value of the covariate, a variance.',
    });
  }
  if (!df.some((value, g) => value > 0 && Number.isFinite(variance[g]))) {
    throw new FitError('DataError', 'no residual degrees of freedom to moderate variances with', {
      option: 'moderate',
      remedy: 'Leave “moderate” out, or fit more responses.',
    });
  }
  if (n === 1) return { df: Float64Array.of(0), variance: variance.slice(), posterior: variance.slice() };
  // A variance without degrees of freedom says nothing.
  const given = variance.map((value, g) => (df[g] > 0 ? value : 0));
  // Two variances have no outliers.
  const prior = robust && n > 2 ? fitPriorRobustly(given, df, covariate) : fitPrior(given, df, covariate);
  const posterior = given.map((value, g) => {
    const d0 = prior.df[g];
    if (d0 === Infinity) return prior.variance[g];
    const d = df[g] > 0 ? df[g] : 0;
    return d + d0 > 0 ? (d * value + d0 * prior.variance[g]) / (d + d0) : prior.variance[g];
  });
  return { ...prior, posterior };
}
