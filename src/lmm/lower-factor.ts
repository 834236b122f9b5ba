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
