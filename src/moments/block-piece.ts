/** A piece that blocks of a covariance are counted from (`block-pieces.ts`). */
export interface BlockPiece {
  readonly group: number;
  /** Rows of one block: their number, and which they are; more than one block where all are alike. */
  readonly size: number;
  readonly rows: readonly number[];
  /** Blocks that count in log|V|. */
  readonly count: number;
  readonly sign: 1 | -1;
  readonly positions: Float64Array;
  readonly subjects: Int32Array;
  readonly scales: Float64Array;
  readonly effects: readonly { readonly z: Float64Array; readonly levels: Int32Array; readonly codes: Int32Array }[];
}
