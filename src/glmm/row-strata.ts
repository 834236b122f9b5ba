import type { FamilyEffects, FamilyEvidence } from '../moments/family-evidence.ts';

/**
 * Pseudo-rows that share their columns of x and z and their levels are one stratum: they differ in offsets at most, and what a
 * criterion needs of their derivatives are sums. Strata are numbered by first appearance.
 */
export interface RowStrata {
  readonly count: number;
  /** Stratum of each pseudo-row. */
  readonly of: Int32Array;
  /** Pseudo-rows of stratum s: `rows` from `rowStart[s]` to `rowStart[s + 1]`. */
  readonly rowStart: Int32Array;
  readonly rows: Int32Array;
  /** count x p row-major. */
  readonly x: Float64Array;
  /** The random terms by stratum. */
  readonly effects: readonly FamilyEffects[];
}

/** The strata of an evidence; with `collapse` false each pseudo-row is one. */
export function rowStrata({ rows, x, effects }: FamilyEvidence, collapse = true): RowStrata {
  const of = collapse ? sameRows(rows, x, effects) : Int32Array.from({ length: rows }, (_, i) => i);
  const count = of.reduce((most, s) => Math.max(most, s + 1), 0);
  const rowStart = new Int32Array(count + 1);
  for (const s of of) rowStart[s + 1]++;
  for (let s = 0; s < count; s++) rowStart[s + 1] += rowStart[s];
  const order = new Int32Array(rows);
  const next = rowStart.slice(0, count);
  of.forEach((s, i) => {
    order[next[s]++] = i;
  });
  const first = Int32Array.from({ length: count }, (_, s) => order[rowStart[s]]);
  const gather = (values: Float64Array): Float64Array => {
    const width = rows === 0 ? 0 : values.length / rows;
    const out = new Float64Array(count * width);
    first.forEach((i, s) => {
      out.set(values.subarray(i * width, (i + 1) * width), s * width);
    });
    return out;
  };
  return {
    ...{ count, of, rowStart, rows: order, x: gather(x) },
    effects: effects.map(({ z, codes }) => ({ z: gather(z), codes: first.map((i) => codes[i]) })),
  };
}

/** Which stratum each pseudo-row belongs to. */
function sameRows(rows: number, x: Float64Array, effects: readonly FamilyEffects[]): Int32Array {
  const columns = [x, ...effects.map(({ z }) => z)].map((values) => ({
    values,
    width: rows === 0 ? 0 : values.length / rows,
  }));
  const places = new Map<string, number>();
  return Int32Array.from({ length: rows }, (_, i) => {
    const parts = columns.map(({ values, width }) => values.subarray(i * width, (i + 1) * width).join());
    const key = [...effects.map(({ codes }) => codes[i]), ...parts].join(';');
    const place = places.get(key) ?? places.size;
    places.set(key, place);
    return place;
  });
}
