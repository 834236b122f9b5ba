/**
 * Ctrl-C and SIGTERM. While somebody waits for work elsewhere (threads, a device, a disk) and listens for the abort, a signal
 * aborts the run, which cleans up and says so. While nobody listens, as in a loop of this thread that no handler could
 * interrupt, signals do what they do by default: they end the process at once. Temporary files are removed either way
 * (`data/replace-file.node.ts`).
 */

/** An abort signal for a run, and how it ended. */
export interface Interruption {
  readonly signal: AbortSignal;
  /** Exit status that a signal asks for; null as long as none came. */
  status(): number | null;
}

const SIGNALS = [
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const;

export function watchInterruption(): Interruption {
  const controller = new AbortController();
  const { signal } = controller;
  let listeners = 0;
  let status: number | null = null;
  const handlers = SIGNALS.map(([name, code]) => {
    const handler = (): void => {
      // A second one ends at once.
      if (status !== null) process.exit(status);
      status = code;
      controller.abort(new Error(name === 'SIGINT' ? 'interrupted' : 'terminated'));
    };
    return { name, handler };
  });
  const count = (change: number): void => {
    const before = listeners;
    listeners = Math.max(0, listeners + change);
    if (before === 0 && listeners > 0) for (const { name, handler } of handlers) process.on(name, handler);
    if (before > 0 && listeners === 0) for (const { name, handler } of handlers) process.off(name, handler);
  };
  const known = new Set<unknown>();
  const add = signal.addEventListener.bind(signal) as (...all: unknown[]) => void;
  const remove = signal.removeEventListener.bind(signal) as (...all: unknown[]) => void;
  Object.assign(signal, {
    addEventListener(type: string, listener: unknown, ...rest: unknown[]): void {
      if (type === 'abort' && !known.has(listener)) {
        known.add(listener);
        count(1);
      }
      add(type, listener, ...rest);
    },
    removeEventListener(type: string, listener: unknown, ...rest: unknown[]): void {
      if (type === 'abort' && known.delete(listener)) count(-1);
      remove(type, listener, ...rest);
    },
  });
  return { signal, status: () => status };
}
