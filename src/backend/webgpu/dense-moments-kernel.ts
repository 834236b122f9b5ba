import { type DenseTables, type ScaledResponse, scaleResponse } from '../../moments/dense-moments.ts';
import type { Projector } from '../../moments/design-moments.ts';
import type { ResponseMoments } from '../../moments/moments.ts';
import { splitDf64 } from '../../numeric/df64.ts';
import { BUFFER_USAGE } from './buffers.ts';
import type { WebGpu } from './device.ts';
import { link, type NumberFormat } from './link.ts';
import { BufferSet } from './search-buffers.ts';
import { WORKGROUP } from './search-kernel.ts';

/** Stages of shaders/kernels/dense-moments.wgsl, by their numbers there. */
const STAGES = { project: 0, subtract: 1, square: 2, levels: 3 } as const;
/** Responses that are interleaved together: their pairs fill a cache line of a row. */
const TOGETHER = 8;
/**
 * Of residuals that keep less than this share of the sum of squares, pairs keep too few digits; and residuals within so
 * many roundings of float64 are float64's to judge.
 */
const SMALLEST_SHARE = 2 ** -20;
const ROUNDINGS = 1e-27;

/** Rows of pairs that the kernel leaves of a response. */
export function finishedRows({ columns, levels }: DenseTables): number {
  return 2 * columns + 1 + levels;
}

/** Bytes that the device reads of a design. */
export function tableBytes({ basis, entryValues, entryRows, pointers }: DenseTables): {
  readonly structure: number;
  readonly design: number;
} {
  return {
    structure: 4 * (pointers.length + entryRows.length),
    design: 8 * (basis.length + entryValues.length),
  };
}

/** Responses of one group side by side, as the device takes them. */
export class DenseChunk {
  readonly pairs: Float32Array<ArrayBuffer>;
  /** Response of each column, and how it was scaled. */
  readonly places: number[] = [];
  readonly scaled: ScaledResponse[] = [];
  stride = 0;
  private readonly waiting: Float64Array[];
  private readonly tables: DenseTables;

  constructor(tables: DenseTables, capacity: number) {
    this.tables = tables;
    this.pairs = new Float32Array(2 * capacity * tables.rows);
    this.waiting = Array.from({ length: TOGETHER }, () => new Float64Array(tables.rows));
  }

  /** Empties the chunk for at most `responses` responses. */
  begin(responses: number): void {
    this.stride = Math.ceil(responses / WORKGROUP) * WORKGROUP;
    this.places.length = 0;
    this.scaled.length = 0;
  }

  /** Takes response `at`, which `read` gives; false where it is not for the device. `end` follows the last. */
  add(projector: Projector, at: number, read: (y: Float64Array) => void): boolean {
    const y = this.waiting[this.places.length % TOGETHER];
    read(y);
    const scaled = scaleResponse(projector, this.tables, y);
    if (!scaled) return false;
    this.places.push(at);
    this.scaled.push(scaled);
    if (this.places.length % TOGETHER === 0) this.interleave(TOGETHER);
    return true;
  }

  end(): void {
    this.interleave(this.places.length % TOGETHER);
  }

  /** Writes the last `count` responses into their columns, row by row. */
  private interleave(count: number): void {
    const { pairs, stride, scaled, waiting } = this;
    const first = this.places.length - count;
    for (let i = 0; i < this.tables.rows; i++) {
      let to = 2 * (i * stride + first);
      for (let k = 0; k < count; k++) {
        const value = waiting[k][i] * scaled[first + k].scale;
        const high = Math.fround(value);
        pairs[to++] = high;
        pairs[to++] = value - high;
      }
    }
  }

