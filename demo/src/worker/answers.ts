/** What the worker that owns the data does: it reads, fits and writes; the page shows. Nothing that it is given leaves it otherwise. */

import { FitError } from 'webgpu-lmm';
import type { Prepared } from 'webgpu-lmm/steps';
import type {
  CancelMessage,
  DataSummary,
  LookMessage,
  ProgressReport,
  ReplyMessage,
  RequestKind,
  RequestMessage,
  Requests,
} from '../protocol/protocol.ts';
import { analysisHandlers } from './analysis-handlers.ts';
import { type DataSet, openDataSet } from './data-set.ts';
import { frameDesign } from './design.ts';
import { describeError } from './error-report.ts';
import { type Frame, openFrame } from './frame.ts';
import type { ValueCache } from './gene.ts';
import type { FittedRun, PreparedRun } from './run.ts';

/** What is open and what was done with it. */
let data: DataSet | null = null;
let frame: Frame | null = null;
let rowNoun: DataSummary['rowNoun'] = 'rows';
let prepared: PreparedRun | null = null;
let fitted: FittedRun | null = null;
/** The last that was fitted or read, which the page may yet take: it may have gone on to something else meanwhile. */
let offered: { readonly run: number; readonly fit: FittedRun } | null = null;
/** Values that were read, by run: while one is being fitted the genes of the one before are looked at, under the same names. */
const caches = new WeakMap<Prepared, ValueCache>();

interface Call {
  readonly report: (progress: ProgressReport) => void;
  readonly signal: AbortSignal;
}

type Handlers = {
  readonly [K in RequestKind]: (input: Requests[K]['input'], call: Call) => Promise<Requests[K]['output']>;
};

const handlers: Handlers = {
  open: async ({ files, roles }) => adopt(await openDataSet(files, roles)),
  async example({ id, files }) {
    // Loaded when asked for: the simulation is not needed for files.
    const { openExample } = await import('./examples.ts');
    return adopt(await openExample(id, files));
  },
  design: (question) => frameDesign(opened().columns, opened().rowNoun, question),
  async inspect({ settings }) {
    const { set } = opened();
    const { inspect } = await import('./inspect.ts');
    return inspect(set, settings);
  },
  async fit({ settings, run: number }, { report, signal }) {
    const { set } = opened();
    // As below: opening and designing need no code that fits or writes.
    const { fitPrepared, prepare } = await import('./run.ts');
    const started = performance.now();
    const run = await prepare(set, settings, prepared, report, signal);
    prepared = run;
    const read = (performance.now() - started) / 1000;
    const { fitted: done, outcome } = await fitPrepared(run, settings, report, signal);
    throwIfCancelled(signal);
    offered = { run: number, fit: done };
    const { fitSeconds, ...rest } = outcome;
    const { unitsOfBatches } = await import('./units.ts');
    return { ...rest, seconds: { read, fit: fitSeconds }, ...unitsOfBatches(run.prepared.moments.batches, rest.table) };
  },
  async reopen({ settings, table, notes, run: number }, { report, signal }) {
    const { set } = opened();
    const { reopen } = await import('./reopen.ts');
    const run = await reopen(set, settings, prepared, { table, notes }, { report, signal });
    throwIfCancelled(signal);
    prepared = run;
    offered = { run: number, fit: run };
    return null;
  },
  async take({ run }) {
    if (offered?.run !== run)
      throw new FitError('DataError', 'this fit is not there any more', { remedy: 'Fit again.' });
    fitted = offered.fit;
    offered = null;
    return null;
  },
  // Which fit is asked about is settled before code is loaded: another may be taken meanwhile.
  async gene({ model, warm }, { signal }) {
    const run = fits();
    return (await import('./gene.ts')).geneDetail(run, model, warm, cacheOf(run), signal);
  },
  async trajectories({ model }, { signal }) {
    const run = fits();
    return (await import('./trajectories.ts')).trajectories(run, model, cacheOf(run), signal);
  },
  async residuals({ model }, { signal }) {
    const run = fits();
    return (await import('./residuals.ts')).residuals(run, model, cacheOf(run), signal);
  },
  async influence({ model, group }, { signal }) {
    const run = fits();
    return (await import('./influence.ts')).levelInfluence(run, model, group, cacheOf(run), signal);
  },
  async predictionFields({ model }, { signal }) {
    const run = fits();
    return (await import('./predictions.ts')).predictionFields(run, model, cacheOf(run), signal);
  },
  async predict(question, { signal }) {
    const run = fits();
    return (await import('./predictions.ts')).predictions(run, question, cacheOf(run), signal);
  },
  async limits({ model }) {
    const run = fits();
    return (await import('./model-intervals.ts')).parameterLimits(run, model);
  },
  async export({ target, fits: saved }) {
    const run = saved ? null : fits();
    const { exportBlob, resultOfTable } = await import('./export.ts');
    return exportBlob(saved ? resultOfTable(saved) : fitOf(run).result, target);
  },
  async geneSets(question) {
    const { testSetsOfFile } = await import('./gene-sets.ts');
    return testSetsOfFile(question);
  },
  async benchmark({ settings }, { report, signal }) {
    const { set } = opened();
    const { prepare } = await import('./run.ts');
    const run = await prepare(set, settings, prepared, report, signal);
    prepared = run;
    const { benchmark } = await import('./benchmark.ts');
    return benchmark(run, settings, report, signal);
  },
  ...analysisHandlers({ data: () => opened().set, fit: fits }),
};

