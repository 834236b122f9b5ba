/** A factor in the border: levels x q columns from `offset`, with its q x q relative covariance factor. */
export interface BorderFactor {
  readonly offset: number;
  readonly levels: number;
  readonly q: number;
  readonly factor: Float64Array;
}

/** In place: matrix -> D' matrix D and vector -> D' vector, D block-diagonal with the factors, identity elsewhere. */
export function scaleBorder(
  factors: readonly BorderFactor[],
  matrix: Float64Array,
  vector: Float64Array | null,
  border: number,
): void {
  conjugate(factors, matrix, vector, border, true);
}

/** In place: matrix -> D matrix D' and vector -> D vector. */
export function scaleBorderBack(
  factors: readonly BorderFactor[],
  matrix: Float64Array,
  vector: Float64Array | null,
  border: number,
): void {
  conjugate(factors, matrix, vector, border, false);
}

function conjugate(
  factors: readonly BorderFactor[],
  matrix: Float64Array,
  vector: Float64Array | null,
  border: number,
  transposed: boolean,
): void {
  for (const { offset, levels, q, factor } of factors) {
    const element = (a: number, c: number) => (transposed ? factor[c * q + a] : factor[a * q + c]); // row a of D' or D
    const old = new Float64Array(q * border);
    const values = new Float64Array(q);
    if (q === 1) {
      const s = factor[0];
      for (let r = 0; r < border; r++) for (let i = 0; i < levels; i++) matrix[r * border + offset + i] *= s;
      for (let i = 0; i < levels; i++) {
        const row = (offset + i) * border;
        for (let c = 0; c < border; c++) matrix[row + c] *= s;
        if (vector) vector[offset + i] *= s;
      }
      continue;
    }
    for (let r = 0; r < border; r++) {
      for (let i = 0; i < levels; i++) {
        const at = r * border + offset + i * q;
        for (let c = 0; c < q; c++) values[c] = matrix[at + c];
        for (let a = 0; a < q; a++) {
          let sum = 0;
          for (let c = 0; c < q; c++) sum += element(a, c) * values[c];
          matrix[at + a] = sum;
        }
      }
    }
    for (let i = 0; i < levels; i++) {
      const from = (offset + i * q) * border;
      old.set(matrix.subarray(from, from + q * border));
      for (let a = 0; a < q; a++) {
        for (let c = 0; c < border; c++) {
          let sum = 0;
          for (let k = 0; k < q; k++) sum += element(a, k) * old[k * border + c];
          matrix[from + a * border + c] = sum;
        }
      }
      if (!vector) continue;
      for (let c = 0; c < q; c++) values[c] = vector[offset + i * q + c];
      for (let a = 0; a < q; a++) {
        let sum = 0;
        for (let c = 0; c < q; c++) sum += element(a, c) * values[c];
        vector[offset + i * q + a] = sum;
      }
    }
  }
}
