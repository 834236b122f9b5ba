/**
 * The rows that a comparison is made of, as the columns of indicators tell them (arms, sites, visits). The weights of an estimate
 * in the whole design tell it badly: covariates give every row some, and a number such as time gives the rows far from where the
 * comparison is made little, or the other sign. In the design of indicators alone a row that takes no part has weight zero.
 */
import { type LevelMeans, squareOf } from '../lmm/level-means.ts';
import type { DesignMoments } from '../moments/moments.ts';
import { backwardSolve, choleskyInPlace, forwardSolve } from '../numeric/cholesky.ts';

/** Values up to which a column that is constant within levels counts as an indicator: codings hold -1, 0 and 1. */
export const MOST_VALUES = 3;
/** Means that agree to this share of the largest are one value. */
export const EQUAL_MEANS = 1e-6;
/** Share by which the sum of a column of zeros and ones may differ from that of its squares. */
const ROUNDING = 1e-9;

/** Columns of a design that are indicators: few values over the levels, or zeros and ones over the rows. */
export function indicatorColumns({ p }: DesignMoments, levels: LevelMeans): number[] {
  return Array.from({ length: p }, (_, k) => k).filter((k) => {
    if (levels.isConstant(k)) return !(distinctValues(levels.meansOfColumn(k), MOST_VALUES) > MOST_VALUES);
    const squares = levels.squaresOfColumn(k);
    return Math.abs(levels.sumOfColumn(k) - squares) <= ROUNDING * squares;
  });
}

/**
 * v of the estimate of l'b in the design of some columns alone, as weights Q v of the rows; null where these columns do not hold
 * all that l weighs, or depend on each other.
 */
export function weightsAmong(
  design: DesignMoments,
  columns: readonly number[],
  weights: Float64Array,
): Float64Array | null {
  const c = columnWeightsAmong(design, columns, weights);
  if (!c) return null;
  const { p, r } = design;
  const v = new Float64Array(p);
  columns.forEach((k, a) => {
    for (let i = 0; i <= k; i++) v[i] += r[i * p + k] * c[a];
  });
  return v;
}

/** The same as weights c of the columns: those of the rows are X c. */
export function columnWeightsAmong(
  { p, r }: DesignMoments,
  columns: readonly number[],
  weights: Float64Array,
): Float64Array | null {
  if (weights.some((weight, k) => weight !== 0 && !columns.includes(k))) return null;
  const d = columns.length;
  const own = columns.map((k) => Float64Array.from({ length: p }, (_, i) => (i <= k ? r[i * p + k] : 0)));
  const sizes = own.map((column) => Math.sqrt(squareOf(column)));
  const L = new Float64Array(d * d);
  for (let a = 0; a < d; a++) {
    for (let b = 0; b < d; b++) {
      let sum = 0;
      for (let i = 0; i < p; i++) sum += own[a][i] * own[b][i];
      L[a * d + b] = sum / (sizes[a] * sizes[b]);
    }
  }
  if (Number.isNaN(choleskyInPlace(L, d))) return null;
  const u = Float64Array.from(columns, (k, a) => weights[k] / sizes[a]);
  forwardSolve(L, d, u);
  backwardSolve(L, d, u);
  return u.map((value, a) => value / sizes[a]);
}

/** How many values there are, up to one more than `most`; what agrees with a value before is none of its own. */
export function distinctValues(values: Float64Array, most: number): number {
  const apart = EQUAL_MEANS * largestOf(values);
  let count = 0;
  for (let i = 0; i < values.length && count <= most; i++) {
    let known = false;
    for (let j = 0; j < i && !known; j++) known = Math.abs(values[j] - values[i]) <= apart;
    if (!known) count++;
  }
  return count;
}

export function largestOf(values: Float64Array): number {
  let largest = 0;
  for (let i = 0; i < values.length; i++) largest = Math.max(largest, Math.abs(values[i]));
  return largest;
}
