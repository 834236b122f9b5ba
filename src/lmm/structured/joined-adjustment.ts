/** Kenward and Roger's adjustment of joined blocks (symbols in `joined-part.ts`). */
import type { JoinedState } from './joined-state.ts';

/** Adds sum_kl W_kl x'V_k V^-1 V_l x to a p x p matrix. */
export function addJoinedAdjustment(part: JoinedState, W: Float64Array, out: Float64Array): void {
  const { p, x, turned, terms, count } = part;
  const wide = p + 1;
  for (const { unit, H, products } of part.states) {
    const { width: w, subjects } = unit;
    const whole = new Float64Array(count * w * p); // Z'O V_k x
    const size = subjects.reduce((most, { size: m }) => Math.max(most, m), 0);
    const moved = new Float64Array(count * size * p);
    const weighted = new Float64Array(Math.max(size, w) * p);
    for (const { size: m, columns, z, at, turned: from, frame, state } of subjects) {
      const { places, changes, size: n } = frame.covariance;
      const { types, inverse } = state;
      const c = columns.length;
      moved.fill(0);
      places.forEach((k, e) => {
        for (let a = 0; a < m; a++) {
          for (let b = 0; b < m; b++) {
            const value = changes[(e * n + types[a]) * n + types[b]];
            if (value === 0) continue;
            for (let i = 0; i < p; i++) moved[(k * m + a) * p + i] += value * x[(at + b) * wide + i];
          }
        }
      });
      for (const { term, q, at: column } of unit.levels) {
        const first = columns.indexOf(column);
        if (first < 0) continue;
        const { offset, parameters, changes: dG } = terms[term];
        for (let k = 0; k < parameters; k++) {
          for (let a = 0; a < m; a++) {
            for (let d = 0; d < q; d++) {
              for (let f = 0; f < q; f++) {
                const value = z[a * c + first + d] * dG[(k * q + d) * q + f];
                if (value === 0) continue;
                const row = (column + f) * wide;
                for (let i = 0; i < p; i++) moved[((offset + k) * m + a) * p + i] += value * products[row + i];
              }
            }
          }
        }
      }
      for (let k = 0; k < count; k++) {
        for (let a = 0; a < m; a++) {
          for (let l = 0; l < c; l++) {
            const value = turned[from + a * c + l];
            const to = (k * w + columns[l]) * p;
            for (let i = 0; i < p; i++) whole[to + i] += value * moved[(k * m + a) * p + i];
          }
        }
      }
      addWeighted(moved, inverse, m, W, count, p, 1, weighted, out);
    }
    addWeighted(whole, H, w, W, count, p, -1, weighted, out);
  }
}

/** Adds sign sum_kl W_kl g_k'S g_l of matrices g_k (m x p) and a symmetric S. */
function addWeighted(
  g: Float64Array,
  S: Float64Array,
  m: number,
  W: Float64Array,
  count: number,
  p: number,
  sign: number,
  weighted: Float64Array,
  out: Float64Array,
): void {
  const width = m * p;
  for (let k = 0; k < count; k++) {
    weighted.fill(0, 0, width);
    for (let l = 0; l < count; l++) {
      const value = W[k * count + l];
      for (let i = 0; i < width; i++) weighted[i] += value * g[l * width + i];
    }
    for (let a = 0; a < m; a++) {
      for (let i = 0; i < p; i++) {
        let sum = 0;
        for (let b = 0; b < m; b++) sum += S[a * m + b] * weighted[b * p + i];
        sum *= sign;
        for (let j = 0; j < p; j++) out[j * p + i] += sum * g[k * width + a * p + j];
      }
    }
  }
}
