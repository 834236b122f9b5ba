/**
 * Small-sample tests of fixed effects by Satterthwaite's and by Kenward and Roger's methods: t tests of rows, F tests of
 * several rows at once. `lmm/degrees-of-freedom.ts` has the notation.
 */
import { leastDfOfRow } from '../lmm/between-within.ts';
import { rowDf } from '../lmm/degrees-of-freedom.ts';
import { choleskyInPlace, forwardSolve } from '../numeric/cholesky.ts';
import { bilinearForm, quadraticForm } from '../numeric/dense.ts';
import { eigenInPlace } from '../numeric/symmetric-eigen.ts';
import type { SmallSample, VarianceModel } from '../types/inference.ts';

export const DDF_METHODS = ['satterthwaite', 'kenward-roger', 'asymptotic', 'between-within'] as const;

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
  const tester = new HypothesisTester(weights.length, 1);
  return { ...tester.row(sample, orthonormalRows(sample, weights), 0, isTested(sample, weights)) };
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
  const count = p === 0 ? 0 : L.length / p;
  const tester = new HypothesisTester(p, count);
  return { ...tester.jointly(sample, orthonormalRows(sample, L), 0, count, isTested(sample, L)) };
}

/** Weights below this are rounding. */
const ROUNDING = 1e-12;

/** Whether rows of weights over the coefficients leave those that have no test alone. */
export function isTested({ untested, names }: Pick<SmallSample, 'untested' | 'names'>, rows: Float64Array): boolean {
  return !untested || rows.every((weight, at) => Math.abs(weight) < ROUNDING || untested[at % names.length] === 0);
}

/** Rows whose combination has less than this share of the largest variance are linearly dependent. */
const DEPENDENT = 1e-10;
/**
 * Log of a determinant of correlations above which no rows are dependent: all eigenvalues but the least, with their mean below
 * q / (q - 1), multiply to less than e.
 */
const LOG_INDEPENDENT = Math.log(1e-6);
/** Degrees of freedom that agree to this are one number. */
const SAME_DF = 1e-8;
/** Moments of the F distribution that vanish: its denominator is then at a pole, and the ratio is left out. */
const NO_MOMENT = 1e-10;

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/**
 * Tests of hypotheses about p coefficients, for many models one after another: {@link testRow} and {@link testJointly} on
 * rows that are in orthonormal coordinates already, O(p^2) a row. Results are valid until the next call.
 */
export class HypothesisTester {
  private readonly p: number;
  private readonly single: Writable<RowTest>;
  private readonly joint: Writable<JointTest>;
  // For up to so many rows: their sizes, uncorrelated combinations with variances, and Gram matrices.
  private readonly sizes: Float64Array;
  private readonly unit: Float64Array;
  private readonly directions: Float64Array;
  private readonly variances: Float64Array;
  private readonly gram: Float64Array;
  private readonly vectors: Float64Array;
  private readonly df: Float64Array;
  private readonly white: Float64Array;
  private movements = new Float64Array(0);
  private traces = new Float64Array(0);
  /** Rows with a variance, and the Wald statistic without sigma, of the hypothesis at hand. */
  private kept = 0;
  private wald = 0;
  /** Kenward and Roger's denominator, found beside its factor. */
  private denominator = Number.NaN;

  constructor(p: number, rows: number) {
    this.p = p;
    this.single = { estimate: Number.NaN, standardError: Number.NaN, df: Number.NaN, tested: true };
    const none = Number.NaN;
    this.joint = { statistic: none, numeratorDf: 0, denominatorDf: none, scale: none, tested: true };
    this.sizes = new Float64Array(rows);
    this.unit = new Float64Array(rows * p);
    this.directions = new Float64Array(rows * p);
    this.variances = new Float64Array(rows);
    this.gram = new Float64Array(rows * rows);
    this.vectors = new Float64Array(rows * rows);
    this.df = new Float64Array(rows);
    this.white = new Float64Array(rows * p);
  }

  /** Test of the row at `at` of `x`; `tested` says whether it has one. */
  row(sample: SmallSample, x: Float64Array, at: number, tested: boolean): RowTest {
    const { single, p } = this;
    const { coordinates, sigma, variance, d, method, columnDf, r } = sample;
    let estimate = 0;
    for (let i = 0; i < p; i++) estimate += x[at + i] * coordinates[i];
    single.estimate = estimate;
    single.standardError = sigma * Math.sqrt(quadraticForm(variance.adjusted, 0, x, at, p));
    if (method === 'asymptotic' || !tested) single.df = Number.NaN;
    else single.df = columnDf ? leastDfOfRow(columnDf, r, x, at) : rowDf(variance, d, x, at, p);
    single.tested = tested;
    return single;
  }

