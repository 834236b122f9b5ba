import { dot, inverseLarge, multiplyTransposed } from '../numeric/dense.ts';
import { scaleBorderBack } from './border-scaling.ts';
import type { CrossedState } from './crossed-state.ts';

/** M_z Xi for the Xi at hand. */
export function projectBorder({ order, M, xi, MX }: CrossedState): void {
  const { border, zColumns } = order;
  multiplyTransposed(M, border, xi, border, zColumns, border, border, MX, border);
}

/** Xi for V^-1 in place of P: that of the random columns alone, zero for X. */
export function withoutFixedEffects(state: CrossedState): void {
  const { order, omega, xi, work } = state;
  xi.fill(0);
  inverseLarge(omega, order.border, xi, work, order.zColumns);
  scaleBorderBack(state.border, xi, null, order.border);
  projectBorder(state);
}

/** Diagonal blocks of Z'V^-1 Z (Z'P Z, as Xi says), by factor: levels x q x q. */
export function informationBlocks({ order, parts, xi, M, MX, B, E }: CrossedState): Float64Array[] {
  const { q, levels, pointers, touched, border } = order;
  return parts.map((part, f) => {
    const other = order.others.find((entry) => entry.factor === f);
    const count = other ? other.levels : levels;
    const size = part.q;
    const information = new Float64Array(count * size * size);
    for (let i = 0; i < count; i++) {
      const width = other ? 0 : pointers[i + 1] - pointers[i];
      for (let a = 0; a < size; a++) {
        for (let b = 0; b < size; b++) {
          let sum = 0;
          if (other) {
            const row = other.offset + i * size + a;
            const column = other.offset + i * size + b;
            sum = M[row * border + column] - dot(MX, row * border, M, column * border, border);
          } else {
            for (let l = 0; l < q; l++) sum += E[(i * q + l) * q + a] * E[(i * q + l) * q + b];
            const from = pointers[i] * q;
            for (let c = 0; c < width; c++) {
              const left = B[from + a * width + c];
              if (left === 0) continue;
              const row = touched[pointers[i] + c] * border;
              for (let e = 0; e < width; e++) {
                sum -= left * xi[row + touched[pointers[i] + e]] * B[from + b * width + e];
              }
            }
          }
          information[(i * size + a) * size + b] = sum;
        }
      }
    }
    return information;
  });
}
