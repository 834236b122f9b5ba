/** One run: data read and prepared, then fitted. What a run prepared serves the next one that needs the same. */

import { type FitPlan, isFitError, type MomentFit } from 'webgpu-lmm';
import {
  fitMoments,
  type Input,
  type Prepared,
  prepare as prepareRun,
  type Run,
  readInput,
  runMoments,
} from 'webgpu-lmm/steps';
import type { FitOutcome, ProgressReport } from '../protocol/protocol.ts';
import type { Settings } from '../protocol/settings.ts';
import type { DataSet } from './data-set.ts';
import { fitOptions, prepareOptions } from './run-options.ts';

/** What an answer may report to and listens to. */
export interface AnalysisCall {
  readonly report: (progress: ProgressReport) => void;
  readonly signal: AbortSignal;
}

/** Milliseconds between reports of progress. */
const REPORT_EVERY = 80;

export interface PreparedRun {
  /** What the moments depend on. */
  readonly key: string;
  readonly input: Input;
  /** The input as the designs have it: rows with too few counts are gone. */
  readonly data: Run;
  readonly prepared: Prepared;
}

export interface FittedRun extends PreparedRun {
  readonly settings: Settings;
  readonly result: MomentFit;
}

/** Reads the data and forms their moments, unless the last run already did. */
export async function prepare(
  data: DataSet,
  settings: Settings,
  last: PreparedRun | null,
  report: (progress: ProgressReport) => void,
  signal: AbortSignal,
): Promise<PreparedRun> {
  const options = prepareOptions(settings, data.roles, data.isMatrix);
  const key = JSON.stringify(options);
  if (last?.key === key) return last;
  const input = await readInput(data.roles.data, options, data.files);
  const onProgress = throttled((done, total) => report({ phase: 'read', done, total }));
  const run = await prepareRun(input, options, onProgress, signal);
  return { key, input, data: run, prepared: await runMoments(run, options.formula) };
}

/** Fits what was prepared; where a device that was asked for is not there, the workers do it and the outcome says so. */
export async function fitPrepared(
  run: PreparedRun,
  settings: Settings,
  report: (progress: ProgressReport) => void,
  signal: AbortSignal,
): Promise<{ fitted: FittedRun; outcome: Omit<FitOutcome, 'seconds'> & { fitSeconds: number } }> {
  const options = fitOptions(settings);
  let plan: FitPlan | null = null;
  let fallback: string | null = null;
  const attempt = (backend: Settings['backend']): Promise<MomentFit> =>
    fitMoments(run.prepared.moments, {
      ...options,
      backend,
      onProgress: throttled((done, total) => report({ phase: 'fit', done, total })),
      onPlan: (made) => {
        plan = made;
      },
      signal,
    });
  const started = performance.now();
  let result: MomentFit;
  try {
    result = await attempt(settings.backend);
  } catch (error) {
    if (!isFitError(error, 'DeviceError') || settings.backend !== 'webgpu') throw error;
    fallback = `${error.message}. The fits ran on float64 workers instead.`;
    result = await attempt('cpu');
  }
  const made = plan as FitPlan | null; // assigned in a callback, which the compiler does not follow
  return {
    fitted: { ...run, settings, result },
    outcome: {
      table: result.table,
      notes: [...new Set([...run.prepared.notes, ...result.notes])],
      threads: made?.threads ?? 1,
      arithmetic: made?.arithmetic ?? 'float64',
      choice: made?.choice ?? '',
      fallback,
      fitSeconds: (performance.now() - started) / 1000,
    },
  };
}

/** A progress callback that does not drown the page in messages; the last report always comes. */
function throttled(
  report: (done: number, total: number) => void,
): (phase: string, done: number, total: number) => void {
  let last = -Infinity;
  return (_phase, done, total) => {
    const now = performance.now();
    if (now - last < REPORT_EVERY && done < total) return;
    last = now;
    report(done, total);
  };
}
