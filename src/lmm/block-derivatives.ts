import type { BlockTypes } from './block-types.ts';

/** What an evaluation of a block objective leaves for its derivatives, and where they go. */
export interface BlockSweep {
  readonly p: number;
  readonly q: number;
  readonly d: number;
  readonly reml: boolean;
  readonly S: number;
  readonly types: BlockTypes;
  /** Symmetric basis elements as pairs of columns of the factor. */
  readonly basis: readonly { readonly a: number; readonly b: number }[];
  /** Per type, with F_i = L L': L^-1 R (q x q), L^-1 N (q x p), L^-1 mean (q), L^-1 scatter L^-T (q x q). */
  readonly E: Float64Array;
  readonly Y: Float64Array;
  readonly ym: Float64Array;
  readonly Wd: Float64Array;
  readonly covariance: Float64Array;
  readonly shift: Float64Array;
  /** Results, as in `CovarianceObjective`. */
  readonly hessian: Float64Array;
  readonly changeOfS: Float64Array;
  readonly curvatureOfS: Float64Array;
  readonly changeOfInformation: Float64Array;
}

/** Space for {@link blockDerivatives}, once per design. */
export type BlockWorkspace = ReturnType<typeof blockWorkspace>;

export function blockWorkspace(q: number, p: number, bases: number) {
  const numbers = (length: number) => new Float64Array(length);
  return {
    A: numbers(q * q),
    B: numbers(q * p),
    BC: numbers(q * p),
    c: numbers(q * q),
    t: numbers(q),
    T: numbers(q * q),
    h: numbers(bases * p),
    CH: numbers(bases * p * p),
    quadratic: numbers(bases * bases),
    sum: numbers(q * q),
  };
}

/**
 * Gradient and Hessian over G, type by type: A = Z_i'V_i^-1 Z_i, B = Z_i'V_i^-1 X, c = B C B', t = Z_i'P r. Returns the
 * gradient as a symmetric q x q matrix (space of the workspace); the rest goes into the sweep's arrays.
 */
export function blockDerivatives(sweep: BlockSweep, workspace: BlockWorkspace): Float64Array {
  const { q, p, types, basis, reml, d, S, E, Y, ym, Wd } = sweep;
  const { covariance: C, changeOfInformation: H, hessian, changeOfS, curvatureOfS, shift } = sweep;
  const { A, B, BC, c, t, T, h, CH, quadratic, sum } = workspace;
  const bases = basis.length;
  H.fill(0);
  h.fill(0);
  hessian.fill(0);
  quadratic.fill(0);
  sum.fill(0);
  changeOfS.fill(0);
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
    for (let i = 0; i < q * q; i++) sum[i] += weight * (A[i] - (reml ? c[i] : 0)) - (d * T[i]) / S;
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
      changeOfS[e] -= a === b ? T[a * q + a] : 2 * T[a * q + b];
      for (let f = 0; f <= e; f++) {
        const { a: a2, b: b2 } = basis[f];
        let trace = sandwich(A, A, q, a, b, a2, b2);
        if (reml) trace -= 2 * sandwich(A, c, q, a, b, a2, b2);
        hessian[e * bases + f] -= weight * trace;
        quadratic[e * bases + f] += sandwich(T, A, q, a, b, a2, b2);
      }
    }
  }
  for (let e = 0; e < bases; e++) {
    const at = e * p * p;
    for (let k = 0; k < p; k++) for (let l = 0; l < k; l++) H[at + l * p + k] = H[at + k * p + l];
    for (let k = 0; k < p; k++) {
      for (let l = 0; l < p; l++) {
        let dot = 0;
        for (let m = 0; m < p; m++) dot += C[k * p + m] * H[at + m * p + l];
        CH[at + k * p + l] = dot;
      }
    }
  }
  for (let e = 0; e < bases; e++) {
    for (let f = 0; f <= e; f++) {
      let value = hessian[e * bases + f];
      if (reml) value -= traceOfProduct(CH, e * p * p, CH, f * p * p, p);
      let hCh = 0;
      for (let k = 0; k < p; k++) {
        let inner = 0;
        for (let l = 0; l < p; l++) inner += C[k * p + l] * h[f * p + l];
        hCh += h[e * p + k] * inner;
      }
      const second = 2 * (quadratic[e * bases + f] - hCh);
      curvatureOfS[e * bases + f] = second;
      curvatureOfS[f * bases + e] = second;
      value += d * (second / S - (changeOfS[e] * changeOfS[f]) / (S * S));
      hessian[e * bases + f] = value;
      hessian[f * bases + e] = value;
    }
  }
  return sum;
}

/** tr(X E_(a,b) Y E_(c,d)) for symmetric X, Y, symmetrised over their order. */
export function sandwich(
  X: Float64Array,
  Y: Float64Array,
  q: number,
  a: number,
  b: number,
  c: number,
  d: number,
): number {
  // tr(X e_a e_b' Y e_c e_d') = X[d, a] Y[b, c], summed over both orders of each pair
  let sum = X[d * q + a] * Y[b * q + c] + Y[d * q + a] * X[b * q + c];
  if (a !== b) sum += X[d * q + b] * Y[a * q + c] + Y[d * q + b] * X[a * q + c];
  if (c !== d) sum += X[c * q + a] * Y[b * q + d] + Y[c * q + a] * X[b * q + d];
  if (a !== b && c !== d) sum += X[c * q + b] * Y[a * q + d] + Y[c * q + b] * X[a * q + d];
  return 0.5 * sum;
}

/** tr(A B) of p x p matrices at offsets. */
export function traceOfProduct(A: Float64Array, atA: number, B: Float64Array, atB: number, p: number): number {
  let sum = 0;
  for (let i = 0; i < p; i++) for (let j = 0; j < p; j++) sum += A[atA + i * p + j] * B[atB + j * p + i];
  return sum;
}
