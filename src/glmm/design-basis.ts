/**
 * Coordinates in which the columns of a generalised model are orthogonal and of one size, so that a covariate such as a year,
 * far from zero and beside an intercept, is as good as one about zero. With c the medians of the columns in ordinal models, whose
 * thresholds stand for an intercept, and zero in others,
 *
 *     X - 1 c' = Q F        own coefficients F beta        own first threshold a_1 - c'beta
 *
 * and of each random term of several columns z = q R, R lower triangular, so that its own covariance factor R L is a triangle, too.
 * A column of z that the ones before it make up is zero in q, as the data know only the variance of the sum. All of it is linear
 * in the parameters: beta, the factors' elements, extras.
 */
import type { FamilyEffects, FamilyEvidence } from '../moments/family-evidence.ts';
import { median } from '../numeric/order-statistics.ts';
import { triangleSize } from '../types/parameters.ts';

/** What is left of a column, of its size, that others make up. */
const DEPENDENT = 1e-9;

export interface DesignBasis {
  /** The evidence with orthogonal columns. */
  readonly evidence: FamilyEvidence;
  /** n x n: own parameters of raw ones, and the reverse. */
  readonly forward: Float64Array;
  readonly back: Float64Array;
  /** R^-1 of each random term, q x q; null where its columns are as they were. */
  readonly turns: readonly (Float64Array | null)[];
}

/**
 * @param extras number of the family's own parameters
 * @param last a coefficient whose own one is a multiple of it
 */
export function designBasis(evidence: FamilyEvidence, extras: number, last = -1): DesignBasis {
  const { rows, x, effects, family } = evidence;
  const p = rows === 0 ? 0 : x.length / rows;
  const widths = effects.map(({ z }) => (rows === 0 ? 0 : z.length / rows));
  const m = widths.reduce((sum, q) => sum + triangleSize(q), 0);
  const n = p + m + extras;
  const forward = identity(n);
  const back = identity(n);
  const order = Array.from({ length: p }, (_, k) => k).filter((k) => k !== last);
  if (last >= 0) order.push(last);
  const centres = Float64Array.from({ length: p }, (_, k) =>
    family === 'cumulative' && extras > 0 ? median(Float64Array.from({ length: rows }, (_, i) => x[i * p + k])) : 0,
  );
  const fixed = orthogonalise(
    x.map((value, e) => value - centres[e % p]),
    p,
    order,
  );
  if (fixed) {
    place(fixed.forward, p, forward, n, 0);
    place(fixed.back, p, back, n, 0);
    for (let k = 0; k < p; k++) {
      if (centres[k] === 0) continue;
      forward[(p + m) * n + k] = -centres[k];
      for (let j = 0; j < p; j++) back[(p + m) * n + j] += centres[k] * fixed.back[k * p + j];
    }
  }
  const turns: (Float64Array | null)[] = [];
  let at = p;
  const turned = effects.map((own, t): FamilyEffects => {
    const q = widths[t];
    const basis = q > 1 ? effectBasis(own.z, q) : null;
    turns.push(basis?.back ?? null);
    if (basis) {
      placeFactor(basis.forward, q, forward, n, at);
      placeFactor(basis.back, q, back, n, at);
    }
    at += triangleSize(q);
    return basis ? { ...own, z: basis.columns } : own;
  });
  return { evidence: { ...evidence, x: fixed?.columns ?? x, effects: turned }, forward, back, turns };
}

interface Orthogonal {
  /** Q, of the shape of what it spans. */
  readonly columns: Float64Array;
  /** p x p: columns = Q forward, Q = columns back. */
  readonly forward: Float64Array;
  readonly back: Float64Array;
}

/** Columns of rows x p made orthogonal in some order, by Gram and Schmidt twice; those left out of it are zero. Null where one is made up of others. */
function orthogonalise(x: Float64Array, p: number, order: readonly number[]): Orthogonal | null {
  const rows = p === 0 ? 0 : x.length / p;
  const columns = new Float64Array(x.length);
  const forward = identity(p);
  const back = identity(p);
  const v = new Float64Array(rows);
  const inner = (j: number): number => {
    let sum = 0;
    for (let i = 0; i < rows; i++) sum += columns[i * p + j] * v[i];
    return sum / rows;
  };
  const size = (): number => Math.sqrt(v.reduce((sum, value) => sum + value * value, 0) / rows);
  for (const [place, k] of order.entries()) {
    for (let i = 0; i < rows; i++) v[i] = x[i * p + k];
    const whole = size();
    for (let pass = 0; pass < 2; pass++) {
      for (const j of order.slice(0, place)) {
        const part = inner(j);
        for (let i = 0; i < rows; i++) v[i] -= part * columns[i * p + j];
        forward[j * p + k] += part;
        for (let i = 0; i < p; i++) back[i * p + k] -= part * back[i * p + j];
      }
    }
    const left = size();
    if (!(left > DEPENDENT * whole)) return null;
    for (let i = 0; i < rows; i++) columns[i * p + k] = v[i] / left;
    forward[k * p + k] = left;
    for (let i = 0; i < p; i++) back[i * p + k] /= left;
  }
  return { columns, forward, back };
}

/** Columns of a random term from the last to the first; those that earlier ones make up are zero. */
function effectBasis(z: Float64Array, q: number): Orthogonal | null {
  const kept: number[] = [];
  for (let c = 0; c < q; c++) if (orthogonalise(z, q, [...kept, c])) kept.push(c);
  return orthogonalise(z, q, kept.reverse());
}

function identity(n: number): Float64Array {
  return Float64Array.from({ length: n * n }, (_, e) => (e % (n + 1) === 0 ? 1 : 0));
}

/** A p x p block into an n x n matrix, from element (at, at) on. */
function place(block: Float64Array, p: number, out: Float64Array, n: number, at: number): void {
  for (let i = 0; i < p; i++) for (let j = 0; j < p; j++) out[(at + i) * n + at + j] = block[i * p + j];
}

/** What a lower triangular q x q matrix makes of the columns of a factor whose elements stand from `at` on. */
function placeFactor(matrix: Float64Array, q: number, out: Float64Array, n: number, at: number): void {
  for (let c = 0, first = at; c < q; c++) {
    for (let r = c; r < q; r++) {
      for (let k = c; k < q; k++) out[(first + r - c) * n + first + k - c] = matrix[r * q + k];
    }
    first += q - c;
  }
}
