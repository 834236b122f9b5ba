/** Products of a response's numbers with the inverses of blocks (symbols in `blocks-objective.ts`). */
import type { CovarianceBlock } from '../../moments/covariance-evidence.ts';
import type { BlockCovariance } from './block-covariance.ts';
import type { BlockState } from './block-states.ts';
import { setBoth } from './matrix-products.ts';
import { addRows } from './row-combinations.ts';

/** Numbers of a response, which stand in `data` from `from` on and are multiplied by `scale`. */
export interface LoadedResponse {
  data: Float64Array;
  from: number;
  scale: number;
}

/** C and b at the point of an evaluation. */
export interface FixedPart {
  readonly covariance: Float64Array;
  readonly shift: Float64Array;
  readonly reml: boolean;
  /** C and b b' packed, elements off the diagonal twice. */
  readonly twiceC: Float64Array;
  readonly twiceB: Float64Array;
}

/** Factors of tr(V_k V^-1 V_l V^-1), of tr(V_k V^-1 V_l e e'), of the same of x C x', and of <V_kl, Y>. */
export interface SecondWeights {
  readonly determinant: number;
  readonly residual: number;
  readonly spread: number;
  readonly curvature: number;
}

/** Numbers that `addProducts` works with, for blocks of that size at most. */
export function productsLength(size: number, p: number): number {
  return Math.max(size, p / 2 + 1) * (p + 1);
}

/** Adds the block's part of M. */
export function addProducts(
  { block, inverse, rows: pairs, numbers, weights }: BlockState,
  { data, from, scale }: LoadedResponse,
  p: number,
  half: Float64Array,
  M: Float64Array,
): void {
  const { size, sums, q, offset, count } = block;
  const width = p + 1;
  const last = p * width;
  if (sums) {
    fillWeights(inverse, size, weights);
    const triangle = (p * width) / 2;
    half.fill(0, 0, triangle + width);
    addRows(weights, pairs, pairs.length, q, 0, triangle, half, 0);
    addRows(weights, numbers, pairs.length, data, from + offset, width, half, triangle);
    let at = 0;
    for (let c = 0; c < p; c++) {
      for (let e = 0; e <= c; e++) M[c * width + e] += half[at++];
    }
    for (let c = 0; c < p; c++) M[last + c] += scale * half[at++];
    M[last + p] += scale * scale * half[at];
    return;
  }
  for (let s = 0; s < count; s++) {
    const rows = s * size * p;
    const r = from + offset + s * size;
    // O (Q, r), size x (p + 1).
    for (let a = 0; a < size; a++) {
      for (let c = 0; c <= p; c++) {
        let sum = 0;
        for (let b = 0; b < size; b++) {
          sum += inverse[a * size + b] * (c < p ? q[rows + b * p + c] : scale * data[r + b]);
        }
        half[a * width + c] = sum;
      }
    }
    for (let a = 0; a < size; a++) {
      for (let c = 0; c < p; c++) {
        const value = q[rows + a * p + c];
        for (let e = 0; e <= c; e++) M[c * width + e] += value * half[a * width + e];
      }
      const value = scale * data[r + a];
      for (let c = 0; c <= p; c++) M[last + c] += value * half[a * width + c];
    }
  }
}

/** Elements (a, b <= a) of a symmetric matrix one behind the other. */
function fillWeights(A: Float64Array, size: number, weights: Float64Array): void {
  let pair = 0;
  for (let a = 0; a < size; a++) for (let b = 0; b <= a; b++) weights[pair++] = A[a * size + b];
}

/** Takes the part of a symmetric matrix A of a block of sums from packed M^k, and from m_k; `space` has width p. */
export function takePairs(
  { block, rows, numbers, weights }: BlockState,
  { data, from, scale }: LoadedResponse,
  A: Float64Array,
  shift: Float64Array,
  space: Float64Array,
  triangles: Float64Array,
  crossed: Float64Array,
  k: number,
): void {
  const p = shift.length;
  const triangle = (p * (p + 1)) / 2;
  fillWeights(A, block.size, weights);
  space.fill(0, 0, triangle + p);
  addRows(weights, rows, rows.length, block.q, 0, triangle, space, 0);
  addRows(weights, numbers, rows.length, data, from + block.offset, p, space, triangle);
  let at = 0;
  // m = q'r - (q'q) b.
  for (let c = 0; c < p; c++) {
    let sum = 0;
    for (let e = 0; e < c; e++, at++) {
      sum += space[at] * shift[e];
      crossed[k * p + e] += space[at] * shift[c];
      triangles[k * triangle + at] -= space[at];
    }
    crossed[k * p + c] += sum + space[at] * shift[c] - scale * space[triangle + c];
    triangles[k * triangle + at] -= space[at];
    at++;
  }
}

/** S_ab e of a block of sums. */
export function formCrossed(
  { block, Se }: BlockState,
  { data, from, scale }: LoadedResponse,
  shift: Float64Array,
): void {
  const p = shift.length;
  const { q, offset } = block;
  const pairs = Se.length / p;
  let at = 0;
  let own = from + offset;
  for (let pair = 0; pair < pairs; pair++, own++) {
    const start = pair * p;
    for (let c = 0; c < p; c++) {
      const along = shift[c];
      let sum = scale * data[own++];
      for (let e = 0; e < c; e++, at++) {
        sum -= q[at] * shift[e];
        Se[start + e] -= q[at] * along;
      }
      Se[start + c] = sum - q[at++] * along;
    }
  }
}

