import { choleskyInPlace, forwardSolve } from '../numeric/cholesky.ts';
import type { CrossedState } from './crossed-state.ts';

/** Eliminates the levels: E, B, u, and M = W'V1^-1 W, v = W'V1^-1 r. */
export function sweepLevels(state: CrossedState): { logDet: number; quadratic: number } {
  const { order, full, E, B, u, M, v } = state;
  const { q, levels, pointers, touched, R, N, border } = order;
  M.set(order.rest);
  v.set(state.restY);
  let logDet = 0;
  let quadratic = state.restYy;
  const K = new Float64Array(q * q);
  const F = new Float64Array(q * q);
  const y = new Float64Array(q);
  let widest = 0;
  for (let i = 0; i < levels; i++) widest = Math.max(widest, pointers[i + 1] - pointers[i]);
  const Y = new Float64Array(q * widest);
  for (let i = 0; i < levels; i++) {
    const r = i * q * q;
    for (let a = 0; a < q; a++) {
      for (let b = 0; b < q; b++) {
        let sum = 0;
        for (let l = 0; l < q; l++) sum += R[r + a * q + l] * full[l * q + b];
        K[a * q + b] = sum;
      }
    }
    for (let a = 0; a < q; a++) {
      for (let b = 0; b <= a; b++) {
        let sum = a === b ? 1 : 0;
        for (let l = 0; l < q; l++) sum += K[a * q + l] * K[b * q + l];
        F[a * q + b] = sum;
      }
    }
    logDet += choleskyInPlace(F, q);
    const width = pointers[i + 1] - pointers[i];
    const at = pointers[i] * q;
    for (let c = 0; c < q * width; c++) Y[c] = N[at + c];
    for (let c = 0; c < width; c++) forwardSolve(F, q, Y, c, width);
    for (let a = 0; a < q * q; a++) E[r + a] = R[r + a];
    for (let b = 0; b < q; b++) forwardSolve(F, q, E, r + b, q);
    for (let a = 0; a < q; a++) y[a] = state.reduced[i * q + a];
    forwardSolve(F, q, y);
    for (let a = 0; a < q; a++) {
      quadratic += y[a] * y[a];
      let sum = 0;
      for (let l = 0; l < q; l++) sum += E[r + l * q + a] * y[l];
      u[i * q + a] = sum;
      for (let c = 0; c < width; c++) {
        let value = 0;
        for (let l = 0; l < q; l++) value += E[r + l * q + a] * Y[l * width + c];
        B[at + a * width + c] = value;
        const yc = Y[a * width + c];
        if (yc === 0) continue;
        const column = touched[pointers[i] + c];
        v[column] += yc * y[a];
        for (let e = 0; e < width; e++) M[column * border + touched[pointers[i] + e]] += yc * Y[a * width + e];
      }
    }
  }
  return { logDet, quadratic };
}
