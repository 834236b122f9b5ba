/** Means and deviations of rows of a design. */

/** The rows of a design, then the means and deviations of some of them. */
export interface BlockRows {
  readonly count: number;
  /** count x p column-major. */
  readonly q: Float64Array;
  /** All of them from the n residuals of a response; valid until the next call. */
  expand(r: Float64Array): Float64Array;
}

/** Means and deviations of rows, numbered behind the rows. */
export class SharedRows {
  private readonly n: number;
  private readonly q: Float64Array;
  private readonly p: number;
  private readonly groups: {
    readonly rows: readonly number[];
    readonly along: Float64Array;
    readonly first: number;
  }[] = [];
  private next: number;
  private readonly rowOf: number[] = [];

  constructor(n: number, q: Float64Array, p: number) {
    this.n = n;
    this.q = q;
    this.p = p;
    this.next = n;
  }

  /** Joins rows along a vector; a row alone stays what it is. `size` is the vector's length. */
  join(rows: readonly number[], along: (i: number) => number): { mean: number; deviations: number[]; size: number } {
    const direction = Float64Array.from(rows, along);
    let square = 0;
    for (const value of direction) square += value * value;
    const size = Math.sqrt(square);
    if (rows.length === 1) return { mean: rows[0], deviations: [], size };
    for (let k = 0; k < direction.length; k++) direction[k] /= size;
    const first = this.next;
    this.groups.push({ rows, along: direction, first });
    this.next += rows.length + 1;
    this.rowOf.push(rows[0], ...rows);
    return { mean: first, deviations: rows.map((_, k) => first + 1 + k), size };
  }

  /** Levels of all rows from those of the design's. */
  codesOf(codes: Int32Array): Int32Array {
    return Int32Array.from({ length: this.next }, (_, i) => (i < this.n ? codes[i] : codes[this.rowOf[i - this.n]]));
  }

  finish(): BlockRows {
    const { n, p, groups } = this;
    const count = this.next;
    const values = new Float64Array(count);
    const expand = (r: Float64Array): Float64Array => {
      values.set(r.length > n ? r.subarray(0, n) : r);
      for (const { rows, along, first } of groups) {
        let mean = 0;
        for (let k = 0; k < rows.length; k++) mean += along[k] * r[rows[k]];
        values[first] = mean;
        for (let k = 0; k < rows.length; k++) values[first + 1 + k] = r[rows[k]] - along[k] * mean;
      }
      return values;
    };
    if (groups.length === 0) return { count: n, q: this.q, expand: (r) => r };
    const q = new Float64Array(count * p);
    for (let c = 0; c < p; c++) q.set(expand(this.q.subarray(c * n, (c + 1) * n)), c * count);
    return { count, q, expand };
  }
}
