/**
 * F tests of several coefficients or contrasts at once, as limma's `topTable` has them: with t the (moderated) statistics
 * and C the correlations of the estimates, of rank r,
 *
 *     F = t' C^- t / r   with r and d degrees of freedom
 *
 * As in variancePartition C is the model's own, from the covariance of its coefficients, and d the mean of the degrees of
 * freedom of the single tests (prior included); every model is compared with its own d.
 */

import { choleskyInPlace, forwardSolve } from '../../numeric/cholesky.ts';
import { bilinearForm } from '../../numeric/dense.ts';
import { upperTailF } from '../../numeric/distributions/f-distribution.ts';
import { eigenInPlace } from '../../numeric/symmetric-eigen.ts';
import type { FitResult } from '../../types/fit-result.ts';
import type { FitTable } from '../../types/fit-table.ts';
import type { SmallSample } from '../../types/inference.ts';
import { adjustPValues, splitFamilies } from '../adjust.ts';
import { orthonormalRows } from '../small-sample.ts';

/** Eigenvalues of C below this share of the largest count as zero, as limma has it. */
const LEAST_EIGENVALUE = 1e-8;

/**
 * Log of a determinant of correlations above which no eigenvalue is near {@link LEAST_EIGENVALUE} of the largest, up to
 * {@link MOST_CERTAIN} tests: all but the least, with their mean below k / (k - 1), multiply to less than e.
 */
const LOG_FULL_RANK = Math.log(1e-6);
const MOST_CERTAIN = 30;

/** F of some t statistics whose estimates have this covariance (k x k row-major, any scale), and its rank. */
export function jointF(t: Float64Array, covariance: Float64Array): { F: number; rank: number } {
  const k = t.length;
  const correlation = new Float64Array(k * k);
  let whole = 0;
  for (let i = 0; i < k; i++) {
    whole += t[i];
    for (let j = 0; j < k; j++) {
      const value = i === j ? 1 : covariance[i * k + j] / Math.sqrt(covariance[i * k + i] * covariance[j * k + j]);
      correlation[i * k + j] = value;
      whole += value;
    }
  }
  if (Number.isNaN(whole)) return { F: Number.NaN, rank: 0 };
  if (k <= MOST_CERTAIN) {
    const factor = correlation.slice();
    if (choleskyInPlace(factor, k) > LOG_FULL_RANK) {
      const z = t.slice();
      forwardSolve(factor, k, z);
      return { F: quadraticSum(z) / k, rank: k };
    }
  }
  const vectors = new Float64Array(k * k);
  eigenInPlace(correlation, k, vectors);
  let largest = 0;
  for (let j = 0; j < k; j++) largest = Math.max(largest, correlation[j * k + j]);
  let rank = 0;
  let sum = 0;
  for (let j = 0; j < k; j++) {
    const value = correlation[j * k + j];
    if (!(value > LEAST_EIGENVALUE * largest)) continue;
    rank++;
    let coordinate = 0;
    for (let i = 0; i < k; i++) coordinate += vectors[i * k + j] * t[i];
    sum += (coordinate * coordinate) / value;
  }
  return { F: sum / rank, rank };
}

function quadraticSum(z: Float64Array): number {
  let sum = 0;
  for (const value of z) sum += value * value;
  return sum;
}

/** F tests of all models; NaN where one lacks an estimate, or one of the tests. */
export interface FTests {
  /** models x k row-major, in the order of the names. */
  readonly estimate: Float64Array;
  readonly statistic: Float64Array;
  readonly numeratorDf: Int32Array;
  /** NaN when the tests are asymptotic. */
  readonly denominatorDf: Float64Array;
  readonly pValue: Float64Array;
  /** log10 of the p-value, right also where the p-value underflows. */
  readonly log10P: Float64Array;
  readonly adjustedP: Float64Array;
}

/** Joint tests of coefficients and contrasts by name, moderated where the fit is. The names must be there. */
export function moderatedFTests(result: FitResult, names: readonly string[]): FTests {
  const { table } = result;
  const { models } = table;
  const k = names.length;
  const numbers = (length: number) => new Float64Array(length).fill(Number.NaN);
  const out = {
    estimate: numbers(models * k),
    statistic: numbers(models),
    numeratorDf: new Int32Array(models),
    denominatorDf: numbers(models),
    pValue: numbers(models),
    log10P: numbers(models),
  };
  const columns = names.map((name) => columnOf(table, name));
  for (let m = 0; m < models; m++) {
    columns.forEach(({ tests, index }, i) => {
      out.estimate[m * k + i] = tests.estimate[m * tests.names.length + index];
    });
  }
  const t = new Float64Array(k);
  const covariance = new Float64Array(k * k);
  // Models of one design come one behind the other.
  let design: Float64Array | null = null;
  let rows: Float64Array | null = null;
  result.eachSample((m, sample) => {
    if (sample.r !== design) {
      design = sample.r;
      rows = rowsOfTests(columns, sample);
    }
    if (!rows) return;
    const p = sample.names.length;
    let df = 0;
    for (let i = 0; i < k; i++) {
      const { statistic, df: own, tests, index } = columns[i];
      const isTested = !Number.isNaN(tests.pValue[m * tests.names.length + index]);
      t[i] = isTested ? statistic[m * tests.names.length + index] : Number.NaN;
      df += own[m * tests.names.length + index] / k;
      for (let j = 0; j <= i; j++) {
        const value = bilinearForm(sample.variance.adjusted, 0, rows, rows, i * p, j * p, p);
        covariance[i * k + j] = value;
        covariance[j * k + i] = value;
      }
    }
    const { F, rank } = jointF(t, covariance);
    if (Number.isNaN(F)) return;
    out.statistic[m] = F;
    out.numeratorDf[m] = rank;
    out.denominatorDf[m] = df;
    const { p: pValue, log10P } = upperTailF(F, rank, Number.isNaN(df) ? Infinity : df);
    out.pValue[m] = pValue;
    out.log10P[m] = log10P;
  });
  return {
    ...out,
    adjustedP: adjustPValues(out.pValue, table.adjust, splitFamilies(table.splits, table.adjustAcross)),
  };
}

function columnOf(table: FitTable, name: string) {
  const { coefficients, contrasts, moderation, contrastWeights } = table;
  const isContrast = contrasts.names.includes(name);
  const tests = isContrast ? contrasts : coefficients;
  const index = tests.names.indexOf(name);
  const moderated = isContrast ? moderation?.contrasts : moderation?.coefficients;
  const width = coefficients.names.length;
  // The weights over all coefficients of the run.
  const weights = new Map<string, number>();
  if (!isContrast) weights.set(name, 1);
  else {
    coefficients.names.forEach((coefficient, k) => {
      const weight = contrastWeights?.[index * width + k] ?? 0;
      if (weight !== 0) weights.set(coefficient, weight);
    });
  }
  return { tests, index, weights, statistic: moderated?.statistic ?? tests.statistic, df: moderated?.df ?? tests.df };
}

/** The tests as rows in the orthonormal coordinates of a design, k x p; null where it lacks a coefficient. */
function rowsOfTests(
  columns: readonly { readonly weights: ReadonlyMap<string, number> }[],
  sample: SmallSample,
): Float64Array | null {
  const p = sample.names.length;
  const rows = new Float64Array(columns.length * p);
  for (const [k, { weights }] of columns.entries()) {
    for (const [name, weight] of weights) {
      const at = sample.names.indexOf(name);
      if (at < 0) return null;
      rows[k * p + at] = weight;
    }
  }
  return orthonormalRows(sample, rows);
}
