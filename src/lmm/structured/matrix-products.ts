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

/**
 * A B of m x m matrices, B symmetric. Rows of A may have many zeros, as between the rows of different subjects, or repeat each other,
 * as those of a random intercept do.
 */
export function multiplySymmetric(
  A: Float64Array,
  atA: number,
  B: Float64Array,
  m: number,
  out: Float64Array,
  to: number,
): void {
  for (let i = 0; i < m; i++) {
    const from = atA + i * m;
    const row = to + i * m;
    if (i > 0 && repeats(A, from, m)) {
      out.copyWithin(row, row - m, row);
      continue;
    }
    let zeros = 0;
    for (let c = 0; c < m; c++) if (A[from + c] === 0) zeros++;
    if (2 * zeros < m) {
      timesRows(A, from, B, m, out, row, m);
      continue;
    }
    out.fill(0, row, row + m);
    for (let c = 0; c < m; c++) {
      const value = A[from + c];
      if (value === 0) continue;
      for (let j = 0; j < m; j++) out[row + j] += value * B[c * m + j];
    }
  }
}

/** Whether a row is that before it. */
function repeats(A: Float64Array, from: number, m: number): boolean {
  for (let c = 0; c < m; c++) if (A[from + c] !== A[from - m + c]) return false;
  return true;
}

/** O A O of symmetric m x m matrices; `half` is space. */
export function surround(O: Float64Array, A: Float64Array, m: number, half: Float64Array, out: Float64Array): void {
  // A is symmetric: its rows are its columns.
  for (let a = 0; a < m; a++) timesRows(O, a * m, A, m, half, a * m, m);
  for (let a = 0; a < m; a++) {
    timesRows(half, a * m, O, m, out, a * m, a + 1);
    for (let b = 0; b < a; b++) out[b * m + a] = out[a * m + b];
  }
}

/**
 * Products of a row of A with the first `count` rows of B, of length m: four at a time, whose sums do not wait for each other.
 * Each is summed in the order of its terms.
 */
function timesRows(
  A: Float64Array,
  from: number,
  B: Float64Array,
  m: number,
  out: Float64Array,
  to: number,
  count: number,
): void {
  let b = 0;
  for (; b + 3 < count; b += 4) {
    const first = b * m;
    const [second, third, fourth] = [first + m, first + 2 * m, first + 3 * m];
    let [w, x, y, z] = [0, 0, 0, 0];
    for (let c = 0; c < m; c++) {
      const value = A[from + c];
      w += value * B[first + c];
      x += value * B[second + c];
      y += value * B[third + c];
      z += value * B[fourth + c];
    }
    out[to + b] = w;
    out[to + b + 1] = x;
    out[to + b + 2] = y;
    out[to + b + 3] = z;
  }
  for (; b < count; b++) {
    let sum = 0;
    for (let c = 0; c < m; c++) sum += A[from + c] * B[b * m + c];
    out[to + b] = sum;
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
