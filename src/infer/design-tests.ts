/** Tests of the models of one design beyond its coefficients and contrasts, as data that a thread can be sent. */
import type { DdfMethod, MarginalColumns, SmallSample, TermTestColumns } from '../types/inference.ts';
import { emptyTermTests, type PreparedHypotheses, termTester } from './anova.ts';
import type { MarginalComparisons } from './marginal-rows.ts';
import { emptyMarginalColumns, marginalTester } from './marginal-tests.ts';
import { DDF_METHODS } from './small-sample.ts';

/** What is tested in each model of a design; null where nothing of that kind is. */
export interface DesignTests {
  readonly terms: PreparedHypotheses | null;
  /** Weights over the coefficients of the design for each cell, null for a mean that cannot be estimated. */
  readonly means: {
    readonly weights: readonly (Float64Array | null)[];
    readonly comparisons: MarginalComparisons;
  } | null;
}

/** The tests of some models, one behind the other. */
export interface TestedModels {
  readonly terms: TermTestColumns | null;
  readonly means: MarginalColumns | null;
  /** Whose degrees of freedom a model's are: 1 + index into DDF_METHODS; 0 for a model without tests. */
  readonly method: Uint8Array;
}

export function emptyTestedModels(models: number, { terms, means }: DesignTests): TestedModels {
  return {
    terms: terms && emptyTermTests(models * terms.weights.length),
    means: means && emptyMarginalColumns(models, means.comparisons),
    method: new Uint8Array(models),
  };
}

/** What runs the tests of a design on one model after another; `factor` is for many designs at one level of confidence. */
export function designTester(
  design: Pick<SmallSample, 'r' | 'names'>,
  { terms, means }: DesignTests,
  factor?: (df: number) => number,
): (sample: SmallSample, k: number, out: TestedModels) => void {
  const testTerms = terms && termTester(design, terms);
  const testMeans = means && marginalTester(design, means.weights, means.comparisons, factor);
  const count = terms?.weights.length ?? 0;
  return (sample, k, out) => {
    if (testTerms && out.terms) testTerms(sample, out.terms, k * count);
    if (testMeans && out.means) testMeans(sample, k, out.means);
    out.method[k] = 1 + DDF_METHODS.indexOf(sample.method);
  };
}

/** The method of a code in {@link TestedModels}. */
export function methodOfCode(code: number): DdfMethod | null {
  return code === 0 ? null : DDF_METHODS[code - 1];
}
