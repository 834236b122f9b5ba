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
  const worker = new Worker(new URL('./worker/worker.ts', import.meta.url), { type: 'module' });
  const waiting = new Map<number, Waiting>();
  let requests = 0;
  worker.onmessage = ({ data: reply }: MessageEvent<ReplyMessage>) => {
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
  worker.onerror = (event) => {
    const message = event.message || 'the worker of this page could not be loaded';
    const report = { tag: 'Error', message, remedy: 'Reload the page.', position: null, source: null, option: null };
    for (const { reject } of waiting.values()) reject(new WorkerError(report));
    waiting.clear();
  };
  const start: Client['start'] = (kind, input, onProgress) => {
    const id = ++requests;
    const done = new Promise<unknown>((resolve, reject) => {
      waiting.set(id, { resolve, reject, onProgress });
    });
    worker.postMessage({ id, kind, input });
    return {
      done: done as Promise<Requests[typeof kind]['output']>, // the protocol pairs kinds with outputs
      cancel: () => worker.postMessage({ cancel: id }),
    };
  };
  return { start, ask: (kind, input) => start(kind, input).done };
}