/** T, and its part tr(C S_ab,qq). */
export function formResiduals(
  { block, T, spread }: BlockState,
  { data, from, scale }: LoadedResponse,
  { covariance, shift, reml, twiceC, twiceB }: FixedPart,
  residuals: Float64Array,
  work: Float64Array,
): void {
  const p = shift.length;
  const { size, sums, q, offset, count } = block;
  T.fill(0);
  spread.fill(0);
  if (sums) {
    const triangle = twiceC.length;
    let at = 0;
    let own = from + offset;
    for (let a = 0; a < size; a++) {
      for (let b = 0; b <= a; b++) {
        let trace = 0;
        let fitted = 0;
        for (let i = 0; i < triangle; i++) {
          const value = q[at++];
          trace += value * twiceC[i];
          fitted += value * twiceB[i];
        }
        // e'S e = r'r - 2 b'(q'r) + b'(q'q) b
        let cross = 0;
        for (let c = 0; c < p; c++) cross += shift[c] * data[own++];
        const square = scale * (scale * data[own++] - 2 * cross) + fitted;
        const half = a === b ? 1 : 0.5;
        setBoth(spread, size, a, b, half * trace);
        setBoth(T, size, a, b, half * (square + (reml ? trace : 0)));
      }
    }
    return;
  }
  for (let s = 0; s < count; s++) {
    const rows = s * size * p;
    const r = from + offset + s * size;
    // Residuals and Q C.
    for (let a = 0; a < size; a++) {
      let residual = scale * data[r + a];
      for (let c = 0; c < p; c++) residual -= q[rows + a * p + c] * shift[c];
      residuals[a] = residual;
      for (let c = 0; c < p; c++) {
        let sum = 0;
        for (let e = 0; e < p; e++) sum += q[rows + a * p + e] * covariance[e * p + c];
        work[a * p + c] = sum;
      }
    }
    for (let a = 0; a < size; a++) {
      for (let b = 0; b <= a; b++) {
        let trace = 0;
        for (let c = 0; c < p; c++) trace += work[a * p + c] * q[rows + b * p + c];
        const square = residuals[a] * residuals[b] + (reml ? trace : 0);
        T[a * size + b] += square;
        spread[a * size + b] += trace;
        if (b === a) continue;
        T[b * size + a] += square;
        spread[b * size + a] += trace;
      }
    }
  }
}

/** O Q (size x p) into B and O e into c, of subject s of a block that has rows; `residual` is space. */
export function fillRows(
  { size: m, q, offset }: CovarianceBlock,
  s: number,
  O: Float64Array,
  { data, from, scale }: LoadedResponse,
  shift: Float64Array,
  residual: Float64Array,
  B: Float64Array,
  c: Float64Array,
): void {
  const p = shift.length;
  const rows = s * m * p;
  const r = from + offset + s * m;
  for (let a = 0; a < m; a++) {
    let value = scale * data[r + a];
    for (let i = 0; i < p; i++) value -= q[rows + a * p + i] * shift[i];
    residual[a] = value;
  }
  for (let a = 0; a < m; a++) {
    let sum = 0;
    for (let b = 0; b < m; b++) sum += O[a * m + b] * residual[b];
    c[a] = sum;
    for (let i = 0; i < p; i++) {
      let product = 0;
      for (let b = 0; b < m; b++) product += O[a * m + b] * q[rows + b * p + i];
      B[a * p + i] = product;
    }
  }
}

/**
 * Subtracts B'V_k B from M^k (packed triangles; unless that is null) and B'V_k c from m_k, of subject s of a block: B = O Q, c = O e
 * from `fillRows`, N_k = V_k O of parameters whose V_k is not diagonal. `turned` is space.
 */
export function subtractRowChanges(
  { places, diagonal, changes }: Pick<BlockCovariance, 'places' | 'diagonal' | 'changes'>,
  { size: m, q }: CovarianceBlock,
  s: number,
  N: Float64Array,
  B: Float64Array,
  c: Float64Array,
  p: number,
  turned: Float64Array,
  crossed: Float64Array,
  triangles: Float64Array | null,
): void {
  const triangle = (p * (p + 1)) / 2;
  const rows = s * m * p;
  for (let e = 0; e < places.length; e++) {
    const k = places[e];
    // V_k O Q, which is N_k Q.
    turned.fill(0, 0, m * p);
    for (let a = 0; a < m; a++) {
      if (e < diagonal) {
        const value = changes[(e * m + a) * m + a];
        if (value !== 0) for (let i = 0; i < p; i++) turned[a * p + i] = value * B[a * p + i];
        continue;
      }
      for (let b = 0; b < m; b++) {
        const value = N[(e * m + a) * m + b];
        if (value === 0) continue;
        for (let i = 0; i < p; i++) turned[a * p + i] += value * q[rows + b * p + i];
      }
    }
    for (let a = 0; a < m; a++) {
      let to = k * triangle;
      for (let i = 0; i < p; i++) {
        const value = turned[a * p + i];
        crossed[k * p + i] -= value * c[a];
        if (!triangles) continue;
        for (let j = 0; j <= i; j++) triangles[to++] -= value * B[a * p + j];
      }
    }
  }
}
