/**
 * The two sweeps of a block objective whose levels have two effects each (a random intercept and slope), written out. The
 * algebra is that of `block-sweep.ts` and `block-derivatives.ts`, with F_i = I + K K', K = R_i L, factored in closed form:
 *
 *     det F = 1 + |K|^2 + (det K)^2,   L^-1 x = (x_0 / sqrt(f_00), (x_1 - (f_10 / f_00) x_0) sqrt(f_00 / det F))
 *
 * sums of positive terms as before. Loops of two steps cost several times what is in them, and this is where the time of fits
 * with slopes at each subject's own times goes: there every level is a type of its own.
 */

import type { FirstSweep } from './block-sweep.ts';
import type { BlockSums } from './block-workspace.ts';

/** A product of determinants is taken to logarithms before it leaves the range of numbers. */
const LARGE = 1e200;

/** {@link sweepTypes} for q = 2. */
export function sweepPairs(sweep: FirstSweep, full: Float64Array): boolean {
  const { p, types, mean, scatter, information, shift, E, Y, ym, Wd, sums } = sweep;
  const { count, R, N: columns } = types;
  const a = full[0];
  const b = full[1];
  const c = full[2];
  const d = full[3];
  let quadratic = 0;
  let logDet = 0;
  let product = 1;
  for (let type = 0; type < count.length; type++) {
    const weight = count[type];
    const at = 4 * type;
    const r00 = R[at];
    const r01 = R[at + 1];
    const r10 = R[at + 2];
    const r11 = R[at + 3];
    const k00 = r00 * a + r01 * c;
    const k01 = r00 * b + r01 * d;
    const k10 = r10 * a + r11 * c;
    const k11 = r10 * b + r11 * d;
    const f00 = 1 + k00 * k00 + k01 * k01;
    const minor = k00 * k11 - k01 * k10;
    const det = f00 + k10 * k10 + k11 * k11 + minor * minor;
    if (!(det < Number.POSITIVE_INFINITY)) return false;
    if (weight === 1) {
      product *= det;
      if (product > LARGE) {
        logDet += Math.log(product);
        product = 1;
      }
    } else logDet += weight * Math.log(det);
    const g0 = 1 / f00;
    const lean = (k10 * k00 + k11 * k01) * g0;
    const u0 = Math.sqrt(g0);
    const u1 = Math.sqrt(f00 / det);
    E[at] = u0 * r00;
    E[at + 1] = u0 * r01;
    E[at + 2] = u1 * (r10 - lean * r00);
    E[at + 3] = u1 * (r11 - lean * r01);
    const M = 2 * type;
    const m0 = u0 * mean[M];
    const m1 = u1 * (mean[M + 1] - lean * mean[M]);
    ym[M] = m0;
    ym[M + 1] = m1;
    quadratic += weight * (m0 * m0 + m1 * m1);
    const top = 2 * p * type;
    const low = top + p;
    for (let k = 0; k < p; k++) {
      const n0 = columns[top + k];
      const y0 = u0 * n0;
      const y1 = u1 * (columns[low + k] - lean * n0);
      Y[top + k] = y0;
      Y[low + k] = y1;
      const w0 = weight * y0;
      const w1 = weight * y1;
      shift[k] += w0 * m0 + w1 * m1;
      for (let l = 0; l <= k; l++) information[k * p + l] += w0 * Y[top + l] + w1 * Y[low + l];
    }
    if (weight === 1) continue;
    const s00 = scatter[at];
    const s01 = scatter[at + 1] - lean * s00;
    const s11 = scatter[at + 3] - lean * scatter[at + 1] - lean * s01;
    Wd[at] = g0 * s00;
    Wd[at + 1] = u0 * u1 * s01;
    Wd[at + 2] = Wd[at + 1];
    Wd[at + 3] = u1 * u1 * s11;
    quadratic += Wd[at] + Wd[at + 3];
  }
  sums[0] = logDet + Math.log(product);
  sums[1] = quadratic;
  return true;
}

