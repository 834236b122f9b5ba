/**
 * Dense kernels for matrices of up to a few thousand rows, row-major. All inner loops run along contiguous rows, and
 * products take 2 x 4 rows at a time, which keeps V8 near the speed of scalar C.
 */

/** Sum of a[i] b[i] over `length` elements. */
export function dot(a: Float64Array, atA: number, b: Float64Array, atB: number, length: number): number {
  let s0 = 0;
  let s1 = 0;
  let s2 = 0;
  let s3 = 0;
  let i = 0;
  for (; i + 3 < length; i += 4) {
    s0 += a[atA + i] * b[atB + i];
    s1 += a[atA + i + 1] * b[atB + i + 1];
    s2 += a[atA + i + 2] * b[atB + i + 2];
    s3 += a[atA + i + 3] * b[atB + i + 3];
  }
  for (; i < length; i++) s0 += a[atA + i] * b[atB + i];
  return s0 + s1 + (s2 + s3);
}

/**
 * out = A B' for A (m x k) and B (n x k), all row-major with row lengths `strideA`, `strideB`, `strideOut`. With `lower`
 * only elements with column <= row are wanted (others may be written).
 */
export function multiplyTransposed(
  A: Float64Array,
  strideA: number,
  B: Float64Array,
  strideB: number,
  m: number,
  n: number,
  k: number,
  out: Float64Array,
  strideOut: number,
  lower = false,
): void {
  let i = 0;
  for (; i + 1 < m; i += 2) {
    const a0 = i * strideA;
    const a1 = a0 + strideA;
    const end = lower ? Math.min(n, i + 2) : n;
    let j = 0;
    for (; j + 3 < end; j += 4) {
      const b0 = j * strideB;
      const b1 = b0 + strideB;
      const b2 = b1 + strideB;
      const b3 = b2 + strideB;
      let s00 = 0;
      let s01 = 0;
      let s02 = 0;
      let s03 = 0;
      let s10 = 0;
      let s11 = 0;
      let s12 = 0;
      let s13 = 0;
      for (let l = 0; l < k; l++) {
        const x = A[a0 + l];
        const y = A[a1 + l];
        const p = B[b0 + l];
        const q = B[b1 + l];
        const r = B[b2 + l];
        const s = B[b3 + l];
        s00 += x * p;
        s01 += x * q;
        s02 += x * r;
        s03 += x * s;
        s10 += y * p;
        s11 += y * q;
        s12 += y * r;
        s13 += y * s;
      }
      const o0 = i * strideOut + j;
      const o1 = o0 + strideOut;
      out[o0] = s00;
      out[o0 + 1] = s01;
      out[o0 + 2] = s02;
      out[o0 + 3] = s03;
      out[o1] = s10;
      out[o1 + 1] = s11;
      out[o1 + 2] = s12;
      out[o1 + 3] = s13;
    }
    for (; j < end; j++) {
      out[i * strideOut + j] = dot(A, a0, B, j * strideB, k);
      out[(i + 1) * strideOut + j] = dot(A, a1, B, j * strideB, k);
    }
  }
  for (; i < m; i++) {
    const end = lower ? Math.min(n, i + 1) : n;
    for (let j = 0; j < end; j++) out[i * strideOut + j] = dot(A, i * strideA, B, j * strideB, k);
  }
}

/**
 * Factors the symmetric k x k matrix (lower triangle) as L L' in place. Returns false when a pivot is not positive.
 * Rows are taken in panels so that most of the work is `multiplyTransposed`.
 */
export function choleskyLarge(a: Float64Array, k: number): boolean {
  const PANEL = 48;
  const update = new Float64Array(k * PANEL);
  for (let from = 0; from < k; from += PANEL) {
    const to = Math.min(from + PANEL, k);
    const width = to - from;
    if (from > 0) {
      // Rows from..k, columns from..to: subtract what the columns before contribute.
      const rows = k - from;
      multiplyTransposed(a.subarray(from * k), k, a.subarray(from * k), k, rows, width, from, update, PANEL);
      for (let i = 0; i < rows; i++) {
        for (let j = 0; j < width; j++) a[(from + i) * k + from + j] -= update[i * PANEL + j];
      }
    }
    for (let j = from; j < to; j++) {
      let pivot = a[j * k + j];
      for (let l = from; l < j; l++) pivot -= a[j * k + l] * a[j * k + l];
      if (!(pivot > 0)) return false;
      const root = Math.sqrt(pivot);
      a[j * k + j] = root;
      for (let i = j + 1; i < k; i++) {
        let sum = a[i * k + j];
        for (let l = from; l < j; l++) sum -= a[i * k + l] * a[j * k + l];
        a[i * k + j] = sum / root;
      }
    }
  }
  return true;
}

/** (L L')^-1 into `out` (k x k, both triangles); `work` has k x k elements. Only the first `size` rows and columns of L count. */
export function inverseLarge(l: Float64Array, k: number, out: Float64Array, work: Float64Array, size = k): void {
  // Row j of `work` is column j of L^-1: zero before j.
  for (let j = 0; j < size; j++) {
    const row = j * k;
    work.fill(0, row, row + j);
    work[row + j] = 1 / l[j * k + j];
    for (let i = j + 1; i < size; i++) work[row + i] = -dot(l, i * k + j, work, row + j, i - j) / l[i * k + i];
  }
  for (let i = 0; i < size; i++) {
    for (let j = 0; j <= i; j++) {
      const value = dot(work, i * k + i, work, j * k + i, size - i);
      out[i * k + j] = value;
      out[j * k + i] = value;
    }
  }
}

/** x'A x for the symmetric k x k matrix at `at` of A and the k elements of x from `atX` on. */
export function quadraticForm(A: Float64Array, at: number, x: Float64Array, atX = 0, k = x.length): number {
  let sum = 0;
  for (let i = 0; i < k; i++) {
    const xi = x[atX + i];
    if (xi === 0) continue;
    const row = at + i * k;
    let inner = 0;
    for (let j = 0; j < i; j++) inner += A[row + j] * x[atX + j];
    sum += xi * (inner + inner + A[row + i] * xi);
  }
  return sum;
}

/** x'A y for the k x k matrix at `at` of A, and the k elements of x and y from `atX` and `atY` on. */
export function bilinearForm(
  A: Float64Array,
  at: number,
  x: Float64Array,
  y: Float64Array,
  atX = 0,
  atY = 0,
  k = x.length,
): number {
  let sum = 0;
  for (let i = 0; i < k; i++) {
    const xi = x[atX + i];
    if (xi === 0) continue;
    const row = at + i * k;
    let inner = 0;
    for (let j = 0; j < k; j++) inner += A[row + j] * y[atY + j];
    sum += xi * inner;
  }
  return sum;
}

/** A' M B for A (m x m), M (m x n), B (n x n), row-major. */
export function sandwich(A: Float64Array, M: Float64Array, B: Float64Array, m: number, n: number): Float64Array {
  const half = new Float64Array(m * n);
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < n; j++) for (let k = 0; k < m; k++) half[i * n + j] += A[k * m + i] * M[k * n + j];
  }
  const out = new Float64Array(m * n);
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < n; j++) for (let k = 0; k < n; k++) out[i * n + j] += half[i * n + k] * B[k * n + j];
  }
  return out;
}
