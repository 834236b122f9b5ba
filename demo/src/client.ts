/** The page's end of the line to the worker that owns the data. */

import type { ErrorReport, ProgressReport, ReplyMessage, RequestKind, Requests } from './worker/protocol.ts';

/** What the worker refused or could not do, with what to do about it. */
export class WorkerError extends Error {
  readonly report: ErrorReport;

  constructor(report: ErrorReport) {
    super(report.message);
    this.report = report;
  }
}

interface Waiting {
  readonly resolve: (output: unknown) => void;
  readonly reject: (error: Error) => void;
  readonly onProgress: ((progress: ProgressReport) => void) | undefined;
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

export function openClient(): Client {
  let worker: Worker | null = null;
  const waiting = new Map<number, Waiting>();
  let requests = 0;
  /** Started when first needed, or when the page has nothing else to do: its code is not needed for the first paint. */
  const line = (): Worker => {
    if (worker) return worker;
    const opened = new Worker(new URL('./worker/worker.ts', import.meta.url), { type: 'module' });
    opened.onmessage = ({ data: reply }: MessageEvent<ReplyMessage>) => {
      const call = waiting.get(reply.id);
      if (!call) return;
      if (reply.kind === 'progress') {
        call.onProgress?.(reply.progress);
        return;
      }
      waiting.delete(reply.id);
      if (reply.kind === 'done') call.resolve(reply.output);
      else call.reject(new WorkerError(reply.error));
    };
    opened.onerror = (event) => {
      const message = event.message || 'the worker of this page could not be loaded';
      const report = { tag: 'Error', message, remedy: 'Reload the page.', position: null, source: null, option: null };
      for (const { reject } of waiting.values()) reject(new WorkerError(report));
      waiting.clear();
    };
    worker = opened;
    return opened;
  };
  const idle = (work: () => void): void => {
    // Safari has no requestIdleCallback.
    if ('requestIdleCallback' in window) window.requestIdleCallback(work);
    else setTimeout(work, 200);
  };
  if (document.readyState === 'complete') idle(line);
  else addEventListener('load', () => idle(line), { once: true });
  const start: Client['start'] = (kind, input, onProgress) => {
    const id = ++requests;
    const done = new Promise<unknown>((resolve, reject) => {
      waiting.set(id, { resolve, reject, onProgress });
    });
    line().postMessage({ id, kind, input });
    return {
      done: done as Promise<Requests[typeof kind]['output']>, // the protocol pairs kinds with outputs
      cancel: () => line().postMessage({ cancel: id }),
    };
  };
  return { start, ask: (kind, input) => start(kind, input).done };
}
