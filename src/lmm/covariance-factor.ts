/**
 * Relative covariance factors of random terms: theta holds their lower triangles by columns, in the units of the data; the
 * moments have each term's columns as z = zt T, so that the factor in the basis of zt is T L.
 */
import type { DesignMoments, TermMoments } from '../moments/moments.ts';
import { lowerTriangle } from '../numeric/triangle.ts';
import { triangleSize } from '../types/parameters.ts';

/** L of each term, in the units of the data. */
export function termFactors(terms: readonly { readonly q: number }[], theta: ArrayLike<number>): Float64Array[] {
  let at = 0;
  return terms.map(({ q }) => {
    const L = lowerTriangle(theta, at, q);
    at += triangleSize(q);
    return L;
  });
}

/** Writes scale L L' (q x q row-major) into `out`, L the lower triangle whose columns stand in theta from `at` on. */
export function writeCovariance(theta: Float64Array, at: number, q: number, scale: number, out: Float64Array): void {
  for (let i = 0; i < q; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = 0;
      // Column l begins behind those before it, of q, q - 1, ... elements.
      for (let l = 0, column = at; l <= j; l++, column += q - l + 1)
        sum += theta[column + i - l] * theta[column + j - l];
      out[i * q + j] = scale * sum;
      out[j * q + i] = scale * sum;
    }
  }
}

/** L L', q x q. */
export function factorProduct(L: Float64Array, q: number): Float64Array {
  const G = new Float64Array(q * q);
  for (let i = 0; i < q; i++) {
    for (let j = 0; j < q; j++) {
      let sum = 0;
      for (let l = 0; l < q; l++) sum += L[i * q + l] * L[j * q + l];
      G[i * q + j] = sum;
    }
  }
  return G;
}

/** Writes T L of a term into `out`, rows `stride` apart from `at` on. */
function writeScaled(
  { q, transform }: TermMoments,
  L: Float64Array,
  out: Float64Array,
  at: number,
  stride: number,
): void {
  for (let a = 0; a < q; a++) {
    for (let c = 0; c < q; c++) {
      let sum = 0;
      for (let b = a; b < q; b++) sum += transform[a * q + b] * L[b * q + c];
      out[at + a * stride + c] = sum;
    }
  }
}

/** T L of the terms as squares one behind the other, as an objective takes them. */
export function scaledFactors(terms: readonly TermMoments[], theta: ArrayLike<number>, out: Float64Array): void {
  let square = 0;
  termFactors(terms, theta).forEach((L, t) => {
    writeScaled(terms[t], L, out, square, terms[t].q);
    square += terms[t].q ** 2;
  });
}

/** T L of the terms of each grouping factor on the diagonal of one square, q x q of the factor. */
export function factorsOfGroups({ factors, terms }: DesignMoments, theta: ArrayLike<number>): Float64Array[] {
  const out = factors.map(({ q }) => new Float64Array(q * q));
  termFactors(terms, theta).forEach((L, t) => {
    const { factor, column } = terms[t];
    const width = factors[factor].q;
    writeScaled(terms[t], L, out[factor], column * width + column, width);
  });
  return out;
}

/**
 * Lower triangle L with L L' = F F' for a square F (q x q row-major), by Gram-Schmidt on the rows of F: no covariance is
 * formed, so small singular values keep their digits. Diagonal >= 0; a row that depends on those before gets a zero.
 */
export function lowerFactor(F: Float64Array, q: number): Float64Array {
  const L = new Float64Array(q * q);
  const basis = new Float64Array(q * q);
  for (let i = 0; i < q; i++) {
    const rest = F.slice(i * q, (i + 1) * q);
    let norm0 = 0;
    for (let k = 0; k < q; k++) norm0 += rest[k] * rest[k];
    for (let pass = 0; pass < 2; pass++) {
      for (let j = 0; j < i; j++) {
        let dot = 0;
        for (let k = 0; k < q; k++) dot += rest[k] * basis[j * q + k];
        L[i * q + j] += dot;
        for (let k = 0; k < q; k++) rest[k] -= dot * basis[j * q + k];
      }
    }
    let norm = 0;
    for (let k = 0; k < q; k++) norm += rest[k] * rest[k];
    if (norm <= 1e-28 * norm0 || norm === 0) continue;
    L[i * q + i] = Math.sqrt(norm);
    for (let k = 0; k < q; k++) basis[i * q + k] = rest[k] / L[i * q + i];
  }
  return L;
}

/** T^-1 F for an upper triangular T (both q x q row-major). */
export function solveUpper(T: Float64Array, F: Float64Array, q: number): Float64Array {
  const out = new Float64Array(q * q);
  for (let c = 0; c < q; c++) {
    for (let i = q - 1; i >= 0; i--) {
      let sum = F[i * q + c];
      for (let j = i + 1; j < q; j++) sum -= T[i * q + j] * out[j * q + c];
      out[i * q + c] = sum / T[i * q + i];
    }
  }
  return out;
}

/** T^-1 A T^-T for upper triangular T and symmetric A, q x q: the covariance of T^-1 x from that of x. */
export function solveUpperBoth(T: Float64Array, A: Float64Array, q: number): Float64Array {
  const half = solveUpper(T, A, q);
  const turned = half.map((_, i) => half[(i % q) * q + Math.floor(i / q)]);
  return solveUpper(T, turned, q);
}
