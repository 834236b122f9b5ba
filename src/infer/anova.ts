import { upperTailF } from '../numeric/distributions/f-distribution.ts';
import type { FitResult } from '../types/fit-result.ts';
import type { DdfMethod } from '../types/inference.ts';
import type { AnovaType } from './hypotheses.ts';
import { testJointly } from './small-sample.ts';

/** F test of one term of one model. */
export interface TermTest {
  readonly term: string;
  /** `meanSquare` times the numerator's degrees of freedom. */
  readonly sumOfSquares: number;
  /** The Wald statistic over its rank, times the residual variance. */
  readonly meanSquare: number;
  /** 0, and everything else NaN, for a term without a coefficient that can be estimated. */
  readonly numeratorDf: number;
  /** Infinity with asymptotic tests; NaN, like p, where nothing repeats what the term compares. */
  readonly denominatorDf: number;
  readonly statistic: number;
  readonly pValue: number;
  readonly log10P: number;
  /** Whose degrees of freedom these are. */
  readonly method: DdfMethod;
}

/**
 * The F tests of the terms of a model, in the order of the formula, by the degrees of freedom of the fit (Satterthwaite's,
 * Kenward and Roger's, or infinite). Types of hypotheses as in `infer/hypotheses.ts`. Empty for a model without a fit, and
 * where the terms behind the coefficients are not known (moments formed elsewhere).
 */
export function anova(result: FitResult, model = 0, type: AnovaType = 'III'): TermTest[] {
  const hypotheses = result.hypotheses(model, type);
  const sample = hypotheses && result.smallSample(model);
  if (!hypotheses || !sample) return [];
  return hypotheses.map(({ term, rows }) => {
    const joint = testJointly(sample, rows);
    const { statistic, numeratorDf, scale, tested } = joint;
    const denominatorDf = tested ? joint.denominatorDf : Number.NaN;
    const { p, log10P } = tested
      ? upperTailF(statistic, numeratorDf, denominatorDf)
      : { p: Number.NaN, log10P: Number.NaN };
    const meanSquare = (statistic / scale) * sample.sigma ** 2;
    return {
      term,
      sumOfSquares: meanSquare * numeratorDf,
      meanSquare,
      numeratorDf,
      denominatorDf,
      statistic,
      pValue: p,
      log10P,
      method: sample.method,
    };
  });
}
