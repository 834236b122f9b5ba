/** Tables for output: columns of one length, ready for any writer. */

/** Missing entry of an integer or logical column (R's NA_integer_). */
export const MISSING_INTEGER = -2147483648;

export interface StringColumn {
  readonly name: string;
  readonly kind: 'string';
  /** null is missing. */
  readonly values: readonly (string | null)[];
}

export interface NumberColumn {
  readonly name: string;
  readonly kind: 'number';
  /** NaN is missing. */
  readonly values: Float64Array;
}

export interface IntegerColumn {
  readonly name: string;
  /** A logical column holds 1 and 0. */
  readonly kind: 'integer' | 'logical';
  /** {@link MISSING_INTEGER} is missing. */
  readonly values: Int32Array;
}

export type OutputColumn = StringColumn | NumberColumn | IntegerColumn;

/** One table, or a run of rows of one. */
export interface OutputTable {
  readonly columns: readonly OutputColumn[];
  readonly rows: number;
}

/** One row as an object: strings, numbers and booleans, null where missing. */
export type OutputRow = Readonly<Record<string, string | number | boolean | null>>;

/** Collects columns of at most `capacity` rows; each is filled with missing values until set. */
export class OutputTableBuilder {
  readonly capacity: number;
  private readonly columns: OutputColumn[] = [];
  /** Places of the columns that the user's data name. */
  private readonly named: number[] = [];

  constructor(capacity: number) {
    this.capacity = capacity;
  }

  /** Adds a column of text and returns its values for filling; those given, one a row, are taken as they are. */
  string(name: string, given?: (string | null)[]): (string | null)[] {
    const values = given ?? new Array<string | null>(this.capacity).fill(null);
    this.columns.push({ name, kind: 'string', values });
    return values;
  }

  /**
   * Adds a column of text that the user's data name (a factor whose levels it holds). Where a table has a column of that
   * name it becomes `NAME.level`, so that no two columns share a name and no row as an object loses a value.
   */
  label(name: string): (string | null)[] {
    this.named.push(this.columns.length);
    return this.string(name);
  }

  /** A column of numbers named like a {@link label}. */
  labelledNumber(name: string): Float64Array {
    this.named.push(this.columns.length);
    return this.number(name);
  }

  /** Adds a column of numbers and returns its values for filling; those given, one a row, are taken as they are. */
  number(name: string, given?: Float64Array): Float64Array {
    const values = given ?? new Float64Array(this.capacity).fill(Number.NaN);
    this.columns.push({ name, kind: 'number', values });
    return values;
  }

  /** Adds a column of integers (or 1 and 0 for logical) and returns its values for filling. */
  integer(name: string, kind: 'integer' | 'logical' = 'integer'): Int32Array {
    const values = new Int32Array(this.capacity).fill(MISSING_INTEGER);
    this.columns.push({ name, kind, values });
    return values;
  }

  /** The table of the first `rows` rows. */
  finish(rows: number): OutputTable {
    for (const place of this.named) {
      const column = this.columns[place];
      let { name } = column;
      while (this.columns.some((other) => other !== column && other.name === name)) name = `${name}.level`;
      this.columns[place] = { ...column, name };
    }
    if (rows === this.capacity) return { columns: this.columns, rows };
    return { columns: this.columns.map((column) => cut(column, 0, rows)), rows };
  }
}

function cut(column: OutputColumn, from: number, to: number): OutputColumn {
  switch (column.kind) {
    case 'string':
      return { ...column, values: column.values.slice(from, to) };
    case 'number':
      return { ...column, values: column.values.subarray(from, to) };
    default:
      return { ...column, values: column.values.subarray(from, to) };
  }
}

/** The table with its rows in another order: row i of the result is row `order[i]`. */
export function reorderRows(table: OutputTable, order: ArrayLike<number>): OutputTable {
  const rows = order.length;
  const columns = table.columns.map((column): OutputColumn => {
    if (column.kind === 'string') {
      return { ...column, values: Array.from(order, (row) => column.values[row]) };
    }
    if (column.kind === 'number') {
      return { ...column, values: Float64Array.from(order, (row) => column.values[row]) };
    }
    return { ...column, values: Int32Array.from(order, (row) => column.values[row]) };
  });
  return { columns, rows };
}

/** The values of a numeric column; undefined when the table lacks it. */
export function numberValues(table: OutputTable, name: string): Float64Array | undefined {
  const column = table.columns.find((candidate) => candidate.name === name);
  return column?.kind === 'number' ? column.values : undefined;
}

/** The rows of a table, one object at a time. */
export function* outputRows(table: OutputTable): Generator<OutputRow> {
  for (let row = 0; row < table.rows; row++) {
    const entries: Record<string, string | number | boolean | null> = {};
    for (const column of table.columns) entries[column.name] = cell(column, row);
    yield entries;
  }
}

function cell(column: OutputColumn, row: number): string | number | boolean | null {
  if (column.kind === 'string') return column.values[row];
  const value = column.values[row];
  if (column.kind === 'number') return Number.isNaN(value) ? null : value;
  if (value === MISSING_INTEGER) return null;
  return column.kind === 'logical' ? value !== 0 : value;
}
