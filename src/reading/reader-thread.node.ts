import { existsSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { unreadable as unreadableFile } from '../data/table/bytes.node.ts';
import { FitError } from '../errors.ts';
import type { PassRunOptions } from '../types/entry-pass.ts';
import { type ReaderCall, type ReaderCalls, type ReaderReply, restoreError } from './protocol.ts';

/** Milliseconds that an answer may take, and those for each byte of the file (4 MB a second): no reading is that slow. */
const LEAST_WAIT = 10_000;
const WAIT_PER_BYTE = 1 / 4096;
/** Megabytes of the thread's heap; arrays of numbers lie outside of it. */
const HEAP_MEGABYTES = 4096;
/** Megabytes of what is young in it: blocks leave little, and what is not used of the default's 48 stays with the process. */
const YOUNG_MEGABYTES = 3;
/** Words of failures after which the libraries inside the thread are in no state to go on. */
const BROKEN =
  /gave up|abort|memory access|out of bounds|unreachable|table index|RuntimeError|heap|null function|indirect call/i;

/** The file that a thread is asked about; its size bounds the time for an answer. */
export interface ReadFile {
  readonly path: string;
  readonly bytes: number;
}

interface Pending {
  readonly path: string;
  readonly onEntries: ((count: number) => void) | undefined;
  readonly resolve: (output: unknown) => void;
  readonly reject: (error: Error) => void;
  readonly timer: NodeJS.Timeout;
}

/** A thread that reads one file at a time, and can be ended whatever it does. */
export class ReaderThread {
  private readonly worker: Worker;
  private readonly pending = new Map<number, Pending>();
  private calls = 0;
  /** False once it failed: it reads nothing any more. */
  usable = true;
  /** Whether a call failed: what the libraries keep of that file could meet the next one. */
  failed = false;

  constructor(script: URL) {
    // What the libraries print when they fail comes as an error as well.
    const options = { stdout: true, stderr: true };
    this.worker = new Worker(script, {
      ...options,
      resourceLimits: { maxOldGenerationSizeMb: HEAP_MEGABYTES, maxYoungGenerationSizeMb: YOUNG_MEGABYTES },
    });
    this.worker.unref();
    this.worker.on('message', (reply: ReaderReply) => this.receive(reply));
    this.worker.on('error', (error) => this.end(error.message));
    this.worker.on('exit', () => this.end('its reader ended'));
  }

  /** Asks for something. Each report of entries read gives the answer its whole time again. */
  call<C extends ReaderCall>(
    call: C,
    input: ReaderCalls[C]['input'],
    { path, bytes }: ReadFile,
    { signal, onEntries }: Pick<PassRunOptions, 'signal' | 'onEntries'> = {},
  ): Promise<ReaderCalls[C]['output']> {
    return new Promise((resolve, reject) => {
      if (!this.usable) {
        reject(unreadable(path, 'its reader ended'));
        return;
      }
      const wait = readSeconds() ?? LEAST_WAIT + bytes * WAIT_PER_BYTE;
      const timer = setTimeout(() => this.end(`there is no end to it within ${Math.round(wait / 1000)} s`), wait);
      const id = this.calls++;
      this.worker.ref();
      const cancel = (): void => this.worker.postMessage({ cancel: id });
      const settle = (): void => signal?.removeEventListener('abort', cancel);
      this.pending.set(id, {
        path,
        onEntries,
        timer,
        resolve: (output) => {
          settle();
          resolve(output as ReaderCalls[C]['output']); // what the protocol has for this call
        },
        reject: (error) => {
          settle();
          reject(error);
        },
      });
      this.worker.postMessage({ id, call, input });
      if (signal?.aborted) cancel();
      else signal?.addEventListener('abort', cancel, { once: true });
    });
  }

  /** Ends the thread; whoever waits is told why. */
  end(reason: string): void {
    this.usable = false;
    for (const { path, reject, timer } of this.pending.values()) {
      clearTimeout(timer);
      reject(unreadable(path, reason));
    }
    this.pending.clear();
    this.worker.terminate().catch(() => undefined);
  }

  private receive(reply: ReaderReply): void {
    const waiting = this.pending.get(reply.id);
    if (!waiting) return;
    if ('entries' in reply) {
      waiting.timer.refresh();
      waiting.onEntries?.(reply.entries);
      return;
    }
    this.pending.delete(reply.id);
    clearTimeout(waiting.timer);
    if (this.pending.size === 0) this.worker.unref();
    if (!('error' in reply)) {
      waiting.resolve(reply.output);
      return;
    }
    this.failed = true;
    waiting.reject(restoreError(reply.error, waiting.path));
    if (BROKEN.test(reply.error.message.replaceAll(waiting.path, ''))) this.end('its reader ended');
  }
}

/** Seconds of the environment variable `WEBGPU_LMM_READ_SECONDS`, in milliseconds: for storage that is slower than that. */
function readSeconds(): number | undefined {
  const seconds = Number(process.env['WEBGPU_LMM_READ_SECONDS']);
  return seconds > 0 ? seconds * 1000 : undefined;
}

function unreadable(path: string, reason: string): FitError {
  return new FitError('DataError', `${path} cannot be read: ${reason}`, {
    path,
    unreadable: true,
    remedy:
      'The file is damaged, or asks for more memory than there is: fetch or write it again. For slow storage set WEBGPU_LMM_READ_SECONDS.',
  });
}

/** What a store in a folder counts as: to add up its files, of which there may be many, would take longer than it saves. */
const FOLDER_BYTES = 2 ** 30;

/** Bytes of a file. @throws FitError DataError, unreadable */
export async function fileSize(path: string): Promise<number> {
  try {
    const entry = await stat(path);
    return entry.isDirectory() ? FOLDER_BYTES : entry.size;
  } catch (error) {
    throw unreadableFile(path, error);
  }
}

let idle: ReaderThread | null = null;
let leaving: NodeJS.Timeout | undefined;
/** Milliseconds that a thread waits for the next file: it holds tens of megabytes, and takes less to start. */
const IDLE_MILLISECONDS = 100;

/** A thread to read with; null where there is no script beside this module (sources that run unbuilt). */
export function takeReader(): ReaderThread | null {
  if (idle?.usable) {
    const reader = idle;
    idle = null;
    clearTimeout(leaving);
    return reader;
  }
  const script = new URL('./reader.js', import.meta.url);
  return existsSync(fileURLToPath(script)) ? new ReaderThread(script) : null;
}

/** Gives a thread back that is done with its file: a file that follows soon finds it warm. */
export function giveReader(reader: ReaderThread): void {
  if (!reader.usable) return;
  if (reader.failed || idle?.usable) reader.end('not needed');
  else {
    idle = reader;
    leaving = setTimeout(() => {
      idle = null;
      reader.end('not needed');
    }, IDLE_MILLISECONDS);
    leaving.unref();
  }
}
