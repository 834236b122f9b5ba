import { orAborted, throwIfAborted } from '../../abort.ts';
import type { RatioModels, RatioPart } from '../../lmm/bootstrap/ratio-draws.ts';
import { openWorkers } from './pool.ts';
import { KEPT_DESIGNS } from './work.ts';

/** Parts on their way to each thread: one that it is at, and one that waits. */
const AHEAD = 2;

/** Some draws of a pair of models, by their number. */
export interface RatioJob extends RatioPart {
  readonly batch: number;
}

/**
 * Draws likelihood ratios on threads; false where the platform has none. `report` gets the ratios of each part as it ends. Parts
 * are taken when a thread is free, so that they need not be there all at once.
 */
export async function drawOnThreads<Job extends RatioJob>(
  models: readonly RatioModels[],
  parts: Iterable<Job>,
  threads: number,
  report: (part: Job, ratios: Float64Array) => void,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  throwIfAborted(signal);
  const workers = await openWorkers(threads);
  if (!workers) return false;
  // Workers forget designs when many pass by.
  const kept = models.length <= KEPT_DESIGNS;
  const left = parts[Symbol.iterator]();
  const lane = async (): Promise<void> => {
    for (let next = left.next(); !next.done; next = left.next()) {
      const { batch, parameters, stream, from, to } = next.value;
      const [ratios] = await workers.draw((has) => [
        { batch, models: kept && has(batch) ? null : models[batch], parameters, stream, from, to },
      ]);
      report(next.value, ratios);
    }
  };
  try {
    await orAborted(Promise.all(Array.from({ length: AHEAD * threads }, lane)), signal);
    return true;
  } finally {
    await workers.close();
  }
}
