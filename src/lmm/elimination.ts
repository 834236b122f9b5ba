import type { DesignMoments } from '../moments/moments.ts';
import { pivotedCholesky } from '../numeric/cholesky.ts';
import { eliminatedFactor } from '../plan/plan.ts';

/**
 * Order of elimination of a model with several grouping factors: the factor with most random effects is eliminated level by
 * level, the columns of the others and X are the border. Built once per design.
 */
export interface Elimination {
  /** Index of the eliminated factor, its levels J and columns q a level. */
  readonly factor: number;
  readonly levels: number;
  readonly q: number;
  /** The other factors with their first column in the border. */
  readonly others: readonly {
    readonly factor: number;
    readonly offset: number;
    readonly q: number;
    readonly levels: number;
  }[];
  /** Border columns: `zColumns` random ones, then p of X. */
  readonly zColumns: number;
  readonly border: number;
  /** Border columns that level i touches: `touched[pointers[i] .. pointers[i + 1]]`, X among them. */
  readonly pointers: Int32Array;
  readonly touched: Int32Array;
  /** R_i (q x q each) and N_i = Q_i'[Z_rest X] on the touched columns (q x touched, beginning at q * pointers[i]). */
  readonly R: Float64Array;
  readonly N: Float64Array;
  /** Sum of the ranks of all blocks of the eliminated factor. */
  readonly totalRank: number;
  /** [Z_rest X]'[Z_rest X] - sum N_i'N_i, border x border. */
  readonly rest: Float64Array;
  /** Rank of the block of a level. */
  rankOf(level: number): number;
  /** out = Q_i'r from Z_i'W r at `from`. */
  project(ztr: Float64Array, from: number, level: number, out: Float64Array, at: number): void;
}

const ZERO_PIVOT = 1e-11;

