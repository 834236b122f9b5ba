import { FitError } from '../../errors.ts';

/** How long a pass may keep the thread before timers, signals and progress get their turn. */
const TURN_MILLISECONDS = 40;

/**
 * Keeps a long pass polite: `turn()` between blocks refuses to go on once the signal is aborted and from time to time
 * yields to the event loop.
 *
 * @throws FitError `AbortError`
 */
export class Pace {
  private readonly signal: AbortSignal | undefined;
  private last = performance.now();

  constructor(signal?: AbortSignal) {
    this.signal = signal;
  }

  async turn(): Promise<void> {
    if (performance.now() - this.last > TURN_MILLISECONDS) {
      await new Promise((resolve) => setTimeout(resolve, 0));
      this.last = performance.now();
    }
    if (this.signal?.aborted) throw new FitError('AbortError', 'reading was cancelled', { cause: this.signal.reason });
  }
}
