import { throwIfAborted } from '../../abort.ts';
import type { EngineOptions } from '../../lmm/engine.ts';
import { loadEngines } from '../../lmm/open-engine.ts';
import { sliceResponses } from '../../moments/evidence.ts';
import type { DesignMoments, MomentBatch } from '../../moments/moments.ts';
import { fasterBackend, type MeasuredCost } from '../../plan/backend-choice.ts';
import type { FitPlan } from '../../plan/plan.ts';
import { openWorkers } from '../threads/pool.ts';
import { fitRange } from '../threads/run.ts';
import { openWebGpu, type WebGpu } from './device.ts';
import { type DeviceRunOptions, searchOnDevice } from './run.ts';

/** Models that warm a device up: pipelines are compiled, buffers found. */
const WARM_UP = 64;
const MAXIMUM_SAMPLE = 2048;
/** Seconds that the sample may take on one thread of the CPU. */
const SAMPLE_SECONDS = 0.5;
/** Seconds of the CPU's own measurement. */
const CPU_SECONDS = 0.1;

/**
 * The backend for a run whose plan is worth measuring: the CPU where there is no graphics card, else the faster of the
 * two on a sample of the run's models.
 *
 * @throws FitError AbortError when the signal fires
 */
export async function chooseByMeasuring(
  batches: readonly MomentBatch[],
  plan: FitPlan,
  optionsOf: (design: DesignMoments) => EngineOptions,
  signal: AbortSignal | undefined,
): Promise<{ readonly backend: 'cpu' | 'webgpu'; readonly reason: string }> {
  let gpu: WebGpu;
  try {
    gpu = await openWebGpu(signal ? { signal } : {});
  } catch {
    throwIfAborted(signal);
    return { backend: 'cpu', reason: 'no WebGPU device here' };
  }
  if (gpu.adapter.software) return { backend: 'cpu', reason: 'the only WebGPU device here is software' };
  const pool = plan.threads > 1 ? await openWorkers(plan.threads) : null;
  try {
    const workers = pool ? { pool, count: plan.threads } : undefined;
    const cost = await measureCost(gpu, batches, plan, optionsOf, { signal, workers });
    return fasterBackend(cost, plan.threads);
  } finally {
    await pool?.close();
  }
}

/** Seconds a model on either backend, from a sample. */
export async function measureCost(
  gpu: WebGpu,
  batches: readonly MomentBatch[],
  plan: FitPlan,
  optionsOf: (design: DesignMoments) => EngineOptions,
  run: Pick<DeviceRunOptions, 'signal' | 'workers'> = {},
): Promise<MeasuredCost> {
  const cpu = await measureCpu(batches, plan, optionsOf);
  const wanted = Math.max(WARM_UP, Math.min(MAXIMUM_SAMPLE, Math.floor(SAMPLE_SECONDS / cpu)));
  await searchOnDevice(gpu, sampleOf(batches, WARM_UP), optionsOf, run);
  const sample = sampleOf(batches, wanted);
  const models = sample.reduce((sum, { responses }) => sum + responses.count, 0);
  const started = performance.now();
  const { left, undrawn } = await searchOnDevice(gpu, sample, optionsOf, run);
  const seconds = (performance.now() - started) / 1000;
  const notDone = [...left, ...undrawn].reduce((sum, { from, to }) => sum + to - from, 0);
  return { cpu, device: seconds / models + (cpu * notDone) / models };
}

async function measureCpu(
  batches: readonly MomentBatch[],
  plan: FitPlan,
  optionsOf: (design: DesignMoments) => EngineOptions,
): Promise<number> {
  const engines = await loadEngines(batches.map(({ design }) => ({ design, options: optionsOf(design) })));
  let models = 0;
  const started = performance.now();
  for (const [b, batch] of batches.entries()) {
    const options = optionsOf(batch.design);
    const engine = engines.open(batch.design, plan.batches[b].path, options);
    for (let k = 0; k < batch.responses.count; k++) {
      fitRange(engine, batch, options, k, k + 1);
      models++;
      const seconds = (performance.now() - started) / 1000;
      if (seconds > CPU_SECONDS) return seconds / models;
    }
  }
  return (performance.now() - started) / 1000 / Math.max(1, models);
}

/** The first `models` models. */
function sampleOf(batches: readonly MomentBatch[], models: number): MomentBatch[] {
  const sample: MomentBatch[] = [];
  let left = models;
  for (const batch of batches) {
    if (left <= 0) break;
    const count = Math.min(left, batch.responses.count);
    sample.push({
      ...batch,
      responses: sliceResponses(batch.design, batch.responses, 0, count),
      index: batch.index.subarray(0, count),
    });
    left -= count;
  }
  return sample;
}