  /**
   * Writes the moments of column `column` into row `k` of `out`, but for `expressed`; false where the device's digits do
   * not do.
   */
  write(results: Float32Array, column: number, out: ResponseMoments, k: number): boolean {
    const { rows, p, columns, levels, constant, levelScale } = this.tables;
    const { scale, pilot, total, rawTotal, mean } = this.scaled[column];
    const finished = (row: number): number => {
      const at = 2 * (row * this.stride + column);
      return results[at] + results[at + 1];
    };
    const rss = finished(2 * columns) / scale / scale;
    if (!(rss > SMALLEST_SHARE * total && rss > ROUNDINGS * rows * rawTotal && rss <= 2 * total)) return false;
    for (let c = 0; c < p; c++) {
      const deviation = (finished(c) + finished(columns + c)) / scale;
      out.qty[k * p + c] = deviation + (constant ? pilot * constant[c] : 0);
    }
    for (let level = 0; level < levels; level++) {
      out.ztr[k * levels + level] = finished(2 * columns + 1 + level) / levelScale / scale;
    }
    out.rss[k] = rss;
    out.mean[k] = mean;
    out.constant[k] = 0;
    return true;
  }
}

/** The buffers of a design on the device, with room for `capacity` responses. */
export interface DenseSlot {
  /** Uploads a chunk and starts its stages; resolves when they are submitted, to the promise of what they leave. */
  start(chunk: DenseChunk): Promise<{ readonly results: Promise<Float32Array> }>;
  /** Readies the pipeline: drivers put off part of the work to the first dispatch. */
  warmUp(): Promise<void>;
  destroy(): void;
}

export async function openDenseSlot(
  gpu: WebGpu,
  tables: DenseTables,
  number: NumberFormat,
  capacity: number,
): Promise<DenseSlot> {
  const { rows, columns, levels } = tables;
  const label = `dense moments ${number}`;
  const pipeline = await gpu.pipeline(label, link('kernels/dense-moments', { number }));
  const buffers = new BufferSet(gpu, label);
  const { storage, copySource, copyTarget, uniform } = BUFFER_USAGE;
  const most = gpu.limits.maxComputeWorkgroupsPerDimension;
  try {
    const shape = await buffers.create('shape', 32, uniform | copyTarget);
    const structure = await buffers.filled('structure', joinWords(tables));
    const design = await buffers.filled('design', pairsOf(tables));
    const data = await buffers.create('responses', 8 * capacity * rows, storage | copyTarget);
    const bytes = 8 * capacity * finishedRows(tables);
    const finished = await buffers.create('finished', bytes, storage | copySource | copyTarget);
    const bound = [shape, structure, design, data, null, null, null, finished];
    const stage = async (models: number, stride: number, number: number, round: number, tasks: number) => {
      if (tasks === 0) return;
      gpu.upload(shape, Uint32Array.of(models, stride, rows, columns, number, round, tasks, 0));
      await gpu.dispatch(label, pipeline, bound, [Math.ceil(stride / WORKGROUP), Math.min(tasks, most)]);
    };
    return {
      async warmUp() {
        await stage(0, WORKGROUP, STAGES.square, 0, 1);
        await gpu.finished();
      },
      async start({ pairs, places, stride }) {
        const models = places.length;
        gpu.upload(data, pairs.subarray(0, 2 * stride * rows));
        for (let round = 0; round < 2 && columns > 0; round++) {
          await stage(models, stride, STAGES.project, round, columns / 4);
          await stage(models, stride, STAGES.subtract, round, rows);
        }
        await stage(models, stride, STAGES.square, 0, 1);
        await stage(models, stride, STAGES.levels, 0, levels);
        const results = gpu
          .readBack(finished, 8 * stride * finishedRows(tables))
          .then((read) => new Float32Array(read));
        results.catch(() => {}); // whoever awaits it later gets the error
        // Let the copy be submitted before the next chunk is.
        await new Promise((resolve) => setTimeout(resolve, 0));
        return { results };
      },
      destroy: () => buffers.destroy(),
    };
  } catch (error) {
    buffers.destroy();
    throw error;
  }
}

function joinWords({ pointers, entryRows }: DenseTables): Uint32Array<ArrayBuffer> {
  const words = new Uint32Array(pointers.length + entryRows.length);
  words.set(pointers);
  words.set(entryRows, pointers.length);
  return words;
}

function pairsOf({ basis, entryValues }: DenseTables): Float32Array<ArrayBuffer> {
  const pairs = new Float32Array(2 * (basis.length + entryValues.length));
  let to = 0;
  for (const values of [basis, entryValues]) {
    for (const value of values) {
      const [high, low] = splitDf64(value);
      pairs[to++] = high;
      pairs[to++] = low;
    }
  }
  return pairs;
}
