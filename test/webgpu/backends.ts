/** What fits batches, for tests of one body over all that does. */
import { create } from 'webgpu';
import { openOn, type WebGpu } from '../../src/backend/webgpu/device.ts';
import type { DeviceRunOptions } from '../../src/backend/webgpu/run.ts';
import type { EngineOptions } from '../../src/lmm/engine.ts';
import type { MomentBatch } from '../../src/moments/moments.ts';
import type { Lacking } from '../requirements.ts';
import { type BatchesOutcome, fitBatches, fitOnThreads } from './one-batch.ts';
import type { TestDevice } from './open-device.ts';

export interface Backend {
  readonly name: string;
  readonly searches: boolean;
  /** Why it is not here. */
  readonly lacking: Lacking;
  /** The outcome, and how many kernels ran. */
  fitAll(
    batches: readonly MomentBatch[],
    options: EngineOptions,
    run?: DeviceRunOptions,
  ): Promise<BatchesOutcome & { readonly dispatches: number }>;
}

/** Threads in float64, and the device. */
export function backendsOf({ gpu, lacking, on, device }: TestDevice): readonly Backend[] {
  return [
    {
      name: 'threads',
      searches: false,
      lacking: null,
      fitAll: async (batches, options, run) => ({ ...(await fitOnThreads(batches, options, run)), dispatches: 0 }),
    },
    {
      name: gpu ? on : 'the device',
      searches: true,
      lacking,
      async fitAll(batches, options, run) {
        let dispatches = 0;
        const counting: WebGpu = {
          ...device(),
          dispatch(...parameters) {
            dispatches++;
            return device().dispatch(...parameters);
          },
        };
        const outcome = await fitBatches(counting, batches, options, run);
        return { ...outcome, dispatches };
      },
    },
  ];
}

/** Kept for as long as the process lives: devices must not outlive the object that they come from. */
const nullBackend = create(['backend=null']);

/** Dawn's null backend, which compiles and computes nothing. */
export function openNull(): Promise<WebGpu> {
  return openOn(async () => {
    const adapter = await nullBackend.requestAdapter();
    if (!adapter) throw new Error('no null adapter');
    return adapter;
  });
}
