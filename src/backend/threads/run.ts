import { throwIfAborted } from '../../abort.ts';
import { FitError } from '../../errors.ts';
import { type Judge, withBootstrap } from '../../lmm/bootstrap/bootstrap.ts';
import { factorBootstrap } from '../../lmm/bootstrap/factor-bootstrap.ts';
import { spectralBootstrap } from '../../lmm/bootstrap/spectral-bootstrap.ts';
import { covarianceEngine } from '../../lmm/covariance-engine.ts';
import {
  type BootstrapOptions,
  type Engine,
  type EngineOptions,
  emptyFits,
  type FitChunk,
  type Fits,
  REASONS,
} from '../../lmm/engine.ts';
import { factorIntervalDraws } from '../../lmm/intervals/factor-interval-draws.ts';
import { factorIntervals } from '../../lmm/intervals/factor-intervals.ts';
import type { IntervalOptions } from '../../lmm/intervals/interval-options.ts';
import { withIntervals } from '../../lmm/intervals/intervals.ts';
import { spectralIntervalDraws } from '../../lmm/intervals/spectral-interval-draws.ts';
import { spectralIntervals } from '../../lmm/intervals/spectral-intervals.ts';
import { screenDesign, screenedEngine } from '../../lmm/screen.ts';
import { spectralEngine, spectralFitter } from '../../lmm/spectral.ts';
import { spectralDesign } from '../../lmm/spectral-design.ts';
import type { DesignMoments, MomentBatch } from '../../moments/moments.ts';
import type { BatchPlan, FitPlan } from '../../plan/plan.ts';
import type { Progress } from '../../types/fit-result.ts';
import { type FitJob, openWorkers } from './pool.ts';
import { startOf, type WorkStarts } from './work.ts';

/** Milliseconds that a thread works before it lets others (progress, cancellation) in. */
const TURN = 40;

export interface RunOptions {
  readonly onProgress?: Progress | undefined;
  readonly signal?: AbortSignal | undefined;
  /** What to fit; everything without it. */
  readonly jobs?: readonly FitJob[] | undefined;
}

/**
 * The engine that the plan names, with the bootstrap where it is asked for. A design that no engine can be made of (numbers out
 * of range) fails with all of its models, and stops no other.
 */
export function cpuEngine(design: DesignMoments, path: BatchPlan['path'], options: EngineOptions): Engine {
  try {
    return plannedEngine(design, path, options);
  } catch (error) {
    if (error instanceof FitError) throw error;
    return screenedEngine({ status: 'failed', reason: REASONS[9] });
  }
}

function plannedEngine(design: DesignMoments, path: BatchPlan['path'], options: EngineOptions): Engine {
  const { bootstrap, intervals } = options;
  if (intervals && !screenDesign(design)) return engineWithIntervals(design, path, options, intervals);
  if (!bootstrap || screenDesign(design)) {
    return path === 'spectral' ? spectralEngine(design, options) : covarianceEngine(design, options);
  }
  if (path === 'spectral') {
    const spectral = spectralDesign(design, options);
    return withBootstrap(spectralFitter(spectral), spectralBootstrap(spectral, bootstrap));
  }
  const engine = covarianceEngine(design, options);
  return engine.draws
    ? withBootstrap(engine, factorBootstrap(design, engine.draws, options.method, bootstrap))
    : engine;
}

/** The engine that the plan names, with confidence limits of every fit. */
function engineWithIntervals(
  design: DesignMoments,
  path: BatchPlan['path'],
  options: EngineOptions,
  intervals: IntervalOptions,
): Engine {
  if (path === 'spectral') {
    const spectral = spectralDesign(design, options);
    const find =
      intervals.kind === 'profile'
        ? spectralIntervals(spectral, intervals)
        : spectralIntervalDraws(spectral, intervals);
    return withIntervals(spectralFitter(spectral), find, intervals);
  }
  const engine = covarianceEngine(design, options);
  if (!engine.draws) return engine;
  const find =
    intervals.kind === 'profile'
      ? factorIntervals(design, engine.draws, intervals)
      : factorIntervalDraws(design, engine.draws, intervals);
  return withIntervals(engine, find, intervals);
}

/** What draws from the fits of a design; null for a design without fits. */
export function cpuJudge(
  design: DesignMoments,
  path: BatchPlan['path'],
  options: EngineOptions,
  bootstrap: BootstrapOptions,
): Judge | null {
  if (screenDesign(design)) return null;
  if (path === 'spectral') return spectralBootstrap(spectralDesign(design, options), bootstrap);
  const { draws } = covarianceEngine(design, options);
  return draws && factorBootstrap(design, draws, options.method, bootstrap);
}

/** Fits responses `from` to `to` of a batch with a given engine, from where a device left them if `starts` says so. */
export function fitRange(
  engine: Engine,
  batch: MomentBatch,
  options: EngineOptions,
  from: number,
  to: number,
  starts: WorkStarts | null = null,
): Fits {
  const { p, terms } = batch.design;
  const columns = p + (p === 0 ? 0 : options.contrasts.length / p);
  const thetas = terms.reduce((sum, { q }) => sum + (q * (q + 1)) / 2, 0);
  const fits = emptyFits(to - from, columns, thetas, options.bootstrap !== undefined, options.intervals !== undefined);
  for (let k = from; k < to; k++) {
    const start = starts && startOf(starts, k - from);
    if (start) engine.finish(batch, k, fits, k - from, start);
    else engine.fit(batch, k, fits, k - from);
  }
  return fits;
}

/** Fits all batches as planned, or some of their responses, on this thread or on workers. */
export async function runOnCpu(
  batches: readonly MomentBatch[],
  plan: FitPlan,
  optionsOf: (design: DesignMoments) => EngineOptions,
  { onProgress, signal, jobs: asked }: RunOptions = {},
): Promise<FitChunk[]> {
  const whole = asked ?? batches.map(({ responses }, batch) => ({ batch, from: 0, to: responses.count }));
  const total = whole.reduce((sum, { from, to }) => sum + to - from, 0);
  const jobs = whole.flatMap(({ batch, from, to }) => {
    const parts: FitJob[] = [];
    for (let at = from; at < to; at += plan.chunk) parts.push({ batch, from: at, to: Math.min(at + plan.chunk, to) });
    return parts;
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
