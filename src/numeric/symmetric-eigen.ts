/**
 * Eigenvalues and eigenvectors of symmetric matrices. Small ones by Jacobi's cyclic rotations; large ones by Householder's
 * reduction to a tridiagonal matrix T, A = Q T Q' (G. H. Golub and C. F. Van Loan, "Matrix Computations", 4th ed., algorithm
 * 8.3.1), and the implicit QL iteration on it (A. Dubrulle, R. S. Martin and J. H. Wilkinson, "The implicit QL algorithm",
 * Numerische Mathematik 12 (1968)), whose rounding one step of Newton and Schulz takes out of the eigenvectors: what is projected
 * on them may be ten thousand times what is left.
 */
import { dot, multiplyTransposed } from './dense.ts';

/** Eigenvalues in `values` (length k) and eigenvectors in the columns of `vectors` (k x k row-major). */
export interface SymmetricEigen {
  readonly values: Float64Array;
  readonly vectors: Float64Array;
}

/** Decomposition of a symmetric matrix (row-major, k x k) for set-up work, ascending eigenvalues; all NaN where `a` is not finite. */
export function symmetricEigen(a: Float64Array, k: number): SymmetricEigen {
  if (!a.every(Number.isFinite)) {
    return { values: new Float64Array(k).fill(Number.NaN), vectors: new Float64Array(k * k).fill(Number.NaN) };
  }
  const { diagonal, beside, rows } = tridiagonal(a, k);
  iterate(diagonal, beside, rows, k);
  orthogonalise(a, k, diagonal, rows);
  const order = Array.from({ length: k }, (_, i) => i).sort((i, j) => diagonal[i] - diagonal[j]);
  const values = Float64Array.from(order, (i) => diagonal[i]);
  const vectors = new Float64Array(k * k);
  for (let j = 0; j < k; j++) for (let i = 0; i < k; i++) vectors[i * k + j] = rows[order[j] * k + i];
  return { values, vectors };
}

interface Tridiagonal {
  readonly diagonal: Float64Array;
  /** T[i, i + 1] at i; the last is 0. */
  readonly beside: Float64Array;
  /** Q', k x k: its rows are the columns of Q, so that rotations go along memory. */
  readonly rows: Float64Array;
}

function tridiagonal(a: Float64Array, k: number): Tridiagonal {
  const w = Float64Array.from(a);
  const diagonal = new Float64Array(k);
  const beside = new Float64Array(k);
  const betas = new Float64Array(k);
  const p = new Float64Array(k);
  for (let j = 0; j < k - 1; j++) {
    // The reflection I - beta v v' that leaves the first element of w[j, j + 1 ...] alone; v takes its place.
    const v = w.subarray(j * k, (j + 1) * k);
    let scale = 0;
    for (let i = j + 2; i < k; i++) scale = Math.max(scale, Math.abs(v[i]));
    if (!(scale > 0)) {
      beside[j] = v[j + 1];
      continue;
    }
    scale = Math.max(scale, Math.abs(v[j + 1]));
    let square = 0;
    for (let i = j + 1; i < k; i++) {
      v[i] /= scale;
      square += v[i] * v[i];
    }
    const alpha = v[j + 1] > 0 ? -Math.sqrt(square) : Math.sqrt(square);
    const beta = 1 / (square - alpha * v[j + 1]);
    v[j + 1] -= alpha;
    beside[j] = alpha * scale;
    betas[j] = beta;
    // W - v u' - u v' with u = beta W v - (beta^2/2) (v' W v) v.
    let product = 0;
    for (let i = j + 1; i < k; i++) {
      let sum = 0;
      for (let l = j + 1; l < k; l++) sum += w[i * k + l] * v[l];
      p[i] = beta * sum;
      product += p[i] * v[i];
    }
    const half = 0.5 * beta * product;
    for (let i = j + 1; i < k; i++) p[i] -= half * v[i];
    for (let i = j + 1; i < k; i++) {
      for (let l = j + 1; l < k; l++) w[i * k + l] -= v[i] * p[l] + p[i] * v[l];
    }
  }
  const rows = new Float64Array(k * k);
  for (let i = 0; i < k; i++) {
    diagonal[i] = w[i * k + i];
    rows[i * k + i] = 1;
  }
  for (let j = k - 3; j >= 0; j--) {
    if (betas[j] === 0) continue;
    const v = w.subarray(j * k, (j + 1) * k);
    for (let c = j + 1; c < k; c++) {
      let sum = 0;
      for (let i = j + 1; i < k; i++) sum += v[i] * rows[c * k + i];
      sum *= betas[j];
      for (let i = j + 1; i < k; i++) rows[c * k + i] -= sum * v[i];
    }
  }
  return { diagonal, beside, rows };
}

/** QL steps for one eigenvalue; two or three are usual. */
const MOST_STEPS = 60;

