import { FitError } from '../../errors.ts';
import type { MatrixBlock } from '../../types/responses.ts';
import type { EntryBatch } from './matrix-market.ts';
import { SeenPairs } from './seen-pairs.ts';

/** Entries of one block where the caller does not say: 12 MB of indices and values. */
export const DEFAULT_MAX_ENTRIES = 1 << 20;

/** How the entries of a genes x cells file become blocks of cells. */
export interface RunOptions {
  readonly path: string;
  /** Features of the file. */
  readonly features: number;
  readonly cells: number;
  /** Index among the selected features per feature of the file, -1 to drop; absent when all are kept. */
  readonly position?: Int32Array;
  readonly maxEntries: number;
  /** Names for messages. */
  readonly nameOfFeature: (feature: number) => string;
  readonly nameOfCell: (cell: number) => string;
}

/**
 * Cuts entries that come cell by cell into blocks at the boundaries of cells. Zeros and dropped features are left out,
 * cells without entries have no run.
 *
 * @throws UnorderedMatrixError when a cell comes after a later one.
 * @throws FitError `DataError` when a cell has two entries of one feature.
 */
export class OrderedRuns {
  private readonly options: RunOptions;
  private indices: Int32Array;
  private values: Float64Array;
  private majors: number[] = [];
  /** Where the run of each of `majors` begins. */
  private starts: number[] = [];
  private count = 0;
  private cell = -1;
  /** Last cell that had an entry of each feature of the file: finds repeats whatever the order within a cell. */
  private readonly lastCell: Int32Array;

  constructor(options: RunOptions) {
    this.options = options;
    this.indices = new Int32Array(options.maxEntries);
    this.values = new Float64Array(options.maxEntries);
    this.lastCell = new Int32Array(options.features).fill(-1);
  }

  /** Takes the entries; hands out the blocks that became full. */
  push(batch: EntryBatch): MatrixBlock[] {
    const { position, maxEntries } = this.options;
    const { rows, columns, values } = batch;
    const { lastCell } = this;
    const blocks: MatrixBlock[] = [];
    for (let e = 0; e < batch.count; e++) {
      const feature = rows[e];
      const cell = columns[e];
      if (cell !== this.cell) {
        if (cell < this.cell) throw new UnorderedMatrixError(this.options.path);
        if (this.count > 0 && this.count >= maxEntries) this.cut(this.majors.length, blocks);
        this.cell = cell;
      }
      if (lastCell[feature] === cell) throw repeatedEntry(this.options, feature, cell);
      lastCell[feature] = cell;
      const index = position === undefined ? feature : position[feature];
      if (index < 0 || values[e] === 0) continue;
      if (this.majors[this.majors.length - 1] !== cell) {
        this.majors.push(cell);
        this.starts.push(this.count);
      }
      if (this.count === this.indices.length) this.makeRoom(blocks);
      this.indices[this.count] = index;
      this.values[this.count++] = values[e];
    }
    return blocks;
  }

  /** The block of the last cells, if there are any. */
  end(): MatrixBlock[] {
    const blocks: MatrixBlock[] = [];
    if (this.count > 0) this.cut(this.majors.length, blocks);
    return blocks;
  }

  /** The buffers are full in the midst of a cell: hand out the cells before it, or grow when it is alone. */
  private makeRoom(blocks: MatrixBlock[]): void {
    if (this.majors.length > 1) {
      this.cut(this.majors.length - 1, blocks);
      return;
    }
    const indices = new Int32Array(this.indices.length * 2);
    indices.set(this.indices);
    const values = new Float64Array(this.values.length * 2);
    values.set(this.values);
    this.indices = indices;
    this.values = values;
  }

