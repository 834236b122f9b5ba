/**
 * F tests of several coefficients or contrasts at once, as limma's `topTable` has them: with t the (moderated) statistics
 * and C the correlations of the estimates, of rank r,
 *
 *     F = t' C^- t / r   with r and d degrees of freedom
 *
 * As in variancePartition C is the model's own, from the covariance of its coefficients, and d the mean of the degrees of
 * freedom of the single tests (prior included); every model is compared with its own d.
 */

import { upperTailF } from '../../numeric/distributions/f-distribution.ts';
import { symmetricEigen } from '../../numeric/symmetric-eigen.ts';
import type { FitResult } from '../../types/fit-result.ts';
import type { FitTable } from '../../types/fit-table.ts';
import { adjustPValues, splitFamilies } from '../adjust.ts';

/** Eigenvalues of C below this share of the largest count as zero, as limma has it. */
const LEAST_EIGENVALUE = 1e-8;

/** F of some t statistics whose estimates have this covariance (k x k row-major, any scale), and its rank. */
export function jointF(t: Float64Array, covariance: Float64Array): { F: number; rank: number } {
  const k = t.length;
  const correlation = new Float64Array(k * k);
  for (let i = 0; i < k; i++) {
    for (let j = 0; j < k; j++) {
      correlation[i * k + j] =
        i === j ? 1 : covariance[i * k + j] / Math.sqrt(covariance[i * k + i] * covariance[j * k + j]);
    }
  }
  if (t.some(Number.isNaN) || correlation.some(Number.isNaN)) return { F: Number.NaN, rank: 0 };
  const { values, vectors } = symmetricEigen(correlation, k);
  let rank = 0;
  let sum = 0;
  for (let j = 0; j < k; j++) {
    if (!(values[j] > LEAST_EIGENVALUE * values[k - 1])) continue;
    rank++;
    let coordinate = 0;
    for (let i = 0; i < k; i++) coordinate += vectors[i * k + j] * t[i];
    sum += (coordinate * coordinate) / values[j];
  }
  return { F: sum / rank, rank };
}

/** F tests of all models; NaN where one lacks an estimate. */
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
    const covariance = result.covarianceOfCoefficients(m);
    if (!covariance) continue;
    const t = Float64Array.from(columns, ({ statistic, tests, index }) => statistic[m * tests.names.length + index]);
    const { F, rank } = jointF(t, covarianceOf(columns, covariance));
    if (Number.isNaN(F)) continue;
    const df = columns.reduce((sum, { df: own, tests, index }) => sum + own[m * tests.names.length + index] / k, 0);
    out.statistic[m] = F;
    out.numeratorDf[m] = rank;
    out.denominatorDf[m] = df;
    const { p, log10P } = upperTailF(F, rank, Number.isNaN(df) ? Infinity : df);
    out.pValue[m] = p;
    out.log10P[m] = log10P;
  }
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

/** Covariance of the tests, k x k; NaN where the model lacks a coefficient. */
function covarianceOf(
  columns: readonly { readonly weights: ReadonlyMap<string, number> }[],
  { names, values }: { readonly names: readonly string[]; readonly values: Float64Array },
): Float64Array {
  const p = names.length;
  const rows = columns.map(({ weights }) => {
    const row = new Float64Array(p);
    for (const [name, weight] of weights) {
      const at = names.indexOf(name);
      if (at < 0) return row.fill(Number.NaN);
      row[at] = weight;
    }
    return row;
  });
  const k = rows.length;
  const out = new Float64Array(k * k);
  for (let i = 0; i < k; i++) {
    for (let j = 0; j < k; j++) {
      for (let a = 0; a < p; a++) {
        for (let b = 0; b < p; b++) out[i * k + j] += rows[i][a] * values[a * p + b] * rows[j][b];
      }
    }
  }
  return out;
}
