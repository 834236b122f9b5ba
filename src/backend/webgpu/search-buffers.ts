import { BUFFER_USAGE } from './buffers.ts';
import type { WebGpu } from './device.ts';
import { type SearchKernel, type SearchResults, WORKGROUP } from './search-kernel.ts';
import type { VariantTurn } from './variant-choice.ts';

const STORAGE = BUFFER_USAGE.storage | BUFFER_USAGE.copyTarget;

/** What both chunks in flight share: what all models have in common, and where they are worked on. */
export interface SharedBuffers {
  readonly structure: GPUBuffer | null;
  /** The design of all models, where they share one. */
  readonly design: GPUBuffer | null;
  readonly workspace: GPUBuffer | null;
  /** Where the device finishes: the pipeline, and what it reads of the design. */
  readonly finisher: { readonly pipeline: GPUComputePipeline; readonly constants: GPUBuffer } | null;
  destroy(): void;
}

export async function openShared(
  gpu: WebGpu,
  kernel: SearchKernel,
  design: Float32Array<ArrayBuffer> | null,
  capacity: number,
): Promise<SharedBuffers> {
  const { label, structure, workspaceRows, finisher } = kernel;
  const finishing = finisher && (await gpu.pipeline(finisher.label, finisher.code));
  const buffers = new BufferSet(gpu, label);
  try {
    return {
      structure: structure && (await buffers.filled('structure', structure)),
      design: design && (await buffers.filled('design', design)),
      workspace: workspaceRows === 0 ? null : await buffers.create('workspace', 4 * capacity * workspaceRows, STORAGE),
      finisher:
        finisher && finishing
          ? { pipeline: finishing, constants: await buffers.filled('constants', finisher.constants) }
          : null,
      destroy: () => buffers.destroy(),
    };
  } catch (error) {
    buffers.destroy();
    throw error;
  }
}

/** One of the two chunks in flight: its buffers on both sides, re-used from chunk to chunk. */
export interface SearchSlot {
  /** Values of the designs of the chunk's models, where they have their own. */
  readonly designs: Float32Array;
  readonly responses: Float32Array;
  /** Readies a variant that this device has not run: drivers put off part of the work to the first dispatch. */
  warmUp(turn: VariantTurn): Promise<void>;
  /** Uploads and starts the models packed in columns of `stride`; resolves when it runs, to the promise of its results. */
  start(turn: VariantTurn, models: number, stride: number): Promise<{ readonly results: Promise<SearchResults> }>;
  destroy(): void;
}

export async function openSlot(
  gpu: WebGpu,
  kernel: SearchKernel,
  shared: SharedBuffers,
  capacity: number,
): Promise<SearchSlot> {
  const { label, own, designWords, designRows, responseRows, resultRows, shapeWords, rounds, finisher } = kernel;
  const buffers = new BufferSet(gpu, label);
  const designs = new Float32Array(own ? capacity * designRows * designWords : 0);
  const responses = new Float32Array(capacity * responseRows);
  try {
    const shape = await buffers.create('shape', 48, BUFFER_USAGE.uniform | BUFFER_USAGE.copyTarget);
    const design = own ? await buffers.create('designs', designs.byteLength, STORAGE) : null;
    const data = await buffers.create('responses', responses.byteLength, STORAGE);
    const optima = await buffers.create('optima', 4 * capacity * resultRows, STORAGE | BUFFER_USAGE.copySource);
    const finished = finisher
      ? await buffers.create('finished', 8 * capacity * finisher.rows, STORAGE | BUFFER_USAGE.copySource)
      : null;
    const tables = [shared.structure, shared.design, shared.workspace];
    const bound = [shape, shared.structure, shared.design ?? design, data, optima, shared.workspace];
    return {
      designs,
      responses,
      async warmUp({ variant }) {
        gpu.upload(shape, new Uint32Array(12)); // no models
        await gpu.dispatch(variant.label, variant.pipeline, bound, [1]);
        await gpu.finished();
      },
      async start({ variant }, models, stride) {
        const step = own ? [stride, 1] : [1, 0];
        const words = [models, stride, ...step, ...shapeWords];
        gpu.upload(shape, Uint32Array.from([...words, 0]));
        if (design) gpu.upload(design, designs.subarray(0, stride * designRows * designWords));
        gpu.upload(data, responses.subarray(0, stride * responseRows));
        for (let round = 0; round < rounds; round++) {
          if (round > 0) gpu.upload(shape, Uint32Array.from([...words, round]));
          await gpu.dispatch(variant.label, variant.pipeline, bound, [Math.ceil(models / variant.perWorkgroup)]);
        }
        let back = { buffer: optima, bytes: 4 * stride * resultRows };
        if (finisher && finished && shared.finisher) {
          const { pipeline, constants } = shared.finisher;
          const [structure, table, space] = finisher.tables ? tables : [null, null, null];
          const parts = [shape, structure, table, data, optima, space, constants, finished];
          await gpu.dispatch(finisher.label, pipeline, parts, [Math.ceil(models / WORKGROUP)]);
          back = { buffer: finished, bytes: 8 * stride * finisher.rows };
        }
        const results = gpu.readBack(back.buffer, back.bytes).then((bytes) => {
          return { words: new Uint32Array(bytes), floats: new Float32Array(bytes), stride };
        });
        results.catch(() => {}); // whoever awaits it later gets the error
        // Let the copy be submitted before the next chunk's dispatch queues up in front of it.
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

/** Buffers that come and go together. */
export class BufferSet {
  private readonly gpu: WebGpu;
  private readonly label: string;
  private readonly buffers: GPUBuffer[] = [];

  constructor(gpu: WebGpu, label: string) {
    this.gpu = gpu;
    this.label = label;
  }

  async create(name: string, size: number, usage: number): Promise<GPUBuffer> {
    // No binding may be empty, whatever is left out of a model.
    const buffer = await this.gpu.createBuffer(`${this.label} ${name}`, Math.max(size, 16), usage);
    this.buffers.push(buffer);
    return buffer;
  }

  async filled(name: string, values: Float32Array<ArrayBuffer> | Uint32Array<ArrayBuffer>): Promise<GPUBuffer> {
    const buffer = await this.create(name, values.byteLength, STORAGE);
    this.gpu.upload(buffer, values);
    return buffer;
  }

  destroy(): void {
    for (const buffer of this.buffers) buffer.destroy();
  }
}
