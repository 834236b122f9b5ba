/**
 * Columns of regression splines, as R's package splines has them.
 *
 * B-splines (`bs`) are those of order degree + 1 over the interior knots, without the first unless there is an intercept.
 *
 * Natural splines (`ns`) are cubic between the boundary knots and linear beyond them. With b(x) the cubic B-splines (again
 * without the first) and C = [b''(low), b''(high)] (splines x 2), a curve b(x)'c is natural where C'c = 0. The columns are
 * b(x)' times the last columns of Q in the Householder factorisation C = Q R, which span those c; R's choice of signs
 * makes them R's columns.
 */
import { type BSplines, bSplines, knotInterval, nonzeroBSplines, splineCount } from '../numeric/b-spline.ts';
import { quantileOfSorted, sorted } from '../numeric/order-statistics.ts';
import { complementQ, pivotedQr } from '../numeric/pivoted-qr.ts';

/** What a call says of a spline. */
export interface SplineShape {
  readonly natural: boolean;
  /** 3 for a natural one. */
  readonly degree: number;
  readonly intercept: boolean;
}

/** What a call says or learns of it. */
export interface SplineKnots {
  /** Interior knots, increasing, within the boundary. */
  readonly knots: readonly number[];
  readonly boundary: readonly [number, number];
}

/** Columns that a spline without interior knots has. */
export function fewestColumns({ natural, degree, intercept }: SplineShape): number {
  return (natural ? 1 : degree) + (intercept ? 1 : 0);
}

/** So many quantiles of the sorted values within the boundary, equally far apart; undefined where one lies on it. */
export function quantileKnots(
  values: Float64Array,
  count: number,
  [low, high]: readonly [number, number],
): number[] | undefined {
  const inside = sorted(values.filter((value) => value >= low && value <= high));
  const step = 1 / (count + 1);
  const knots = Array.from({ length: count }, (_, i) => quantileOfSorted(inside, (i + 1) * step));
  return knots.every((knot) => knot > low && knot < high) ? knots : undefined;
}

/**
 * The columns of a spline at some values, n x columns column-major. Missing values are missing in all columns, infinite
 * ones infinite. Beyond the boundary the polynomials of the outermost intervals go on, or the lines of a natural spline.
 */
export function splineColumns(
  shape: SplineShape,
  { knots, boundary }: SplineKnots,
  values: ArrayLike<number>,
): Float64Array {
  const splines = bSplines(shape.degree + 1, knots, boundary);
  const first = shape.intercept ? 0 : 1;
  const evaluate = shape.natural ? naturalRow(splines, first, boundary) : plainRow(splines, first);
  const n = values.length;
  const columns = fewestColumns(shape) + knots.length;
  const result = new Float64Array(n * columns);
  const row = new Float64Array(columns);
  for (let i = 0; i < n; i++) {
    const x = values[i];
    if (Number.isFinite(x)) evaluate(x, row);
    else row.fill(x);
    for (let j = 0; j < columns; j++) result[j * n + i] = row[j];
  }
  return result;
}

/** Writes the columns at x. */
type RowEvaluation = (x: number, out: Float64Array) => void;

function plainRow(splines: BSplines, first: number): RowEvaluation {
  const { order } = splines;
  const nonzero = new Float64Array(order);
  return (x, out) => {
    const l = knotInterval(splines, x);
    nonzeroBSplines(splines, l, x, nonzero);
    out.fill(0);
    for (let j = 0; j < order; j++) {
      const column = l + 1 - order + j - first;
      if (column >= 0) out[column] = nonzero[j];
    }
  };
}

function naturalRow(splines: BSplines, first: number, boundary: readonly [number, number]): RowEvaluation {
  const { order } = splines;
  const rows = splineCount(splines) - first;
  const nonzero = new Float64Array(order);
  /** Writes the nonzero splines at x, or their derivatives, and returns the place of the first of them among the rows. */
  const splinesAt = (x: number, derivative: 0 | 1 | 2): number => {
    const l = knotInterval(splines, x);
    nonzeroBSplines(splines, l, x, nonzero, derivative);
    return l + 1 - order - first;
  };
  const curvature = new Float64Array(2 * rows); // C, column-major
  boundary.forEach((end, side) => {
    const from = splinesAt(end, 2);
    nonzero.forEach((value, j) => {
      if (from + j >= 0) curvature[side * rows + from + j] = value;
    });
  });
  const natural = complementQ(pivotedQr(curvature, rows, 2));
  const combine = (x: number, derivative: 0 | 1, out: Float64Array): void => {
    const from = splinesAt(x, derivative);
    for (let k = 0; k < out.length; k++) {
      let sum = 0;
      for (let j = Math.max(0, -from); j < order; j++) sum += nonzero[j] * natural[k * rows + from + j];
      out[k] = sum;
    }
  };
  const lines = boundary.map((end) => {
    const value = new Float64Array(rows - 2);
    const slope = new Float64Array(rows - 2);
    combine(end, 0, value);
    combine(end, 1, slope);
    return { end, value, slope };
  });
  return (x, out) => {
    const line = x < boundary[0] ? lines[0] : x > boundary[1] ? lines[1] : undefined;
    if (line === undefined) combine(x, 0, out);
    else for (let k = 0; k < out.length; k++) out[k] = line.value[k] + line.slope[k] * (x - line.end);
  };
}
