/** Products of small square matrices that stand in their arrays from some places on. */

/** A B of m x m matrices. */
export function multiply(
  A: Float64Array,
  atA: number,
  B: Float64Array,
  atB: number,
  m: number,
  out: Float64Array,
  to = 0,
): void {
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < m; j++) {
      let sum = 0;
      for (let c = 0; c < m; c++) sum += A[atA + i * m + c] * B[atB + c * m + j];
      out[to + i * m + j] = sum;
    }
  }
}

/** A B of m x m matrices, A with many zeros, as between the rows of different subjects. */
export function multiplySparse(
  A: Float64Array,
  atA: number,
  B: Float64Array,
  m: number,
  out: Float64Array,
  to: number,
): void {
  out.fill(0, to, to + m * m);
  for (let i = 0; i < m; i++) {
    const row = to + i * m;
    for (let c = 0; c < m; c++) {
      const value = A[atA + i * m + c];
      if (value === 0) continue;
      const from = c * m;
      for (let j = 0; j < m; j++) out[row + j] += value * B[from + j];
    }
  }
}

/** O A O of symmetric m x m matrices; `half` is space. */
export function surround(O: Float64Array, A: Float64Array, m: number, half: Float64Array, out: Float64Array): void {
  for (let a = 0; a < m; a++) {
    for (let b = 0; b < m; b++) {
      // A is symmetric: its rows are its columns.
      let sum = 0;
      for (let c = 0; c < m; c++) sum += O[a * m + c] * A[b * m + c];
      half[a * m + b] = sum;
    }
  }
  for (let a = 0; a < m; a++) {
    for (let b = 0; b <= a; b++) {
      let sum = 0;
      for (let c = 0; c < m; c++) sum += half[a * m + c] * O[b * m + c];
      out[a * m + b] = sum;
      out[b * m + a] = sum;
    }
  }
}

/** tr(A B). */
export function crossTrace(A: Float64Array, atA: number, B: Float64Array, m: number, atB = 0): number {
  let sum = 0;
  for (let i = 0; i < m; i++) for (let j = 0; j < m; j++) sum += A[atA + i * m + j] * B[atB + j * m + i];
  return sum;
}

export function inner(A: Float64Array, atA: number, B: Float64Array, atB: number, length: number): number {
  let sum = 0;
  for (let i = 0; i < length; i++) sum += A[atA + i] * B[atB + i];
  return sum;
}

export function setBoth(A: Float64Array, m: number, i: number, j: number, value: number): void {
  A[i * m + j] = value;
  A[j * m + i] = value;
}

/** Place of element (i, j) of a symmetric matrix in its packed lower triangle. */
export function packed(i: number, j: number): number {
  return i >= j ? (i * (i + 1)) / 2 + j : (j * (j + 1)) / 2 + i;
}
