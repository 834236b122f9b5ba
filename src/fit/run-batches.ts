import type { FitJob } from '../backend/threads/pool.ts';
import type { EngineOptions, FitChunk } from '../lmm/engine.ts';
import { sliceResponses } from '../moments/evidence.ts';
import type { DesignMoments, MomentBatch } from '../moments/moments.ts';
import type { FitPlan } from '../plan/plan.ts';
import type { Progress } from '../types/fit-result.ts';

/** Which part of a run is to be done, and who is told of what is done. */
export interface RunPart {
  /** What to fit; everything without it. */
  readonly jobs?: readonly FitJob[] | undefined;
  /** Takes fits as soon as there are some; their rows stay as they are. */
  readonly onChunk?: ((chunk: FitChunk) => void) | undefined;
}

export interface RunBatchesOptions extends RunPart {
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

/** Fits batches, or parts of them, where the plan says. What runs them is loaded when it is needed: a page that only opens data never does. */
export async function runBatches(
  batches: readonly MomentBatch[],
  plan: FitPlan,
  optionsOf: (design: DesignMoments) => EngineOptions,
  { precision = 'auto', memory, onProgress, signal, jobs, onChunk }: RunBatchesOptions,
): Promise<BatchesRun> {
  if (jobs?.length === 0) return { chunks: [], device: null, notes: [] };
  if (plan.backend === 'cpu') {
    const { runOnThreads } = await import('../backend/threads/run.ts');
    const chunks = await runOnThreads(batches, plan, optionsOf, { onProgress, signal, jobs, onChunk });
    return { chunks, device: null, notes: [] };
  }
  const { runOnDevice } = await import('../backend/webgpu/run.ts');
  const bytes = memory === undefined ? undefined : memory * 2 ** 20;
  if (!jobs) return runOnDevice(batches, plan, optionsOf, precision, { onProgress, signal, memory: bytes });
  const total = jobs.reduce((sum, { from, to }) => sum + to - from, 0);
  const most = onChunk ? Math.max(LEAST_ON_DEVICE, Math.ceil(total / MOST_PARTS)) : total;
  const runs: BatchesRun[] = [];
  let before = 0;
  for (const part of cutJobs(jobs, most)) {
    // A device takes whole batches: those that the jobs cut out, fitted as they would be among the others.
    const cut = part.map(({ batch, from, to }): MomentBatch => {
      const { design, responses, index } = batches[batch];
      return { design, responses: sliceResponses(design, responses, from, to), index: index.slice(from, to) };
    });
    const planned = { ...plan, batches: part.map(({ batch }) => plan.batches[batch]) };
    const onPart: Progress | undefined = onProgress && ((phase, done) => onProgress(phase, before + done, total));
    const run = await runOnDevice(cut, planned, optionsOf, precision, { onProgress: onPart, signal, memory: bytes });
    const chunks = run.chunks.map((chunk): FitChunk => {
      const { batch, from } = part[chunk.batch];
      return { ...chunk, batch, from: from + chunk.from };
    });
    for (const chunk of chunks) onChunk?.(chunk);
    runs.push({ ...run, chunks });
    before += chunks.reduce((sum, { count }) => sum + count, 0);
  }
  return joinRuns(runs);
}

/** Parts that a device does one after the other where fits are wanted before all are there, and fits in each at least. */
const MOST_PARTS = 16;
const LEAST_ON_DEVICE = 4096;

/** Jobs in parts of at most so many fits each. */
function cutJobs(jobs: readonly FitJob[], most: number): FitJob[][] {
  const parts: FitJob[][] = [];
  let room = 0;
  for (const { batch, from, to } of jobs) {
    for (let at = from; at < to; ) {
      if (room === 0) {
        parts.push([]);
        room = most;
      }
      const count = Math.min(room, to - at);
      parts[parts.length - 1].push({ batch, from: at, to: at + count });
      at += count;
      room -= count;
    }
  }
  return parts;
}

/** What several runs of one kind fitted, together. */
export function joinRuns(runs: readonly BatchesRun[]): BatchesRun {
  const devices = new Set(runs.flatMap(({ device }) => (device === null ? [] : [device])));
  return {
    chunks: runs.flatMap(({ chunks }) => chunks),
    device: devices.size === 0 ? null : [...devices].join(', '),
    notes: [...new Set(runs.flatMap(({ notes }) => notes))],
  };
}

/** As many as there are processors. */
export function defaultThreads(): number {
  // Node has a navigator from version 21 on.
  const node = globalThis.process?.getBuiltinModule?.('node:os');
  return node?.availableParallelism() ?? globalThis.navigator?.hardwareConcurrency ?? 1;
}
