import { triangleSize } from '../types/parameters.ts';
import type { BlockSums, BlockSweep } from './block-workspace.ts';
import type { ExpectedInformation } from './objective.ts';

/**
 * Expected information of a block objective at its last evaluated point (REML). Type by type, with A = Z_i'V_i^-1 Z_i,
 * B = Z_i'V_i^-1 X, c = B C B' and H_e = sum B'E_e B:
 *
 *     tr(P V_e)                            = sum tr((A - c) E_e)
 *     tr(P V_e P V_f)                      = sum tr(A E_e A E_f) - 2 tr(A E_e c E_f) + tr(C H_e C H_f)
 *     sum W_ef X'V^-1 V_e P V_f V^-1 X     = sum B'(sum_e E_e A D_e) B - sum_e H_e C (sum_f W_ef H_f),  D_e = sum_f W_ef E_f
 *
 * The traces have been summed for the derivatives of the criterion already.
 */
export function blockExpectedInformation(sweep: BlockSweep & BlockSums): ExpectedInformation {
  const { q, p, basis, covariance: C, changeOfInformation: H, space } = sweep;
  const bases = basis.length;
  const traces = Float64Array.from(basis, ({ a, b }) => (a === b ? 1 : 2) * space.traces[a * q + b]);

  function adjustment(W: Float64Array): Float64Array {
    const out = new Float64Array(p * p);
    const D = new Float64Array(bases * q * q);
    const blend = new Float64Array(p * p); // sum_f W_ef H_f
    const half = new Float64Array(p * p);
    for (let e = 0; e < bases; e++) {
      blend.fill(0);
      for (let f = 0; f < bases; f++) {
        const w = W[e * bases + f];
        const { a, b } = basis[f];
        D[(e * q + a) * q + b] += w;
        if (a !== b) D[(e * q + b) * q + a] += w;
        for (let i = 0; i < p * p; i++) blend[i] += w * H[f * p * p + i];
      }
      multiply(C, blend, half, p);
      for (let k = 0; k < p; k++) {
        for (let l = 0; l < p; l++) {
          let sum = 0;
          for (let m = 0; m < p; m++) sum += H[(e * p + k) * p + m] * half[m * p + l];
          out[k * p + l] -= sum;
        }
      }
    }
    addBlocks(sweep, blendOfElements(q, basis, D), out);
    for (let k = 0; k < p; k++) for (let l = 0; l < k; l++) out[l * p + k] = out[k * p + l];
    return out;
  }
  return { traces, information: space.pairTraces, adjustment };
}

/**
 * M = sum_e E_e A D_e as a linear map of A, both symmetric and packed by rows of the lower triangle: elements x elements, the
 * same for all types.
 */
function blendOfElements(q: number, basis: BlockSweep['basis'], D: Float64Array): Float64Array {
  const size = triangleSize(q);
  const map = new Float64Array(size * size);
  const A = new Float64Array(q * q);
  for (let from = 0, i = 0; i < q; i++) {
    for (let j = 0; j <= i; j++, from++) {
      A.fill(0);
      A[i * q + j] = 1;
      A[j * q + i] = 1;
      basis.forEach(({ a, b }, e) => {
        for (let to = 0, k = 0; k < q; k++) {
          for (let l = 0; l <= k; l++, to++) {
            for (let m = 0; m < q; m++) {
              const value = D[(e * q + m) * q + l];
              if (k === a) map[to * size + from] += A[b * q + m] * value;
              if (k === b && a !== b) map[to * size + from] += A[a * q + m] * value;
            }
          }
        }
      });
    }
  }
  return map;
}

/** Adds sum B'M B over the levels to the lower triangle of `out`. */
function addBlocks({ q, p, E, Y, types: { count } }: BlockSweep, map: Float64Array, out: Float64Array): void {
  const size = triangleSize(q);
  const A = new Float64Array(size);
  const M = new Float64Array(size);
  const B = new Float64Array(q * p);
  const MB = new Float64Array(q * p);
  for (let type = 0; type < count.length; type++) {
    const R = type * q * q;
    const N = type * q * p;
    for (let i = 0, at = 0; i < q; i++) {
      for (let j = 0; j <= i; j++, at++) {
        let sum = 0;
        for (let l = 0; l < q; l++) sum += E[R + l * q + i] * E[R + l * q + j];
        A[at] = sum;
      }
      for (let k = 0; k < p; k++) {
        let sum = 0;
        for (let l = 0; l < q; l++) sum += E[R + l * q + i] * Y[N + l * p + k];
        B[i * p + k] = sum;
      }
    }
    for (let to = 0; to < size; to++) {
      let sum = 0;
      for (let from = 0; from < size; from++) sum += map[to * size + from] * A[from];
      M[to] = count[type] * sum;
    }
    for (let k = 0; k < p; k++) {
      for (let i = 0; i < q; i++) {
        let sum = 0;
        for (let j = 0; j < q; j++) sum += M[j <= i ? triangleSize(i) + j : triangleSize(j) + i] * B[j * p + k];
        MB[i * p + k] = sum;
      }
      for (let i = 0; i < q; i++) for (let l = 0; l <= k; l++) out[k * p + l] += MB[i * p + k] * B[i * p + l];
    }
  }
}

/** out = A B, k x k. */
function multiply(A: Float64Array, B: Float64Array, out: Float64Array, k: number): void {
  for (let i = 0; i < k; i++) {
    for (let j = 0; j < k; j++) {
      let sum = 0;
      for (let l = 0; l < k; l++) sum += A[i * k + l] * B[l * k + j];
      out[i * k + j] = sum;
    }
  }
}
