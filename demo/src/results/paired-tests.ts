/** One test by two fits of the same responses, as a table. Pure. */

import type { FitTable, OutputTable } from 'webgpu-lmm';

import { chooseTest, testNames } from './results-view.ts';
import { columnNames } from './shown-tests.ts';

/** Who finds a gene; the last is of those that one of the two has no test of. */
export const FOUND_BY = ['neither', 'first alone', 'second alone', 'both', 'not tested by both'] as const;
export const NOT_TESTED = 4;

/** Index into {@link FOUND_BY}, by the adjusted p of both. */
export function foundBy(first: number, second: number, threshold: number): number {
  if (Number.isNaN(first) || Number.isNaN(second)) return NOT_TESTED;
  return (first <= threshold ? 1 : 0) + (second <= threshold ? 2 : 0);
}

/** How many there are of each of {@link FOUND_BY}. */
export function countFoundBy(found: Uint8Array): number[] {
  return FOUND_BY.map((_, kind) => found.reduce((sum, own) => sum + (own === kind ? 1 : 0), 0));
}

/** The numbers of one test by two fits, row by row of the first; NaN where the other lacks the response. */
export interface PairedTests {
  readonly models: Int32Array;
  readonly table: OutputTable;
  readonly found: Uint8Array;
}

/** One test by two fits of the same responses, paired by response and split. */
export function pairTests(first: FitTable, second: FitTable, name: string, threshold: number): PairedTests {
  const key = (table: FitTable, m: number): string => JSON.stringify([table.splits?.[m] ?? '', table.responses[m]]);
  const places = new Map(Array.from({ length: second.models }, (_, m) => [key(second, m), m]));
  const rows = first.models;
  const other = Int32Array.from({ length: rows }, (_, m) => places.get(key(first, m)) ?? -1);
  const sides = [first, second].map((table, side) => {
    const { tests, index } = chooseTest(table, name, '');
    const width = tests.names.length;
    const has = tests.names[index] === name;
    return (values: Float64Array): Float64Array =>
      Float64Array.from({ length: rows }, (_, m) => {
        const at = side === 0 ? m : other[m];
        return has && at >= 0 ? values[at * width + index] : Number.NaN;
      });
  });
  const columns = [first, second].flatMap((table, side) => {
    const { tests } = chooseTest(table, name, '');
    const { df, p, log10P, adjusted } = columnNames(table);
    const number = (title: string, values: Float64Array) => ({
      name: `${title}.${side + 1}`,
      kind: 'number' as const,
      values: sides[side](values),
    });
    return [
      number('estimate', tests.estimate),
      // Those of moderated tests belong to the moderated variance.
      number(table.moderation ? 'std.error.moderated' : 'std.error', tests.standardError),
      number(df, tests.df),
      number(p, tests.pValue),
      number(log10P, tests.log10P),
      number(adjusted, tests.adjustedP),
    ];
  });
  const adjusted = [first, second].map((table, side) => {
    const own = `${columnNames(table).adjusted}.${side + 1}`;
    return columns.find((column) => column.name === own)?.values;
  });
  const found = Uint8Array.from({ length: rows }, (_, m) => {
    const [a, b] = adjusted.map((values) => values?.[m] ?? Number.NaN);
    return foundBy(a, b, threshold);
  });
  const text = (title: string, values: readonly (string | null)[]) => ({
    name: title,
    kind: 'string' as const,
    values,
  });
  return {
    models: Int32Array.from({ length: rows }, (_, m) => m),
    found,
    table: {
      rows,
      columns: [
        ...(first.splits ? [text('split', first.splits)] : []),
        text('response', first.responses),
        ...(first.genes ? [text('gene', first.genes)] : []),
        ...columns,
        text(
          'found.by',
          Array.from(found, (kind) => FOUND_BY[kind]),
        ),
      ],
    },
  };
}

/** All coefficients and contrasts of the one response by both models, a term a row. */
export function termTable(first: FitTable, second: FitTable): OutputTable {
  const names = [...new Set([...testNames(first), ...testNames(second)])];
  const columns = names.map((name) =>
    pairTests(first, second, name, 0).table.columns.filter(({ kind }) => kind === 'number'),
  );
  return {
    rows: names.length,
    columns: [
      { name: 'term', kind: 'string', values: names },
      ...(columns[0] ?? []).map((column, k) => ({
        name: column.name,
        kind: 'number' as const,
        values: Float64Array.from(columns, (own) => Number(own[k].values[0])),
      })),
    ],
  };
}
