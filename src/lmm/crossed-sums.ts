import { dot, multiplyTransposed } from '../numeric/dense.ts';
import type { CrossedState } from './crossed-state.ts';
import type { PairTraces } from './pair-traces.ts';

/**
 * The sums of `crossed-pairs.ts` over the pairs of levels that the eliminated factor is part of, without visiting the pairs:
 * with T_ik = [i = k] A_i - B_i Xi B_k' the block of levels i and k of that factor, and T_ij = B_i K_j, K = I_z - Xi M_z, that
 * of level i and level j of a factor g in the border,
 *
 *     sum_ik tr(E_e T_ik E_f T_ki) = sum_i tr(E_e T_ii E_f T_ii) - sum_i tr(E_e C_i E_f C_i) + tr(S_e Xi S_f Xi)
 *     sum_ij tr(E_e T_ij E_h T_ji) = tr(S_e sum_j K_j E_h K_j')
 *
 * with C_i = B_i Xi B_i' and S_e = sum_i B_i'E_e B_i. The work grows with the levels, not with their pairs, and with the cube
 * of the border: `elimination.ts` says which of the two is less.
 */
export function sumWithoutPairs(state: CrossedState, traces: PairTraces): void {
  const { order, B, E, MX, xi } = state;
  const { q, levels, pointers, touched, border, factor } = order;
  const elements = traces.elementsOf(factor);
  const S = elements.map(() => new Float64Array(border * border));
  const whole = new Float64Array(q * q);
  const fixed = new Float64Array(q * q);
  for (let i = 0; i < levels; i++) {
    const width = pointers[i + 1] - pointers[i];
    const columns = touched.subarray(pointers[i], pointers[i + 1]);
    const from = pointers[i] * q;
    for (let a = 0; a < q; a++) {
      for (let b = 0; b <= a; b++) {
        let sum = 0;
        for (let c = 0; c < width; c++) {
          const left = B[from + a * width + c];
          if (left === 0) continue;
          const row = columns[c] * border;
          let inner = 0;
          for (let l = 0; l < width; l++) inner += xi[row + columns[l]] * B[from + b * width + l];
          sum += left * inner;
        }
        fixed[a * q + b] = sum;
        fixed[b * q + a] = sum;
      }
    }
    for (let a = 0; a < q; a++) {
      for (let b = 0; b < q; b++) {
        let sum = 0;
        for (let l = 0; l < q; l++) sum += E[(i * q + l) * q + a] * E[(i * q + l) * q + b];
        whole[a * q + b] = sum - fixed[a * q + b];
      }
    }
    traces.add(factor, factor, whole, 0, q, true);
    traces.subtract(factor, fixed, q);
    elements.forEach(({ a, b }, s) => {
      const out = S[s];
      for (let c = 0; c < width; c++) {
        const left = B[from + a * width + c];
        const right = B[from + b * width + c];
        const row = columns[c] * border;
        for (let l = 0; l < width; l++) {
          const value = left * B[from + b * width + l];
          out[row + columns[l]] += a === b ? value : value + right * B[from + a * width + l];
        }
      }
    });
  }
  // Xi is symmetric: S_e Xi, and its transpose for the traces.
  const projected = S.map((matrix) => product(matrix, xi, border, border, border));
  const turned = S.map((matrix) => product(xi, matrix, border, border, border));
  elements.forEach(({ e }, s) => {
    elements.forEach(({ e: f }, t) => {
      traces.addTrace(e, f, dot(projected[s], 0, turned[t], 0, border * border));
    });
  });
  for (const { factor: g, offset, q: size, levels: count } of order.others) {
    // Columns of K of each effect of g, border x levels.
    const K = Array.from({ length: size }, (_, c) => {
      const out = new Float64Array(border * count);
      for (let j = 0; j < count; j++) {
        const column = offset + j * size + c;
        for (let l = 0; l < border; l++) out[l * count + j] = -MX[column * border + l];
        out[column * count + j] += 1;
      }
      return out;
    });
    for (const { e: h, a, b } of traces.elementsOf(g)) {
      const V = product(K[a], K[b], border, border, count);
      elements.forEach(({ e }, s) => {
        // S_e is symmetric: V and its transpose have the same trace with it.
        const trace = (a === b ? 1 : 2) * dot(S[s], 0, V, 0, border * border);
        traces.addTrace(e, h, trace);
        traces.addTrace(h, e, trace);
      });
    }
  }
}

/** A B', m x n. */
function product(A: Float64Array, B: Float64Array, m: number, n: number, k: number): Float64Array {
  const out = new Float64Array(m * n);
  multiplyTransposed(A, k, B, k, m, n, k, out, n);
  return out;
}
