/** Plain data of responses: held dense, or a matrix that is read in blocks. */
import type { PassRunner } from './entry-pass.ts';
import type { Table } from './table.ts';

/** Responses held dense: rows of the table x responses, response-major (`values[response * rows + row]`), NaN missing. */
export interface DenseResponses {
  readonly kind: 'dense';
  readonly rows: number;
  /** Names of the rows, by which a model frame with row names is joined. */
  readonly rowNames?: readonly string[];
  readonly names: readonly string[];
  /** Symbols, where the file has them beside the feature id. */
  readonly genes?: readonly string[];
  readonly values: Float64Array;
  /** Precision weights of the same layout (voom); 0 drops the row for that response. */
  readonly weights?: Float64Array;
  /** Trials of the same layout, of which `values` are the successes; 1 without it. */
  readonly trials?: Float64Array;
  /** Categories of ordinal responses in order, of which `values` are the numbers from 1. */
  readonly categories?: readonly string[];
}

/**
 * Some entries of a rows x responses matrix, compressed along one axis. Run k holds the entries of major index
 * `majors[k]` (a row = cell when `major` is 'row', a response = gene otherwise) at positions
 * `pointers[k] .. pointers[k + 1]`: minor index and value. Entries that appear nowhere are zero.
 */
export interface MatrixBlock {
  readonly major: 'row' | 'response';
  readonly majors: Int32Array;
  readonly pointers: Int32Array;
  readonly indices: Int32Array;
  readonly values: Float64Array | Float32Array | Int32Array;
  /** True when no other block holds entries of these major indices. */
  readonly whole: boolean;
}

/** How a pass over a matrix is cut. */
export interface PassOptions {
  readonly maxEntries?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Hands NaN over as missing; a source that meets one without it refuses (see `MissingValuesError`). */
  readonly missing?: boolean | undefined;
  /** One of several shares of the matrix, about as many entries each; together they are one pass. */
  readonly share?: Share | undefined;
  /** Lets a block be overwritten by the next one. */
  readonly reuse?: boolean | undefined;
}

/** Part `part` (from 0) of `of`. */
export interface Share {
  readonly part: number;
  readonly of: number;
}

/** A matrix of responses that is read in blocks: never held dense, read again for each pass. */
export interface MatrixSource {
  readonly kind: 'matrix';
  readonly path: string;
  /** Rows = observations = cells. */
  readonly rows: number;
  /** Feature ids, unique (repeats carry `-1`, `-2`). */
  readonly names: readonly string[];
  readonly genes?: readonly string[];
  /** Stored entries where the header tells, for progress. */
  readonly entries?: number;
  /** Responses that a run takes unless it is told which, increasing: of stacked files those that all have. All without it. */
  readonly wanted?: Int32Array;
  /** Of stacked files their names, the file of each row, and whether barcodes have its name in front. */
  readonly samples?: {
    readonly names: readonly string[];
    readonly of: Int32Array;
    /** Whether row names begin with the name of their matrix. */
    prefixed?(): Promise<boolean>;
  };
  /** False once a pass found cells out of order (see `UnorderedMatrixError`): restart the pass, its blocks then are not whole. */
  readonly ordered?: boolean;
  /** Remarks for the user: features dropped by type, names made unique. */
  readonly notes?: readonly string[];
  /** Other matrices in the same file, as `layer` names them; left out where a format has none. */
  readonly layers?: readonly string[];
  /** Barcodes, unique; refuses repeated ones, by which nothing can be joined. */
  rowNames(): Promise<readonly string[]>;
  /** Columns of the annotation inside the file (h5ad), without reading them; empty where there is none. */
  readonly obsColumns: readonly string[];
  /** Whether barcodes repeat, found without holding them where the source need not. */
  repeatedRowNames?(): Promise<boolean>;
  /** Reads those columns; without `rowNames` the barcodes, which may be a million strings, are left out of the table. */
  readObs(columns?: readonly string[], options?: { readonly rowNames?: boolean }): Promise<Table>;
  /** One pass over all entries. Blocks hold at most about `maxEntries` entries (a single run may exceed it). */
  blocks(options?: PassOptions): AsyncIterable<MatrixBlock>;
  /** Whether `blocks` reads shares; a source that does not reads all rows whatever it is asked for. */
  readonly divisible?: boolean;
  /** Runs passes in threads of the source's own. */
  readonly runPass?: PassRunner;
  /** Gives back files and threads; the matrix cannot be read afterwards. */
  close(): Promise<void>;
}
