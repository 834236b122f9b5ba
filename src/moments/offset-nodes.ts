/**
 * Offsets of a stratum (rows with the same columns of x and z and the same levels) as few nodes. With t the linear predictor
 * without the offset, a negative binomial likelihood (nu = 1 / size) has of its rows' offsets o_i
 *
 *     sum_i (y_i + 1 / nu) log(1 + nu exp(t + o_i))  ~  sum_j (wy_j + wn_j / nu) log(1 + nu exp(t + o_j)),
 *     wy_j = sum_i y_i lambda_j(o_i),   wn_j = sum_i lambda_j(o_i)
 *
 * with lambda the Lagrange basis of Chebyshev points o_j: the function is analytic in o, its singularities are pi away
 * from the real line. On a panel of half-width h the error falls as rho^-K, rho = pi / h + sqrt((pi / h)^2 + 1) (L. N.
 * Trefethen, Approximation Theory and Approximation Practice, theorem 8.2), so log rho = asinh(pi / h) says how many points it
 * takes. Interpolation is exact for what is linear in o, sums of y and of rows among it.
 */
import { barycentricWeights, chebyshevPoints, lagrangeBasis } from '../numeric/barycentric.ts';

/** K log rho: an error of exp(-27) = 2e-12 of the function, as 16 points on a half-width of 1.2 have it. */
const ACCURACY = 27;
/** Points of a panel at most; offsets further apart are split. */
const MOST_POINTS = 32;

/** Offsets next to each other and their nodes. */
export interface OffsetPanel {
  readonly points: Float64Array;
  /** Rows of the panel. */
  readonly rows: Int32Array;
  /** Lagrange basis at their offsets, rows x points; null where the one point is the offset of all. */
  readonly basis: Float64Array | null;
}

/** Points that a panel of some half-width takes. */
export function pointsOf(halfWidth: number): number {
  return Math.max(2, Math.ceil(ACCURACY / Math.asinh(Math.PI / halfWidth)));
}

/** The panels of the rows of one stratum; `exact` keeps every offset. */
export function offsetPanels(offset: Float64Array, rows: Int32Array, exact: boolean): OffsetPanel[] {
  const sorted = rows.slice().sort((a, b) => offset[a] - offset[b]);
  const low = offset[sorted[0]];
  const high = offset[sorted[sorted.length - 1]];
  let count = 1;
  while (!exact && pointsOf((high - low) / (2 * count)) > MOST_POINTS) count++;
  const panels: OffsetPanel[] = [];
  for (let from = 0, k = 1; from < sorted.length; k++) {
    const end = k === count ? high : low + ((high - low) * k) / count;
    let to = from;
    while (to < sorted.length && offset[sorted[to]] <= end) to++;
    if (to > from) panels.push(...panelsOf(offset, sorted.subarray(from, to), exact));
    from = to;
  }
  return panels;
}

/** One panel of rows in the order of their offsets, or one an offset where these are no more than nodes would be. */
function panelsOf(offset: Float64Array, rows: Int32Array, exact: boolean): OffsetPanel[] {
  const low = offset[rows[0]];
  const high = offset[rows[rows.length - 1]];
  const starts: number[] = [];
  rows.forEach((row, k) => {
    if (k === 0 || offset[row] !== offset[rows[k - 1]]) starts.push(k);
  });
  const count = pointsOf((high - low) / 2);
  if (exact || starts.length <= count) {
    return starts.map((from, k) => {
      return { points: Float64Array.of(offset[rows[from]]), rows: rows.subarray(from, starts[k + 1]), basis: null };
    });
  }
  const points = chebyshevPoints(low, high, count);
  const weights = barycentricWeights(points);
  const basis = new Float64Array(rows.length * count);
  rows.forEach((row, k) => {
    lagrangeBasis(points, weights, offset[row], basis, k * count);
  });
  return [{ points, rows, basis }];
}
