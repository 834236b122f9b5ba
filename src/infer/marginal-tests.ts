/**
 * Tests of marginal means and of their pairwise differences, for many models one after another: rows in orthonormal
 * coordinates once a design, then O(p^2) a mean and a difference.
 */

import { studentQuantile, studentQuantiles } from '../numeric/distributions/student-quantile.ts';
import { twoSidedT } from '../numeric/distributions/student-t.ts';
import { upperTailStudentizedRange } from '../numeric/distributions/studentized-range.ts';
import type { FitResult } from '../types/fit-result.ts';
import type { DdfMethod, MarginalColumns, MarginalTests, SmallSample } from '../types/inference.ts';
import { adjustPValues } from './adjust.ts';
import {
  cellWeights,
  type FamilyAdjustment,
  type MarginalComparisons,
  type MarginalGrid,
  type MarginalOptions,
} from './marginal-rows.ts';
import { HypothesisTester, isTested, orthonormalRows } from './small-sample.ts';

/** Columns without numbers for so many models. */
export function emptyMarginalColumns(models: number, { cells, pairs }: MarginalComparisons): MarginalColumns {
  const [means, differences] = [models * cells, (models * pairs.length) / 2];
  const numbers = (length: number) => new Float64Array(length).fill(Number.NaN);
  const mean = () => numbers(means);
  const pair = () => numbers(differences);
  return {
    mean: { estimate: mean(), standardError: mean(), df: mean(), low: mean(), high: mean() },
    pair: {
      estimate: pair(),
      standardError: pair(),
      df: pair(),
      low: pair(),
      high: pair(),
      statistic: pair(),
      pValue: pair(),
      log10P: pair(),
      adjusted: pair(),
    },
  };
}

/** Rows of weights over the coefficients of a design, null where one cannot be estimated, and the same in its coordinates. */
interface PreparedRows {
  readonly weights: readonly (Float64Array | null)[];
  readonly rows: Float64Array;
}

/** Half widths of the intervals of means, in standard errors. */
export function confidenceFactors({ level }: MarginalComparisons): (df: number) => number {
  return studentQuantiles((1 + level) / 2);
}

/**
 * What tests the means and differences of the models of one design; `weights` has a row over its coefficients for each cell,
 * null for a mean that cannot be estimated. `factor` is for many designs at one level.
 */
export function marginalTester(
  design: Pick<SmallSample, 'r' | 'names'>,
  weights: readonly (Float64Array | null)[],
  comparisons: MarginalComparisons,
  factor: (df: number) => number = confidenceFactors(comparisons),
): (sample: SmallSample, model: number, out: MarginalColumns) => void {
  const p = design.names.length;
  const { cells, pairs, means: meansOf, first, adjust, limits } = comparisons;
  const count = pairs.length / 2;
  const means = prepare(design, weights);
  const differences = prepare(
    design,
    Array.from({ length: count }, (_, k) => {
      const [left, right] = [weights[pairs[2 * k]], weights[pairs[2 * k + 1]]];
      return left && right && left.map((weight, i) => weight - right[i]);
    }),
  );
  const tester = new HypothesisTester(p, 1);
  return (sample, model, { mean, pair }) => {
    for (let k = 0; k < cells; k++) {
      const own = means.weights[k];
      if (!own) continue;
      const at = model * cells + k;
      const { estimate, standardError, df, tested } = tester.row(sample, means.rows, k * p, isTested(sample, own));
      mean.estimate[at] = estimate;
      mean.standardError[at] = standardError;
      mean.df[at] = df;
      if (!tested) continue;
      const width = factor(df) * standardError;
      mean.low[at] = estimate - width;
      mean.high[at] = estimate + width;
    }
    for (let k = 0; k < count; k++) {
      const own = differences.weights[k];
      if (!own) continue;
      const at = model * count + k;
      const { estimate, standardError, df, tested } = tester.row(
        sample,
        differences.rows,
        k * p,
        isTested(sample, own),
      );
      pair.estimate[at] = estimate;
      pair.standardError[at] = standardError;
      pair.df[at] = df;
      if (!tested) continue;
      const t = estimate / standardError;
      const tail = twoSidedT(t, df);
      pair.statistic[at] = t;
      pair.pValue[at] = tail.p;
      pair.log10P[at] = tail.log10P;
    }
    for (let f = 0; f < meansOf.length; f++) {
      const [from, to] = [model * count + first[f], model * count + first[f + 1]];
      adjustFamily(adjust, meansOf[f], pair, from, to);
      if (limits) boundFamily(comparisons, meansOf[f], pair, from, to);
    }
  };
}

