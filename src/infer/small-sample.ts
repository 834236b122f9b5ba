/**
 * Small-sample tests of fixed effects by Satterthwaite's and by Kenward and Roger's methods: t tests of rows, F tests of
 * several rows at once. `lmm/degrees-of-freedom.ts` has the notation.
 */
import { rowDf } from '../lmm/degrees-of-freedom.ts';
import { bilinearForm, quadraticForm } from '../numeric/dense.ts';
import { eigenInPlace } from '../numeric/symmetric-eigen.ts';
import type { SmallSample, VarianceModel } from '../types/inference.ts';

export const DDF_METHODS = ['satterthwaite', 'kenward-roger', 'asymptotic'] as const;

/** A test of one row of weights. */
export interface RowTest {
  readonly estimate: number;
  readonly standardError: number;
  /** NaN for `asymptotic`. */
  readonly df: number;
  /** False where the row rests on a coefficient that has no test. */
  readonly tested: boolean;
}

/** An F test of several rows at once. */
export interface JointTest {
  readonly statistic: number;
  /** Rank of the rows. */
  readonly numeratorDf: number;
  /** Infinity for `asymptotic`. */
  readonly denominatorDf: number;
  /** Kenward and Roger's factor on the Wald statistic over its rank, which `statistic` includes; 1 otherwise. */
  readonly scale: number;
  /** False where a row rests on a coefficient that has no test. */
  readonly tested: boolean;
}

/** Weights over the model's coefficients, rows x p, in the orthonormal coordinates: L R^-1. */
export function orthonormalRows({ r, names }: Pick<SmallSample, 'r' | 'names'>, L: Float64Array): Float64Array {
  const p = names.length;
  const rows = L.slice();
  for (let at = 0; at < rows.length; at += p) {
    for (let k = 0; k < p; k++) {
      for (let i = 0; i < k; i++) rows[at + k] -= rows[at + i] * r[i * p + k];
      rows[at + k] /= r[k * p + k];
    }
  }
  return rows;
}

/** Estimate, standard error and degrees of freedom of a combination of coefficients; `weights` has length p. */
export function testRow(sample: SmallSample, weights: Float64Array): RowTest {
  const x = orthonormalRows(sample, weights);
  const { coordinates, sigma, variance, d, method } = sample;
  let estimate = 0;
  for (let i = 0; i < x.length; i++) estimate += x[i] * coordinates[i];
  const standardError = sigma * Math.sqrt(quadraticForm(variance.adjusted, 0, x));
  const tested = isTested(sample, weights);
  return {
    estimate,
    standardError,
    df: method === 'asymptotic' || !tested ? Number.NaN : rowDf(variance, d, x),
    tested,
  };
}

/** Weights below this are rounding. */
const ROUNDING = 1e-12;

/** Whether rows of weights leave the coefficients that have no test alone. */
function isTested({ untested, names }: SmallSample, rows: Float64Array): boolean {
  return !untested || rows.every((weight, at) => Math.abs(weight) < ROUNDING || untested[at % names.length] === 0);
}

/**
 * F test of L b = 0; `L` is rows x p row-major, and may be of less than full rank. NaN where nothing of L is left.
 *
 * Satterthwaite: the Wald statistic is split into squared t statistics along the eigenvectors of L C L'; the denominator is
 * that of the F distribution whose mean is the mean of theirs (Fai and Cornelius 1996, as in lmerTest). Kenward-Roger: the F
 * distribution, with a factor on the statistic, that agrees with it in two moments.
 */
export function testJointly(sample: SmallSample, L: Float64Array): JointTest {
  const p = sample.names.length;
  const rows = orthonormalRows(sample, L);
  const { coordinates, sigma, variance, d, method } = sample;
  const directions = principalRows(rows, p, method === 'kenward-roger' ? variance.adjusted : variance.model);
  const q = directions.length;
  if (q === 0) {
    return { statistic: Number.NaN, numeratorDf: 0, denominatorDf: Number.NaN, scale: Number.NaN, tested: true };
  }
  const tested = isTested(sample, L);
  let wald = 0;
  for (const { x, variance: spread } of directions) {
    let along = 0;
    for (let i = 0; i < p; i++) along += x[i] * coordinates[i];
    wald += (along * along) / (sigma * sigma * spread);
  }
  const statistic = wald / q;
  if (method === 'asymptotic')
    return { statistic, numeratorDf: q, denominatorDf: Number.POSITIVE_INFINITY, scale: 1, tested };
  if (method === 'satterthwaite') {
    const df = directions.map(({ x }) => rowDf(variance, d, x));
    return { statistic, numeratorDf: q, denominatorDf: pooledDf(df), scale: 1, tested };
  }
  const { scale, denominatorDf } = kenwardRogerF(
    variance,
    d,
    directions.map(({ x }) => x),
  );
  return { statistic: statistic * scale, numeratorDf: q, denominatorDf, scale, tested };
}

