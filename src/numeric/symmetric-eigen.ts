import { EigenvalueDecomposition, Matrix } from 'ml-matrix';

/** Eigenvalues in `values` (length k) and eigenvectors in the columns of `vectors` (k x k row-major). */
export interface SymmetricEigen {
  readonly values: Float64Array;
  readonly vectors: Float64Array;
}

/** Decomposition of a symmetric matrix (row-major, k x k) for set-up work, ascending eigenvalues. */
export function symmetricEigen(a: Float64Array, k: number): SymmetricEigen {
  const matrix = Matrix.from1DArray(k, k, a);
  const evd = new EigenvalueDecomposition(matrix, { assumeSymmetric: true });
  const values = Float64Array.from(evd.realEigenvalues);
  const v = evd.eigenvectorMatrix;
  const vectors = new Float64Array(k * k);
  for (let i = 0; i < k; i++) for (let j = 0; j < k; j++) vectors[i * k + j] = v.get(i, j);
  return { values, vectors };
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
