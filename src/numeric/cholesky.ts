/**
 * Small dense Cholesky work on row-major storage with explicit offsets and leading dimensions, without allocation:
 * these run millions of times.
 */

/**
 * Factors the symmetric matrix whose lower triangle stands in `a` (k x k, row i at `offset + i * stride`) as L L',
 * in place (the upper triangle is left alone). Returns log det = 2 sum log L_ii, or NaN when a pivot is not positive.
 */
export function choleskyInPlace(a: Float64Array, k: number, offset = 0, stride = k): number {
  let logDet = 0;
  for (let i = 0; i < k; i++) {
    const ri = offset + i * stride;
    for (let j = 0; j <= i; j++) {
      const rj = offset + j * stride;
      let sum = a[ri + j];
      for (let l = 0; l < j; l++) sum -= a[ri + l] * a[rj + l];
      if (i === j) {
        if (!(sum > 0)) return Number.NaN;
        logDet += Math.log(sum);
        a[ri + i] = Math.sqrt(sum);
      } else {
        a[ri + j] = sum / a[rj + j];
      }
    }
  }
  return logDet;
}

/** Solves L x = b in place; b is a column of length k at `at` with step `step`. */
export function forwardSolve(
  l: Float64Array,
  k: number,
  b: Float64Array,
  at = 0,
  step = 1,
  offset = 0,
  stride = k,
): void {
  for (let i = 0; i < k; i++) {
    let sum = b[at + i * step];
    const row = offset + i * stride;
    for (let j = 0; j < i; j++) sum -= l[row + j] * b[at + j * step];
    b[at + i * step] = sum / l[row + i];
  }
}

/** Solves L' x = b in place. */
export function backwardSolve(
  l: Float64Array,
  k: number,
  b: Float64Array,
  at = 0,
  step = 1,
  offset = 0,
  stride = k,
): void {
  for (let i = k - 1; i >= 0; i--) {
    let sum = b[at + i * step];
    for (let j = i + 1; j < k; j++) sum -= l[offset + j * stride + i] * b[at + j * step];
    b[at + i * step] = sum / l[offset + i * stride + i];
  }
}

/** Inverse of L L' into `out` (k x k row-major, both triangles), from the factor in the lower triangle of `l`. */
export function inverseFromCholesky(l: Float64Array, k: number, out: Float64Array): void {
  // Column j of L^-1, then out = L^-T L^-1.
  out.fill(0, 0, k * k);
  for (let j = 0; j < k; j++) {
    out[j * k + j] = 1 / l[j * k + j];
    for (let i = j + 1; i < k; i++) {
      let sum = 0;
      for (let m = j; m < i; m++) sum -= l[i * k + m] * out[m * k + j];
      out[i * k + j] = sum / l[i * k + i];
    }
  }
  for (let i = 0; i < k; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = 0;
      for (let m = i; m < k; m++) sum += out[m * k + i] * out[m * k + j];
      out[j * k + i] = sum; // upper triangle is free: rows m >= i only read the lower one
    }
  }
  for (let i = 0; i < k; i++) for (let j = 0; j < i; j++) out[i * k + j] = out[j * k + i];
}

/**
 * Pivoted Cholesky of a positive semidefinite k x k matrix (row-major, both triangles, not changed): `order` is the
 * pivot order, the result `r` (k x k row-major) satisfies m[order[i], order[j]] = sum_l r[i, l] r[j, l] with r lower
 * triangular; columns from the returned rank on are zero. A pivot below `tolerance` times its own original diagonal
 * element counts as zero.
 */
export function pivotedCholesky(
  m: Float64Array,
  k: number,
  r: Float64Array,
  order: Int32Array,
  tolerance = 1e-12,
): number {
  r.fill(0, 0, k * k);
  const rest = new Float64Array(k);
  for (let i = 0; i < k; i++) {
    order[i] = i;
    rest[i] = m[i * k + i];
  }
  for (let c = 0; c < k; c++) {
    let best = -1;
    for (let i = c; i < k; i++) {
      if (!(rest[i] > tolerance * m[order[i] * k + order[i]])) continue;
      if (best < 0 || rest[i] > rest[best]) best = i;
    }
    if (best < 0) return c;
    if (best !== c) {
      [order[c], order[best]] = [order[best], order[c]];
      [rest[c], rest[best]] = [rest[best], rest[c]];
      for (let l = 0; l < c; l++) [r[c * k + l], r[best * k + l]] = [r[best * k + l], r[c * k + l]];
    }
    const pivot = Math.sqrt(rest[c]);
    r[c * k + c] = pivot;
    for (let i = c + 1; i < k; i++) {
      let sum = m[order[i] * k + order[c]];
      for (let l = 0; l < c; l++) sum -= r[i * k + l] * r[c * k + l];
      const value = sum / pivot;
      r[i * k + c] = value;
      rest[i] -= value * value;
    }
  }
  return k;
}

/** R^-1 x for an upper triangle R (row-major, size of x), in place; returns x. */
export function solveUpperVector(R: Float64Array, x: Float64Array): Float64Array {
  const k = x.length;
  for (let i = k - 1; i >= 0; i--) {
    let sum = x[i];
    for (let j = i + 1; j < k; j++) sum -= R[i * k + j] * x[j];
    x[i] = sum / R[i * k + i];
  }
  return x;
}
