/** A column of a matrix whose rows lie one after the other. */
export interface MatrixColumn {
  readonly values: Float64Array;
  /** Values in a row. */
  readonly width: number;
  readonly column: number;
}

/**
 * Rows of a table, each with the place of what it shows in columns of a fit. Columns are then copied one by one, by loops that an
 * engine compiles in a millisecond: a loop over rows that fills all columns takes longer to compile than to run.
 */
export class RowPlaces {
  private readonly rows: Int32Array;
  private readonly places: Int32Array;
  private count = 0;

  /** @param most rows that are added */
  constructor(most: number) {
    this.rows = new Int32Array(most);
    this.places = new Int32Array(most);
  }

  add(row: number, place: number): void {
    this.rows[this.count] = row;
    this.places[this.count++] = place;
  }

  /** Copies what a column of the fit has at the places into the rows. */
  copy(from: Float64Array, into: Float64Array): void {
    const { rows, places, count } = this;
    for (let i = 0; i < count; i++) into[rows[i]] = from[places[i]];
  }

  /** Copies a column of a matrix with a row for each place into a column of one with a row for each row. */
  copyColumn(from: MatrixColumn, into: MatrixColumn): void {
    const { rows, places, count } = this;
    const { values, width, column } = from;
    const { values: target, width: wide, column: at } = into;
    for (let i = 0; i < count; i++) target[rows[i] * wide + at] = values[places[i] * width + column];
  }

  forEach(visit: (row: number, place: number) => void): void {
    for (let i = 0; i < this.count; i++) visit(this.rows[i], this.places[i]);
  }
}