  /** F test of the `count` rows of `x` from `from` on. */
  jointly(sample: SmallSample, x: Float64Array, from: number, count: number, tested: boolean): JointTest {
    const { joint, df } = this;
    const { variance, d, method, sigma } = sample;
    const covariance = method === 'kenward-roger' ? variance.adjusted : variance.model;
    const independent = this.unitRows(x, from, count, covariance);
    const q =
      independent && count > 1 && method !== 'satterthwaite'
        ? this.waldOfUnitRows(sample, count)
        : this.waldOfPrincipalRows(sample, x, from, count, covariance, independent);
    joint.numeratorDf = q;
    joint.scale = q === 0 ? Number.NaN : 1;
    joint.tested = q === 0 || tested;
    joint.denominatorDf = method === 'asymptotic' && q > 0 ? Number.POSITIVE_INFINITY : Number.NaN;
    joint.statistic = this.wald / (sigma * sigma * q); // NaN without a row
    if (q === 0 || method === 'asymptotic') return joint;
    if (sample.columnDf) {
      // As of a combination: the least of all that are weighed.
      let least = Number.POSITIVE_INFINITY;
      for (let k = 0; k < count; k++) {
        const own = leastDfOfRow(sample.columnDf, sample.r, x, from + k * this.p);
        if (!(own >= least)) least = own;
      }
      joint.denominatorDf = least;
      return joint;
    }
    // Of one row Kenward and Roger's factor is 1, and their denominator that of its t test.
    if (q === 1 || method === 'satterthwaite') {
      for (let k = 0; k < q; k++) df[k] = rowDf(variance, d, this.directions, k * this.p, this.p);
      joint.denominatorDf = pooledDf(df, q);
      return joint;
    }
    joint.scale = this.kenwardRogerScale(variance, d, q);
    joint.statistic *= joint.scale;
    joint.denominatorDf = this.denominator;
    return joint;
  }

  /**
   * The rows that have a variance, at unit variance, into `unit`, and the factor of their correlations into `gram`; whether
   * they are certain to be independent. Correlations tell what depends on what, whatever the scales of covariates are.
   */
  private unitRows(x: Float64Array, from: number, count: number, covariance: Float64Array): boolean {
    const { p, sizes, unit, gram } = this;
    let kept = 0;
    for (let k = 0; k < count; k++) {
      const size = Math.sqrt(quadraticForm(covariance, 0, x, from + k * p, p));
      if (!(size > 0)) continue;
      sizes[kept] = size;
      for (let i = 0; i < p; i++) unit[kept * p + i] = x[from + k * p + i] / size;
      kept++;
    }
    this.kept = kept;
    if (kept < count || count === 1) return kept === count;
    this.fillGram(unit, 0, count, covariance);
    return choleskyInPlace(gram, count) > LOG_INDEPENDENT;
  }

  /** The Wald statistic, without sigma, of independent rows as `unitRows` left them; they become the directions. */
  private waldOfUnitRows({ coordinates }: SmallSample, count: number): number {
    const { p, unit, directions, gram, df: z } = this;
    for (let k = 0; k < count; k++) {
      let along = 0;
      for (let i = 0; i < p; i++) {
        directions[k * p + i] = unit[k * p + i];
        along += unit[k * p + i] * coordinates[i];
      }
      z[k] = along;
    }
    forwardSolve(gram, count, z);
    this.wald = 0;
    for (let k = 0; k < count; k++) this.wald += z[k] * z[k];
    return count;
  }

  /** The same from uncorrelated combinations of the rows, without those of no variance; returns how many are left. */
  private waldOfPrincipalRows(
    { coordinates }: SmallSample,
    x: Float64Array,
    from: number,
    count: number,
    covariance: Float64Array,
    independent: boolean,
  ): number {
    const { p, directions, variances } = this;
    const q = this.principalRows(x, from, count, covariance, independent);
    this.wald = 0;
    for (let k = 0; k < q; k++) {
      let along = 0;
      for (let i = 0; i < p; i++) along += directions[k * p + i] * coordinates[i];
      this.wald += (along * along) / variances[k];
    }
    return q;
  }

  /** Uncorrelated combinations of rows under a covariance, with their variances, into `directions` and `variances`. */
  private principalRows(
    x: Float64Array,
    from: number,
    count: number,
    covariance: Float64Array,
    independent: boolean,
  ): number {
    const { p, kept, sizes, unit, directions, variances } = this;
    if (count === 1) {
      for (let i = 0; i < p; i++) directions[i] = x[from + i];
      variances[0] = sizes[0] * sizes[0];
      return kept;
    }
    if (!independent) {
      const found = this.principal(unit, 0, kept, covariance);
      if (found < count) return found;
    }
    // Satterthwaite's pooled degrees of freedom depend on the directions: lmerTest takes those of the rows as they are.
    if (this.principal(x, from, count, covariance) === count) return count;
    return this.principal(unit, 0, kept, covariance);
  }

