import { FitError } from '../../errors.ts';

/** A worker thread, the same on every platform. */
export interface Thread {
  post(message: unknown, transfer: ArrayBuffer[]): void;
  terminate(): Promise<void>;
}

export interface ThreadEvents {
  readonly onMessage: (data: unknown) => void;
  readonly onError: (error: Error) => void;
}

/**
 * Starts the worker script beside this module, in Node by worker_threads and in browsers by Worker; null where there is
 * neither (or where the sources run unbuilt, so that there is no script).
 */
export function spawnThread({ onMessage, onError }: ThreadEvents): Thread | null {
  if (import.meta.url.endsWith('.ts')) return null;
  // Asked for at run time rather than imported, so that bundles for browsers need no stand-in.
  const threads = globalThis.process?.getBuiltinModule?.('node:worker_threads');
  if (threads) {
    const worker = new threads.Worker(new URL('./worker.js', import.meta.url));
    worker.on('message', onMessage);
    let closing = false;
    worker.on('error', (cause) => onError(threadError(cause.message, cause)));
    worker.on('exit', (code) => {
      if (!closing) onError(threadError(`it ended with status ${code}`));
    });
    return {
      post: (message, transfer) => worker.postMessage(message, transfer),
      terminate: async () => {
        closing = true;
        await worker.terminate();
      },
    };
  }
  if (typeof Worker === 'undefined') return null;
  let worker: Worker;
  try {
    worker = new Worker(new URL('./worker.js', import.meta.url), { type: 'module' });
  } catch {
    return null; // a bundle from another origin: this thread does the work
  }
  worker.onmessage = (event: MessageEvent<unknown>) => onMessage(event.data);
  worker.onerror = (event) => onError(threadError(event.message));
  return {
    post: (message, transfer) => worker.postMessage(message, transfer),
    terminate: async () => worker.terminate(),
  };
}

function threadError(message: string | undefined, cause?: unknown): FitError {
  return new FitError('DeviceError', `a worker thread failed${message ? `: ${message}` : ''}`, {
    remedy: 'Set threads to 1; in a browser serve worker.js beside the bundle.',
    ...(cause === undefined ? {} : { cause }),
  });
}