  /** Hands out the first `runs` runs and keeps the rest. */
  private cut(runs: number, blocks: MatrixBlock[]): void {
    const end = runs < this.starts.length ? this.starts[runs] : this.count;
    const pointers = new Int32Array(runs + 1);
    for (let k = 0; k < runs; k++) pointers[k] = this.starts[k];
    pointers[runs] = end;
    blocks.push({
      major: 'row',
      majors: Int32Array.from(this.majors.slice(0, runs)),
      pointers,
      indices: this.indices.slice(0, end),
      values: this.values.slice(0, end),
      whole: true,
    });
    this.indices.copyWithin(0, end, this.count);
    this.values.copyWithin(0, end, this.count);
    this.majors = this.majors.slice(runs);
    this.starts = this.starts.slice(runs).map((start) => start - end);
    this.count -= end;
  }
}

/**
 * Gathers entries in any order and sorts each full buffer into runs of cells. A cell may have runs in several blocks.
 *
 * @throws FitError `DataError` when a cell has two entries of one feature, however far apart.
 */
export class UnorderedRuns {
  private readonly options: RunOptions;
  private readonly features: Int32Array;
  private readonly cells: Int32Array;
  private readonly values: Float64Array;
  private readonly seen: SeenPairs;
  private count = 0;

  constructor(options: RunOptions) {
    this.options = options;
    this.seen = new SeenPairs(options.features, options.cells, options.path);
    this.features = new Int32Array(options.maxEntries);
    this.cells = new Int32Array(options.maxEntries);
    this.values = new Float64Array(options.maxEntries);
  }

  push(batch: EntryBatch): MatrixBlock[] {
    const blocks: MatrixBlock[] = [];
    for (let e = 0; e < batch.count; e++) {
      if (this.count === this.features.length) blocks.push(this.sorted());
      if (!this.seen.add(batch.rows[e], batch.columns[e])) {
        throw repeatedEntry(this.options, batch.rows[e], batch.columns[e]);
      }
      this.features[this.count] = batch.rows[e];
      this.cells[this.count] = batch.columns[e];
      this.values[this.count++] = batch.values[e];
    }
    return blocks;
  }

  end(): MatrixBlock[] {
    return this.count > 0 ? [this.sorted()] : [];
  }

  /** Counting sort by cell; within a cell the order of the file stays. */
  private sorted(): MatrixBlock {
    const { position } = this.options;
    const { features, cells, values, count } = this;
    const first = new Int32Array(this.options.cells + 1);
    for (let e = 0; e < count; e++) first[cells[e] + 1]++;
    for (let c = 0; c < this.options.cells; c++) first[c + 1] += first[c];
    const order = new Int32Array(count);
    for (let e = 0; e < count; e++) order[first[cells[e]]++] = e;
    const majors: number[] = [];
    const pointers: number[] = [];
    const indices = new Int32Array(count);
    const sortedValues = new Float64Array(count);
    let kept = 0;
    for (let k = 0; k < count; k++) {
      const e = order[k];
      const feature = features[e];
      const cell = cells[e];
      const index = position === undefined ? feature : position[feature];
      if (index < 0 || values[e] === 0) continue;
      if (majors[majors.length - 1] !== cell) {
        majors.push(cell);
        pointers.push(kept);
      }
      indices[kept] = index;
      sortedValues[kept++] = values[e];
    }
    pointers.push(kept);
    this.count = 0;
    return {
      major: 'row',
      majors: Int32Array.from(majors),
      pointers: Int32Array.from(pointers),
      indices: indices.slice(0, kept),
      values: sortedValues.slice(0, kept),
      whole: false,
    };
  }
}

function repeatedEntry(options: RunOptions, feature: number, cell: number): FitError {
  return new FitError(
    'DataError',
    `${options.path} has two entries of feature '${options.nameOfFeature(feature)}' in cell '${options.nameOfCell(cell)}'`,
    { path: options.path, remedy: 'sum repeated entries where the matrix was made' },
  );
}

/**
 * Thrown by a pass over a text matrix whose cells turn out not to be in order, after some blocks were handed out as
 * whole. The source remembers it (`ordered` is false from then on): drop what the pass gathered and start another;
 * its blocks have `whole: false`.
 */
export class UnorderedMatrixError extends Error {
  /** File of the matrix. */
  readonly path: string;

  constructor(path: string) {
    super(`${path}: the entries are not ordered by cell; the pass has to start again`);
    this.name = 'UnorderedMatrixError';
    this.path = path;
  }
}
