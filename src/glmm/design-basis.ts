/**
 * Coordinates in which the columns of a generalised model are orthogonal and of one size, so that a covariate such as a year,
 * far from zero and beside an intercept, is as good as one about zero. With c the medians of the columns in ordinal models, whose
 * thresholds stand for an intercept, and zero in others,
 *
 *     X - 1 c' = Q F        own coefficients F beta        own first threshold a_1 - c'beta
 *
 * and of each random term of several columns z = q R: own effects R b, their covariance the factor of R L. A column of z that the
 * ones before it make up is zero in q, as the data know only the variance of the sum.
 *
 * Orthogonal are columns over most rows: one that is far out of the others would have a column about itself alone, beside which
 * the rest of that column is an intercept. Effects that let its level be what it is, and follow the rest, were out of reach.
 */
import type { FamilyEffects, FamilyEvidence } from '../moments/family-evidence.ts';
import { median } from '../numeric/order-statistics.ts';
import { triangleSize } from '../types/parameters.ts';

/** What is left of a column, of its size, that others make up. */
const DEPENDENT = 1e-9;
/** Distance of a row from the median of a column, in median distances, that is far out. */
const FAR_OUT = 100;

export interface DesignBasis {
  /** The evidence with orthogonal columns. */
  readonly evidence: FamilyEvidence;
  /** n x n over coefficients, covariance parameters and extras: own ones of raw ones, and the reverse; covariances are as they are. */
  readonly forward: Float64Array;
  readonly back: Float64Array;
  /** R of each random term and its inverse, q x q; null where its columns are as they were. */
  readonly turns: readonly (EffectTurn | null)[];
}

export interface EffectTurn {
  readonly forward: Float64Array;
  readonly back: Float64Array;
}

export interface DesignBasisOptions {
  /** A coefficient whose own one is a multiple of it. */
  readonly last?: number;
  /** Whether R is lower triangular, so that the first own effect of a term is a multiple of the first one, and not upper. */
  readonly lower?: boolean;
}

/** @param extras number of the family's own parameters */
export function designBasis(
  evidence: FamilyEvidence,
  extras: number,
  { last = -1, lower = false }: DesignBasisOptions = {},
): DesignBasis {
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
  const centred = x.map((value, e) => value - centres[e % p]);
  const typical = typicalRows(
    [{ columns: x, width: p }, ...effects.map(({ z }, t) => ({ columns: z, width: widths[t] }))],
    rows,
  );
  const fixed = orthogonalise(centred, p, order, typical) ?? orthogonalise(centred, p, order);
  if (fixed) {
    place(fixed.forward, p, forward, n);
    place(fixed.back, p, back, n);
    for (let k = 0; k < p; k++) {
      if (centres[k] === 0) continue;
      forward[(p + m) * n + k] = -centres[k];
      for (let j = 0; j < p; j++) back[(p + m) * n + j] += centres[k] * fixed.back[k * p + j];
    }
  }
  const turns = effects.map(({ z }, t) => (widths[t] > 1 ? effectBasis(z, widths[t], lower, typical) : null));
  const turned = effects.map((own, t): FamilyEffects => ({ ...own, z: turns[t]?.columns ?? own.z }));
  return { evidence: { ...evidence, x: fixed?.columns ?? x, effects: turned }, forward, back, turns };
}

interface Orthogonal {
  /** Q, of the shape of what it spans. */
  readonly columns: Float64Array;
  /** p x p: columns = Q forward, Q = columns back. */
  readonly forward: Float64Array;
  readonly back: Float64Array;
}

