/**
 * Generalised models under a hypothesis L b = 0. Elimination with the largest element of each row as its pivot makes the coefficients
 * of the pivots combinations of the others, b = N c, so that the model under the hypothesis has the columns X N, and its coefficients
 * c are those of the larger model that are left, by their names.
 */
import type { DesignMoments, Moments } from '../moments/moments.ts';
import { type Submodel, submodel, submodelResponses } from '../moments/submodel.ts';
import { type NullHypothesis, rowsInside } from './null-hypotheses.ts';

/** Weights below this share of the largest of a row are rounding. */
const ROUNDING = 1e-10;

/** Which coefficients are free under L b = 0, and N: p x free, row-major. */
export interface NullBasis {
  readonly free: readonly number[];
  readonly basis: Float64Array;
}

/** The basis of all b with `rows` b = 0, rows over p coefficients. */
export function nullBasis(rows: readonly Float64Array[], p: number): NullBasis {
  const left = rows.map((row) => row.slice());
  const pivots: { readonly row: Float64Array; readonly column: number }[] = [];
  for (const [r, row] of left.entries()) {
    const column = row.reduce((best, value, k) => (Math.abs(value) > Math.abs(row[best]) ? k : best), 0);
    const largest = Math.abs(row[column]);
    const before = rows[r].reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    if (!(largest > ROUNDING * before)) continue;
    const pivot = row[column];
    for (let k = 0; k < p; k++) row[k] /= pivot;
    for (const other of left) {
      const factor = other === row ? 0 : other[column];
      if (factor !== 0) for (let k = 0; k < p; k++) other[k] -= factor * row[k];
    }
    pivots.push({ row, column });
  }
  const free = Array.from({ length: p }, (_, k) => k).filter((k) => !pivots.some(({ column }) => column === k));
  const basis = new Float64Array(p * free.length);
  free.forEach((k, f) => {
    basis[k * free.length + f] = 1;
    for (const { row, column } of pivots) basis[column * free.length + f] = -row[k];
  });
  return { free, basis };
}

/** Moments of models under a hypothesis, and how the coefficients of each design follow from those under it. */
export interface ConstrainedMoments {
  readonly moments: Moments;
  /** By batch. */
  readonly bases: readonly NullBasis[];
}

/** The models of some moments under a hypothesis; those whose design lacks what it is about stay as they are. */
export function constrainedMoments(moments: Moments, hypothesis: NullHypothesis): ConstrainedMoments {
  const bases: NullBasis[] = [];
  const batches = moments.batches.map((batch) => {
    const { design } = batch;
    const basis = nullBasis(rowsInside(hypothesis, moments.coefficients, design.coefficients), design.p);
    bases.push(basis);
    const sub = constrainedDesign(design, basis);
    return { ...batch, design: sub.design, responses: submodelResponses(design, batch.responses, sub) };
  });
  const coefficients = moments.coefficients.filter((name) =>
    batches.some(({ design }) => design.coefficients.includes(name)),
  );
  return { moments: { ...moments, batches, coefficients, notes: [] }, bases };
}

function constrainedDesign(design: DesignMoments, { free, basis }: NullBasis): Submodel {
  const names = free.map((k) => design.coefficients[k]);
  const terms = design.terms.map(({ q }, into) => ({ into, b: identity(q) }));
  return submodel(design, { fixed: { names, dropped: [] }, random: design.terms }, { a: basis, terms });
}

/** The same responses under models without random terms. */
export function momentsOfRows(moments: Moments): Moments {
  return {
    ...moments,
    batches: moments.batches.map((batch) => {
      const { design } = batch;
      const fixed = { names: design.coefficients, dropped: new Array<string>(design.dropped ?? 0).fill('') };
      const sub = submodel(design, { fixed, random: [] }, { a: identity(design.p), terms: [] });
      return { ...batch, design: sub.design, responses: submodelResponses(design, batch.responses, sub) };
    }),
    notes: [],
  };
}

function identity(p: number): Float64Array {
  const out = new Float64Array(p * p);
  for (let i = 0; i < p; i++) out[i * p + i] = 1;
  return out;
}
