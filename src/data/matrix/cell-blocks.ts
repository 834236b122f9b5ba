import { FitError } from '../../errors.ts';
import type { Table } from '../../types/table.ts';

/** Consecutive cells, compressed: cell k holds `pointers[k] .. pointers[k + 1]` of `indices` and `values`. */
export interface CellBlock {
  /** Cells + 1, beginning with 0. */
  readonly pointers: Float64Array | Int32Array;
  /** Feature of each entry. */
  readonly indices: Int32Array;
  readonly values: Int32Array | Float32Array | Float64Array;
}

/** What a matrix to be written says beside its entries. */
export interface MatrixHead {
  /** Cells. */
  readonly rows: number;
  /** Feature ids. */
  readonly names: readonly string[];
  /** Symbols; the ids where absent. */
  readonly genes?: readonly string[];
  /** Barcodes. */
  readonly rowNames: readonly string[];
  /** Annotation of the cells. */
  readonly obs: Table;
}

/** A matrix held whole, or the same as blocks of cells in order, which are taken one at a time. */
export type WritableMatrix = MatrixHead &
  (CellBlock | { readonly blocks: Iterable<CellBlock> | AsyncIterable<CellBlock>; readonly entries?: number });

/** Entries where they are known before the blocks are. */
export function knownEntries(matrix: WritableMatrix): number | undefined {
  return 'blocks' in matrix ? matrix.entries : matrix.indices.length;
}

/**
 * The blocks of a matrix, checked against its head.
 *
 * @throws FitError `DataError` when cells, entries or barcodes do not add up.
 */
export async function* cellBlocks(matrix: WritableMatrix, path: string): AsyncGenerator<CellBlock> {
  const mismatch = (what: string, given: number, expected: number) =>
    new FitError('DataError', `cannot write ${path}: ${what} ${given}, expected ${expected}`, {
      path,
      remedy: 'give blocks of consecutive cells that together are the matrix',
    });
  if (matrix.rowNames.length !== matrix.rows) throw mismatch('barcodes:', matrix.rowNames.length, matrix.rows);
  if (matrix.obs.rows !== matrix.rows) throw mismatch('rows of obs:', matrix.obs.rows, matrix.rows);
  let cells = 0;
  let entries = 0;
  for await (const block of 'blocks' in matrix ? matrix.blocks : [matrix]) {
    const count = block.pointers[block.pointers.length - 1];
    if (count !== block.indices.length || count !== block.values.length) {
      throw mismatch('entries of a block:', block.indices.length, count);
    }
    cells += block.pointers.length - 1;
    entries += count;
    yield block;
  }
  if (cells !== matrix.rows) throw mismatch('cells:', cells, matrix.rows);
  const announced = knownEntries(matrix);
  if (announced !== undefined && entries !== announced) throw mismatch('entries:', entries, announced);
}

/** How long a pass may keep the thread before timers, signals and progress get their turn. */
const TURN_MILLISECONDS = 40;

/**
 * Keeps a long pass polite: `turn()` between blocks refuses to go on once the signal is aborted and from time to time
 * yields to the event loop.
 *
 * @throws FitError `AbortError`
 */
export class Pace {
  private readonly signal: AbortSignal | undefined;
  private last = performance.now();

  constructor(signal?: AbortSignal) {
    this.signal = signal;
  }

  async turn(): Promise<void> {
    if (performance.now() - this.last > TURN_MILLISECONDS) {
      await new Promise((resolve) => setTimeout(resolve, 0));
      this.last = performance.now();
    }
    if (this.signal?.aborted) throw new FitError('AbortError', 'reading was cancelled', { cause: this.signal.reason });
  }
}
