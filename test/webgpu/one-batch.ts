/** Batches through the device and, for what the device leaves, the CPU, as a run does it; or through threads alone. */
import { runOnThreads } from '../../src/backend/threads/run.ts';
import type { WebGpu } from '../../src/backend/webgpu/device.ts';
import { type DeviceRunOptions, fitTheRest, searchOnDevice } from '../../src/backend/webgpu/run.ts';
import { copyFits, type EngineOptions, emptyFits, type Fits } from '../../src/lmm/engine.ts';
import type { MomentBatch } from '../../src/moments/moments.ts';
import { type FitPlan, planBatch } from '../../src/plan/plan.ts';

export interface BatchOutcome {
  readonly fits: Fits;
  readonly refits: number;
  /** What the user would be told; null when the device did its part to the end. */
  readonly fallback: string | null;
}

export interface BatchesOutcome {
  readonly fits: readonly Fits[];
  readonly refits: number;
  readonly fallback: string | null;
}

const planOf = (batches: readonly MomentBatch[], chunk: number): FitPlan => ({
  batches: batches.map(({ design, responses }) => planBatch(design, responses.count, 1, 'webgpu')),
  threads: 1,
  background: false,
  chunk,
  arithmetic: 'f32 search, float64 finish',
  backend: 'webgpu',
});

export async function fitBatches(
  gpu: WebGpu,
  batches: readonly MomentBatch[],
  options: EngineOptions,
  run: DeviceRunOptions = {},
): Promise<BatchesOutcome> {
  const optionsOf = () => options;
  const outcome = await searchOnDevice(gpu, batches, optionsOf, run);
  await fitTheRest(batches, planOf(batches, 256), optionsOf, outcome, run);
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

/** The same in float64 on this thread, in chunks. */
export async function fitOnThreads(
  batches: readonly MomentBatch[],
  options: EngineOptions,
  { maximumChunk = 256, onProgress, signal }: DeviceRunOptions = {},
): Promise<BatchesOutcome> {
  const plan = planOf(batches, maximumChunk);
  const chunks = await runOnThreads(batches, plan, () => options, { onProgress, signal });
  const fits = batches.map(({ responses }, b) => {
    const parts = chunks.filter(({ batch }) => batch === b);
    const whole = emptyFits(responses.count, parts[0]?.fits.columns ?? 0, parts[0]?.fits.thetas ?? 0);
    for (const part of parts) copyFits(part, whole, part.from);
    return whole;
  });
  return { fits, refits: 0, fallback: null };
}
