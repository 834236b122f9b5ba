/**
 * Orthogonal polynomials as R's `poly` and `contr.poly` scale them: column k is the part of x^k that is orthogonal to
 * all lower powers, of length 1, with a positive leading coefficient. Built by Stieltjes' recurrence on centred, scaled
 * values (no powers are formed) with one round of reorthogonalisation.
 *
 * Returns n x degree, column-major; rows with a missing value are NaN throughout. Undefined when the values take no more
 * than `degree` different values.
 */
export function orthogonalPolynomial(values: ArrayLike<number>, degree: number): Float64Array | undefined {
  return trainPolynomial(values, degree)?.values;
}

/** The recurrence that some values gave, in the terms of `TrainedFunction`. */
export interface PolynomialBasis {
  readonly mean: number;
  readonly scale: number;
  readonly count: number;
  readonly projections: readonly (readonly number[])[];
  readonly norms: readonly number[];
}

/** The polynomial of {@link orthogonalPolynomial} with what its columns for other values need. */
export function trainPolynomial(
  values: ArrayLike<number>,
  degree: number,
): { basis: PolynomialBasis; values: Float64Array } | undefined {
  const n = values.length;
  if (!hasMoreValuesThan(values, degree)) return undefined;
  const { mean, scale } = spread(values);
  const x = new Float64Array(n);
  // a missing value has weight zero: x = 0 there, and every column too
  const present = new Uint8Array(n);
  let count = 0;
  for (let i = 0; i < n; i++) {
    if (Number.isNaN(values[i])) continue;
    present[i] = 1;
    count++;
    x[i] = (values[i] - mean) / scale;
  }
  const constant = new Float64Array(n);
  for (let i = 0; i < n; i++) constant[i] = present[i] / Math.sqrt(count);
  const columns = [constant];
  const projections: number[][] = [];
  const norms: number[] = [];
  for (let k = 1; k <= degree; k++) {
    const column = columns[k - 1].map((value, i) => value * x[i]);
    const removed: number[] = [];
    for (let round = 0; round < 2; round++) {
      for (const lower of columns) {
        const projection = dot(column, lower);
        removed.push(projection);
        for (let i = 0; i < n; i++) column[i] -= projection * lower[i];
      }
    }
    const norm = Math.sqrt(dot(column, column));
    for (let i = 0; i < n; i++) column[i] /= norm;
    columns.push(column);
    projections.push(removed);
    norms.push(norm);
  }
  const result = new Float64Array(n * degree);
  for (let k = 1; k <= degree; k++) {
    for (let i = 0; i < n; i++) result[(k - 1) * n + i] = present[i] === 1 ? columns[k][i] : Number.NaN;
  }
  return { basis: { mean, scale, count, projections, norms }, values: result };
}

/** The columns of a trained polynomial at other values, by the same steps: the training values come out bit for bit. */
export function evaluatePolynomial(basis: PolynomialBasis, values: ArrayLike<number>): Float64Array {
  const n = values.length;
  const { mean, scale, count, projections, norms } = basis;
  const degree = norms.length;
  const result = new Float64Array(n * degree);
  const columns = new Float64Array(degree + 1);
  for (let i = 0; i < n; i++) {
    const x = (values[i] - mean) / scale;
    columns[0] = 1 / Math.sqrt(count);
    for (let k = 1; k <= degree; k++) {
      let value = columns[k - 1] * x;
      projections[k - 1].forEach((projection, j) => {
        value -= projection * columns[j % k];
      });
      columns[k] = value / norms[k - 1];
      result[(k - 1) * n + i] = columns[k];
    }
  }
  return result;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

function spread(values: ArrayLike<number>): { mean: number; scale: number } {
  let count = 0;
  let sum = 0;
  for (let i = 0; i < values.length; i++) {
    if (Number.isNaN(values[i])) continue;
    count++;
    sum += values[i];
  }
  const mean = sum / count;
  let scale = 0;
  for (let i = 0; i < values.length; i++) {
    if (!Number.isNaN(values[i])) scale = Math.max(scale, Math.abs(values[i] - mean));
  }
  return { mean, scale };
}

function hasMoreValuesThan(values: ArrayLike<number>, count: number): boolean {
  const distinct = new Set<number>();
  for (let i = 0; i < values.length && distinct.size <= count; i++) {
    if (!Number.isNaN(values[i])) distinct.add(values[i]);
  }
  return distinct.size > count;
}
