/** How the levels of one column lie within those of another: counts of rows, nesting, crossing. */
import { codeBound } from '../formula/grouping.ts';

/** Levels in order, and the level of each row (-1 missing). */
export interface Labelled {
  readonly levels: readonly string[];
  readonly codes: Int32Array;
}

/** Rows by the levels of two columns. */
export interface Crosstab {
  readonly rows: readonly string[];
  readonly columns: readonly string[];
  /** rows x columns, row-major. */
  readonly counts: Int32Array;
}

/** Counts the rows of each pair of levels; levels without a row in the table are left out. */
export function crosstab(row: Labelled, column: Labelled): Crosstab {
  const used = (own: Labelled, other: Labelled): { levels: string[]; place: Int32Array } => {
    const seen = new Uint8Array(own.levels.length);
    own.codes.forEach((code, i) => {
      if (code >= 0 && other.codes[i] >= 0) seen[code] = 1;
    });
    const place = new Int32Array(own.levels.length).fill(-1);
    const levels = own.levels.filter((_, code) => seen[code] === 1);
    let next = 0;
    seen.forEach((is, code) => {
      if (is === 1) place[code] = next++;
    });
    return { levels, place };
  };
  const down = used(row, column);
  const across = used(column, row);
  const counts = new Int32Array(down.levels.length * across.levels.length);
  row.codes.forEach((code, i) => {
    const other = column.codes[i];
    if (code >= 0 && other >= 0) counts[down.place[code] * across.levels.length + across.place[other]] += 1;
  });
  return { rows: down.levels, columns: across.levels, counts };
}

/** Both columns at once: the pairs of levels that occur, numbered as they come; -1 where either is missing. */
export function pairsOf(a: Int32Array, b: Int32Array): { readonly codes: Int32Array; readonly count: number } {
  const width = codeBound(b);
  const known = new Map<number, number>();
  const codes = new Int32Array(a.length);
  for (let i = 0; i < a.length; i++) {
    if (a[i] < 0 || b[i] < 0) {
      codes[i] = -1;
      continue;
    }
    const key = a[i] * width + b[i];
    let code = known.get(key);
    if (code === undefined) {
      code = known.size;
      known.set(key, code);
    }
    codes[i] = code;
  }
  return { codes, count: known.size };
}

/** Whether every level of `inner` lies in one level of `outer`; rows that lack either do not count. */
export function isNested(inner: Int32Array, outer: Int32Array): boolean {
  const holder = new Map<number, number>();
  for (let i = 0; i < inner.length; i++) {
    if (inner[i] < 0 || outer[i] < 0) continue;
    const before = holder.get(inner[i]);
    if (before === undefined) holder.set(inner[i], outer[i]);
    else if (before !== outer[i]) return false;
  }
  return true;
}

/** Whether no unit has two values. */
export function isConstantWithin(values: Float64Array, units: Int32Array): boolean {
  const first = new Map<number, number>();
  return values.every((value, i) => {
    if (units[i] < 0 || Number.isNaN(value)) return true;
    const before = first.get(units[i]);
    if (before === undefined) first.set(units[i], value);
    return before === undefined || before === value;
  });
}
