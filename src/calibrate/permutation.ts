import { tableColumn } from '../data/table/table-rows.ts';
import { type UnheldColumns, unheldColumns } from '../design/replicates.ts';
import { FitError } from '../errors.ts';
import type { BuiltDesign } from '../formula/design.ts';
import { CounterNormals, streamNumber } from '../numeric/counter-normals.ts';
import type { RandomTerm } from '../types/design.ts';
import type { Column, Table } from '../types/table.ts';

/** What a column is permuted between, on the used rows of one design. */
export interface PermutationUnits {
  readonly column: string;
  /** Grouping factor, or the samples of one (`donor x stim`), whose levels are the units; null where they are rows. */
  readonly group: string | null;
  /** Grouping factors within whose levels units change places. */
  readonly within: readonly string[];
  /** Rows of the table by unit. */
  readonly rows: readonly (readonly number[])[];
  /** Units by block; values change places inside a block only. */
  readonly blocks: readonly (readonly number[])[];
  /** Natural logarithm of the number of different arrangements. */
  readonly logArrangements: number;
}

/** Use of the streams of random numbers that shuffle units. */
const STREAM_PERMUTATION = 6;

/**
 * The units of a column: levels of the coarsest grouping factor inside whose levels the column does not vary (donors, for a
 * condition between donors); where rows repeat its values within one, the samples (donor x condition); else rows. Units stay
 * inside the levels of the grouping factors that hold them whole.
 *
 * @throws DataError where nothing can change places
 */
export function permutationUnits(table: Table, design: BuiltDesign, column: string): PermutationUnits {
  const values = rowValues(tableColumn(table, column), design.rows);
  const factors = distinctFactors(design.random);
  const inside = factors
    .filter(({ codes }) => isConstant(codes, values))
    .sort((a, b) => a.levels.length - b.levels.length);
  const unit = inside[0] ?? samplesOf(design, column);
  const unitOf = unit ? unit.codes : Int32Array.from(design.rows.keys());
  const within = factors.filter((factor) => factor !== unit && isConstant(unitOf, Float64Array.from(factor.codes)));
  const rows = new Map<number, number[]>();
  const first = new Map<number, number>();
  unitOf.forEach((u, i) => {
    const own = rows.get(u);
    if (own) own.push(design.rows[i]);
    else {
      rows.set(u, [design.rows[i]]);
      first.set(u, i);
    }
  });
  const numbers = [...rows.keys()];
  const blocks = new Map<string, number[]>();
  numbers.forEach((u, k) => {
    const i = first.get(u) ?? 0;
    const key = within.map(({ codes }) => codes[i]).join();
    const own = blocks.get(key);
    if (own) own.push(k);
    else blocks.set(key, [k]);
  });
  const unitValue = numbers.map((u) => values[first.get(u) ?? 0]);
  let logArrangements = 0;
  for (const block of blocks.values()) logArrangements += logMultinomial(block.map((k) => unitValue[k]));
  if (logArrangements === 0) {
    throw new FitError('DataError', `no values of '${column}' can change places`, {
      option: 'scheme',
      remedy:
        within.length > 0
          ? `It does not vary within the levels of ${within.map(({ group }) => group).join(' and ')}; use “scheme: simulate”.`
          : 'It does not vary.',
    });
  }
  return {
    column,
    group: unit ? unit.group : null,
    within: within.map(({ group }) => group),
    rows: [...rows.values()],
    blocks: [...blocks.values()],
    logArrangements,
  };
}

/** The samples of a column that no grouping factor holds although rows repeat its values within one. */
function samplesOf(design: BuiltDesign, column: string): Pick<RandomTerm, 'group' | 'codes'> | undefined {
  const unheld = unheldColumns(design).find(
    ({ columns }: UnheldColumns) => columns.length === 1 && columns[0] === column,
  );
  return unheld && { group: `${unheld.group} x ${column}`, codes: unheld.codes };
}

/** The table with one column shuffled over its units, in each of the given sets of units; `number` counts permutations. */
export function permuteColumn(table: Table, parts: readonly PermutationUnits[], seed: number, number: number): Table {
  const [{ column: name }] = parts;
  const column = tableColumn(table, name);
  const from = column.kind === 'factor' ? column.codes : column.values;
  const to = from.slice();
  const normals = new CounterNormals(seed);
  parts.forEach(({ rows, blocks }, part) => {
    normals.begin(streamNumber(name, String(part)), number, STREAM_PERMUTATION);
    for (const block of blocks) {
      const keys = block.map(() => normals.next());
      const order = [...block.keys()].sort((a, b) => keys[a] - keys[b] || a - b);
      block.forEach((unit, k) => {
        const value = from[rows[block[order[k]]][0]];
        for (const row of rows[unit]) to[row] = value;
      });
    }
  });
  const shuffled: Column =
    column.kind === 'factor' ? { ...column, codes: Int32Array.from(to) } : { ...column, values: Float64Array.from(to) };
  return { ...table, columns: new Map(table.columns).set(name, shuffled) };
}

function rowValues(column: Column, rows: Int32Array): Float64Array {
  const values = column.kind === 'factor' ? column.codes : column.values;
  return Float64Array.from(rows, (row) => values[row]);
}

/** Grouping factors, once each. */
function distinctFactors(random: readonly RandomTerm[]): RandomTerm[] {
  return random.filter(({ group }, t) => random.findIndex((other) => other.group === group) === t);
}

/** Whether values agree wherever codes do. */
function isConstant(codes: Int32Array, values: Float64Array): boolean {
  const known = new Map<number, number>();
  return codes.every((code, i) => {
    const value = known.get(code);
    if (value === undefined) known.set(code, values[i]);
    return value === undefined || value === values[i];
  });
}

/** Logarithm of the number of different orders of some values. */
function logMultinomial(values: readonly number[]): number {
  const counts = new Map<number, number>();
  let log = 0;
  values.forEach((value, i) => {
    const count = (counts.get(value) ?? 0) + 1;
    counts.set(value, count);
    log += Math.log((i + 1) / count);
  });
  return counts.size === 1 ? 0 : log;
}
