/** One batch through the device and, for what the device leaves, the CPU, as a run does it. */

import type { WebGpu } from '../../src/backend/webgpu/device.ts';
import { type DeviceRunOptions, fitTheRest, searchOnDevice } from '../../src/backend/webgpu/run.ts';
import type { EngineOptions, Fits } from '../../src/lmm/engine.ts';
import type { MomentBatch } from '../../src/moments/moments.ts';
import { type FitPlan, planBatch } from '../../src/plan/plan.ts';

export interface BatchOutcome {
  readonly fits: Fits;
  readonly refits: number;
  /** What the user would be told; null when the device did its part to the end. */
  readonly fallback: string | null;
}

export async function fitBatches(
  gpu: WebGpu,
  batches: readonly MomentBatch[],
  options: EngineOptions,
  run: DeviceRunOptions = {},
): Promise<{ fits: Fits[]; refits: number; fallback: string | null }> {
  const plan: FitPlan = {
    batches: batches.map(({ design, responses }) => planBatch(design, responses.count)),
    threads: 1,
    background: false,
    chunk: 256,
    arithmetic: 'f32 search, float64 finish',
    backend: 'webgpu',
  };
  const optionsOf = () => options;
  const outcome = await searchOnDevice(gpu, batches, optionsOf, run);
  await fitTheRest(batches, plan, optionsOf, outcome, run);
  const { chunks, refits, notes } = outcome;
  return { fits: chunks.map(({ fits }) => fits), refits, fallback: notes.length === 0 ? null : notes.join('; ') };
}

export async function fitBatch(
  gpu: WebGpu,
  batch: MomentBatch,
  options: EngineOptions,
  run: DeviceRunOptions = {},
): Promise<BatchOutcome> {
  const { fits, refits, fallback } = await fitBatches(gpu, [batch], options, run);
  return { fits: fits[0], refits, fallback };
}
