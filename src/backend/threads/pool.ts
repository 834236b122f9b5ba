import { abortError, throwIfAborted } from '../../abort.ts';
import type { EngineOptions, FitChunk } from '../../lmm/engine.ts';
import { sliceResponses } from '../../moments/evidence.ts';
import type { ResponseRange } from '../../moments/moment-shards.ts';
import type { DesignMoments, MomentBatch } from '../../moments/moments.ts';
import type { FitPlan } from '../../plan/plan.ts';
import { spawnThread, type Thread } from './spawn.ts';
import {
  KEPT_DESIGNS,
  type RatioItem,
  type TestChunk,
  type TestItem,
  type WorkItem,
  type WorkReply,
  type WorkRequest,
} from './work.ts';

/** Responses that are to be fitted. */
export type FitJob = ResponseRange;

/** Threads that fit. */
export interface Workers {
  /** Fits all jobs; chunks come in the order in which they end. */
  run(
    batches: readonly MomentBatch[],
    plan: FitPlan,
    jobs: readonly FitJob[],
    optionsOf: (design: DesignMoments) => EngineOptions,
    report: (chunk: FitChunk) => void,
    signal: AbortSignal | undefined,
  ): Promise<FitChunk[]>;
  /**
   * Fits some items on the first thread that is free. They are made when it is: `has` says whether that thread holds the
   * design of a batch already. Rejects when a thread fails.
   */
  submit(make: (has: (batch: number) => boolean) => readonly WorkItem[]): Promise<readonly FitChunk[]>;
  /** The same for tests of fitted models. */
  test(make: (has: (batch: number) => boolean) => readonly TestItem[]): Promise<readonly TestChunk[]>;
  /** The same for draws of likelihood ratios. */
  draw(make: (has: (batch: number) => boolean) => readonly RatioItem[]): Promise<readonly Float64Array[]>;
  close(): Promise<void>;
}

/** Work that waits for a thread or is on one. */
interface Task {
  readonly make: (has: (batch: number) => boolean) => Partial<Omit<WorkRequest, 'id'>>;
  readonly resolve: (reply: WorkReply) => void;
  readonly reject: (error: Error) => void;
}

/** Opens up to `count` threads; null where the platform has none. */
export async function openWorkers(count: number): Promise<Workers | null> {
  const threads: Thread[] = [];
  const idle: number[] = [];
  /** Batches whose design a thread has been sent. */
  const sent: Set<number>[] = [];
  const waiting: Task[] = [];
  const busy = new Map<number, Task>();
  const lost = new Set<number>();
  let failure: Error | null = null;
  let requests = 0;

  let alive = 0;
  /** A thread is gone: what it was at goes to the others, and the run fails when none is left. */
  const lose = (k: number, error: Error): void => {
    if (lost.has(k)) return;
    lost.add(k);
    alive -= 1;
    const task = busy.get(k);
    busy.delete(k);
    const waits = idle.indexOf(k);
    if (waits >= 0) idle.splice(waits, 1);
    if (task) waiting.unshift(task);
    if (alive === 0) fail(error);
    else feed();
  };
  const fail = (error: Error): void => {
    failure ??= error;
    for (const { reject } of [...busy.values(), ...waiting]) reject(failure);
    busy.clear();
    waiting.length = 0;
  };
  const feed = (): void => {
    while (failure === null && idle.length > 0 && waiting.length > 0) {
      const k = idle.pop() ?? 0;
      const task = waiting.shift();
      if (!task) return;
      busy.set(k, task);
      const { items = [], tests = [], ratios = [] } = task.make((batch) => sent[k].has(batch));
      for (const { batch, design } of [...items, ...tests]) if (design) sent[k].add(batch);
      for (const { batch, models } of ratios) if (models) sent[k].add(batch);
      threads[k].post({ id: requests++, items, tests, ratios }, []);
    }
  };
  for (let k = 0; k < count; k++) {
    const onMessage = (data: unknown): void => {
      const task = busy.get(k);
      busy.delete(k);
      idle.push(k);
      const reply = data as WorkReply;
      if (reply.error !== undefined) task?.reject(new Error(reply.error));
      else task?.resolve(reply);
      feed();
    };
    const thread = spawnThread({ onMessage, onError: (error) => lose(k, error) });
    if (!thread) break;
    threads.push(thread);
    alive += 1;
    sent.push(new Set());
    idle.push(k);
  }
  if (threads.length === 0) return null;

  const request = (make: Task['make']): Promise<WorkReply> =>
    new Promise((resolve, reject) => {
      if (failure) {
        reject(failure);
        return;
      }
      waiting.push({ make, resolve, reject });
      feed();
    });

  const submit: Workers['submit'] = async (make) => (await request((has) => ({ items: make(has) }))).chunks;
  const test: Workers['test'] = async (make) => (await request((has) => ({ tests: make(has) }))).tested;
  const draw: Workers['draw'] = async (make) => (await request((has) => ({ ratios: make(has) }))).ratios;

  const run: Workers['run'] = async (batches, plan, jobs, optionsOf, report, signal) => {
    // Workers forget designs when many pass by.
    const kept = new Set(jobs.map(({ batch }) => batch)).size <= KEPT_DESIGNS;
    const itemOf = ({ batch: b, from, to }: FitJob, has: (batch: number) => boolean): WorkItem => {
      const { design, responses } = batches[b];
      return {
        batch: b,
        from,
        design: kept && has(b) ? null : design,
        path: plan.batches[b].path,
        options: optionsOf(design),
        responses: sliceResponses(design, responses, from, to),
        starts: null,
      };
    };
    // Rejecting lets the caller close the threads, which ends what they are at.
    const onAbort = (): void => {
      if (signal) fail(abortError(signal));
    };
    signal?.addEventListener('abort', onAbort, { once: true });
    try {
      throwIfAborted(signal);
      const chunks: FitChunk[] = [];
      const bundles = bundleJobs(jobs, plan.chunk).map(async (bundle) => {
        for (const chunk of await submit((has) => bundle.map((job) => itemOf(job, has)))) {
          chunks.push(chunk);
          report(chunk);
        }
      });
      await Promise.all(bundles);
      return chunks;
    } finally {
      signal?.removeEventListener('abort', onAbort);
    }
  };
  return {
    run,
    submit,
    test,
    draw,
    async close() {
      await Promise.all(threads.map((thread) => thread.terminate()));
    },
  };
}

/** Jobs put together until a bundle holds `models` models: designs of one response each would drown in messages. */
export function bundleJobs(jobs: readonly FitJob[], models: number): FitJob[][] {
  const bundles: FitJob[][] = [];
  let size = Number.POSITIVE_INFINITY;
  for (const job of jobs) {
    if (size + job.to - job.from > models) {
      bundles.push([]);
      size = 0;
    }
    bundles[bundles.length - 1].push(job);
    size += job.to - job.from;
  }
  return bundles;
}

/** Jobs in order, neighbours put together. */
export function joinJobs(jobs: readonly FitJob[]): FitJob[] {
  const joined: FitJob[] = [];
  for (const job of [...jobs].sort((a, b) => a.batch - b.batch || a.from - b.from)) {
    const last = joined.at(-1);
    if (last && last.batch === job.batch && last.to === job.from) joined[joined.length - 1] = { ...last, to: job.to };
    else if (job.to > job.from) joined.push(job);
  }
  return joined;
}
