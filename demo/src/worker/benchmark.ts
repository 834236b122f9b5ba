/** The same fits on the device, on the threads and on one thread: how fast, and how far apart. */

import { FitError, type FitTable, isFitError, STATUSES } from 'webgpu-lmm';
import { fitMoments } from 'webgpu-lmm/steps';
import type { BenchmarkRun, ProgressReport } from '../protocol/protocol.ts';
import type { Settings } from '../protocol/settings.ts';
import type { PreparedRun } from './run.ts';
import { fitOptions } from './run-options.ts';

/** Runs of each, of which the median counts; a run longer than `LONG` seconds is not repeated. */
const REPEATS = 3;
const LONG = 5;

export async function benchmark(
  run: PreparedRun,
  settings: Settings,
  report: (progress: ProgressReport) => void,
  signal: AbortSignal,
): Promise<BenchmarkRun[]> {
  const { bootstrap: _none, threads: _own, ...options } = fitOptions(settings);
  const threads = globalThis.navigator.hardwareConcurrency;
  const kinds = [
    { label: 'one thread', backend: 'cpu', threads: 1 },
    { label: `${threads} threads`, backend: 'cpu', threads },
    { label: 'WebGPU', backend: 'webgpu', threads },
  ] as const;
  const runs: BenchmarkRun[] = [];
  let first: FitTable | null = null;
  for (const [k, { label, backend, threads: most }] of kinds.entries()) {
    if (backend === 'cpu' && k > 0 && most === 1) continue;
    const times: number[] = [];
    let table: FitTable | null = null;
    let error: string | null = null;
    let used: number = most;
    try {
      for (let i = 0; i < REPEATS && (times[0] ?? 0) < LONG; i++) {
        const started = performance.now();
        const result = await fitMoments(run.prepared.moments, {
          ...options,
          backend,
          threads: most,
          onPlan: (plan) => {
            used = plan.threads;
          },
          signal,
        });
        times.push((performance.now() - started) / 1000);
        table = result.table;
        if (backend === 'webgpu' && table.backend !== 'webgpu') {
          throw new FitError('DeviceError', result.notes[result.notes.length - 1] ?? 'the device was lost');
        }
      }
    } catch (cause) {
      if (!isFitError(cause, 'DeviceError')) throw cause;
      error = cause.message;
    }
    first ??= table;
    times.sort((a, b) => a - b);
    runs.push({
      label,
      backend,
      device: table?.device ?? null,
      threads: used,
      models: run.prepared.moments.names.length,
      seconds: times[Math.floor(times.length / 2)] ?? Number.NaN,
      differences: table && first && table !== first ? differences(first, table) : null,
      error,
    });
    report({ phase: 'benchmark', done: k + 1, total: kinds.length });
  }
  return runs;
}

/** Largest distances over the models that both fitted: criterion and df relative, estimates in standard errors. */
function differences(a: FitTable, b: FitTable): NonNullable<BenchmarkRun['differences']> {
  const worst = { criterion: 0, estimate: 0, df: 0 };
  const width = a.coefficients.names.length;
  for (let model = 0; model < a.models; model++) {
    if (STATUSES[a.status[model]] !== 'ok' || STATUSES[b.status[model]] !== 'ok') continue;
    worst.criterion = Math.max(
      worst.criterion,
      Math.abs(a.criterion[model] - b.criterion[model]) / (1 + Math.abs(a.criterion[model])),
    );
    for (let k = 0; k < width; k++) {
      const at = model * width + k;
      const distance = Math.abs(a.coefficients.estimate[at] - b.coefficients.estimate[at]);
      if (!Number.isNaN(distance))
        worst.estimate = Math.max(worst.estimate, distance / a.coefficients.standardError[at]);
      const df = Math.abs(a.coefficients.df[at] / b.coefficients.df[at] - 1);
      if (!Number.isNaN(df)) worst.df = Math.max(worst.df, df);
    }
  }
  return worst;
}