async function adopt(next: DataSet): Promise<DataSummary> {
  let summary: DataSummary;
  let columns: Frame;
  try {
    columns = await openFrame(next, '');
    // Loaded with the first data: the page begins without it.
    const { summarise } = await import('./summary.ts');
    summary = await summarise(next, columns);
  } catch (error) {
    await next.close();
    throw error;
  }
  await data?.close();
  data = next;
  frame = columns;
  rowNoun = summary.rowNoun;
  prepared = null;
  fitted = null;
  offered = null;
  return summary;
}

function opened(): { set: DataSet; columns: Frame; rowNoun: DataSummary['rowNoun'] } {
  if (data && frame) return { set: data, columns: frame, rowNoun };
  throw new FitError('DataError', 'no data are open', { remedy: 'Open files or an example first.' });
}

function throwIfCancelled(signal: AbortSignal): void {
  if (signal.aborted) throw new FitError('AbortError', 'the run was cancelled', { remedy: 'Start it again.' });
}

function fits(): FittedRun {
  return fitOf(fitted);
}

function fitOf(run: FittedRun | null): FittedRun {
  if (run) return run;
  throw new FitError('DataError', 'the data of these results are not open', {
    remedy: 'Open the files again and run the fit.',
  });
}

/** The values of a fit. */
function cacheOf({ prepared: of }: FittedRun): ValueCache {
  let own = caches.get(of);
  if (!own) {
    own = { values: new Map() };
    caches.set(of, own);
  }
  return own;
}

const running = new Map<number, AbortController>();

async function answer({ id, kind, input }: RequestMessage): Promise<void> {
  const controller = new AbortController();
  running.set(id, controller);
  const reply = (message: ReplyMessage): void => self.postMessage(message);
  try {
    // The page's types pair kinds with inputs; here the pair comes out of a message.
    const handler = handlers[kind] as (input: unknown, call: Call) => Promise<unknown>;
    const output = await handler(input, {
      report: (progress) => reply({ id, kind: 'progress', progress }),
      signal: controller.signal,
    });
    reply({ id, kind: 'done', output });
  } catch (error) {
    reply({ id, kind: 'failed', error: describeError(error) });
  } finally {
    running.delete(id);
  }
}

/** Takes a message of the page; what comes of it is posted. */
export function receive(message: RequestMessage | CancelMessage | LookMessage): void {
  if ('cancel' in message) running.get(message.cancel)?.abort();
  else if ('look' in message) self.postMessage({ id: message.look, kind: 'here' } satisfies ReplyMessage);
  else void answer(message);
}
