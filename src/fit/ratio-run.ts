import { throwIfAborted } from '../abort.ts';
import { loadRatioDraws } from '../lmm/bootstrap/load-ratio-draws.ts';
import type { RatioModels } from '../lmm/bootstrap/ratio-draws.ts';
import { defaultThreads } from './run-batches.ts';

/** A response whose ratios are drawn: which pair of models, the smaller one's parameters, its stream of random numbers. */
export interface DrawnResponse {
  readonly batch: number;
  readonly parameters: Float64Array;
  readonly stream: number;
}

export interface RatioRunOptions {
  readonly draws: number;
  readonly threads?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Called with draws fitted and draws in all. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

/** Milliseconds of work before others (progress, cancellation) get in. */
const TURN = 40;
/** Milliseconds of work here that tell what a draw takes, and of work left from which threads save more than they cost. */
const TRIAL = 60;
const WORTH_THREADS = 400;
/** Draws of a part, at the least, and parts a thread. */
const LEAST_PART = 16;
const PARTS = 16;

/**
 * Draws the likelihood ratios of some responses: here until it is known what a draw takes, and where there is much left on threads.
 * `take` gets the ratios of each response once all are there; they are the same wherever they were drawn.
 */
export async function runRatios(
  models: readonly RatioModels[],
  responses: readonly DrawnResponse[],
  take: (response: number, ratios: Float64Array) => void,
  { draws, threads = defaultThreads(), signal, onProgress }: RatioRunOptions,
): Promise<void> {
  const open = await loadRatioDraws(models);
  const total = responses.length * draws;
  let done = 0;
  const started = Date.now();
  let turn = started;
  let mayMove = threads > 1;
  let current = -1;
  let drawn: ReturnType<typeof open> | null = null;
  for (const [k, { batch, parameters, stream }] of responses.entries()) {
    if (!drawn || batch !== current) drawn = open(models[batch]);
    current = batch;
    const ratios = new Float64Array(draws);
    const ratio = drawn(parameters);
    for (let draw = 0; draw < draws; draw++) {
      ratios[draw] = ratio(stream, draw);
      done++;
      const now = Date.now();
      if (mayMove && now - started >= TRIAL) {
        mayMove = false;
        const left = ((now - started) / done) * (total - done);
        if (left > WORTH_THREADS && (await moveOn(k, draw + 1, ratios))) return;
      }
      if (now - turn <= TURN) continue;
      throwIfAborted(signal);
      onProgress?.(done, total);
      await new Promise((resolve) => setTimeout(resolve, 0));
      turn = Date.now();
    }
    take(k, ratios);
  }
  onProgress?.(total, total);

  /** The draws from one of a response on, on threads; false where there are none. */
  async function moveOn(first: number, from: number, begun: Float64Array): Promise<boolean> {
    const { drawOnThreads } = await import('../backend/threads/draw-run.ts');
    const size = Math.max(LEAST_PART, Math.ceil((total - done) / (PARTS * threads)));
    const open = new Map<number, { readonly ratios: Float64Array; left: number }>();
    function* parts() {
      for (let k = first; k < responses.length; k++) {
        const start = k === first ? from : 0;
        if (start === draws) take(k, begun);
        else open.set(k, { ratios: k === first ? begun : new Float64Array(draws), left: draws - start });
        for (let at = start; at < draws; at += size) {
          yield { ...responses[k], response: k, from: at, to: Math.min(at + size, draws) };
        }
      }
    }
    const report = (part: { readonly response: number; readonly from: number }, ratios: Float64Array) => {
      const entry = open.get(part.response);
      if (!entry) return;
      entry.ratios.set(ratios, part.from);
      entry.left -= ratios.length;
      done += ratios.length;
      onProgress?.(done, total);
      if (entry.left > 0) return;
      open.delete(part.response);
      take(part.response, entry.ratios);
    };
    return drawOnThreads(models, parts(), Math.min(threads, Math.ceil((total - done) / LEAST_PART)), report, signal);
  }
}
