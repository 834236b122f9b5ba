import { triangleSize } from '../types/parameters.ts';
import { addPairs } from './block-pair.ts';
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
  const { p, q, basis, covariance: C, changeOfInformation: H, space } = sweep;
  const { traces, out, D, blend, half, map } = space.expected;
  const bases = basis.length;
  for (let e = 0; e < bases; e++) {
    const { a, b } = basis[e];
    traces[e] = (a === b ? 1 : 2) * space.traces[a * q + b];
  }

  function adjustment(W: Float64Array): Float64Array {
    out.fill(0);
    D.fill(0);
    for (let e = 0; e < bases; e++) {
      blend.fill(0); // sum_f W_ef H_f
      for (let f = 0; f < bases; f++) {
        const w = W[e * bases + f];
        const { a, b } = basis[f];
        D[(e * q + a) * q + b] += w;
        if (a !== b) D[(e * q + b) * q + a] += w;
        for (let i = 0; i < p * p; i++) blend[i] += w * H[f * p * p + i];
      }
      for (let i = 0; i < p; i++) {
        for (let j = 0; j < p; j++) {
          let sum = 0;
          for (let l = 0; l < p; l++) sum += C[i * p + l] * blend[l * p + j];
          half[i * p + j] = sum;
        }
      }
      for (let k = 0; k < p; k++) {
        for (let l = 0; l <= k; l++) {
          let sum = 0;
          for (let m = 0; m < p; m++) sum += H[(e * p + k) * p + m] * half[m * p + l];
          out[k * p + l] -= sum;
        }
      }
    }
    fillBlend(q, basis, D, map);
    if (q === 2) addPairs(sweep, map, out);
    else addBlocks(sweep, map, out);
    for (let k = 0; k < p; k++) for (let l = 0; l < k; l++) out[l * p + k] = out[k * p + l];
    return out;
  }
  return { traces, information: space.pairTraces, adjustment };
}

/**
 * M = sum_e E_e A D_e as a linear map of A, both symmetric and packed by rows of the lower triangle, into `map` (elements x
 * elements): the same for all types. E_e = (a, b) puts row b of A D_e in row a and row a in row b.
 */
function fillBlend(q: number, basis: BlockSweep['basis'], D: Float64Array, map: Float64Array): void {
  const size = triangleSize(q);
  map.fill(0);
  for (let e = 0; e < basis.length; e++) {
    const { a, b } = basis[e];
    for (let l = 0; l < q; l++) {
      for (let m = 0; m < q; m++) {
        const value = D[(e * q + m) * q + l];
        if (l <= a) map[(triangleSize(a) + l) * size + packedPlace(b, m)] += value;
        if (l <= b && a !== b) map[(triangleSize(b) + l) * size + packedPlace(a, m)] += value;
      }
    }
  }
}

/** Place of an element of a symmetric matrix in its lower triangle by rows. */
function packedPlace(i: number, j: number): number {
  return j <= i ? triangleSize(i) + j : triangleSize(j) + i;
}

/** Adds sum B'M B over the levels to the lower triangle of `out`. */
export function addBlocks(
  { q, p, E, Y, types: { count }, space }: BlockSums,
  map: Float64Array,
  out: Float64Array,
): void {
  const size = triangleSize(q);
  const { B } = space;
  const { M, packed: A, MB } = space.expected;
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
        for (let j = 0; j < q; j++) sum += M[packedPlace(i, j)] * B[j * p + k];
        MB[i * p + k] = sum;
      }
      for (let i = 0; i < q; i++) for (let l = 0; l <= k; l++) out[k * p + l] += MB[i * p + k] * B[i * p + l];
    }
  }
}
