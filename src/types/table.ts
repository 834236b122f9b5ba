/** Plain data of tables: columns of numbers, logical values and factors. */

/** Numbers; NaN is missing. */
export interface NumericColumn {
  readonly kind: 'numeric';
  readonly values: Float64Array;
}

/** 1 true, 0 false, NaN missing. Enters formulas as R's logical (coefficient `xTRUE`). */
export interface LogicalColumn {
  readonly kind: 'logical';
  readonly values: Float64Array;
}

/** Levels in order, and per row the index of its level; -1 is missing. */
export interface FactorColumn {
  readonly kind: 'factor';
  readonly levels: readonly string[];
  readonly codes: Int32Array;
  /** Ordered factors get polynomial contrasts unless told otherwise. */
  readonly ordered: boolean;
}

/** A column of a data frame. */
export type Column = NumericColumn | LogicalColumn | FactorColumn;

/** A data frame. */
export interface Table {
  readonly rows: number;
  /** Columns by name, in the order of the file. */
  readonly columns: ReadonlyMap<string, Column>;
  /** Identifier of each row (barcode, sample) where the source has one. */
  readonly rowNames?: readonly string[];
  /** Where the table came from, for messages. */
  readonly path?: string | undefined;
  /** All columns of the file, where only some were read; for messages. */
  readonly columnNames?: readonly string[];
}

/** Names of all columns that a table has or could have been read with. */
export function columnNamesOf(table: Table): readonly string[] {
  return table.columnNames ?? [...table.columns.keys()];
}
