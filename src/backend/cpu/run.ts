import type { DesignMoments, MomentBatch } from '../../moments/moments.ts';
import type { BatchPlan, FitPlan } from '../../plan/plan.ts';
import type { Progress } from '../../types.ts';
import { throwIfAborted } from '../abort.ts';
import { type Engine, type EngineOptions, emptyFits, type FitChunk, type Fits } from '../backend.ts';
import { covarianceEngine } from './covariance-engine.ts';
import { type FitJob, openWorkers } from './pool.ts';
import { spectralEngine } from './spectral.ts';

/** Milliseconds that a thread works before it lets others (progress, cancellation) in. */
const TURN = 40;

export interface RunOptions {
  readonly onProgress?: Progress | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** The engine that the plan names. */
export function cpuEngine(design: DesignMoments, path: BatchPlan['path'], options: EngineOptions): Engine {
  return path === 'spectral' ? spectralEngine(design, options) : covarianceEngine(design, options);
}

/** Fits responses `from` to `to` of a batch with a given engine. */
export function fitRange(engine: Engine, batch: MomentBatch, options: EngineOptions, from: number, to: number): Fits {
  const { p, terms } = batch.design;
  const columns = p + (p === 0 ? 0 : options.contrasts.length / p);
  const thetas = terms.reduce((sum, { q }) => sum + (q * (q + 1)) / 2, 0);
  const fits = emptyFits(to - from, columns, thetas);
  for (let k = from; k < to; k++) engine.fit(batch, k, fits, k - from);
  return fits;
}

/** Fits all batches as planned, on this thread or on workers. */
export async function runOnCpu(
  batches: readonly MomentBatch[],
  plan: FitPlan,
  optionsOf: (design: DesignMoments) => EngineOptions,
  { onProgress, signal }: RunOptions,
): Promise<FitChunk[]> {
  const total = batches.reduce((sum, { responses }) => sum + responses.count, 0);
  const jobs: FitJob[] = [];
  batches.forEach((batch, b) => {
    for (let from = 0; from < batch.responses.count; from += plan.chunk) {
      jobs.push({ batch: b, from, to: Math.min(from + plan.chunk, batch.responses.count) });
    }
  });
  let done = 0;
  const report = (models: number) => {
    done += models;
    onProgress?.('fit', done, total);
  };
  const workers = plan.threads > 1 || plan.background ? await openWorkers(plan.threads) : null;
  if (workers) {
    try {
      return await workers.run(batches, plan, jobs, optionsOf, report, signal);
    } finally {
      await workers.close();
    }
  }
  const chunks: FitChunk[] = [];
  let current = -1;
  let engine: Engine | null = null;
  let turn = Date.now();
  for (const { batch: b, from, to } of jobs) {
    throwIfAborted(signal);
    const batch = batches[b];
    const options = optionsOf(batch.design);
    if (b !== current || !engine) {
      engine = cpuEngine(batch.design, plan.batches[b].path, options);
      current = b;
    }
    chunks.push({ batch: b, from, fits: fitRange(engine, batch, options, from, to) });
    report(to - from);
    if (Date.now() - turn > TURN) {
      await new Promise((resolve) => setTimeout(resolve, 0));
      turn = Date.now();
    }
  }
  return chunks;
}