/** Rows of which no column is far out of the others. */
function typicalRows(
  blocks: readonly { readonly columns: Float64Array; readonly width: number }[],
  rows: number,
): Int32Array {
  const out = new Uint8Array(rows);
  for (const { columns, width } of blocks) {
    for (let k = 0; k < width; k++) {
      const values = Float64Array.from({ length: rows }, (_, i) => columns[i * width + k]);
      const middle = median(values);
      const distances = values.map((value) => Math.abs(value - middle));
      const others = distances.filter((distance) => distance > 0);
      // A column that is mostly one number is a factor's, not one with rows far out.
      if (2 * others.length < rows) continue;
      const far = FAR_OUT * median(others);
      for (let i = 0; i < rows; i++) if (distances[i] > far) out[i] = 1;
    }
  }
  return Int32Array.from(Array.from({ length: rows }, (_, i) => i).filter((i) => out[i] === 0));
}

/**
 * Columns of rows x p made orthogonal in some order over some rows (all), by Gram and Schmidt twice; those left out of it are zero.
 * Null where one is made up of others.
 */
function orthogonalise(x: Float64Array, p: number, order: readonly number[], over?: Int32Array): Orthogonal | null {
  const rows = p === 0 ? 0 : x.length / p;
  const places = over ?? Int32Array.from({ length: rows }, (_, i) => i);
  const columns = new Float64Array(x.length);
  const forward = identity(p);
  const back = identity(p);
  const v = new Float64Array(rows);
  const inner = (j: number): number => {
    let sum = 0;
    for (const i of places) sum += columns[i * p + j] * v[i];
    return sum / places.length;
  };
  const size = (): number => {
    let sum = 0;
    for (const i of places) sum += v[i] * v[i];
    return Math.sqrt(sum / places.length);
  };
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

/** Columns of a random term from the first or from the last on; those that earlier ones make up are zero. */
function effectBasis(z: Float64Array, q: number, lower: boolean, typical: Int32Array): Orthogonal | null {
  const kept: number[] = [];
  for (let c = 0; c < q; c++) if (orthogonalise(z, q, [...kept, c])) kept.push(c);
  if (lower) kept.reverse();
  return orthogonalise(z, q, kept, typical) ?? orthogonalise(z, q, kept);
}

function identity(n: number): Float64Array {
  return Float64Array.from({ length: n * n }, (_, e) => (e % (n + 1) === 0 ? 1 : 0));
}

/** A p x p block into the first rows and columns of an n x n matrix. */
function place(block: Float64Array, p: number, out: Float64Array, n: number): void {
  for (let i = 0; i < p; i++) for (let j = 0; j < p; j++) out[i * n + j] = block[i * p + j];
}

/** The lower triangle L' with L' L'' = M L L' M', diagonals >= 0, of a lower triangle L: columns of M L turned by Householder's reflections. */
export function turnedFactor(M: Float64Array, L: Float64Array, q: number): Float64Array {
  const A = new Float64Array(q * q);
  for (let r = 0; r < q; r++) {
    for (let k = 0; k < q; k++) for (let c = 0; c <= k; c++) A[r * q + c] += M[r * q + k] * L[k * q + c];
  }
  const v = new Float64Array(q);
  for (let r = 0; r < q; r++) {
    let square = 0;
    for (let c = r; c < q; c++) square += A[r * q + c] ** 2;
    const norm = Math.sqrt(square);
    // v = a - norm e_r without cancellation.
    let rest = 0;
    for (let c = r + 1; c < q; c++) rest += A[r * q + c] ** 2;
    const pivot = A[r * q + r];
    v.fill(0);
    for (let c = r + 1; c < q; c++) v[c] = A[r * q + c];
    v[r] = pivot > 0 ? -rest / (pivot + norm) : pivot - norm;
    const length = rest + v[r] ** 2;
    if (length > 0) {
      for (let i = r; i < q; i++) {
        let along = 0;
        for (let c = r; c < q; c++) along += A[i * q + c] * v[c];
        for (let c = r; c < q; c++) A[i * q + c] -= ((2 * along) / length) * v[c];
      }
    }
    A[r * q + r] = norm;
    A.fill(0, r * q + r + 1, (r + 1) * q);
  }
  return A;
}
