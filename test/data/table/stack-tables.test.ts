import { describe, expect, it } from 'vitest';
import { stackBulk } from '../../../src/data/table/stack-bulk.ts';
import { mergeLevels, requireEverywhere, stackTables, withSampleColumn } from '../../../src/data/table/stack-tables.ts';
import type { Column, Table } from '../../../src/types/table.ts';
import { frame } from '../../lmm/frames.ts';

const stack = (...tables: Table[]) =>
  stackTables(
    tables.map((table, k) => ({ table, path: `${'abc'[k]}.csv` })),
    'all',
  );

function factor(levels: readonly string[], codes: readonly number[], ordered = false): Table {
  const column: Column = { kind: 'factor', levels, codes: Int32Array.from(codes), ordered };
  return { rows: codes.length, columns: new Map([['f', column]]) };
}

const texts = ({ columns }: Table, name = 'f') => {
  const column = columns.get(name);
  if (column?.kind !== 'factor') throw new Error(`${name} is no factor`);
  return Array.from(column.codes, (code) => (code < 0 ? null : column.levels[code]));
};

describe('levels of several lists', () => {
  it('have the order of each list, the same whatever the order of the lists', () => {
    const lists = [['young', 'old'], ['old', 'ancient'], ['baby'], []];
    const { levels, conflict } = mergeLevels(lists);
    expect(conflict).toBeNull();
    expect(levels).toEqual(['baby', 'young', 'old', 'ancient']);
    expect(mergeLevels([...lists].reverse()).levels).toEqual(levels);
  });

  it('are ordered by number or code point where the lists are', () => {
    expect(
      mergeLevels([
        ['b', 'd'],
        ['a', 'c'],
      ]).levels,
    ).toEqual(['a', 'b', 'c', 'd']);
    expect(
      mergeLevels([
        ['2', '10'],
        ['1', '9'],
      ]).levels,
    ).toEqual(['1', '2', '9', '10']);
  });

  it('that contradict each other are ordered by code point, and two that do are named', () => {
    expect(mergeLevels([['x'], ['b', 'a'], ['a', 'b']])).toEqual({ levels: ['a', 'b', 'x'], conflict: [1, 2] });
  });
});

describe('stacked tables', () => {
  it('have the rows of all, in the columns that all have', () => {
    const { table, notes } = stack(
      frame({ x: [1, 2], g: ['a', 'b'], only: [5, 6] }),
      frame({ g: ['c', 'a'], x: [3, 4] }),
    );
    expect(notes).toEqual([]);
    expect(table.rows).toBe(4);
    expect([...table.columns.keys()]).toEqual(['x', 'g']);
    expect(table.columns.get('x')).toEqual({ kind: 'numeric', values: Float64Array.of(1, 2, 3, 4) });
    expect(texts(table, 'g')).toEqual(['a', 'b', 'c', 'a']);
  });

  it('keep missing values, and a column without any takes the kind that it has elsewhere', () => {
    const { table } = stack(factor(['u', 'v'], [0, -1]), {
      rows: 1,
      columns: new Map([['f', { kind: 'numeric', values: Float64Array.of(Number.NaN) }]]),
    });
    expect(texts(table)).toEqual(['u', null, null]);
  });

  it('make a factor of numbers beside text, and say so', () => {
    const { table, notes } = stack(frame({ f: [1, 2] }), factor(['x'], [0]));
    expect(texts(table)).toEqual(['1', '2', 'x']);
    expect(notes).toEqual([expect.stringMatching(/'f' is a column of numbers in a\.csv, text in b\.csv/)]);
  });

  it('say where levels stand in different orders, and refuse factors that are ordered in some files only', () => {
    expect(stack(factor(['lo', 'hi'], [0, 1]), factor(['hi', 'lo'], [0])).notes).toEqual([
      expect.stringMatching(/'f' stand in different orders in a\.csv and b\.csv/),
    ]);
    expect(() => stack(factor(['lo'], [0], true), factor(['lo'], [0]))).toThrow(/ordered factor in one of/);
  });

  it('name the file of each row, and the file that lacks a column', () => {
    const { columns } = withSampleColumn(frame({ x: [1, 2] }), 'sample', 'A');
    expect(texts({ rows: 2, columns }, 'sample')).toEqual(['A', 'A']);
    expect(() => withSampleColumn(frame({ sample: [1] }), 'sample', 'A')).toThrow(/has a column of that name/);
    const files = [
      { path: 'a.csv', columns: ['x', 'y'] },
      { path: 'b.csv', columns: ['x'] },
    ];
    expect(() => requireEverywhere(new Set(['x', 'z']), files)).not.toThrow();
    expect(() => requireEverywhere(new Set(['y']), files)).toThrow(/b\.csv has no column 'y', which a\.csv has/);
  });
});

describe('stacked bulk tables', () => {
  const bulk = (path: string, names: string[], samples: string[], values: number[]) => ({
    ...{ path, names, samples, notes: [] },
    values: Float64Array.from(values),
  });
  const one = bulk('a.tsv', ['g1', 'g2'], ['s1', 's2'], [1, 2, 3, 4]);
  const other = bulk('b.tsv', ['g2', 'g3'], ['s3'], [5, 6]);

  it('match responses by name', () => {
    const shared = stackBulk([one, other], 'both', 'intersection');
    expect(shared).toMatchObject({ names: ['g2'], samples: ['s1', 's2', 's3'] });
    expect([...shared.values]).toEqual([3, 4, 5]);
    expect(shared.notes).toEqual([expect.stringMatching(/1 responses are in every file; 2 that some files lack/)]);
    const all = stackBulk([one, other], 'both', 'union');
    expect(all.names).toEqual(['g1', 'g2', 'g3']);
    expect([...all.values]).toEqual([1, 2, Number.NaN, 3, 4, 5, Number.NaN, Number.NaN, 6]);
  });

  it('refuse a sample that is in two of them, and tables that share nothing', () => {
    expect(() => stackBulk([one, one], 'both', 'union')).toThrow(/'s1' is in a\.tsv and in a\.tsv/);
    const foreign = bulk('c.tsv', ['h'], ['s9'], [1]);
    expect(() => stackBulk([one, foreign], 'both', 'intersection')).toThrow(/no response is in all of both/);
  });
});
