import type { CrossMoments, DesignMoments } from '../moments/moments.ts';
import { pivotedCholesky } from '../numeric/cholesky.ts';
import { triangleSize } from '../types/parameters.ts';

/**
 * Which grouping factor of a model is eliminated level by level, and what is then its border: the columns of the other
 * factors, in their order, and X. Everybody who solves the equations of a mixed model asks here, plan and engines alike.
 */
export interface EliminationChoice {
  /** Index of the eliminated factor. */
  readonly factor: number;
  /** The other factors with their first column in the border. */
  readonly others: readonly BorderPlace[];
  /** Border columns: `zColumns` random ones, then p of X. */
  readonly zColumns: number;
  readonly border: number;
  /** Whether its pairs of levels are visited one by one; else their sums are formed without (`crossed-sums.ts`). */
  readonly pairwise: boolean;
  /** Multiplications of one evaluation of the criterion with its two derivatives, about. */
  readonly operations: number;
}

export interface BorderPlace {
  readonly factor: number;
  readonly offset: number;
  readonly q: number;
  readonly levels: number;
}

/**
 * The factor whose elimination makes an evaluation cheapest. What counts are columns, not levels: a factor of few levels with
 * slopes may have more of them than one of many levels. Of equal costs the first factor is taken.
 */
export function eliminationChoice(design: DesignMoments): EliminationChoice {
  const { factors, p } = design;
  const touched = touchedColumns(design);
  let best: EliminationChoice | null = null;
  for (let f = 0; f < factors.length; f++) {
    const others: BorderPlace[] = [];
    let zColumns = 0;
    factors.forEach(({ q, levels }, k) => {
      if (k === f) return;
      others.push({ factor: k, offset: zColumns, q, levels: levels.length });
      zColumns += q * levels.length;
    });
    const border = zColumns + p;
    const cost = evaluationCost(design, f, touched[f], zColumns);
    if (!best || cost.operations < best.operations) best = { factor: f, others, zColumns, border, ...cost };
  }
  return best ?? { factor: -1, others: [], zColumns: 0, border: p, pairwise: false, operations: p ** 3 };
}

/** Of each factor, per level, the border columns that its elimination touches, were it the one: those of X among them. */
function touchedColumns({ factors, crosses, p }: DesignMoments): Float64Array[] {
  const touched = factors.map(({ levels }) => new Float64Array(levels.length).fill(p));
  for (const { a, b, pointers, columns } of crosses) {
    for (let i = 0; i + 1 < pointers.length; i++) {
      touched[a][i] += factors[b].q * (pointers[i + 1] - pointers[i]);
      for (let k = pointers[i]; k < pointers[i + 1]; k++) touched[b][columns[k]] += factors[a].q;
    }
  }
  return touched;
}

/** The sweep over the levels, the border's factor and inverse, and the pairs of levels that the curvature is made of. */
function evaluationCost(
  { factors, terms, p }: DesignMoments,
  f: number,
  touched: Float64Array,
  zColumns: number,
): Pick<EliminationChoice, 'pairwise' | 'operations'> {
  const { q } = factors[f];
  const border = zColumns + p;
  let width = 0;
  let square = 0;
  for (const w of touched) {
    width += w;
    square += w * w;
  }
  const J = touched.length;
  const sweep = LEVEL * J + J * q ** 3 + q * q * width + q * square;
  const dense = border ** 3 + zColumns * border * border;
  const elements = factors.map((_, k) => terms.reduce((sum, t) => sum + (t.factor === k ? triangleSize(t.q) : 0), 0));
  const own = elements[f];
  let beside = 0; // levels times elements of the border
  let shapes = 0; // levels x border^2 a product of columns of K
  factors.forEach(({ levels }, k) => {
    if (k === f) return;
    beside += levels.length * elements[k];
    shapes += elements[k];
  });
  const pairs =
    q * width * (border + zColumns) + (q * q * J * width) / 2 + TRACE * own * ((J * J * own) / 2 + J * beside);
  const sums =
    own * square + (q + 2 * own) * square + border * border * (2 * own * border + own * own + beside + own * shapes);
  const pairwise = pairs <= sums;
  return { pairwise, operations: sweep + dense + Math.min(pairs, sums) + (TRACE * beside * beside) / 2 };
}

