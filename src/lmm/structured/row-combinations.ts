/** Sums of rows of numbers times weights, four rows in one pass over the sum: these are most of what an evaluation does. */

/** Adds sum_k weights[k] (source[at + offsets[k]], ... `width` numbers) to `out` from `to` on. */
export function addRows(
  weights: Float64Array,
  offsets: Int32Array,
  count: number,
  source: Float64Array,
  at: number,
  width: number,
  out: Float64Array,
  to: number,
): void {
  let k = 0;
  for (; k + 4 <= count; k += 4) {
    const wa = weights[k];
    const wb = weights[k + 1];
    const wc = weights[k + 2];
    const wd = weights[k + 3];
    const a = at + offsets[k];
    const b = at + offsets[k + 1];
    const c = at + offsets[k + 2];
    const d = at + offsets[k + 3];
    for (let i = 0; i < width; i++) {
      out[to + i] += wa * source[a + i] + wb * source[b + i] + (wc * source[c + i] + wd * source[d + i]);
    }
  }
  for (; k < count; k++) {
    const w = weights[k];
    const a = at + offsets[k];
    for (let i = 0; i < width; i++) out[to + i] += w * source[a + i];
  }
}

/** Offsets of `count` rows of `width` numbers one behind the other. */
export function rowOffsets(count: number, width: number): Int32Array {
  return Int32Array.from({ length: count }, (_, k) => k * width);
}

/** The packed lower triangle of a symmetric p x p matrix, elements off the diagonal twice: its inner product with a packed one is a trace. */
export function packTwice(A: Float64Array, p: number, out: Float64Array): void {
  let at = 0;
  for (let i = 0; i < p; i++) {
    for (let j = 0; j < i; j++) out[at++] = 2 * A[i * p + j];
    out[at++] = A[i * (p + 1)];
  }
}

/** The same of b b'. */
export function packSquare(b: Float64Array, p: number, out: Float64Array): void {
  let at = 0;
  for (let i = 0; i < p; i++) {
    for (let j = 0; j < i; j++) out[at++] = 2 * b[i] * b[j];
    out[at++] = b[i] * b[i];
  }
}
