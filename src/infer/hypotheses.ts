/**
 * Hypotheses of the terms of a model, as rows of weights over its coefficients:
 *
 *   I    each term after those before it: the rows of R in X = Q R that belong to it
 *   II   each term after all that do not contain it (principle of marginality): the same with the columns reordered
 *   III  each term in the presence of all others. With X0 = X M the overparametrised matrix of indicators, the estimable
 *        functions c'M that are zero on all columns but those of the term and of terms that contain it, and among them
 *        those orthogonal to the functions of the containing terms alone (J. H. Goodnight, "Tests of hypotheses in fixed
 *        effects linear models", Communications in Statistics 9, 1980). Without empty cells these are the hypotheses about
 *        unweighted marginal means, whatever coding the model was fitted in.
 */
import { jacobiEigen } from '../numeric/symmetric-eigen.ts';

export const ANOVA_TYPES = ['I', 'II', 'III'] as const;
export type AnovaType = (typeof ANOVA_TYPES)[number];

/** The terms of a design, as far as hypotheses about them need it. */
export interface TermStructure {
  /** Terms without the intercept. */
  readonly labels: readonly string[];
  /** Per term, the terms that contain it: all its factors and the same covariates. */
  readonly containing: readonly (readonly number[])[];
  /** Term of each coefficient, from 1; 0 is the intercept. */
  readonly assign: readonly number[];
  /** Term of each column of the overparametrised matrix, likewise. */
  readonly indicatorAssign: readonly number[];
  /** M, coefficients x indicator columns, row-major. */
  readonly indicators: Float64Array;
}

/** A hypothesis: rows x p weights, row-major; linearly independent. */
export interface TermHypothesis {
  readonly term: string;
  readonly rows: Float64Array;
}

/** The hypotheses of a type; `r` is R of the QR decomposition of X, p x p row-major. Terms without a column are left out. */
export function termHypotheses(type: AnovaType, structure: TermStructure, r: Float64Array): TermHypothesis[] {
  const { labels, assign } = structure;
  return labels.flatMap((term, t) => {
    if (!assign.includes(t + 1)) return [];
    const rows =
      type === 'I' ? sequentialRows(structure, r, t) : type === 'II' ? marginalRows(structure, r, t) : partialRows(structure, t);
    return rows.length === 0 ? [] : [{ term, rows }];
  });
}

function sequentialRows({ assign }: TermStructure, r: Float64Array, t: number): Float64Array {
  const p = assign.length;
  const own = [...assign.keys()].filter((j) => assign[j] === t + 1);
  const rows = new Float64Array(own.length * p);
  own.forEach((j, k) => {
    rows.set(r.subarray(j * p, (j + 1) * p), k * p);
  });
  return rows;
}

function marginalRows({ assign, containing }: TermStructure, r: Float64Array, t: number): Float64Array {
  const p = assign.length;
  const place = (j: number) => (assign[j] === t + 1 ? 1 : containing[t].includes(assign[j] - 1) ? 2 : 0);
  const order = [...assign.keys()].sort((a, b) => place(a) - place(b) || a - b);
  const first = order.findIndex((j) => place(j) === 1);
  const count = order.filter((j) => place(j) === 1).length;
  // Columns of R in the new order, made triangular again by Gram-Schmidt, twice.
  const basis: Float64Array[] = [];
  const rows = new Float64Array(count * p);
  order.forEach((j, position) => {
    const column = Float64Array.from({ length: p }, (_, i) => r[i * p + j]);
    for (let pass = 0; pass < 2; pass++) {
      basis.forEach((q, k) => {
        let along = 0;
        for (let i = 0; i < p; i++) along += q[i] * column[i];
        for (let i = 0; i < p; i++) column[i] -= along * q[i];
        if (k >= first && k < first + count) rows[(k - first) * p + j] += along;
      });
    }
    const size = Math.sqrt(column.reduce((sum, value) => sum + value * value, 0));
    if (position >= first && position < first + count) rows[(position - first) * p + j] += size;
    basis.push(column.map((value) => value / size));
  });
  return rows;
}

function partialRows(structure: TermStructure, t: number): Float64Array {
  const { assign, indicatorAssign, indicators, containing } = structure;
  const p = assign.length;
  const width = indicatorAssign.length;
  const within = new Set([t + 1, ...containing[t].map((other) => other + 1)]);
  const columns = (wanted: (term: number) => boolean) => {
    const list = [...indicatorAssign.keys()].filter((j) => wanted(indicatorAssign[j]));
    return list.map((j) => Float64Array.from({ length: p }, (_, i) => indicators[i * width + j]));
  };
  const inner = columns((term) => within.has(term));
  // Functions that touch the term and those containing it only, and of these the ones that do not touch the term.
  const functions = complement(columns((term) => !within.has(term)), identity(p));
  const containers = complement(columns((term) => term === t + 1), functions);
  // Orthogonal, as functions c'M, to those.
  const image = (c: Float64Array) => Float64Array.from(inner, (column) => dot(column, c));
  const metric = containers.map((c) => {
    const target = image(c);
    const weights = new Float64Array(p);
    inner.forEach((column, j) => {
      for (let i = 0; i < p; i++) weights[i] += target[j] * column[i];
    });
    return weights;
  });
  const rows = complement(metric, functions);
  const out = new Float64Array(rows.length * p);
  rows.forEach((row, k) => {
    out.set(row, k * p);
  });
  return out;
}

/** Squared length, relative to the largest, below which a direction is zero: M holds small whole numbers and ratios. */
const ZERO = 1e-16;

/** An orthonormal basis of what the span of `space` (orthonormal) has orthogonal to all of `vectors`. */
function complement(vectors: readonly Float64Array[], space: readonly Float64Array[]): Float64Array[] {
  const k = space.length;
  if (k === 0) return [];
  const gram = new Float64Array(k * k);
  let largest = 0;
  for (const vector of vectors) {
    const along = Float64Array.from(space, (basis) => dot(basis, vector));
    for (let i = 0; i < k; i++) for (let j = 0; j < k; j++) gram[i * k + j] += along[i] * along[j];
    largest = Math.max(largest, dot(vector, vector));
  }
  const directions = new Float64Array(k * k);
  jacobiEigen(gram, k, directions);
  const bound = Math.sqrt(ZERO) * Math.max(largest, 1e-300);
  const found: Float64Array[] = [];
  for (let i = 0; i < k; i++) {
    if (gram[i * k + i] > bound) continue;
    const vector = new Float64Array(space[0].length);
    for (let j = 0; j < k; j++) for (let a = 0; a < vector.length; a++) vector[a] += directions[j * k + i] * space[j][a];
    found.push(vector);
  }
  return found;
}

function identity(p: number): Float64Array[] {
  return Array.from({ length: p }, (_, i) => Float64Array.from({ length: p }, (_, j) => (i === j ? 1 : 0)));
}

function dot(x: Float64Array, y: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < x.length; i++) sum += x[i] * y[i];
  return sum;
}
