/** Reads the numbers of a zarr array of one or two dimensions, row after row, from its chunks. */
import { BoolArray, type DataType, type Readable, type Array as ZarrArray } from 'zarrita';
import { type Numbers, widened } from '../hdf5-storage/numbers.ts';
import { fromHalfFloats } from '../matrix/half-floats.ts';
import type { RowReader } from '../matrix/stored-tree.ts';

/** Bytes of doubles of the rows that are held; a wider band of chunks is unpacked once for each part of that size. */
const MOST_HELD_BYTES = 2 ** 28;

export class ZarrRows implements RowReader {
  readonly rowsTogether: number;
  private readonly array: ZarrArray<DataType, Readable>;
  /** Whether the 16 bits of each element are a half float. */
  private readonly half: boolean;
  private readonly rows: number;
  private readonly columns: number;
  private held: Numbers = new Float64Array(0);
  private heldFrom = 0;
  private heldRows = 0;

  constructor(array: ZarrArray<DataType, Readable>, half: boolean) {
    this.array = array;
    this.half = half;
    this.rows = array.shape[0];
    this.columns = array.shape[1] ?? 1;
    const rowBytes = 8 * Math.max(1, this.columns);
    this.rowsTogether = Math.max(1, Math.min(array.chunks[0], Math.floor(MOST_HELD_BYTES / rowBytes)));
  }

  /** @throws Error saying what is damaged */
  async read(from: number, to: number): Promise<Numbers> {
    const { columns } = this;
    let result: Numbers | undefined;
    for (let at = from; at < to; ) {
      if (at < this.heldFrom || at >= this.heldFrom + this.heldRows) await this.hold(at);
      const stop = Math.min(to, this.heldFrom + this.heldRows);
      result ??= sameKind(this.held, (to - from) * columns);
      const part = this.held.subarray((at - this.heldFrom) * columns, (stop - this.heldFrom) * columns);
      result.set(part, (at - from) * columns);
      at = stop;
    }
    return result ?? new Float64Array(0);
  }

  /** Unpacks rows from `row` on that stand in the same chunks. */
  private async hold(row: number): Promise<void> {
    const { array, rows, columns } = this;
    const [chunkRows, chunkColumns = 1] = array.chunks;
    const down = Math.floor(row / chunkRows);
    // Parts of a band begin at multiples, so that threads which share a matrix cut it alike.
    const first = row - ((row - down * chunkRows) % this.rowsTogether);
    const stop = Math.min(rows, (down + 1) * chunkRows, first + this.rowsTogether);
    let held: Numbers | undefined;
    for (let across = 0; across * chunkColumns < columns; across++) {
      const { data, stride } = await array.getChunk(array.shape.length === 1 ? [down] : [down, across]);
      const values = this.numbersOf(data);
      if (values.length !== chunkRows * chunkColumns) throw new Error('a chunk is shorter than its shape');
      held ??= sameKind(values, (stop - first) * columns);
      const left = across * chunkColumns;
      const width = Math.min(chunkColumns, columns - left);
      const [rowStride, columnStride = 1] = stride;
      for (let r = first; r < stop; r++) {
        const begin = (r - down * chunkRows) * rowStride;
        const place = (r - first) * columns + left;
        if (columnStride === 1) held.set(values.subarray(begin, begin + width), place);
        else for (let c = 0; c < width; c++) held[place + c] = values[begin + c * columnStride];
      }
    }
    this.held = held ?? new Float64Array(0);
    this.heldFrom = first;
    this.heldRows = stop - first;
  }

  private numbersOf(data: unknown): Numbers {
    if (this.half && data instanceof Uint16Array) return fromHalfFloats(data);
    // Truth values are a byte each.
    return widened(data instanceof BoolArray ? new Uint8Array(data.buffer, data.byteOffset, data.length) : data);
  }
}

function sameKind(like: Numbers, length: number): Numbers {
  if (like instanceof Int32Array) return new Int32Array(length);
  return like instanceof Float32Array ? new Float32Array(length) : new Float64Array(length);
}
