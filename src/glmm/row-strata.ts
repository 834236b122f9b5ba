import type { FamilyEffects, FamilyEvidence } from '../moments/family-evidence.ts';
import type { RowDerivatives, RowOrder } from './family-kernel.ts';

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

/** Sums of the derivatives of some order over the pseudo-rows of each stratum, into `out`. */
export function sumOverStrata(strata: RowStrata, from: RowDerivatives, order: RowOrder, out: RowDerivatives): void {
  const add = (field: keyof RowDerivatives) => addUp(strata, from[field], out[field]);
  add('l');
  add('r');
  add('w');
  if (order === 1) return;
  add('w1');
  add('lE');
  add('rE');
  add('wE');
  if (order === 2) return;
  add('w2');
  add('lEE');
  add('rEE');
  add('wEE');
  add('w1E');
}

/** One field; those by extras are several arrays one behind the other. */
function addUp({ count, rowStart, rows }: RowStrata, from: Float64Array, out: Float64Array): void {
  for (let base = 0, at = 0; base < from.length; base += rows.length) {
    for (let s = 0; s < count; s++) {
      let sum = 0;
      for (let k = rowStart[s], end = rowStart[s + 1]; k < end; k++) sum += from[base + rows[k]];
      out[at++] = sum;
    }
  }
}
