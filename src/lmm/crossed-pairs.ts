import { multiplyTransposed } from '../numeric/dense.ts';
import type { CrossedState } from './crossed-state.ts';
import { sumWithoutPairs } from './crossed-sums.ts';
import type { PairTraces } from './pair-traces.ts';

/** Sums over all pairs of levels of their blocks of Z'P Z. */
export function sumPairs(state: CrossedState, traces: PairTraces): void {
  if (state.order.pairwise) visitPairs(state, traces);
  else sumWithoutPairs(state, traces);
  borderPairs(state, traces);
}

/** The pairs of levels of which one is of the eliminated factor. */
function visitPairs(state: CrossedState, traces: PairTraces): void {
  const { order, B, E, MX, xi, work } = state;
  const { q, levels, pointers, touched, border, zColumns, factor } = order;
  const block = new Float64Array(q * q);
  const row = new Float64Array(q * border);
  // (M_z Xi)', so that what follows reads whole rows.
  const XM = new Float64Array(border * zColumns);
  for (let j = 0; j < zColumns; j++) for (let c = 0; c < border; c++) XM[c * zColumns + j] = MX[j * border + c];
  for (let i = 0; i < levels; i++) {
    const width = pointers[i + 1] - pointers[i];
    row.fill(0);
    for (let a = 0; a < q; a++) {
      for (let c = 0; c < width; c++) {
        const value = B[pointers[i] * q + a * width + c];
        if (value === 0) continue;
        const from = touched[pointers[i] + c] * border;
        for (let l = 0; l < border; l++) row[a * border + l] += value * xi[from + l];
      }
    }
    for (let k = 0; k <= i; k++) {
      const other = pointers[k + 1] - pointers[k];
      for (let a = 0; a < q; a++) {
        for (let b = 0; b < q; b++) {
          let sum = 0;
          if (i === k) for (let l = 0; l < q; l++) sum += E[(i * q + l) * q + a] * E[(i * q + l) * q + b];
          const at = pointers[k] * q + b * other;
          for (let c = 0; c < other; c++) sum -= row[a * border + touched[pointers[k] + c]] * B[at + c];
          block[a * q + b] = sum;
        }
      }
      traces.add(factor, factor, block, 0, q, i === k);
    }
    // Against the border's random columns: B_i (e_z - Xi M_z).
    const cross = work.subarray(0, q * zColumns);
    for (let a = 0; a < q; a++) {
      const at = pointers[i] * q + a * width;
      cross.fill(0, a * zColumns, (a + 1) * zColumns);
      for (let c = 0; c < width; c++) {
        const value = B[at + c];
        if (value === 0) continue;
        const from = touched[pointers[i] + c] * zColumns;
        for (let j = 0; j < zColumns; j++) cross[a * zColumns + j] -= value * XM[from + j];
      }
      for (let c = 0; c < width; c++) {
        const column = touched[pointers[i] + c];
        if (column < zColumns) cross[a * zColumns + column] += B[at + c];
      }
    }
    for (const other of order.others) {
      for (let j = 0; j < other.levels; j++) {
        traces.add(factor, other.factor, cross, other.offset + j * other.q, zColumns, false);
      }
    }
  }
}

/** The pairs of levels of the other factors. */
function borderPairs({ order, M, MX, work }: CrossedState, traces: PairTraces): void {
  const { border, zColumns } = order;
  multiplyTransposed(MX, border, M, border, zColumns, zColumns, border, work, zColumns, true);
  for (let i = 0; i < zColumns; i++) {
    for (let j = 0; j <= i; j++) {
      const value = M[i * border + j] - work[i * zColumns + j];
      work[i * zColumns + j] = value;
      work[j * zColumns + i] = value;
    }
  }
  order.others.forEach((a, ka) => {
    order.others.slice(0, ka + 1).forEach((b) => {
      const same = a.factor === b.factor;
      for (let i = 0; i < a.levels; i++) {
        for (let j = 0; j < (same ? i + 1 : b.levels); j++) {
          const at = (a.offset + i * a.q) * zColumns + b.offset + j * b.q;
          traces.add(a.factor, b.factor, work, at, zColumns, same && i === j);
        }
      }
    });
  });
}
