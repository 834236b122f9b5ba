import type { ResponseMoments } from '../../moments/moments.ts';
import type { ModelRange } from '../../plan/device-chunks.ts';
import type { Fits } from '../backend.ts';
import type { SpectralDesign } from '../cpu/spectral-design.ts';
import { emptySpectralResponse, prepareResponse } from '../cpu/spectral-response.ts';
import { BUFFER_USAGE } from './buffers.ts';
import type { WebGpu } from './device.ts';
import { responseScale, type SpectralTables, shapeUniform } from './spectral-tables.ts';

/** Models a workgroup of kernels/spectral-search.wgsl. */
export const WORKGROUP = 64;
/** Bytes of a result: u, and evaluations with the outcome. */
export const RESULT_BYTES = 8;

/** One of the two chunks in flight: its buffers, re-used from chunk to chunk, and what the finish needs of its models. */
export interface SpectralSlot {
  /** U'Z'r of the models of the chunk that the device searches, models x Q. */
  readonly coordinates: Float64Array;
  /** Responses of those models in the batch. */
  readonly places: Int32Array;
  /** Screens and scales the responses of a range; returns how many are left for the device. */
  prepare(responses: ResponseMoments, range: ModelRange, fits: Fits): number;
  /** Uploads and starts what was prepared; resolves when it runs, to the promise of its results, 2 words a model. */
  start(models: number): Promise<{ readonly results: Promise<ArrayBuffer> }>;
  destroy(): void;
}

export async function openSlot(
  gpu: WebGpu,
  pipeline: GPUComputePipeline,
  spectral: SpectralDesign,
  tables: SpectralTables,
  designBuffer: GPUBuffer,
  capacity: number,
): Promise<SpectralSlot> {
  const { lambda, zeros, space } = spectral;
  const Q = lambda.length;
  const { levels } = tables;
  const created: GPUBuffer[] = [];
  const create = async (name: string, size: number, usage: number): Promise<GPUBuffer> => {
    const buffer = await gpu.createBuffer(`spectral ${name}`, size, usage);
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
    data = await create('responses', 4 * capacity * (levels + 1), BUFFER_USAGE.storage | BUFFER_USAGE.copyTarget);
    optima = await create('optima', RESULT_BYTES * capacity, BUFFER_USAGE.storage | BUFFER_USAGE.copySource);
  } catch (error) {
    destroy();
    throw error;
  }
  const upload = new Float32Array(capacity * (levels + 1));
  const coordinates = new Float64Array(capacity * Q);
  const places = new Int32Array(capacity);
  const response = emptySpectralResponse(spectral);
  let stride = 0;

  return {
    coordinates,
    places,
    prepare(responses, { from, to }, fits) {
      stride = Math.ceil((to - from) / WORKGROUP) * WORKGROUP;
      let models = 0;
      for (let k = from; k < to; k++) {
        if (!prepareResponse(spectral, responses, k, response, fits, k)) continue;
        const { w, z2, within } = response;
        const scale = responseScale(responses.rss[k], space.d);
        upload[models] = within * scale;
        for (let j = 0; j < levels; j++) upload[(j + 1) * stride + models] = z2[j] * scale;
        for (let j = zeros; j < Q; j++) coordinates[models * Q + j] = w[j];
        places[models++] = k;
      }
      return models;
    },
    async start(models) {
      gpu.upload(shape, shapeUniform(tables, models, stride));
      gpu.upload(data, upload.subarray(0, stride * (levels + 1)));
      await gpu.dispatch(
        'spectral search',
        pipeline,
        [shape, designBuffer, data, optima],
        [Math.ceil(models / WORKGROUP)],
      );
      const results = gpu.readBack(optima, RESULT_BYTES * models);
      results.catch(() => {}); // whoever awaits it later gets the error
      // Let the copy be submitted before the next chunk's dispatch queues up in front of it.
      await new Promise((resolve) => setTimeout(resolve, 0));
      return { results };
    },
    destroy,
  };
}
