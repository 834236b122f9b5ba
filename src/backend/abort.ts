import { FitError } from '../errors.ts';

/** What a run rejects with once its signal has fired. */
export function abortError(signal: AbortSignal): FitError {
  return new FitError('AbortError', 'the run was cancelled', { cause: signal.reason, remedy: 'Start it again.' });
}

/** Throws that once the signal has fired. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw abortError(signal);
}