/**
 * Simultaneous intervals of the differences of one family: by the studentized range where p-values are Tukey's, by Bonferroni
 * where they are that or Holm's, else each by itself.
 */
function boundFamily(
  { adjust, level }: MarginalComparisons,
  means: number,
  { estimate, standardError, df, statistic, low, high }: MarginalColumns['pair'],
  from: number,
  to: number,
): void {
  const shares = adjust === 'bonferroni' || adjust === 'holm' ? to - from : 1;
  for (let i = from; i < to; i++) {
    if (Number.isNaN(statistic[i])) continue;
    const same = i > from && df[i] === df[i - 1];
    if (!same) {
      width =
        adjust === 'tukey' && means > 2
          ? rangeQuantile(1 - level, means, df[i]) / Math.SQRT2
          : studentQuantile(1 - (1 - level) / (2 * shares), df[i]);
    }
    low[i] = estimate[i] - width * standardError[i];
    high[i] = estimate[i] + width * standardError[i];
  }
}

/** Half width of the interval at hand, in standard errors: neighbours often have the same degrees of freedom. */
let width = Number.NaN;

/** Relative error of a quantile of the studentized range. */
const QUANTILE_ERROR = 1e-10;

/** q with P(Q > q) = alpha: bisection in log q from a bracket, then secants in the logarithm of the tail. */
function rangeQuantile(alpha: number, means: number, df: number): number {
  const tail = (q: number): number => upperTailStudentizedRange(q, means, df).log10P - Math.log10(alpha);
  let low = 1e-3;
  let high = 2;
  while (tail(high) > 0 && high < 1e12) [low, high] = [high, 2 * high];
  let [left, right] = [tail(low), tail(high)];
  for (let step = 0; step < 100 && high - low > QUANTILE_ERROR * high; step++) {
    // Illinois: the end that stays twice counts half.
    const middle = low + ((high - low) * left) / (left - right);
    const value = tail(middle);
    if (value > 0) {
      [low, left] = [middle, value];
      right /= 2;
    } else {
      [high, right] = [middle, value];
      left /= 2;
    }
    if (value === 0) return middle;
  }
  return (low + high) / 2;
}

function prepare(design: Pick<SmallSample, 'r' | 'names'>, weights: readonly (Float64Array | null)[]): PreparedRows {
  const p = design.names.length;
  const rows = new Float64Array(weights.length * p);
  weights.forEach((own, k) => {
    if (own) rows.set(orthonormalRows(design, own), k * p);
  });
  return { weights, rows };
}

/** Adjusts the p-values of the comparisons of one family of means. */
function adjustFamily(
  method: FamilyAdjustment,
  means: number,
  { statistic, df, pValue, adjusted }: MarginalColumns['pair'],
  from: number,
  to: number,
): void {
  if (method === 'none' || (method === 'tukey' && means <= 2)) {
    for (let i = from; i < to; i++) adjusted[i] = pValue[i];
  } else if (method === 'tukey') {
    for (let i = from; i < to; i++) {
      adjusted[i] = upperTailStudentizedRange(Math.abs(statistic[i]) * Math.SQRT2, means, df[i]).p;
    }
  } else adjusted.set(adjustPValues(pValue.subarray(from, to), method), from);
}

/** What is asked for, as text. */
export function marginalKey({ over, by, at, slopes, level, adjust, reverse = false }: MarginalOptions): string {
  return JSON.stringify([over, by, at, slopes, level, adjust, reverse]);
}

/** The means and differences of all models at once; those that the result holds already are taken. */
export function marginalTests(result: FitResult, options: MarginalOptions, grid: MarginalGrid): MarginalTests {
  const held = result.tests?.means;
  const asked = marginalKey(options);
  if (held?.asked === asked) return held;
  const { models } = result.table;
  const { comparisons } = grid;
  const columns = emptyMarginalColumns(models, comparisons);
  const method = new Array<DdfMethod | null>(models).fill(null);
  const weightsOf = cellWeights(options, grid);
  const factor = confidenceFactors(comparisons);
  // Models of one design come one behind the other.
  let design: Float64Array | null = null;
  let test: ReturnType<typeof marginalTester> | null = null;
  result.eachSample((model, sample) => {
    if (sample.r !== design) {
      design = sample.r;
      const weights = weightsOf(result.recipeOf(model), sample.names);
      test = weights && marginalTester(sample, weights, comparisons, factor);
    }
    if (!test) return;
    test(sample, model, columns);
    method[model] = sample.method;
  }, true);
  return { asked, columns, method };
}
