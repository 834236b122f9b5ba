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
  const { n } = design;
  const columns: (Float64Array | Int32Array)[] = [];
  for (const term of design.random) {
    columns.push(term.codes);
    for (let k = 0; k < term.names.length; k++) columns.push(term.z.subarray(k * n, (k + 1) * n));
  }
  const p = design.fixed.names.length;
  for (let k = 0; k < p; k++) columns.push(design.fixed.x.subarray(k * n, (k + 1) * n));
  if (design.weights) columns.push(design.weights);
  if (design.offset) columns.push(design.offset);

  const of = new Int32Array(n);
  let strata = n > 0 ? 1 : 0;
  for (const column of columns) {
    if (isConstant(column)) continue;
    // Number the column's values first, then the pairs (stratum so far, value).
    const values = new Map<number, number>();
    const codes = new Int32Array(n);
    for (let i = 0; i < n; i++) {
      let code = values.get(column[i]);
      if (code === undefined) {
        code = values.size;
        if (code > limit) return null;
        values.set(column[i], code);
      }
      codes[i] = code;
    }
    const pairs = new Map<number, number>();
    for (let i = 0; i < n; i++) {
      const key = of[i] * values.size + codes[i];
      let code = pairs.get(key);
      if (code === undefined) {
        code = pairs.size;
        if (code > limit) return null;
        pairs.set(key, code);
      }
      of[i] = code;
    }
    strata = pairs.size;
  }
  const representative = new Int32Array(strata).fill(-1);
  const count = new Float64Array(strata);
  for (let i = 0; i < n; i++) {
    if (representative[of[i]] < 0) representative[of[i]] = i;
    count[of[i]]++;
  }
  return { of, representative, count };
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
