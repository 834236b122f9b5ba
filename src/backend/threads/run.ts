import { throwIfAborted } from '../../abort.ts';
import {
  type Engine,
  type EngineOptions,
  emptyFits,
  type FitChunk,
  type FitRows,
  type Fits,
} from '../../lmm/engine.ts';
import { limitsOf } from '../../lmm/intervals/interval-options.ts';
import { loadEngines } from '../../lmm/open-engine.ts';
import { searchedLength } from '../../lmm/structured/covariance-parameters.ts';
import type { DesignMoments, MomentBatch } from '../../moments/moments.ts';
import type { FitPlan } from '../../plan/plan.ts';
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
  /** Takes fits as soon as there are some. */
  readonly onChunk?: ((chunk: FitChunk) => void) | undefined;
}

/** Fits responses `from` to `to` of a batch with a given engine. */
export function fitRange(engine: Engine, batch: MomentBatch, options: EngineOptions, from: number, to: number): Fits {
  return fitRows(engine, batch, from, to, new FitSpace(0).take(batch.design, options, to - from)).fits;
}

/** Fits responses `from` to `to` of a batch into rows that are theirs, from where a device left them if `starts` says so. */
export function fitRows(
  engine: Engine,
  batch: MomentBatch,
  from: number,
  to: number,
  rows: FitRows,
  starts: WorkStarts | null = null,
): FitRows {
  const { fits, at } = rows;
  for (let k = from; k < to; k++) {
    const start = starts && startOf(starts, k - from);
    if (start) engine.finish(batch, k, fits, at + k - from, start);
    else engine.fit(batch, k, fits, at + k - from);
  }
  return rows;
}

/** Rows for the fits of one job after another: jobs of one shape share them, as there may be thousands of one response each. */
export class FitSpace {
  private readonly rows: number;
  private fits: Fits | null = null;
  private used = 0;

  /** `rows` at least are taken at once. */
  constructor(rows: number) {
    this.rows = rows;
  }

  /** Rows for `count` responses of a design. */
  take(design: DesignMoments, { contrasts, bootstrap, intervals }: EngineOptions, count: number): FitRows {
    const { p } = design;
    const columns = p + (p === 0 ? 0 : contrasts.length / p);
    const thetas = searchedLength(design);
    let { fits } = this;
    const limits = intervals?.asked.length ?? 0;
    const isAlike = fits?.columns === columns && fits.thetas === thetas && limitsOf(fits) === limits;
    if (!fits || !isAlike || this.used + count > fits.count) {
      fits = emptyFits(Math.max(count, this.rows), columns, thetas, bootstrap !== undefined, limits);
      this.fits = fits;
      this.used = 0;
    }
    this.used += count;
    return { fits, at: this.used - count, count };
  }
}

/** Fits all batches as planned, or some of their responses, on this thread or on workers. */
export async function runOnThreads(
  batches: readonly MomentBatch[],
  plan: FitPlan,
  optionsOf: (design: DesignMoments) => EngineOptions,
  { onProgress, signal, jobs: asked, onChunk }: RunOptions = {},
): Promise<FitChunk[]> {
  const whole = asked ?? batches.map(({ responses }, batch) => ({ batch, from: 0, to: responses.count }));
  const total = whole.reduce((sum, { from, to }) => sum + to - from, 0);
  const jobs = whole.flatMap(({ batch, from, to }) => {
    const parts: FitJob[] = [];
    for (let at = from; at < to; at += plan.chunk) parts.push({ batch, from: at, to: Math.min(at + plan.chunk, to) });
    return parts;
  });
  let done = 0;
  const report = (chunk: FitChunk) => {
    done += chunk.count;
    onChunk?.(chunk);
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
  const engines = await loadEngines(batches.map(({ design }) => ({ design, options: optionsOf(design) })));
  const chunks: FitChunk[] = [];
  const space = new FitSpace(Math.min(plan.chunk, total));
  let current = -1;
  let engine: Engine | null = null;
  let turn = Date.now();
  for (const { batch: b, from, to } of jobs) {
    throwIfAborted(signal);
    const batch = batches[b];
    const options = optionsOf(batch.design);
    if (b !== current || !engine) {
      engine = engines.open(batch.design, plan.batches[b].path, options);
      current = b;
    }
    const rows = space.take(batch.design, options, to - from);
    const chunk = { batch: b, from, ...fitRows(engine, batch, from, to, rows) };
    chunks.push(chunk);
    report(chunk);
    if (Date.now() - turn > TURN) {
      await new Promise((resolve) => setTimeout(resolve, 0));
      turn = Date.now();
    }
  }
  return chunks;
}
