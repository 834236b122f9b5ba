import type { ResponseMoments } from '../../moments/moments.ts';
import type { ModelRange } from '../../plan/device-chunks.ts';
import type { BlockObjective } from '../cpu/block-objective.ts';
import { type BlockTables, blockShape } from './block-tables.ts';
import { BUFFER_USAGE } from './buffers.ts';
import type { WebGpu } from './device.ts';

/** Models a workgroup of kernels/block-search.wgsl. */
export const BLOCK_WORKGROUP = 64;

/** One of the two chunks in flight: its buffers, re-used from chunk to chunk. */
export interface BlockSlot {
  /** Responses in the batch of the models that the device searches. */
  readonly places: Int32Array;
  /** Models a row of the buffers, of the chunk prepared last. */
  readonly stride: number;
  /** Reduces and scales the responses of a range; returns how many are left for the device. */
  prepare(responses: ResponseMoments, range: ModelRange): number;
  /** Uploads and starts what was prepared; resolves when it runs, to the promise of its results. */
  start(models: number): Promise<{ readonly results: Promise<ArrayBuffer> }>;
  destroy(): void;
}

export async function openBlockSlot(
  gpu: WebGpu,
  pipeline: GPUComputePipeline,
  objective: BlockObjective,
  tables: BlockTables,
  designBuffer: GPUBuffer,
  capacity: number,
): Promise<BlockSlot> {
  const resultRows = tables.parameters + 1;
  const created: GPUBuffer[] = [];
  const create = async (name: string, size: number, usage: number): Promise<GPUBuffer> => {
    const buffer = await gpu.createBuffer(`block ${name}`, size, usage);
    created.push(buffer);
    return buffer;
  };
  const destroy = (): void => {
    for (const buffer of created) buffer.destroy();
  };
  let shape: GPUBuffer;
  let data: GPUBuffer;
  let optima: GPUBuffer;
  try {
    shape = await create('shape', 32, BUFFER_USAGE.uniform | BUFFER_USAGE.copyTarget);
    data = await create('responses', 4 * capacity * tables.rows, BUFFER_USAGE.storage | BUFFER_USAGE.copyTarget);
    optima = await create('optima', 4 * capacity * resultRows, BUFFER_USAGE.storage | BUFFER_USAGE.copySource);
  } catch (error) {
    destroy();
    throw error;
  }
  const upload = new Float32Array(capacity * tables.rows);
  const places = new Int32Array(capacity);
  const reduce = responseReducer(objective, tables);
  let stride = 0;

  return {
    places,
    get stride() {
      return stride;
    },
    prepare(responses, { from, to }) {
      stride = Math.ceil((to - from) / BLOCK_WORKGROUP) * BLOCK_WORKGROUP;
      let models = 0;
      for (let k = from; k < to; k++) {
        const rss = responses.rss[k];
        if (responses.constant[k] === 1 || !(rss > 0 && Number.isFinite(rss))) continue;
        if (reduce(responses, k, upload, models, stride)) places[models++] = k;
      }
      return models;
    },
    async start(models) {
      gpu.upload(shape, blockShape(tables, models, stride));
      gpu.upload(data, upload.subarray(0, stride * tables.rows));
      const workgroups = Math.ceil(models / BLOCK_WORKGROUP);
      await gpu.dispatch('block search', pipeline, [shape, designBuffer, data, optima], [workgroups]);
      const results = gpu.readBack(optima, 4 * stride * resultRows);
      results.catch(() => {}); // whoever awaits it later gets the error
      // Let the copy be submitted before the next chunk's dispatch queues up in front of it.
      await new Promise((resolve) => setTimeout(resolve, 0));
      return { results };
    },
    destroy,
  };
}

/**
 * Returns what writes response k as column `model` of rows of `stride`: `BlockObjective.load` in the kernel's layout.
 * False when the random effects leave nothing of the response: the host says what that is.
 */
function responseReducer({ q, p, types }: BlockObjective, { scatter, d, rows }: BlockTables) {
  const { of, count, N } = types;
  const levels = of.length;
  const kinds = count.length;
  const reduced = new Float64Array(levels * q);
  const residual = new Float64Array(q);
  const column = new Float64Array(rows);
  const triangle = scatter ? (q * (q + 1)) / 2 : 0;
  const typeRows = q + triangle;
  return (responses: ResponseMoments, k: number, out: Float32Array, model: number, stride: number): boolean => {
    const scale = 2 ** -Math.floor(Math.log2(responses.rss[k] / d) / 2);
    column.fill(0);
    let explained = 0;
    // Two passes over the levels: means of each type, then deviations from them.
    for (let i = 0; i < levels; i++) {
      types.project(responses.ztr, (k * levels + i) * q, of[i], residual);
      const at = 1 + p + of[i] * typeRows;
      for (let a = 0; a < q; a++) {
        const value = residual[a] * scale;
        reduced[i * q + a] = value;
        explained += value * value;
        column[at + a] += value / count[of[i]];
      }
    }
    const within = responses.rss[k] * scale * scale - explained;
    if (!(within > 0)) return false;
    column[0] = within;
    for (let i = 0; i < levels && triangle > 0; i++) {
      if (count[of[i]] === 1) continue;
      const at = 1 + p + of[i] * typeRows;
      for (let a = 0; a < q; a++) residual[a] = reduced[i * q + a] - column[at + a];
      for (let a = 0, to = at + q; a < q; a++) for (let b = 0; b <= a; b++) column[to++] += residual[a] * residual[b];
    }
    for (let type = 0; type < kinds; type++) {
      for (let a = 0; a < q; a++) {
        const value = count[type] * column[1 + p + type * typeRows + a];
        for (let l = 0; l < p; l++) column[1 + l] -= N[(type * q + a) * p + l] * value;
      }
    }
    for (let row = 0; row < rows; row++) out[row * stride + model] = column[row];
    return true;
  };
}