/** Makes T diagonal by rotations, which go into `rows` as well. */
function iterate(diagonal: Float64Array, beside: Float64Array, rows: Float64Array, k: number): void {
  for (let first = 0; first < k; first++) {
    for (let step = 0; step < MOST_STEPS; step++) {
      let last = first;
      while (last < k - 1 && isCoupled(diagonal, beside, last)) last++;
      if (last === first) break;
      // Wilkinson's shift: the eigenvalue of the first 2 x 2 block that is nearer to its first element.
      const slope = (diagonal[first + 1] - diagonal[first]) / (2 * beside[first]);
      const root = Math.hypot(slope, 1);
      let g = diagonal[last] - diagonal[first] + beside[first] / (slope + (slope < 0 ? -root : root));
      let s = 1;
      let c = 1;
      let shift = 0;
      let i = last - 1;
      for (; i >= first; i--) {
        const f = s * beside[i];
        const b = c * beside[i];
        const r = Math.hypot(f, g);
        beside[i + 1] = r;
        if (r === 0) break;
        s = f / r;
        c = g / r;
        g = diagonal[i + 1] - shift;
        const change = (diagonal[i] - g) * s + 2 * c * b;
        shift = s * change;
        diagonal[i + 1] = g + shift;
        g = c * change - b;
        rotate(rows, i * k, k, c, s);
      }
      if (i >= first) {
        // T falls apart there.
        diagonal[i + 1] -= shift;
      } else {
        diagonal[first] -= shift;
        beside[first] = g;
      }
      beside[last] = 0;
    }
  }
}

/** Whether T[i, i + 1] counts beside its neighbours on the diagonal. */
function isCoupled(diagonal: Float64Array, beside: Float64Array, i: number): boolean {
  return Math.abs(beside[i]) > 0.5 * Number.EPSILON * (Math.abs(diagonal[i]) + Math.abs(diagonal[i + 1]));
}

/** V (3 I - V' V) / 2 in place of V, and v' A v for its eigenvalues. */
function orthogonalise(a: Float64Array, k: number, values: Float64Array, rows: Float64Array): void {
  const columns = new Float64Array(k * k);
  for (let j = 0; j < k; j++) for (let i = 0; i < k; i++) columns[i * k + j] = rows[j * k + i];
  const product = new Float64Array(k * k);
  multiplyTransposed(rows, k, rows, k, k, k, k, product, k);
  for (let i = 0; i < k * k; i++) product[i] *= -0.5;
  for (let i = 0; i < k; i++) product[i * k + i] += 1.5;
  multiplyTransposed(product, k, columns, k, k, k, k, rows, k);
  multiplyTransposed(rows, k, a, k, k, k, k, product, k);
  for (let i = 0; i < k; i++) values[i] = dot(rows, i * k, product, i * k, k);
}

/** Rotates the row that begins at `from` and the one after it. */
function rotate(rows: Float64Array, from: number, k: number, c: number, s: number): void {
  for (let i = from; i < from + k; i++) {
    const below = rows[i + k];
    rows[i + k] = s * rows[i] + c * below;
    rows[i] = c * rows[i] - s * below;
  }
}

/** Matrices larger than this are reduced to tridiagonal form, which is ten times faster at 80. */
const LARGEST_JACOBI = 24;

/**
 * Decomposition of the matrices of the optimiser, in place: on return the diagonal of `a` (k x k row-major) holds the
 * eigenvalues and `v` the eigenvectors in columns. Cyclic Jacobi, without allocation, as long as k is small.
 */
export function eigenInPlace(a: Float64Array, k: number, v: Float64Array): void {
  if (k > LARGEST_JACOBI) {
    const { values, vectors } = symmetricEigen(a, k);
    a.fill(0);
    for (let i = 0; i < k; i++) a[i * k + i] = values[i];
    v.set(vectors);
    return;
  }
  for (let i = 0; i < k; i++) for (let j = 0; j < k; j++) v[i * k + j] = i === j ? 1 : 0;
  for (let sweep = 0; sweep < 40; sweep++) {
    let off = 0;
    let diagonal = 0;
    for (let i = 0; i < k; i++) {
      diagonal += a[i * k + i] * a[i * k + i];
      for (let j = 0; j < i; j++) off += a[i * k + j] * a[i * k + j];
    }
    if (off <= 1e-32 * diagonal || off === 0) return;
    for (let p = 0; p < k; p++) {
      for (let q = p + 1; q < k; q++) {
        const apq = a[p * k + q];
        if (apq === 0) continue;
        const tau = (a[q * k + q] - a[p * k + p]) / (2 * apq);
        const t = (tau >= 0 ? 1 : -1) / (Math.abs(tau) + Math.sqrt(1 + tau * tau));
        const c = 1 / Math.sqrt(1 + t * t);
        const s = t * c;
        for (let i = 0; i < k; i++) {
          const aip = a[i * k + p];
          const aiq = a[i * k + q];
          a[i * k + p] = c * aip - s * aiq;
          a[i * k + q] = s * aip + c * aiq;
        }
        for (let i = 0; i < k; i++) {
          const api = a[p * k + i];
          const aqi = a[q * k + i];
          a[p * k + i] = c * api - s * aqi;
          a[q * k + i] = s * api + c * aqi;
        }
        for (let i = 0; i < k; i++) {
          const vip = v[i * k + p];
          const viq = v[i * k + q];
          v[i * k + p] = c * vip - s * viq;
          v[i * k + q] = s * vip + c * viq;
        }
      }
    }
  }
}
