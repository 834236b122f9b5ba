import { sumPairs } from './block-pair.ts';
import type { BlockSums, BlockSweep } from './block-workspace.ts';

/**
 * Gradient and Hessian over G, from sums over the types. Returns the gradient as a symmetric q x q matrix (space of the
 * workspace); the rest goes into the sweep's arrays.
 */
export function blockDerivatives(sweep: BlockSweep & BlockSums): Float64Array {
  const { q, p, basis, reml, d, S, space } = sweep;
  const { covariance: C, changeOfInformation, hessian, changeOfS, curvatureOfS } = sweep;
  const { place, elements, traces, products, H, h, squares, quadratic, CH, pairTraces, sum } = space;
  const bases = basis.length;
  if (q === 2) sumPairs(sweep);
  else sumTypes(sweep);
  for (let i = 0; i < q * q; i++) sum[i] = traces[i] - (d * products[i]) / S;
  for (let e = 0; e < bases; e++) {
    const { a, b } = basis[e];
    changeOfS[e] = a === b ? -products[a * q + a] : -2 * products[a * q + b];
    const from = place[e] * p * p;
    const at = e * p * p;
    for (let k = 0; k < p; k++) {
      for (let l = 0; l <= k; l++) {
        const value = H[from + k * p + l];
        changeOfInformation[at + k * p + l] = value;
        changeOfInformation[at + l * p + k] = value;
      }
    }
    for (let k = 0; k < p; k++) {
      for (let l = 0; l < p; l++) {
        let dot = 0;
        for (let m = 0; m < p; m++) dot += C[k * p + m] * changeOfInformation[at + m * p + l];
        CH[at + k * p + l] = dot;
      }
    }
  }
  for (let e = 0; e < bases; e++) {
    for (let f = 0; f <= e; f++) {
      const pair = place[e] * elements + place[f];
      let trace = squares[pair];
      if (reml) trace += traceOfProduct(CH, e * p * p, CH, f * p * p, p);
      let hCh = 0;
      for (let k = 0; k < p; k++) {
        let inner = 0;
        for (let l = 0; l < p; l++) inner += C[k * p + l] * h[place[f] * p + l];
        hCh += h[place[e] * p + k] * inner;
      }
      const second = 2 * (quadratic[pair] - hCh);
      const value = d * (second / S - (changeOfS[e] * changeOfS[f]) / (S * S)) - trace;
      curvatureOfS[e * bases + f] = second;
      curvatureOfS[f * bases + e] = second;
      pairTraces[e * bases + f] = trace;
      pairTraces[f * bases + e] = trace;
      hessian[e * bases + f] = value;
      hessian[f * bases + e] = value;
    }
  }
  return sum;
}

/** The second sweep: the sums of {@link BlockWorkspace} type by type. */
export function sumTypes({ q, p, types, basis, reml, E, Y, ym, Wd, covariance: C, shift, space }: BlockSums): void {
  const { A, B, BC, c, t, T, traces, products, H, h, squares, quadratic } = space;
  const bases = basis.length;
  for (const sums of [traces, products, H, h, squares, quadratic]) sums.fill(0);
  for (let type = 0; type < types.count.length; type++) {
    const weight = types.count[type];
    const R = type * q * q;
    const N = type * q * p;
    for (let i = 0; i < q; i++) {
      for (let j = 0; j <= i; j++) {
        let dot = 0;
        for (let l = 0; l < q; l++) dot += E[R + l * q + i] * E[R + l * q + j];
        A[i * q + j] = dot;
        A[j * q + i] = dot;
      }
      for (let a = 0; a < p; a++) {
        let dot = 0;
        for (let l = 0; l < q; l++) dot += E[R + l * q + i] * Y[N + l * p + a];
        B[i * p + a] = dot;
      }
      let ti = 0;
      for (let l = 0; l < q; l++) ti += E[R + l * q + i] * ym[type * q + l];
      for (let a = 0; a < p; a++) ti -= B[i * p + a] * shift[a];
      t[i] = ti;
    }
    for (let i = 0; i < q; i++) for (let j = 0; j < q; j++) T[i * q + j] = weight * t[i] * t[j];
    if (weight > 1) {
      for (let i = 0; i < q; i++) {
        for (let j = 0; j < q; j++) {
          let dot = 0;
          for (let l = 0; l < q; l++) {
            let inner = 0;
            for (let m = 0; m < q; m++) inner += Wd[R + l * q + m] * E[R + m * q + j];
            dot += E[R + l * q + i] * inner;
          }
          T[i * q + j] += dot;
        }
      }
    }
    if (reml) {
      for (let i = 0; i < q; i++) {
        for (let a = 0; a < p; a++) {
          let dot = 0;
          for (let b = 0; b < p; b++) dot += B[i * p + b] * C[b * p + a];
          BC[i * p + a] = dot;
        }
      }
      for (let i = 0; i < q; i++) {
        for (let j = 0; j <= i; j++) {
          let dot = 0;
          for (let a = 0; a < p; a++) dot += BC[i * p + a] * B[j * p + a];
          c[i * q + j] = dot;
          c[j * q + i] = dot;
        }
      }
    }
    for (let i = 0; i < q * q; i++) {
      traces[i] += weight * (A[i] - (reml ? c[i] : 0));
      products[i] += T[i];
    }
    for (let e = 0; e < bases; e++) {
      const { a, b } = basis[e];
      const at = e * p * p;
      for (let k = 0; k < p; k++) {
        const ba = weight * B[a * p + k];
        const bb = weight * B[b * p + k];
        h[e * p + k] += a === b ? ba * t[a] : ba * t[b] + bb * t[a];
        for (let l = 0; l <= k; l++) {
          H[at + k * p + l] += a === b ? ba * B[a * p + l] : ba * B[b * p + l] + bb * B[a * p + l];
        }
      }
      for (let f = 0; f <= e; f++) {
        const { a: a2, b: b2 } = basis[f];
        let trace = sandwich(A, A, q, a, b, a2, b2);
        if (reml) trace -= 2 * sandwich(A, c, q, a, b, a2, b2);
        squares[e * bases + f] += weight * trace;
        quadratic[e * bases + f] += sandwich(T, A, q, a, b, a2, b2);
      }
    }
  }
}

/** tr(X E_(a,b) Y E_(c,d)) for symmetric X, Y, symmetrised over their order. */
function sandwich(X: Float64Array, Y: Float64Array, q: number, a: number, b: number, c: number, d: number): number {
  // tr(X e_a e_b' Y e_c e_d') = X[d, a] Y[b, c], summed over both orders of each pair
  let sum = X[d * q + a] * Y[b * q + c] + Y[d * q + a] * X[b * q + c];
  if (a !== b) sum += X[d * q + b] * Y[a * q + c] + Y[d * q + b] * X[a * q + c];
  if (c !== d) sum += X[c * q + a] * Y[b * q + d] + Y[c * q + a] * X[b * q + d];
  if (a !== b && c !== d) sum += X[c * q + b] * Y[a * q + d] + Y[c * q + b] * X[a * q + d];
  return 0.5 * sum;
}

/** tr(A B) of p x p matrices at offsets. */
function traceOfProduct(A: Float64Array, atA: number, B: Float64Array, atB: number, p: number): number {
  let sum = 0;
  for (let i = 0; i < p; i++) for (let j = 0; j < p; j++) sum += A[atA + i * p + j] * B[atB + j * p + i];
  return sum;
}
