/** Limits of predicted population means x'b: by the degrees of freedom of the fit's tests, row by row. */
import type { MomentFit } from '../fit/readable-fit.ts';
import { HypothesisTester, isTested, orthonormalRows } from '../infer/small-sample.ts';
import { studentQuantile, studentQuantiles } from '../numeric/distributions/student-quantile.ts';
import type { LinearPredictor } from './linear-predictor.ts';

/** Of each row of a table: degrees of freedom, and half the width of the limits in standard errors. */
export interface RowQuantiles {
  /** NaN where the normal distribution stands, and where there are no limits. */
  readonly df: Float64Array;
  /** NaN where there is no test of x'b, and no limit. */
  readonly quantile: Float64Array;
}

/** The same quantile for all rows; `df` NaN is the normal. */
export function equalQuantiles(rows: number, level: number, df: number): RowQuantiles {
  const quantile = studentQuantile(1 - (1 - level) / 2, df);
  return { df: new Float64Array(rows).fill(df), quantile: new Float64Array(rows).fill(quantile) };
}

/**
 * What gives the rows of a model their quantiles: t with the degrees of freedom that a test of x'b has by the method of the fit
 * (`--ddf`), as marginal means have them; the normal where the tests of the fit are asymptotic. A mean that rests on a
 * coefficient without a test has no limits.
 */
export function populationQuantiles(
  result: MomentFit,
  level: number,
): (model: number, linear: LinearPredictor) => RowQuantiles {
  let factor: ((df: number) => number) | null = null;
  let tester: HypothesisTester | null = null;
  let width = -1;
  return (model, { p, x, fitted }) => {
    const rows = fitted.length;
    const sample = result.table.ddf === 'asymptotic' ? null : result.smallSample(model);
    if (!sample) return equalQuantiles(rows, level, Number.NaN);
    const df = new Float64Array(rows).fill(Number.NaN);
    const quantile = new Float64Array(rows).fill(Number.NaN);
    const orthonormal = orthonormalRows(sample, x);
    factor ??= studentQuantiles(1 - (1 - level) / 2);
    if (!tester || width !== p) tester = new HypothesisTester(p, 1);
    width = p;
    for (let i = 0; i < rows; i++) {
      if (Number.isNaN(fitted[i])) continue;
      const tested = isTested(sample, x.subarray(i * p, (i + 1) * p));
      const own = tester.row(sample, orthonormal, i * p, tested);
      if (!tested) continue;
      df[i] = own.df;
      quantile[i] = factor(own.df);
    }
    return { df, quantile };
  };
}
