import type { FamilyEvidence } from '../moments/family-evidence.ts';

/**
 * Pseudo-rows in the order of one factor's levels, and within a level by strata: rows that share their columns of x and z, and
 * differ in offsets at most. What a criterion needs of a stratum are sums over its rows, so that products of columns are formed
 * once a stratum.
 */
export interface LevelStrata {
  readonly levels: number;
  readonly strata: number;
  /** Stratum of each pseudo-row. */
  readonly of: Int32Array;
  /** Strata of level g: levelStart[g] to levelStart[g + 1]. */
  readonly levelStart: Int32Array;
  /** Rows of stratum s: `order` from rowStart[s] to rowStart[s + 1]. */
  readonly rowStart: Int32Array;
  readonly order: Int32Array;
  /** strata x p row-major. */
  readonly x: Float64Array;
  /** The column of the random term by stratum; 0 where there is no term. */
  readonly z: Float64Array;
  /** Largest |z| of each level. */
  readonly reach: Float64Array;
}

/** The strata of evidence with at most one random term of one column; without a term all rows are one level. */
export function levelStrata({ rows, x, effects }: FamilyEvidence): LevelStrata {
  const p = rows === 0 ? 0 : x.length / rows;
  const codes = effects.length > 0 ? effects[0].codes : new Int32Array(rows);
  const column = effects.length > 0 ? effects[0].z : new Float64Array(rows);
  const compare = (i: number, j: number): number => {
    if (codes[i] !== codes[j]) return codes[i] - codes[j];
    if (column[i] !== column[j]) return column[i] - column[j];
    for (let k = 0; k < p; k++) if (x[i * p + k] !== x[j * p + k]) return x[i * p + k] - x[j * p + k];
    return 0;
  };
  // Sorting is stable: rows of a stratum keep their order.
  const order = Int32Array.from(Array.from({ length: rows }, (_, i) => i).sort(compare));
  const firsts = Array.from(order.keys()).filter((k) => k === 0 || compare(order[k - 1], order[k]) !== 0);
  const levels = codes.reduce((most, code) => Math.max(most, code + 1), effects.length > 0 ? 0 : 1);
  const levelStart = new Int32Array(levels + 1);
  for (const k of firsts) levelStart[codes[order[k]] + 1]++;
  for (let g = 0; g < levels; g++) levelStart[g + 1] += levelStart[g];
  const z = Float64Array.from(firsts, (k) => column[order[k]]);
  const reach = new Float64Array(levels);
  firsts.forEach((k, s) => {
    const code = codes[order[k]];
    reach[code] = Math.max(reach[code], Math.abs(z[s]));
  });
  const rowStart = Int32Array.from([...firsts, rows]);
  const of = new Int32Array(rows);
  for (let t = 0; t < firsts.length; t++) for (let k = rowStart[t]; k < rowStart[t + 1]; k++) of[order[k]] = t;
  return {
    ...{ levels, strata: firsts.length, of, levelStart, rowStart, order, z, reach },
    x: Float64Array.from({ length: firsts.length * p }, (_, e) => x[order[firsts[Math.floor(e / p)]] * p + (e % p)]),
  };
}
