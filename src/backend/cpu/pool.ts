import type { DesignMoments, MomentBatch } from '../../moments/moments.ts';
import type { FitPlan } from '../../plan/plan.ts';
import { abortError, throwIfAborted } from '../abort.ts';
import type { EngineOptions, FitChunk } from '../backend.ts';
import { spawnThread, type Thread } from './spawn.ts';
import { sliceResponses, type WorkItem, type WorkReply } from './work.ts';

/** Responses `from` to `to` of a batch. */
export interface FitJob {
  readonly batch: number;
  readonly from: number;
  readonly to: number;
}

/** Threads that fit jobs. */
export interface Workers {
  run(
    batches: readonly MomentBatch[],
    plan: FitPlan,
    jobs: readonly FitJob[],
    optionsOf: (design: DesignMoments) => EngineOptions,
    report: (models: number) => void,
    signal: AbortSignal | undefined,
  ): Promise<FitChunk[]>;
  close(): Promise<void>;
}

/** Opens up to `count` threads; null where the platform has none. */
export async function openWorkers(count: number): Promise<Workers | null> {
  const threads: Thread[] = [];
  const inbox: ((data: unknown) => void)[] = [];
  let fail: (error: Error) => void = () => {};
  for (let k = 0; k < count; k++) {
    const thread = spawnThread({ onMessage: (data) => inbox[k]?.(data), onError: (error) => fail(error) });
    if (!thread) break;
    threads.push(thread);
  }
  if (threads.length === 0) return null;

  const run: Workers['run'] = (batches, plan, jobs, optionsOf, report, signal) =>
    new Promise((resolve, reject) => {
      const bundles = bundleJobs(jobs, plan.chunk);
      const chunks: FitChunk[] = [];
      const shared = new Set<number>();
      const seen = new Set<number>();
      for (const { batch } of jobs) {
        if (seen.has(batch)) shared.add(batch);
        seen.add(batch);
      }
      let next = 0;
      let open = 0;
      let failed = false;
      fail = (error) => {
        failed = true;
        reject(error);
      };
      // Rejecting lets the caller close the threads, which ends what they are at.
      signal?.addEventListener('abort', () => fail(abortError(signal)), { once: true });
      const feed = (k: number, sent: Set<number>) => {
        if (failed) return;
        try {
          throwIfAborted(signal);
        } catch (error) {
          failed = true;
          reject(error);
          return;
        }
        if (next >= bundles.length) {
          if (open === 0) resolve(chunks);
          return;
        }
        const id = next++;
        open++;
        const items = bundles[id].map(({ batch: b, from, to }): WorkItem => {
          const { design, responses } = batches[b];
          // Workers forget designs when many pass by, so only one that comes in several jobs is sent once.
          const known = sent.has(b) && shared.size <= 4;
          if (shared.has(b)) sent.add(b);
          return {
            batch: b,
            from,
            design: known ? null : design,
            path: plan.batches[b].path,
            options: optionsOf(design),
            responses: sliceResponses(responses, from, to),
          };
        });
        inbox[k] = (data) => {
          const reply = data as WorkReply;
          open--;
          for (const chunk of reply.chunks) {
            chunks.push(chunk);
            report(chunk.fits.count);
          }
          feed(k, sent);
        };
        threads[k].post({ id, items }, []);
      };
      for (let k = 0; k < threads.length; k++) feed(k, new Set());
    });
  return {
    run,
    async close() {
      await Promise.all(threads.map((thread) => thread.terminate()));
    },
  };
}

/** Jobs put together until a bundle holds `models` models: designs of one response each would drown in messages. */
function bundleJobs(jobs: readonly FitJob[], models: number): FitJob[][] {
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
