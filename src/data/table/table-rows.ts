import { FitError } from '../../errors.ts';
import { type Column, columnNamesOf, type Table } from '../../types/table.ts';
import { unknownColumn } from './csv.ts';
import { numericLevels } from './level-order.ts';

/** The table made of the given rows, in that order. Factors keep all their levels. */
export function selectRows(table: Table, rows: Int32Array): Table {
  const columns = new Map<string, Column>();
  for (const [name, column] of table.columns) columns.set(name, selectColumnRows(column, rows));
  const { rowNames, path, columnNames } = table;
  return {
    rows: rows.length,
    columns,
    ...(columnNames === undefined ? {} : { columnNames }),
    ...(rowNames === undefined ? {} : { rowNames: Array.from(rows, (row) => rowNames[row]) }),
    path,
  };
}

function selectColumnRows(column: Column, rows: Int32Array): Column {
  if (column.kind === 'factor') {
    const codes = new Int32Array(rows.length);
    for (let i = 0; i < rows.length; i++) codes[i] = column.codes[rows[i]];
    return { ...column, codes };
  }
  const values = new Float64Array(rows.length);
  for (let i = 0; i < rows.length; i++) values[i] = column.values[rows[i]];
  return { kind: column.kind, values };
}

/** The column of that name. @throws FitError DataError naming the nearest column when there is none */
export function tableColumn(table: Table, name: string): Column {
  const column = table.columns.get(name);
  if (column === undefined) throw unknownColumn(name, columnNamesOf(table), table.path);
  return column;
}

/** Each row as a text: level, number or TRUE/FALSE; null where missing. */
export function columnTexts(column: Column): (string | null)[] {
  const { levels, codes } = asLevels(column);
  return Array.from(codes, (code) => (code < 0 ? null : levels[code]));
}

/**
 * Levels of any column in order, and the level of each row (-1 missing): those of a factor (unused ones too), the
 * distinct numbers by number, FALSE before TRUE.
 */
export function asLevels(column: Column): { levels: readonly string[]; codes: Int32Array } {
  if (column.kind === 'factor') return column;
  if (column.kind === 'logical') {
    return {
      levels: ['FALSE', 'TRUE'],
      codes: Int32Array.from(column.values, (value) => (Number.isNaN(value) ? -1 : value)),
    };
  }
  const { values, labels } = numericLevels(column.values);
  const position = new Map(values.map((value, i) => [value, i]));
  return { levels: labels, codes: Int32Array.from(column.values, (value) => position.get(value) ?? -1) };
}

/** One part of a table: rows (increasing) that share a level. */
export interface TablePart {
  readonly level: string;
  readonly rows: Int32Array;
}

/**
 * Rows of each level of a column, for `--split-by`: in the order of the levels, numbers by number. Levels without rows
 * are left out, rows without a value too, with a note.
 *
 * @throws FitError DataError for an unknown column or one without any value
 */
export function splitTable(table: Table, name: string): { parts: TablePart[]; notes: string[] } {
  const { levels, codes } = asLevels(tableColumn(table, name));
  const counts = new Int32Array(levels.length);
  let missing = 0;
  for (const code of codes) {
    if (code < 0) missing += 1;
    else counts[code] += 1;
  }
  const rows = Array.from(counts, (count) => new Int32Array(count));
  const filled = new Int32Array(levels.length);
  for (let row = 0; row < codes.length; row++) {
    const code = codes[row];
    if (code >= 0) rows[code][filled[code]++] = row;
  }
  const parts = levels.map((level, i) => ({ level, rows: rows[i] })).filter((part) => part.rows.length > 0);
  if (parts.length === 0) {
    throw new FitError('DataError', `column '${name}' has no values to split by`, {
      path: table.path,
      remedy: 'name a column with values',
    });
  }
  const notes =
    missing === 0
      ? []
      : [`${missing} ${missing === 1 ? 'row' : 'rows'} without a value of '${name}' left out of every split`];
  return { parts, notes };
}
