/**
 * tr(V_k O V_l F) over the parameters of one large block (symbols in `blocks-objective.ts`), O and F symmetric. Of standard
 * deviations of independent rows V_k = diag(d_k), and no product of matrices is needed:
 *
 *     tr(V_k O V_l F) = d_k'(O o F) d_l,      tr(V_e O V_l F) = d_l'diag(F V_e O)
 */
import type { FrameState } from './block-states.ts';
import { crossTrace, multiplySymmetric } from './matrix-products.ts';

/** Adds them to `out`, `count` parameters square; N_k = V_k O of parameters whose V_k is not diagonal stays. `B` is space. */
export function addBlockTraces(
  { covariance: V, N }: Pick<FrameState, 'covariance' | 'N'>,
  O: Float64Array,
  F: Float64Array,
  B: Float64Array,
  out: Float64Array,
  count: number,
): void {
  const { size: m, places, changes, diagonal } = V;
  const square = m * m;
  const add = (e: number, l: number, value: number) => {
    out[places[l] * count + places[e]] += value;
    if (e !== l) out[places[e] * count + places[l]] += value;
  };
  for (let l = 0; l < diagonal; l++) {
    // (O o F) d_l.
    B.fill(0, 0, m);
    for (let b = 0; b < m; b++) {
      const value = changes[l * square + b * (m + 1)];
      if (value === 0) continue;
      for (let a = 0; a < m; a++) B[a] += O[b * m + a] * F[b * m + a] * value;
    }
    for (let e = 0; e <= l; e++) add(e, l, alongDiagonal(changes, e * square, B, m));
  }
  for (let e = diagonal; e < places.length; e++) {
    multiplySymmetric(changes, e * square, O, m, N, e * square);
    if (diagonal === 0) continue;
    for (let b = 0; b < m; b++) {
      let sum = 0;
      for (let a = 0; a < m; a++) sum += F[b * m + a] * N[e * square + a * m + b];
      B[b] = sum;
    }
    for (let l = 0; l < diagonal; l++) add(e, l, alongDiagonal(changes, l * square, B, m));
  }
  for (let l = diagonal; l < places.length; l++) {
    multiplySymmetric(changes, l * square, F, m, B, 0);
    for (let e = diagonal; e <= l; e++) add(e, l, crossTrace(N, e * square, B, m));
  }
}

/** The diagonal of a matrix times a vector. */
function alongDiagonal(A: Float64Array, at: number, x: Float64Array, m: number): number {
  let sum = 0;
  for (let a = 0; a < m; a++) sum += A[at + a * (m + 1)] * x[a];
  return sum;
}
