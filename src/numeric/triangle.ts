/** Triangles of covariance factors in a row of numbers: lower triangles by columns, as lme4 has its theta. */

/** The lower triangle L (q x q row-major) whose columns stand in theta from `at` on. */
export function lowerTriangle(theta: ArrayLike<number>, at: number, q: number): Float64Array {
  const L = new Float64Array(q * q);
  let from = at;
  for (let c = 0; c < q; c++) for (let r = c; r < q; r++) L[r * q + c] = theta[from++];
  return L;
}

/** Writes the lower triangle of L by columns into `theta` from `at` on; returns the place behind it. */
export function writeTriangle(L: Float64Array, q: number, theta: Float64Array, at: number): number {
  let to = at;
  for (let c = 0; c < q; c++) for (let r = c; r < q; r++) theta[to++] = L[r * q + c];
  return to;
}
