/** The page's end of the line to the worker that owns the data. */

import type { ErrorReport, ProgressReport, ReplyMessage, RequestKind, Requests } from '../protocol/protocol.ts';

/** What the worker refused or could not do, with what to do about it. */
export class WorkerError extends Error {
  readonly report: ErrorReport;

  constructor(report: ErrorReport) {
    super(report.message);
    this.report = report;
  }
}

/** What browsers say of code that did not come. */
const NOT_LOADED = /dynamically imported module|Importing a module script failed/;

export function errorReport(error: unknown): ErrorReport {
  const message = error instanceof Error ? error.message : String(error);
  if (NOT_LOADED.test(message))
    return report('Error', 'a part of this page could not be loaded', 'Load the page again.');
  return error instanceof WorkerError ? error.report : report('Error', message, null);
}

interface Waiting {
  readonly resolve: (output: unknown) => void;
  readonly reject: (error: Error) => void;
  readonly onProgress: ((progress: ProgressReport) => void) | undefined;
  /** Looks at the worker since it was last heard of. */
  unanswered: number;
}

export interface Pending<T> {
  readonly done: Promise<T>;
  cancel(): void;
}

export interface Client {
  start<K extends RequestKind>(
    kind: K,
    input: Requests[K]['input'],
    onProgress?: (progress: ProgressReport) => void,
  ): Pending<Requests[K]['output']>;
  ask<K extends RequestKind>(kind: K, input: Requests[K]['input']): Promise<Requests[K]['output']>;
}

/** One worker, and who waits for it. */
interface Line {
  readonly worker: Worker;
  readonly waiting: Map<number, Waiting>;
  /** Ends the worker, and whoever waits for it with a report. */
  end(report: ErrorReport): void;
}

/** Kinds that bring new data. */
const OPENING: readonly RequestKind[] = ['open', 'example'];
/** Milliseconds between two looks at a worker that reads, and looks without an answer that it is given. */
const LOOK_EVERY = 2000;
const MOST_UNANSWERED = 15;

const STOPPED = report('AbortError', 'stopped', null);
const ENDLESS = report(
  'DataError',
  'reading did not come to an end, and was ended',
  'The file may be damaged: write it again, or download it again.',
);

function report(tag: string, message: string, remedy: string | null): ErrorReport {
  return { tag, message, remedy, position: null, source: null, option: null };
}

function openLine(): Line {
  const worker = new Worker(new URL('../worker/worker.ts', import.meta.url), { type: 'module' });
  const waiting = new Map<number, Waiting>();
  const fail = (why: ErrorReport): void => {
    for (const { reject } of waiting.values()) reject(new WorkerError(why));
    waiting.clear();
  };
  worker.onmessage = ({ data: reply }: MessageEvent<ReplyMessage>) => {
    const call = waiting.get(reply.id);
    if (!call) return;
    call.unanswered = 0;
    if (reply.kind === 'here') return;
    if (reply.kind === 'progress') {
      call.onProgress?.(reply.progress);
      return;
    }
    waiting.delete(reply.id);
    if (reply.kind === 'done') call.resolve(reply.output);
    else call.reject(new WorkerError(reply.error));
  };
  worker.onerror = (event) => {
    fail(report('Error', event.message || 'the worker of this page could not be loaded', 'Reload the page.'));
  };
  return {
    worker,
    waiting,
    end(why) {
      worker.terminate();
      fail(why);
    },
  };
}

/**
 * The client of the worker that owns the data. Files are opened in a worker of their own, which takes the place of the one
 * before when they are open: a file whose reading never ends, or that brings the reader down, costs nothing of what is open.
 */
export function openClient(): Client {
  let current: Line | null = null;
  /** Whether the current worker has been given data. */
  let used = false;
  let requests = 0;
  /** Started when first needed, or when the page has nothing else to do: its code is not needed for the first paint. */
  const line = (): Line => {
    current ??= openLine();
    return current;
  };
  const idle = (work: () => void): void => {
    // Safari has no requestIdleCallback.
    if ('requestIdleCallback' in window) window.requestIdleCallback(work);
    else setTimeout(work, 200);
  };
  if (document.readyState === 'complete') idle(line);
  else addEventListener('load', () => idle(line), { once: true });

  const send = ({ worker, waiting }: Line, kind: RequestKind, input: unknown, onProgress: Waiting['onProgress']) => {
    const id = ++requests;
    const done = new Promise<unknown>((resolve, reject) => {
      waiting.set(id, { resolve, reject, onProgress, unanswered: 0 });
    });
    worker.postMessage({ id, kind, input });
    return { id, done };
  };

  /** Opens data in a worker of their own, which is watched and can be ended. */
  const open = (kind: RequestKind, input: unknown, onProgress: Waiting['onProgress']): Pending<unknown> => {
    const own = used ? openLine() : line();
    used = true;
    const { id, done } = send(own, kind, input, onProgress);
    const watch = setInterval(() => {
      const call = own.waiting.get(id);
      if (!call) return;
      call.unanswered += 1;
      if (call.unanswered > MOST_UNANSWERED) own.end(ENDLESS);
      else own.worker.postMessage({ look: id });
    }, LOOK_EVERY);
    const settled = done.then(
      (output) => {
        if (own !== current) current?.end(STOPPED);
        current = own;
        used = true;
        return output;
      },
      (error: unknown) => {
        // Its reader may be in pieces.
        own.end(STOPPED);
        if (own === current) {
          current = null;
          used = false;
        }
        throw error;
      },
    );
    return { done: settled.finally(() => clearInterval(watch)), cancel: () => own.end(STOPPED) };
  };

  const start: Client['start'] = (kind, input, onProgress) => {
    type Output = Requests[typeof kind]['output'];
    // The protocol pairs kinds with outputs.
    if (OPENING.includes(kind)) return open(kind, input, onProgress) as Pending<Output>;
    const own = line();
    const { id, done } = send(own, kind, input, onProgress);
    return { done: done as Promise<Output>, cancel: () => own.worker.postMessage({ cancel: id }) };
  };
  return { start, ask: (kind, input) => start(kind, input).done };
}
