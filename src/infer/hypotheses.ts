/**
 * Hypotheses of the terms of a model, as rows of weights over its coefficients:
 *
 *   I    each term after those before it: the rows of R in X = Q R that belong to it
 *   II   each term after all that do not contain it (principle of marginality): the same with the columns reordered
 *   III  each term in the presence of all others. X0 = X M is the overparametrised matrix of indicators, X in treatment
 *        coding; a row of M is a coefficient as a combination of the parameters of X0. Those of a term are made
 *        orthogonal to those of the terms that contain it, and read off at the columns that X and X0 share (the
 *        construction behind J. H. Goodnight, "Tests of hypotheses in fixed effects linear models", Communications in
 *        Statistics 9, 1980, as lmerTest does it). Without empty cells these are the hypotheses about unweighted
 *        marginal means, whatever coding the model was fitted in.
 *
 * Rows of types I and II have a one at the coefficient that they belong to: the pooled degrees of freedom of an F test
 * depend on the scale of its rows, and these are lmerTest's.
 */

import { OPTIONS } from '../options/entries.ts';
import type { TermHypothesis, TermStructure } from '../types/inference.ts';

/** Types of hypotheses of F tests (SAS). */
export const ANOVA_TYPES = OPTIONS.anova.choices;
/** A type of hypotheses of F tests. */
export type AnovaType = (typeof ANOVA_TYPES)[number];

/**
 * The hypotheses of a type; `r` is R of the QR decomposition of X, p x p row-major. A term without a coefficient of its own
 * (all aliased) has no rows, and no term has rows of type III where the structure does not know what is aliased.
 */
export function termHypotheses(type: AnovaType, structure: TermStructure, r: Float64Array): TermHypothesis[] {
  const { labels } = structure;
  // One term is its own type I hypothesis, as in lmerTest.
  const kind = labels.length === 1 ? 'I' : type;
  const orthogonal = kind === 'III' ? orthogonalRows(structure) : [];
  return labels.map((term, t) => {
    if (kind === 'I') return { term, rows: sequentialRows(structure, r, t) };
    return { term, rows: kind === 'II' ? marginalRows(structure, r, t) : partialRows(structure, orthogonal, t) };
  });
}

function sequentialRows({ assign }: TermStructure, r: Float64Array, t: number): Float64Array {
  const p = assign.length;
  const own = [...assign.keys()].filter((j) => assign[j] === t + 1);
  const rows = new Float64Array(own.length * p);
  own.forEach((j, k) => {
    for (let i = j; i < p; i++) rows[k * p + i] = r[j * p + i] / r[j * p + j];
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
  const sizes: number[] = [];
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
    if (position >= first && position < first + count) {
      rows[(position - first) * p + j] += size;
      sizes.push(size);
    }
    basis.push(column.map((value) => value / size));
  });
  return rows.map((value, at) => value / sizes[Math.floor(at / p)]);
}

/** The rows of M in treatment coding, those of each term orthogonal to those of the terms that contain it. */
function orthogonalRows({ labels, containing, treatment }: TermStructure): Float64Array[] {
  if (!treatment) return [];
  const { assign, indicators } = treatment;
  const width = assign.length === 0 ? 0 : indicators.length / assign.length;
  const rows = assign.map((_, i) => indicators.slice(i * width, (i + 1) * width));
  // Terms of the highest degree first: what contains a term is contained in nothing that comes later.
  const order = [...labels.keys()].sort((a, b) => containing[a].length - containing[b].length);
  for (const t of order) {
    const others = rows.filter((_, i) => containing[t].includes(assign[i] - 1)).map((row) => row.slice());
    const basis: Float64Array[] = [];
    for (const row of others) if (project(row, basis)) basis.push(row);
    assign.forEach((term, i) => {
      if (term === t + 1) for (let pass = 0; pass < 2; pass++) subtract(rows[i], basis);
    });
  }
  return rows;
}

function partialRows(
  { assign: modelAssign, treatment }: TermStructure,
  orthogonal: readonly Float64Array[],
  t: number,
): Float64Array {
  if (!treatment) return new Float64Array(0);
  const { assign, shared, recoding } = treatment;
  const p = modelAssign.length;
  const rows: number[] = [];
  orthogonal.forEach((row, i) => {
    if (assign[i] !== t + 1) return;
    const own = shared.map((column) => (Math.abs(row[column]) > ROUNDING ? row[column] : 0));
    if (own.every((value) => value === 0)) return;
    // Over the coefficients of the model's own coding.
    for (let k = 0; k < p; k++) rows.push(own.reduce((sum, value, j) => sum + value * recoding[j * p + k], 0));
  });
  return Float64Array.from(rows);
}

/** Weights below this are rounding: they are small whole numbers, or ratios and roots of them. */
const ROUNDING = 1e-9;

/** Takes the part along an orthonormal basis off a vector and gives it unit length; false where nothing is left. */
function project(vector: Float64Array, basis: readonly Float64Array[]): boolean {
  const before = Math.sqrt(dot(vector, vector));
  for (let pass = 0; pass < 2; pass++) subtract(vector, basis);
  const size = Math.sqrt(dot(vector, vector));
  if (!(size > ROUNDING * before)) return false;
  for (let i = 0; i < vector.length; i++) vector[i] /= size;
  return true;
}

function subtract(vector: Float64Array, basis: readonly Float64Array[]): void {
  for (const other of basis) {
    const along = dot(vector, other);
    for (let i = 0; i < vector.length; i++) vector[i] -= along * other[i];
  }
}

function dot(x: Float64Array, y: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < x.length; i++) sum += x[i] * y[i];
  return sum;
}