/** What a level costs before its first multiplication, and what a pair of levels and of elements of the covariances does. */
const LEVEL = 700;
const TRACE = 4;

/** A block Z_i'W Z_l that couples level i of the eliminated factor to a level of another. */
export interface Coupling {
  readonly other: BorderPlace;
  /** Its first column in the border. */
  readonly column: number;
  /** q x q of the other factor, row-major. */
  readonly values: Float64Array;
}

/** Those of each level of the eliminated factor, by increasing column. */
export function couplingsOf(design: DesignMoments, { factor, others }: EliminationChoice): Coupling[][] {
  const couplings: Coupling[][] = factor < 0 ? [] : design.factors[factor].levels.map(() => []);
  for (const other of others) {
    for (const cross of design.crosses) {
      const forward = cross.a === factor && cross.b === other.factor;
      if (!forward && !(cross.b === factor && cross.a === other.factor)) continue;
      forEachBlock(design, cross, (i, j, values) => {
        const [own, level] = forward ? [i, j] : [j, i];
        const block = forward ? values : transposed(values, other.q, design.factors[factor].q);
        couplings[own].push({ other, column: other.offset + level * other.q, values: block });
      });
    }
  }
  for (const list of couplings) list.sort((s, t) => s.column - t.column);
  return couplings;
}

/** Visits the blocks of two factors that occur together. */
export function forEachBlock(
  { factors }: Pick<DesignMoments, 'factors'>,
  { a, b, pointers, columns, values }: CrossMoments,
  visit: (levelOfA: number, levelOfB: number, block: Float64Array) => void,
): void {
  const size = factors[a].q * factors[b].q;
  for (let i = 0; i + 1 < pointers.length; i++) {
    for (let k = pointers[i]; k < pointers[i + 1]; k++) {
      visit(i, columns[k], values.subarray(k * size, (k + 1) * size));
    }
  }
}

function transposed(values: Float64Array, rows: number, columns: number): Float64Array {
  return Float64Array.from({ length: rows * columns }, (_, k) => values[(k % rows) * columns + Math.floor(k / rows)]);
}

/** An elimination with what it needs of the design, built once: QR of the blocks, and the border without them. */
export interface Elimination extends EliminationChoice {
  /** Levels J of the eliminated factor, and its columns q a level. */
  readonly levels: number;
  readonly q: number;
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
  const { factors, p } = design;
  const choice = eliminationChoice(design);
  const { factor: chosen, others, zColumns, border } = choice;
  const { q, ztz, ztx, levels: names } = factors[chosen];
  const J = names.length;
  const couplings = couplingsOf(design, choice);
  const pointers = new Int32Array(J + 1);
  couplings.forEach((list, i) => {
    pointers[i + 1] = list.reduce((sum, { other }) => sum + other.q, pointers[i]) + p;
  });
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
    let c = 0;
    const reduce = (column: number, entryOf: (effect: number) => number): void => {
      touched[pointers[i] + c] = column;
      for (let a = 0; a < rank; a++) {
        let sum = entryOf(order[a]);
        for (let b = 0; b < a; b++) sum -= l[a * q + b] * N[at + b * width + c];
        N[at + a * width + c] = sum / l[a * q + a];
      }
      c++;
    };
    for (const { other, column, values } of couplings[i]) {
      for (let b = 0; b < other.q; b++) reduce(column + b, (effect) => values[effect * other.q + b]);
    }
    for (let x = 0; x < p; x++) reduce(zColumns + x, (effect) => ztx[(i * q + effect) * p + x]);
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
  return { ...choice, levels: J, q, pointers, touched, R, N, totalRank, rest, rankOf, project };
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
    forEachBlock(design, cross, (i, j, values) => {
      for (let a = 0; a < A.q; a++) {
        for (let b = 0; b < B.q; b++) {
          const row = A.offset + i * A.q + a;
          const column = B.offset + j * B.q + b;
          out[row * border + column] = values[a * B.q + b];
          out[column * border + row] = values[a * B.q + b];
        }
      }
    });
  }
  return out;
}
