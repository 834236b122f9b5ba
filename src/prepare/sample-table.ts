/** Rows of a table as samples: combinations of levels of some columns, and what all rows of a sample have in common. */
import { asLevels, selectRows, tableColumn } from '../data/table/table-rows.ts';
import type { Column, Table } from '../types/table.ts';

/** Samples in the order of the levels of their columns, the first column varying slowest. */
export interface SampleGroups {
  readonly size: number;
  /** Levels joined by `_`; not always unique. */
  readonly names: readonly string[];
  /** Rows of the table that belong to a sample, and the sample of each. */
  readonly rows: Int32Array;
  readonly sample: Int32Array;
  /** Rows of each sample. */
  readonly cells: Float64Array;
}

/** The samples among some rows of a table; names of those that have fewer rows than `least` are apart. */
export function sampleGroups(
  table: Table,
  rows: Int32Array,
  columns: readonly string[],
  least: number,
): { groups: SampleGroups; few: string[]; notes: string[] } {
  const factors = columns.map((name) => asLevels(tableColumn(table, name)));
  // Numbers in place of tuples: mixed radix, the first column slowest.
  const keyOf = (row: number): number => {
    let key = 0;
    for (const { levels, codes } of factors) {
      if (codes[row] < 0) return -1;
      key = key * levels.length + codes[row];
    }
    return key;
  };
  const counts = new Map<number, number>();
  let missing = 0;
  for (const row of rows) {
    const key = keyOf(row);
    if (key < 0) missing++;
    else counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  const nameOf = (key: number): string => {
    const parts: string[] = [];
    let rest = key;
    for (const { levels } of [...factors].reverse()) {
      parts.unshift(levels[rest % levels.length]);
      rest = Math.floor(rest / levels.length);
    }
    return parts.join('_');
  };
  const keys = [...counts.keys()].sort((a, b) => a - b);
  const enough = keys.filter((key) => (counts.get(key) ?? 0) >= least);
  const place = new Map(enough.map((key, k) => [key, k]));
  const members = rows.filter((row) => place.has(keyOf(row)));
  const named = columns.map((name) => `'${name}'`).join(' or ');
  return {
    groups: {
      size: enough.length,
      names: enough.map(nameOf),
      rows: members,
      sample: members.map((row) => place.get(keyOf(row)) ?? -1),
      cells: Float64Array.from(enough, (key) => counts.get(key) ?? 0),
    },
    few: keys.filter((key) => !place.has(key)).map(nameOf),
    notes: missing === 0 ? [] : [`left out ${missing} ${missing === 1 ? 'row' : 'rows'} without a value of ${named}`],
  };
}

/**
 * A row for each sample: its own columns, some numbers, then the columns of the table that hold one value in all rows of each
 * sample (`carried`). A column of the table that has the name of one of the numbers gives way to it.
 */
export function sampleTable(
  table: Table,
  { size, rows, sample }: SampleGroups,
  own: readonly string[],
  numbers: Readonly<Record<string, Float64Array>>,
): { table: Table; carried: string[] } {
  const first = new Int32Array(size).fill(-1);
  rows.forEach((row, i) => {
    if (first[sample[i]] < 0) first[sample[i]] = row;
  });
  const isCarried = (column: Column): boolean => {
    const values = column.kind === 'factor' ? column.codes : column.values;
    return rows.every((row, i) => Object.is(values[row], values[first[sample[i]]]));
  };
  const carried = [...table.columns].flatMap(([name, column]) =>
    own.includes(name) || name in numbers || !isCarried(column) ? [] : [name],
  );
  const representatives = selectRows(table, first);
  const columns = new Map<string, Column>();
  const keep = (name: string) => columns.set(name, tableColumn(representatives, name));
  own.forEach(keep);
  for (const [name, values] of Object.entries(numbers)) columns.set(name, { kind: 'numeric', values });
  carried.forEach(keep);
  return { table: { rows: size, columns, path: table.path }, carried };
}
