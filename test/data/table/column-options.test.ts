import { describe, expect, it } from 'vitest';
import { applyColumnOptions, type ColumnOptions, parseColumnSpec } from '../../../src/data/table/column-options.ts';
import { type FitError, isFitError } from '../../../src/errors.ts';
import type { Column, FactorColumn, Table } from '../../../src/types/table.ts';

const factor = (levels: string[], codes: number[], ordered = false): FactorColumn => ({
  kind: 'factor',
  levels,
  codes: Int32Array.from(codes),
  ordered,
});

const table: Table = {
  rows: 4,
  columns: new Map<string, Column>([
    ['trt', factor(['b', 'a,b', 'c'], [0, 1, 2, -1])],
    ['dose', { kind: 'numeric', values: Float64Array.of(10, 2, NaN, 2) }],
    ['flag', { kind: 'logical', values: Float64Array.of(1, 0, NaN, 1) }],
    ['k=v', factor(['x'], [0, 0, 0, 0])],
  ]),
};

function column(options: ColumnOptions, name: string): Column {
  return applyColumnOptions(table, options).columns.get(name)!;
}

function failure(options: ColumnOptions): FitError {
  try {
    applyColumnOptions(table, options);
  } catch (error) {
    if (isFitError(error, 'OptionError')) return error;
  }
  throw new Error('expected an OptionError');
}

describe('applyColumnOptions', () => {
  it('orders listed levels, one CSV record', () => {
    expect(column({ factor: ['trt=c,"a,b",b'] }, 'trt')).toEqual(factor(['c', 'a,b', 'b'], [2, 1, 0, -1]));
  });

  it('keeps levels that have no rows', () => {
    expect(column({ ordered: ['trt=z,c,b,"a,b"'] }, 'trt')).toEqual(
      factor(['z', 'c', 'b', 'a,b'], [2, 3, 1, -1], true),
    );
  });

  it('makes factors of numbers, ordered by number', () => {
    expect(column({ factor: ['dose'] }, 'dose')).toEqual(factor(['2', '10'], [1, 0, -1, 0]));
  });

  it('matches listed numbers as numbers', () => {
    expect(column({ factor: ['dose=10.0,2'] }, 'dose')).toEqual(factor(['10.0', '2'], [0, 1, -1, 1]));
  });

  it('makes factors of logicals, however they are spelled', () => {
    expect(column({ factor: ['flag'] }, 'flag')).toEqual(factor(['FALSE', 'TRUE'], [1, 0, -1, 1]));
    expect(column({ factor: ['flag=true,false'] }, 'flag')).toEqual(factor(['true', 'false'], [0, 1, -1, 0]));
  });

  it('leaves an ordered factor ordered unless told otherwise', () => {
    const ordered: Table = { rows: 1, columns: new Map([['o', factor(['lo', 'hi'], [0], true)]]) };
    expect(applyColumnOptions(ordered, { factor: ['o'] }).columns.get('o')).toEqual(factor(['lo', 'hi'], [0], true));
    expect(applyColumnOptions(ordered, { factor: ['o=lo,hi'] }).columns.get('o')).toEqual(factor(['lo', 'hi'], [0]));
  });

  it('leaves the given table and the other columns as they are', () => {
    const result = applyColumnOptions(table, { factor: ['dose'] });
    expect(table.columns.get('dose')?.kind).toBe('numeric');
    expect(result.columns.get('trt')).toBe(table.columns.get('trt'));
    expect([...result.columns.keys()]).toEqual([...table.columns.keys()]);
  });

  it('finds columns whose name holds an equals sign', () => {
    expect(parseColumnSpec('k=v', table.columns.keys(), 'factor')).toEqual({ column: 'k=v', levels: null });
    expect(parseColumnSpec('k=v=x,y', table.columns.keys(), 'factor')).toEqual({ column: 'k=v', levels: ['x', 'y'] });
  });

  it.each([
    [{ factor: ['trt=b,c'] }, "“factor: trt=b,c”: the column also holds 'a,b'"],
    [{ ordered: ['dose=2'] }, "“ordered: dose=2”: the column also holds '10'"],
    [{ factor: ['tr=a'] }, "“factor: tr=a”: no column 'tr'; did you mean 'trt'?"],
    [{ factor: ['trt='] }, '“factor: trt=”: nothing is listed'],
    [{ factor: ['trt=a,a'] }, "“factor: trt=a,a”: level 'a' is listed twice"],
    [{ factor: ['trt="a'] }, '“factor: trt="a”: the list is not one CSV record'],
    [{ factor: ['dose'], ordered: ['dose=2,10'] }, "“ordered: dose=2,10”: column 'dose' is given twice"],
  ])('refuses %j', (options, message) => {
    expect(failure(options).message).toBe(message);
  });
});