/** {@link sumTypes} for q = 2. */
export function sumPairs(sums: BlockSums): void {
  const { p, types, reml, E, Y, ym, Wd, covariance: C, shift, space } = sums;
  const { count } = types;
  const { B, H, h } = space;
  H.fill(0);
  h.fill(0);
  const second = p;
  const third = 2 * p;
  const H1 = p * p;
  const H2 = 2 * p * p;
  // Sums of A - c and T, and of the traces over pairs of the elements (0,0), (1,0), (1,1).
  let a00 = 0;
  let a01 = 0;
  let a11 = 0;
  let T00 = 0;
  let T01 = 0;
  let T11 = 0;
  let v00 = 0;
  let v10 = 0;
  let v20 = 0;
  let v11 = 0;
  let v21 = 0;
  let v22 = 0;
  let q00 = 0;
  let q10 = 0;
  let q20 = 0;
  let q11 = 0;
  let q21 = 0;
  let q22 = 0;
  for (let type = 0; type < count.length; type++) {
    const weight = count[type];
    const at = 4 * type;
    const e00 = E[at];
    const e01 = E[at + 1];
    const e10 = E[at + 2];
    const e11 = E[at + 3];
    const A00 = e00 * e00 + e10 * e10;
    const A01 = e00 * e01 + e10 * e11;
    const A11 = e01 * e01 + e11 * e11;
    const top = 2 * p * type;
    const low = top + p;
    let rest0 = ym[2 * type];
    let rest1 = ym[2 * type + 1];
    for (let k = 0; k < p; k++) {
      const y0 = Y[top + k];
      const y1 = Y[low + k];
      rest0 -= y0 * shift[k];
      rest1 -= y1 * shift[k];
      B[k] = e00 * y0 + e10 * y1;
      B[second + k] = e01 * y0 + e11 * y1;
    }
    const t0 = e00 * rest0 + e10 * rest1;
    const t1 = e01 * rest0 + e11 * rest1;
    let s00 = weight * t0 * t0;
    let s01 = weight * t0 * t1;
    let s11 = weight * t1 * t1;
    if (weight > 1) {
      const d00 = Wd[at];
      const d01 = Wd[at + 1];
      const d11 = Wd[at + 3];
      const x00 = d00 * e00 + d01 * e10;
      const x01 = d00 * e01 + d01 * e11;
      const x10 = d01 * e00 + d11 * e10;
      const x11 = d01 * e01 + d11 * e11;
      s00 += e00 * x00 + e10 * x10;
      s01 += e00 * x01 + e10 * x11;
      s11 += e01 * x01 + e11 * x11;
    }
    const w0 = weight * t0;
    const w1 = weight * t1;
    let c00 = 0;
    let c01 = 0;
    let c11 = 0;
    for (let k = 0; k < p; k++) {
      const b0 = B[k];
      const b1 = B[second + k];
      h[k] += b0 * w0;
      h[second + k] += b0 * w1 + b1 * w0;
      h[third + k] += b1 * w1;
      const wb0 = weight * b0;
      const wb1 = weight * b1;
      const row = k * p;
      // C is symmetric: what is beside the diagonal counts twice.
      let cb0 = 0;
      let cb1 = 0;
      for (let l = 0; l < k; l++) {
        const x0 = B[l];
        const x1 = B[second + l];
        const value = C[row + l];
        cb0 += value * x0;
        cb1 += value * x1;
        H[row + l] += wb0 * x0;
        H[H1 + row + l] += wb0 * x1 + wb1 * x0;
        H[H2 + row + l] += wb1 * x1;
      }
      H[row + k] += wb0 * b0;
      H[H1 + row + k] += 2 * wb0 * b1;
      H[H2 + row + k] += wb1 * b1;
      const diagonal = C[row + k];
      c00 += b0 * (2 * cb0 + diagonal * b0);
      c01 += b0 * cb1 + b1 * (cb0 + diagonal * b0);
      c11 += b1 * (2 * cb1 + diagonal * b1);
    }
    if (!reml) {
      c00 = 0;
      c01 = 0;
      c11 = 0;
    }
    a00 += weight * (A00 - c00);
    a01 += weight * (A01 - c01);
    a11 += weight * (A11 - c11);
    T00 += s00;
    T01 += s01;
    T11 += s11;
    const z00 = weight * (A00 - 2 * c00);
    const z01 = weight * (A01 - 2 * c01);
    const z11 = weight * (A11 - 2 * c11);
    v00 += A00 * z00;
    v10 += A00 * z01 + A01 * z00;
    v20 += A01 * z01;
    v11 += 2 * A01 * z01 + A00 * z11 + A11 * z00;
    v21 += A11 * z01 + A01 * z11;
    v22 += A11 * z11;
    q00 += A00 * s00;
    q10 += A00 * s01 + A01 * s00;
    q20 += A01 * s01;
    q11 += 2 * A01 * s01 + A00 * s11 + A11 * s00;
    q21 += A11 * s01 + A01 * s11;
    q22 += A11 * s11;
  }
  fillSymmetric(space.traces, 2, a00, a01, a11);
  fillSymmetric(space.products, 2, T00, T01, T11);
  fillSymmetric(space.squares, 3, v00, v10, v11, v20, v21, v22);
  fillSymmetric(space.quadratic, 3, q00, q10, q11, q20, q21, q22);
}

/** {@link addBlocks} of `block-expected.ts` for q = 2: adds sum B'M B to the lower triangle of `out`, M packed = map A packed. */
export function addPairs({ p, types: { count }, E, Y, space }: BlockSums, map: Float64Array, out: Float64Array): void {
  const { B } = space;
  for (let type = 0; type < count.length; type++) {
    const weight = count[type];
    const at = 4 * type;
    const e00 = E[at];
    const e01 = E[at + 1];
    const e10 = E[at + 2];
    const e11 = E[at + 3];
    const A00 = weight * (e00 * e00 + e10 * e10);
    const A01 = weight * (e00 * e01 + e10 * e11);
    const A11 = weight * (e01 * e01 + e11 * e11);
    const M00 = map[0] * A00 + map[1] * A01 + map[2] * A11;
    const M01 = map[3] * A00 + map[4] * A01 + map[5] * A11;
    const M11 = map[6] * A00 + map[7] * A01 + map[8] * A11;
    const top = 2 * p * type;
    const low = top + p;
    for (let k = 0; k < p; k++) {
      const y0 = Y[top + k];
      const y1 = Y[low + k];
      const b0 = e00 * y0 + e10 * y1;
      const b1 = e01 * y0 + e11 * y1;
      B[k] = b0;
      B[p + k] = b1;
      const m0 = M00 * b0 + M01 * b1;
      const m1 = M01 * b0 + M11 * b1;
      for (let l = 0; l <= k; l++) out[k * p + l] += m0 * B[l] + m1 * B[p + l];
    }
  }
}

/** Fills a symmetric matrix from its lower triangle by rows. */
function fillSymmetric(out: Float64Array, size: number, ...lower: readonly number[]): void {
  let at = 0;
  for (let i = 0; i < size; i++) {
    for (let j = 0; j <= i; j++) {
      out[i * size + j] = lower[at];
      out[j * size + i] = lower[at++];
    }
  }
}
