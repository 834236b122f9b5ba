import { describe, expect, it } from 'vitest';
import { readDelimited } from '../../../src/data/table/csv.ts';
import { joinObs } from '../../../src/data/table/join.ts';
import { columnTexts, selectRows, splitTable, tableColumn } from '../../../src/data/table/table-rows.ts';

const obs = await readDelimited('id,f,x,l\nc1,b,10,TRUE\nc2,a,9,FALSE\nc3,,10,NA\nc4,a,NA,TRUE\n', {
  rowNames: true,
  path: 'o.csv',
});

describe('selectRows', () => {
  it('takes rows in the given order and keeps the levels', () => {
    const table = selectRows(obs, Int32Array.of(3, 1));
    expect(table.rows).toBe(2);
    expect(table.rowNames).toEqual(['c4', 'c2']);
    expect(table.path).toBe('o.csv');
    expect(table.columns.get('f')).toEqual({
      kind: 'factor',
      levels: ['a', 'b'],
      codes: Int32Array.of(0, 0),
      ordered: false,
    });
    expect(table.columns.get('x')).toEqual({ kind: 'numeric', values: Float64Array.of(NaN, 9) });
    expect(columnTexts(tableColumn(table, 'l'))).toEqual(['TRUE', 'FALSE']);
  });

  it('names the nearest column', () => {
    expect(() => tableColumn(obs, 'Ids')).toThrow("no column 'Ids' in o.csv; did you mean 'id'?");
  });
});

describe('splitTable', () => {
  const split = (name: string) => {
    const { parts, notes } = splitTable(obs, name);
    return { parts: parts.map(({ level, rows }) => [level, ...rows]), notes };
  };

  it('gives the rows of each level in order, missing ones noted', () => {
    expect(split('f')).toEqual({
      parts: [
        ['a', 1, 3],
        ['b', 0],
      ],
      notes: ["1 row without a value of 'f' left out of every split"],
    });
    expect(split('x').parts).toEqual([
      ['9', 1],
      ['10', 0, 2],
    ]);
    expect(split('l').parts).toEqual([
      ['FALSE', 1],
      ['TRUE', 0, 3],
    ]);
  });

  it('leaves out levels without rows, and refuses a column without values', () => {
    const few = selectRows(obs, Int32Array.of(1, 2));
    expect(splitTable(few, 'f').parts.map((part) => part.level)).toEqual(['a']);
    expect(() => splitTable(selectRows(obs, Int32Array.of(2)), 'f')).toThrow('no values to split by');
  });
});

describe('joinObs', () => {
  it('aligns the annotation with the matrix', () => {
    const joined = joinObs(['c3', 'x', 'c1', 'c4'], obs);
    expect([...joined.rows]).toEqual([0, 2, 3]);
    expect(joined.table.rowNames).toEqual(['c3', 'c1', 'c4']);
    expect(columnTexts(tableColumn(joined.table, 'f'))).toEqual([null, 'b', 'a']);
    expect(joined).toMatchObject({ unmatchedMatrix: 1, unmatchedObs: 1 });
    expect(joined.notes).toEqual([
      "1 row of the matrix not in o.csv, left out ('x')",
      "1 row of o.csv not in the matrix ('c2')",
    ]);
  });

  it('takes the first column where there are no row names, numbers too', async () => {
    const table = await readDelimited('sample,f\n12,b\n7,a\n');
    const joined = joinObs(['7', '12'], table);
    expect(columnTexts(tableColumn(joined.table, 'f'))).toEqual(['a', 'b']);
    expect(joined.table.rowNames).toEqual(['7', '12']);
    expect(joined.notes).toEqual([]);
  });

  it('shows up to three examples', () => {
    expect(joinObs(['c1', 'a', 'b', 'c', 'd'], obs).notes[0]).toBe(
      "4 rows of the matrix not in o.csv, left out ('a', 'b', 'c', ...)",
    );
  });

  it('refuses repeated barcodes, and names that never match', async () => {
    const repeated = await readDelimited('id,f\nc1,a\nc1,b\n');
    expect(() => joinObs(['c1'], repeated)).toThrow("rows 1 and 2 are both named 'c1'");
    expect(() => joinObs(['c1-1'], obs)).toThrow("'c1-1' there, 'c1' here");
  });
});