/** Uncorrelated combinations of rows under a covariance, with their variances; directions without variance are left out. */
function principalRows(
  rows: Float64Array,
  p: number,
  covariance: Float64Array,
): { x: Float64Array; variance: number }[] {
  const all = Array.from({ length: p === 0 ? 0 : rows.length / p }, (_, k) => rows.subarray(k * p, (k + 1) * p));
  const sizes = all.map((row) => Math.sqrt(quadraticForm(covariance, 0, row)));
  // Rows of unit variance tell what depends on what, whatever the scales of covariates are.
  const unit = all.flatMap((row, k) => (sizes[k] > 0 ? [row.map((value) => value / sizes[k])] : []));
  const independent = principal(unit, p, covariance);
  // Satterthwaite's pooled degrees of freedom depend on the directions: lmerTest takes those of the rows as they are.
  const asTheyAre = independent.length === all.length ? principal(all, p, covariance) : [];
  return asTheyAre.length === all.length ? asTheyAre : independent;
}

function principal(
  rows: readonly Float64Array[],
  p: number,
  covariance: Float64Array,
): { x: Float64Array; variance: number }[] {
  const q = rows.length;
  const K = new Float64Array(q * q);
  for (let i = 0; i < q; i++) for (let j = 0; j < q; j++) K[i * q + j] = bilinearForm(covariance, 0, rows[i], rows[j]);
  const vectors = new Float64Array(q * q);
  eigenInPlace(K, q, vectors);
  let largest = 0;
  for (let i = 0; i < q; i++) largest = Math.max(largest, K[i * q + i]);
  const found: { x: Float64Array; variance: number }[] = [];
  for (let i = 0; i < q; i++) {
    const variance = K[i * q + i];
    if (!(variance > DEPENDENT * largest)) continue;
    const x = new Float64Array(p);
    for (let k = 0; k < q; k++) for (let a = 0; a < p; a++) x[a] += vectors[k * q + i] * rows[k][a];
    found.push({ x, variance });
  }
  return found;
}

/** Rows whose combination has less than this share of the largest variance are linearly dependent. */
const DEPENDENT = 1e-10;
/** Degrees of freedom that agree to this are one number. */
const SAME_DF = 1e-8;

/** Denominator of an F test whose numerator is the mean of squared t statistics with these degrees of freedom. */
function pooledDf(df: readonly number[]): number {
  const spread = Math.max(...df) - Math.min(...df);
  if (df.length === 1 || spread <= SAME_DF) return df.reduce((sum, value) => sum + value, 0) / df.length;
  if (!df.every((value) => value > 2)) return 2;
  const mean = df.reduce((sum, value) => sum + value / (value - 2), 0);
  return (2 * mean) / (mean - df.length);
}

/** Kenward and Roger (1997), section 3: the scale and denominator that match mean and variance of the Wald statistic over q. */
function kenwardRogerF(
  { model, elements, changes, shift, weights }: VarianceModel,
  d: number,
  rows: readonly Float64Array[],
): { scale: number; denominatorDf: number } {
  const q = rows.length;
  // K^(-1/2) up to a rotation, which no trace sees: rows that are uncorrelated under C and of variance 1.
  const white = whiten(model, rows);
  const M: Float64Array[] = [];
  const traces = new Float64Array(elements);
  for (let e = 0; e < elements; e++) {
    const at = e * model.length;
    const Me = new Float64Array(q * q);
    for (let i = 0; i < q; i++) {
      for (let j = 0; j < q; j++) Me[i * q + j] = bilinearForm(changes, at, white[i], white[j]);
      Me[i * q + i] -= shift[e];
      traces[e] += Me[i * q + i];
    }
    M.push(Me);
  }
  let A1 = (2 / d) * q * q;
  let A2 = (2 / d) * q;
  for (let e = 0; e < elements; e++) {
    for (let f = 0; f < elements; f++) {
      const w = weights[e * elements + f];
      let product = 0;
      for (let i = 0; i < q * q; i++) product += M[e][i] * M[f][i]; // both symmetric
      A1 += w * traces[e] * traces[f];
      A2 += w * product;
    }
  }
  const B = (A1 + 6 * A2) / (2 * q);
  const g = ((q + 1) * A1 - (q + 4) * A2) / ((q + 2) * A2);
  const c = 3 * q + 2 * (1 - g);
  const mean = 1 - A2 / q; // 1 / E
  const V0 = 1 + (g / c) * B;
  const V1 = 1 - ((q - g) / c) * B;
  const V2 = 1 - ((q + 2 - g) / c) * B;
  const ratio = Math.abs(V1) < NO_MOMENT && Math.abs(mean) < NO_MOMENT ? 1 : mean / V1;
  const rho = (ratio * ratio * (Math.abs(V0) < NO_MOMENT ? 0 : V0)) / V2 / q;
  const denominatorDf = 4 + (q + 2) / (q * rho - 1);
  const scale = Math.abs(denominatorDf - 2) < 1e-2 ? 1 : (denominatorDf * mean) / (denominatorDf - 2);
  return { scale, denominatorDf };
}

/** Moments of the F distribution that vanish: its denominator is then at a pole, and the ratio is left out. */
const NO_MOMENT = 1e-10;

/** Combinations of the rows that are uncorrelated and of variance 1 under a covariance (Gram-Schmidt in its metric, twice). */
function whiten(covariance: Float64Array, rows: readonly Float64Array[]): Float64Array[] {
  const white: Float64Array[] = [];
  for (const row of rows) {
    const x = row.slice();
    for (let pass = 0; pass < 2; pass++) {
      for (const other of white) {
        const along = bilinearForm(covariance, 0, x, other);
        for (let i = 0; i < x.length; i++) x[i] -= along * other[i];
      }
    }
    const size = Math.sqrt(quadraticForm(covariance, 0, x));
    white.push(x.map((value) => value / size));
  }
  return white;
}
