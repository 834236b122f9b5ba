import type { EngineOptions, FitChunk } from '../lmm/engine.ts';
import type { DesignMoments, MomentBatch } from '../moments/moments.ts';
import type { FitPlan } from '../plan/plan.ts';
import type { Progress } from '../types/fit-result.ts';

export interface RunBatchesOptions {
  readonly precision?: 'auto' | 'f64' | 'df64' | 'f32' | undefined;
  /** Mebibytes at most for what is on its way to and from a device. */
  readonly memory?: number | undefined;
  readonly onProgress?: Progress | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What ran: the fits, the device that took part, and what is to be said of it. */
export interface BatchesRun {
  readonly chunks: readonly FitChunk[];
  readonly device: string | null;
  readonly notes: readonly string[];
}

/** Fits all batches where the plan says. What runs them is loaded when it is needed: a page that only opens data never does. */
export async function runBatches(
  batches: readonly MomentBatch[],
  plan: FitPlan,
  optionsOf: (design: DesignMoments) => EngineOptions,
  { precision = 'auto', memory, onProgress, signal }: RunBatchesOptions,
): Promise<BatchesRun> {
  if (plan.backend === 'webgpu') {
    const { runOnDevice } = await import('../backend/webgpu/run.ts');
    const bytes = memory === undefined ? undefined : memory * 2 ** 20;
    return runOnDevice(batches, plan, optionsOf, precision, { onProgress, signal, memory: bytes });
  }
  const { runOnThreads } = await import('../backend/threads/run.ts');
  return { chunks: await runOnThreads(batches, plan, optionsOf, { onProgress, signal }), device: null, notes: [] };
}

/** As many as there are processors. */
export function defaultThreads(): number {
  // Node has a navigator from version 21 on.
  const node = globalThis.process?.getBuiltinModule?.('node:os');
  return node?.availableParallelism() ?? globalThis.navigator?.hardwareConcurrency ?? 1;
}
