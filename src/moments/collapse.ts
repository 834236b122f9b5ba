import { withScratch } from '../numeric/scratch.ts';
import { sharedIntegers } from '../numeric/shared-array.ts';
import type { Design } from '../types/design.ts';

/** Rows of a design that are the same (same x, levels, z, weight and offset), as one weighted row each. */
export interface Strata {
  /** Stratum of each row, length n. */
  readonly of: Int32Array;
  /** A row of each stratum, length S. */
  readonly representative: Int32Array;
  /** Rows in each stratum, length S. */
  readonly count: Float64Array;
}

/** Strata of the design, or null when there are more than `limit` of them (a numeric covariate per row, say). */
export function collapseRows(design: Design, limit: number): Strata | null {
  const { n, fixed } = design;
  const columns = randomColumns(design);
  for (let k = 0; k < fixed.names.length; k++) columns.push(fixed.x.subarray(k * n, (k + 1) * n));
  if (design.weights) columns.push(design.weights);
  if (design.offset) columns.push(design.offset);
  return withCollapse(n, limit, (collapse) => {
    return columns.every((column) => collapse.divide(column)) ? collapse.strata : null;
  });
}

/**
 * Strata of the random effects and weights, divided further by the first `leading` columns of X, as many as keep to the limit; the
 * offset is not asked about. Null where the random effects or the weights alone have more strata.
 */
export function collapseLeading(design: Design, limit: number): (Strata & { readonly leading: number }) | null {
  const { n, fixed } = design;
  return withCollapse(n, limit, (collapse) => {
    if (!randomColumns(design).every((column) => collapse.divide(column))) return null;
    if (design.weights && !collapse.divide(design.weights)) return null;
    let leading = 0;
    while (leading < fixed.names.length && collapse.divide(fixed.x.subarray(leading * n, (leading + 1) * n))) leading++;
    return { ...collapse.strata, leading };
  });
}

/** Begins with all n rows in one stratum. */
function withCollapse<T>(n: number, limit: number, work: (collapse: Collapse) => T): T {
  return withScratch(8 * n, (memory) => work(new Collapse(new Int32Array(memory, 0, 2 * n), limit)));
}

/** Levels and values of the random terms. */
function randomColumns({ n, random }: Design): (Float64Array | Int32Array)[] {
  return random.flatMap(({ codes, names, z }) => [codes, ...names.map((_, k) => z.subarray(k * n, (k + 1) * n))]);
}

/** Rows divided by one column after the other, while the strata are at most `limit`; works in memory for two numbers a row. */
class Collapse {
  private readonly limit: number;
  private of: Int32Array;
  private next: Int32Array;
  private count: number;

  constructor(memory: Int32Array, limit: number) {
    const n = memory.length / 2;
    this.limit = limit;
    this.of = memory.subarray(0, n).fill(0);
    this.next = memory.subarray(n);
    this.count = n > 0 ? 1 : 0;
  }

  /** Divides the strata by the values of a column; false, and as before, where they would be too many. */
  divide(column: Float64Array | Int32Array): boolean {
    if (isConstant(column)) return true;
    const { of, next, count, limit } = this;
    const values = new Map<number, number>();
    const pairs = new Map<number, number>();
    for (let i = 0; i < of.length; i++) {
      let code = values.get(column[i]);
      if (code === undefined) {
        code = values.size;
        if (code > limit) return false;
        values.set(column[i], code);
      }
      const key = code * count + of[i];
      let pair = pairs.get(key);
      if (pair === undefined) {
        pair = pairs.size;
        if (pair > limit) return false;
        pairs.set(key, pair);
      }
      next[i] = pair;
    }
    this.of = next;
    this.next = of;
    this.count = pairs.size;
    return true;
  }

  get strata(): Strata {
    const of = sharedIntegers(this.of.length);
    of.set(this.of);
    const representative = new Int32Array(this.count).fill(-1);
    const count = new Float64Array(this.count);
    for (let i = 0; i < of.length; i++) {
      if (representative[of[i]] < 0) representative[of[i]] = i;
      count[of[i]]++;
    }
    return { of, representative, count };
  }
}

/** Means of a response (length n) by stratum, and the weighted sum of squares about them. */
export function strataMeans(
  { of, representative, count }: Strata,
  values: Float64Array,
  weight: Float64Array | null,
): { mean: Float64Array; within: number } {
  // About the first value of each stratum, so that a large mean costs no digits.
  const first = Float64Array.from(representative, (i) => values[i]);
  const shift = new Float64Array(first.length);
  for (let i = 0; i < values.length; i++) shift[of[i]] += values[i] - first[of[i]];
  for (let s = 0; s < shift.length; s++) shift[s] /= count[s];
  let within = 0;
  for (let i = 0; i < values.length; i++) {
    const deviation = values[i] - first[of[i]] - shift[of[i]];
    within += (weight ? weight[i] : 1) * deviation * deviation;
  }
  return { mean: first.map((value, s) => value + shift[s]), within };
}

function isConstant(column: Float64Array | Int32Array): boolean {
  for (let i = 1; i < column.length; i++) if (column[i] !== column[0]) return false;
  return true;
}
