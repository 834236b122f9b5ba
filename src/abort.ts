import { FitError } from './errors.ts';

/** What a run rejects with once its signal has fired. */
export function abortError(signal: AbortSignal): FitError {
  return new FitError('AbortError', 'the run was cancelled', { cause: signal.reason, remedy: 'Start it again.' });
}

/** The result, or AbortError as soon as the signal fires; the work itself goes on for others who wait. */
export async function orAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work;
  if (signal.aborted) {
    work.catch(() => {}); // nobody waits for it any more
    throw abortError(signal);
  }
  let abort = (): void => {};
  const aborted = new Promise<never>((_, reject) => {
    abort = () => reject(abortError(signal));
  });
  signal.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

/** Throws that once the signal has fired. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw abortError(signal);
}
