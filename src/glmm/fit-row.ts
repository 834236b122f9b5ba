/** What a fit of a generalised model leaves beside its coefficients, as one row of numbers (`Fits.theta`), in this order. */
import type { FamilyEvidence } from '../moments/family-evidence.ts';
import type { FamilyName } from '../types/family.ts';
import { thetaLength } from '../types/parameters.ts';

export interface FitRowLayout {
  /** Fixed effects, covariance factors and extras (`family-kernel.ts`) of the model. */
  readonly p: number;
  readonly m: number;
  readonly d: number;
  /** Standard errors of the logarithm of the dispersion, or of the thresholds; length d. */
  readonly extraErrors: number;
  /** Standard errors of the coefficients with all else held; length p. */
  readonly conditionalErrors: number;
  /** How much higher the criterion's other minimum is; NaN where none was seen. */
  readonly otherMinimum: number;
  /** Coefficients without a finite estimate, one bit each (of the first 52). */
  readonly separated: number;
  /** Median over the levels of what the data tell about the effect of a level, 1/variance units; NaN but for one effect a level. */
  readonly information: number;
  readonly length: number;
}

/** Where the numbers of a design's fits stand. */
export function fitRowLayout({ p, terms, family }: FamilyShape): FitRowLayout {
  const m = thetaLength(terms);
  const d = family ? extrasOf(family) : 0;
  const extraErrors = p + m + d;
  const conditionalErrors = extraErrors + d;
  const otherMinimum = conditionalErrors + p;
  const separated = otherMinimum + 1;
  const information = separated + 1;
  return { p, m, d, extraErrors, conditionalErrors, otherMinimum, separated, information, length: information + 1 };
}

/** A design as far as its parameters go. */
interface FamilyShape {
  readonly p: number;
  readonly terms: Parameters<typeof thetaLength>[0];
  readonly family?: FamilyEvidence | undefined;
}

/** Parameters of a family beside the linear predictor: a dispersion, or the thresholds. */
export function extrasOf({ family, categories }: Pick<FamilyEvidence, 'family' | 'categories'>): number {
  if (family === 'cumulative') return Math.max(0, categories.length - 1);
  return family === 'binomial' || family === 'poisson' ? 0 : 1;
}

/** What users call the extras of a family: the dispersion, or thresholds from the first and the logarithms of their differences. */
export function naturalExtras(family: FamilyName, extras: ArrayLike<number>): Float64Array {
  const out = Float64Array.from(extras);
  if (family === 'nbinom2') out[0] = 1 / out[0];
  else if (family === 'Gamma' || family === 'beta') out[0] = Math.exp(out[0]);
  return family === 'cumulative' ? thresholdsOf(out) : out;
}

/** Thresholds a_1 < ... < a_(J-1) of the extras a_1, log(a_2 - a_1), ... */
export function thresholdsOf(extras: Float64Array): Float64Array {
  const thresholds = extras.slice();
  for (let j = 1; j < extras.length; j++) thresholds[j] = thresholds[j - 1] + Math.exp(extras[j]);
  return thresholds;
}