export function eliminationOrder(design: DesignMoments): Elimination {
  const { factors, crosses, p } = design;
  const chosen = eliminatedFactor(design);
  const { q, ztz, ztx, levels: names } = factors[chosen];
  const J = names.length;
  let zColumns = 0;
  const others = factors.flatMap((f, k) => {
    if (k === chosen) return [];
    const entry = { factor: k, offset: zColumns, q: f.q, levels: f.levels.length };
    zColumns += f.q * f.levels.length;
    return [entry];
  });
  const border = zColumns + p;

  // Blocks of the eliminated factor with the others, by level.
  const rows: { column: number; values: Float64Array }[][] = Array.from({ length: J }, () => []);
  for (const other of others) {
    for (const cross of crosses) {
      const forward = cross.a === chosen && cross.b === other.factor;
      const backward = cross.b === chosen && cross.a === other.factor;
      if (!forward && !backward) continue;
      const qa = factors[cross.a].q;
      const qb = factors[cross.b].q;
      for (let i = 0; i + 1 < cross.pointers.length; i++) {
        for (let k = cross.pointers[i]; k < cross.pointers[i + 1]; k++) {
          const level = forward ? i : cross.columns[k];
          const otherLevel = forward ? cross.columns[k] : i;
          const block = cross.values.subarray(k * qa * qb, (k + 1) * qa * qb);
          for (let b = 0; b < other.q; b++) {
            const values = new Float64Array(q);
            for (let a = 0; a < q; a++) values[a] = forward ? block[a * qb + b] : block[b * qb + a];
            rows[level].push({ column: other.offset + otherLevel * other.q + b, values });
          }
        }
      }
    }
  }
  const pointers = new Int32Array(J + 1);
  for (let i = 0; i < J; i++) pointers[i + 1] = pointers[i] + rows[i].length + p;
  const touched = new Int32Array(pointers[J]);
  const N = new Float64Array(pointers[J] * q);
  const R = new Float64Array(J * q * q);
  const lower = new Float64Array(J * q * q);
  const orders = new Int32Array(J * q);
  const ranks = new Int32Array(J);
  let totalRank = 0;
  const rest = borderCrossProduct(design, others, zColumns, border);
  for (let i = 0; i < J; i++) {
    const l = lower.subarray(i * q * q, (i + 1) * q * q);
    const order = orders.subarray(i * q, (i + 1) * q);
    const rank = pivotedCholesky(ztz.subarray(i * q * q, (i + 1) * q * q), q, l, order, ZERO_PIVOT);
    ranks[i] = rank;
    totalRank += rank;
    for (let a = 0; a < q; a++) for (let b = 0; b < rank; b++) R[(i * q + b) * q + order[a]] = l[a * q + b];
    const width = pointers[i + 1] - pointers[i];
    const at = pointers[i] * q;
    const columns = rows[i].sort((s, t) => s.column - t.column);
    for (let c = 0; c < width; c++) {
      const random = c < columns.length;
      const x = c - columns.length;
      touched[pointers[i] + c] = random ? columns[c].column : zColumns + x;
      for (let a = 0; a < rank; a++) {
        let sum = random ? columns[c].values[order[a]] : ztx[(i * q + order[a]) * p + x];
        for (let b = 0; b < a; b++) sum -= l[a * q + b] * N[at + b * width + c];
        N[at + a * width + c] = sum / l[a * q + a];
      }
    }
    for (let a = 0; a < rank; a++) {
      for (let c = 0; c < width; c++) {
        const value = N[at + a * width + c];
        if (value === 0) continue;
        const row = touched[pointers[i] + c] * border;
        for (let e = 0; e < width; e++) rest[row + touched[pointers[i] + e]] -= value * N[at + a * width + e];
      }
    }
  }
  function project(ztr: Float64Array, from: number, level: number, out: Float64Array, at: number): void {
    for (let a = 0; a < q; a++) {
      if (a >= ranks[level]) {
        out[at + a] = 0;
        continue;
      }
      let sum = ztr[from + orders[level * q + a]];
      for (let b = 0; b < a; b++) sum -= lower[(level * q + a) * q + b] * out[at + b];
      out[at + a] = sum / lower[(level * q + a) * q + a];
    }
  }
  const rankOf = (level: number): number => ranks[level];
  return {
    factor: chosen,
    levels: J,
    q,
    others,
    zColumns,
    border,
    pointers,
    touched,
    R,
    N,
    totalRank,
    rest,
    rankOf,
    project,
  };
}

/** [Z_rest X]'[Z_rest X], dense. */
function borderCrossProduct(
  design: DesignMoments,
  others: Elimination['others'],
  zColumns: number,
  border: number,
): Float64Array {
  const { factors, crosses, p } = design;
  const out = new Float64Array(border * border);
  for (let a = 0; a < p; a++) out[(zColumns + a) * border + zColumns + a] = 1;
  const place = new Map(others.map((other) => [other.factor, other]));
  for (const { factor, offset, q, levels } of others) {
    const { ztz, ztx } = factors[factor];
    for (let i = 0; i < levels; i++) {
      for (let a = 0; a < q; a++) {
        const row = offset + i * q + a;
        for (let b = 0; b < q; b++) out[row * border + offset + i * q + b] = ztz[(i * q + a) * q + b];
        for (let k = 0; k < p; k++) {
          out[row * border + zColumns + k] = ztx[(i * q + a) * p + k];
          out[(zColumns + k) * border + row] = ztx[(i * q + a) * p + k];
        }
      }
    }
  }
  for (const cross of crosses) {
    const A = place.get(cross.a);
    const B = place.get(cross.b);
    if (!A || !B) continue;
    for (let i = 0; i + 1 < cross.pointers.length; i++) {
      for (let k = cross.pointers[i]; k < cross.pointers[i + 1]; k++) {
        for (let a = 0; a < A.q; a++) {
          for (let b = 0; b < B.q; b++) {
            const row = A.offset + i * A.q + a;
            const column = B.offset + cross.columns[k] * B.q + b;
            const value = cross.values[(k * A.q + a) * B.q + b];
            out[row * border + column] = value;
            out[column * border + row] = value;
          }
        }
      }
    }
  }
  return out;
}
