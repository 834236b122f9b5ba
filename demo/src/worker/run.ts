/** One run: data read and prepared, then fitted. What a run prepared serves the next one that needs the same. */

import {
  buildParts,
  type DesignPart,
  type FitPlan,
  type FitResult,
  fitMoments,
  type Input,
  isFitError,
  type Prepared,
  prepareMoments,
  readInput,
} from 'webgpu-lmm';
import type { Settings } from '../settings.ts';
import { checkTests } from './check-tests.ts';
import type { DataSet } from './data-set.ts';
import type { FitOutcome, Inspection, ProgressReport } from './protocol.ts';
import { fitOptions, prepareOptions } from './run-options.ts';

/** Milliseconds between reports of progress. */
const REPORT_EVERY = 80;

export interface PreparedRun {
  /** What the moments depend on. */
  readonly key: string;
  readonly input: Input;
  readonly prepared: Prepared;
}

export interface FittedRun extends PreparedRun {
  readonly settings: Settings;
  readonly result: FitResult;
}

/** Builds the designs alone, for what the page shows before a fit. */
export async function inspect(data: DataSet, settings: Settings): Promise<Inspection> {
  const options = prepareOptions(settings, data.roles, data.isMatrix);
  const input = await readInput(data.roles.data, options, data.files);
  const { parts, notes } = buildParts(input, options);
  const coefficients = [...new Set(parts.flatMap(({ design }) => design.fixed.names))];
  const first = parts[0].design;
  return {
    coefficients,
    dropped: first.fixed.dropped,
    used: first.n,
    terms: first.random.map(({ group, names, levels }) => ({ group, names, levels: levels.length })),
    splits: parts.flatMap(({ split, design }: DesignPart) =>
      split === null ? [] : [{ level: split, rows: design.n }],
    ),
    responses: input.select?.length ?? input.responses.names.length,
    notes: [...new Set([...input.notes, ...notes, ...parts.flatMap(({ design }) => design.notes)])],
    ...(await checkTests(first, coefficients, settings)),
  };
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
  const prepared = await prepareMoments(
    input,
    options,
    throttled((done, total) => report({ phase: 'read', done, total })),
    signal,
  );
  return { key, input, prepared };
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
  const attempt = (backend: Settings['backend']): Promise<FitResult> =>
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
  let result: FitResult;
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