  private fillGram(rows: Float64Array, from: number, count: number, covariance: Float64Array): void {
    const { p, gram } = this;
    for (let i = 0; i < count; i++) {
      for (let j = 0; j <= i; j++) {
        const value = bilinearForm(covariance, 0, rows, rows, from + i * p, from + j * p, p);
        gram[i * count + j] = value;
        gram[j * count + i] = value;
      }
    }
  }

  private principal(rows: Float64Array, from: number, count: number, covariance: Float64Array): number {
    const { p, gram, vectors, directions, variances } = this;
    this.fillGram(rows, from, count, covariance);
    eigenInPlace(gram, count, vectors);
    let largest = 0;
    for (let i = 0; i < count; i++) largest = Math.max(largest, gram[i * count + i]);
    let found = 0;
    for (let i = 0; i < count; i++) {
      const variance = gram[i * count + i];
      if (!(variance > DEPENDENT * largest)) continue;
      for (let a = 0; a < p; a++) {
        let sum = 0;
        for (let k = 0; k < count; k++) sum += vectors[k * count + i] * rows[from + k * p + a];
        directions[found * p + a] = sum;
      }
      variances[found++] = variance;
    }
    return found;
  }

  /**
   * Kenward and Roger (1997), section 3: the scale and denominator that match mean and variance of the Wald statistic over q,
   * of the q rows in `directions`.
   */
  private kenwardRogerScale({ model, elements, changes, shift, weights }: VarianceModel, d: number, q: number): number {
    const { p, white } = this;
    if (this.movements.length < elements * q * q) this.movements = new Float64Array(elements * q * q);
    if (this.traces.length < elements) this.traces = new Float64Array(elements);
    const { movements: M, traces } = this;
    // K^(-1/2) up to a rotation, which no trace sees: rows that are uncorrelated under C and of variance 1.
    this.whiten(model, q);
    for (let e = 0; e < elements; e++) {
      let trace = 0;
      for (let i = 0; i < q; i++) {
        for (let j = 0; j <= i; j++) {
          const value = bilinearForm(changes, e * p * p, white, white, i * p, j * p, p) - (i === j ? shift[e] : 0);
          M[(e * q + i) * q + j] = value;
          M[(e * q + j) * q + i] = value;
          if (i === j) trace += value;
        }
      }
      traces[e] = trace;
    }
    let A1 = (2 / d) * q * q;
    let A2 = (2 / d) * q;
    for (let e = 0; e < elements; e++) {
      for (let f = 0; f < elements; f++) {
        const w = weights[e * elements + f];
        let product = 0;
        for (let i = 0; i < q * q; i++) product += M[e * q * q + i] * M[f * q * q + i]; // both symmetric
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
    const m = 4 + (q + 2) / (q * rho - 1);
    this.denominator = m;
    return Math.abs(m - 2) < 1e-2 ? 1 : (m * mean) / (m - 2);
  }

  /** Combinations of the q directions that are uncorrelated and of variance 1 (Gram-Schmidt in a metric, twice), into `white`. */
  private whiten(covariance: Float64Array, q: number): void {
    const { p, directions, white } = this;
    for (let k = 0; k < q; k++) {
      const at = k * p;
      for (let i = 0; i < p; i++) white[at + i] = directions[at + i];
      for (let pass = 0; pass < 2; pass++) {
        for (let other = 0; other < at; other += p) {
          const along = bilinearForm(covariance, 0, white, white, at, other, p);
          for (let i = 0; i < p; i++) white[at + i] -= along * white[other + i];
        }
      }
      const size = Math.sqrt(quadraticForm(covariance, 0, white, at, p));
      for (let i = 0; i < p; i++) white[at + i] /= size;
    }
  }
}

/** Denominator of an F test whose numerator is the mean of q squared t statistics with these degrees of freedom. */
function pooledDf(df: Float64Array, q: number): number {
  if (q === 1) return df[0];
  let least = df[0];
  let most = df[0];
  let sum = 0;
  let mean = 0;
  for (let k = 0; k < q; k++) {
    least = Math.min(least, df[k]);
    most = Math.max(most, df[k]);
    sum += df[k];
    mean += df[k] / (df[k] - 2);
  }
  if (most - least <= SAME_DF) return sum / q;
  if (!(least > 2)) return 2;
  return (2 * mean) / (mean - q);
}
