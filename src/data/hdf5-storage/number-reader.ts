/** Reads rows of a data set from its chunks, each of which is unpacked once when the rows are asked for in order. */
import type { ByteSource, Bytes } from './bytes.ts';
import { type NumberKind, type Numbers, numbersIn, roomFor } from './numbers.ts';
import type { StoredNumbers } from './storage.ts';
import { type Inflate, Scratch, Unpacker } from './unpack.ts';

/** Where a reader gets its bytes from. */
export interface ChunkSource {
  readonly bytes: ByteSource;
  readonly inflate: Inflate;
  /** Chunks that are unpacked ahead of their turn: where something else than this thread unpacks them. */
  readonly ahead: number;
}

/** Bytes read at a time of a data set in one piece. */
const PIECE_BYTES = 1 << 20;

/** Reads a {@link StoredNumbers}, forwards for the best. */
export class NumberReader {
  readonly stored: StoredNumbers;
  private readonly source: ChunkSource;
  private held: Numbers = new Float64Array(0);
  private heldFrom = 0;
  private heldRows = 0;
  private readonly waiting = new Map<number, Promise<Bytes>>();
  private readonly packed: Scratch;
  private readonly unpacker: Unpacker;
  private buffer: Numbers | null = null;

  constructor(source: ChunkSource, stored: StoredNumbers) {
    this.source = source;
    this.stored = stored;
    this.packed = new Scratch(source.ahead === 0);
    this.unpacker = new Unpacker(source.inflate, source.ahead === 0);
  }

  /**
   * Rows `from .. to`, row by row.
   *
   * @param into `'own'`: an array of the reader's, which the next call overwrites. Rows that lie in one chunk are handed out where
   *   they were unpacked.
   * @throws Error saying what is damaged
   */
  async read(from: number, to: number, into: 'fresh' | 'own' = 'fresh'): Promise<Numbers> {
    const { columns, kind } = this.stored;
    if (into === 'own' && to > from) {
      if (!this.holds(from)) await this.hold(from);
      if (this.holds(to - 1)) return this.handOut(from, to);
    }
    const result = this.room(kind, (to - from) * columns, into);
    for (let at = from; at < to; ) {
      if (!this.holds(at)) await this.hold(at);
      const stop = Math.min(to, this.heldFrom + this.heldRows);
      const part = this.held.subarray((at - this.heldFrom) * columns, (stop - this.heldFrom) * columns);
      result.set(part, (at - from) * columns);
      at = stop;
    }
    return result;
  }

  /** Rows that are unpacked together. */
  get rowsTogether(): number {
    const { grid, columns, width } = this.stored;
    return grid?.rows ?? Math.max(1, Math.floor(PIECE_BYTES / (columns * width)));
  }

  private holds(row: number): boolean {
    return row >= this.heldFrom && row < this.heldFrom + this.heldRows;
  }

  /** Rows that are held, which the caller may overwrite: those up to them are held no more. */
  private handOut(from: number, to: number): Numbers {
    const { columns } = this.stored;
    const rows = this.held.subarray((from - this.heldFrom) * columns, (to - this.heldFrom) * columns);
    this.held = this.held.subarray((to - this.heldFrom) * columns);
    this.heldRows -= to - this.heldFrom;
    this.heldFrom = to;
    return rows;
  }

  private room(kind: NumberKind, length: number, into: 'fresh' | 'own'): Numbers {
    if (into === 'fresh') return roomFor(kind, length);
    // Some more than is asked for: the next call may want a little more.
    if (this.buffer === null || this.buffer.length < length) this.buffer = roomFor(kind, Math.ceil(1.25 * length));
    return this.buffer.subarray(0, length);
  }

  /** Unpacks the rows around `row` that stand in the same chunks. */
  private async hold(row: number): Promise<void> {
    const { rows, columns, rank, kind, width: elementBytes, grid, address } = this.stored;
    const together = this.rowsTogether;
    const band = Math.floor(row / together);
    const count = Math.min(together, rows - band * together);
    if (grid === null) {
      const width = columns * elementBytes;
      const bytes = this.source.bytes.read(address + band * together * width, count * width, this.packed);
      this.held = numbersIn(bytes, kind);
    } else if (rank === 1 || grid.across === 1) {
      this.held = numbersIn(await this.chunk(band), kind);
    } else {
      const held = roomFor(kind, count * columns);
      for (let c = 0; c < grid.across; c++) {
        const chunk = numbersIn(await this.chunk(band * grid.across + c), kind);
        const first = c * grid.columns;
        const width = Math.min(grid.columns, columns - first);
        for (let r = 0; r < count; r++) {
          held.set(chunk.subarray(r * grid.columns, r * grid.columns + width), r * columns + first);
        }
      }
      this.held = held;
    }
    if (grid !== null && grid.across === 1 && grid.columns > columns)
      this.held = narrowed(this.held, grid.columns, columns);
    this.heldFrom = band * together;
    this.heldRows = count;
  }

  /** Bytes of a chunk; those that follow it are begun where they are unpacked elsewhere. */
  private chunk(at: number): Promise<Bytes> {
    const { waiting } = this;
    for (const known of waiting.keys()) if (known < at) waiting.delete(known);
    const last = Math.min(at + this.source.ahead, (this.stored.table?.sizes.length ?? 0) - 1);
    for (let k = at; k <= last; k++) {
      if (waiting.has(k)) continue;
      const bytes = this.unpacked(k);
      // Whoever asks for it is told; nobody may ask for one that was begun ahead.
      bytes.catch(() => undefined);
      waiting.set(k, bytes);
    }
    const bytes = waiting.get(at) ?? this.unpacked(at);
    waiting.delete(at);
    return bytes;
  }

  private async unpacked(at: number): Promise<Bytes> {
    const { table, grid, filters, width } = this.stored;
    if (table === null || grid === null) throw new Error('there are no chunks');
    const packed = this.source.bytes.read(table.addresses[at], table.sizes[at], this.packed);
    const task = { filters, mask: table.masks[at], length: grid.bytes, width };
    return this.unpacker.unpack(packed, task);
  }
}

/** Takes the columns of the data set from rows of a chunk that is wider. */
function narrowed(values: Numbers, width: number, columns: number): Numbers {
  const rows = Math.floor(values.length / width);
  for (let r = 0; r < rows; r++) values.copyWithin(r * columns, r * width, r * width + columns);
  return values.subarray(0, rows * columns);
}
