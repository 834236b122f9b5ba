/** Options and progress of the analyses beside a fit. */

import type { Progress } from 'webgpu-lmm';
import type { ProgressReport } from '../protocol/protocol.ts';
import type { Settings } from '../protocol/settings.ts';
import type { DataSet } from './data-set.ts';
import { prepareOptions } from './run-options.ts';

/** Milliseconds between reports of progress. */
const REPORT_EVERY = 80;

/** How data that have been read enter an analysis, without its formula. */
export function dataOptions(settings: Settings, data: DataSet) {
  const { formula: _, obs: __, ...options } = prepareOptions(settings, data.roles, data.isMatrix);
  return options;
}

/** Where the fits of an analysis run: on a device only where that is the faster, as the fit itself has told of one that lacks. */
export function fitPlace({ backend, threads }: Settings): { backend: 'auto' | 'cpu'; threads?: number } {
  return { backend: backend === 'cpu' ? 'cpu' : 'auto', ...(threads > 0 ? { threads } : {}) };
}

/** Hands on how many ratios are drawn, likewise. */
export function drawn(report: (progress: ProgressReport) => void): (done: number, total: number) => void {
  let last = -Infinity;
  return (done, total) => {
    const now = performance.now();
    if (now - last < REPORT_EVERY && done < total) return;
    last = now;
    report({ phase: 'draw', done, total });
  };
}

/** Hands progress on without drowning the page in messages; the last report of a phase always comes. */
export function phased(report: (progress: ProgressReport) => void): Progress {
  let last = -Infinity;
  return (phase, done, total) => {
    const now = performance.now();
    if (now - last < REPORT_EVERY && done < total) return;
    last = now;
    report({ phase: phase === 'read' ? 'read' : 'fit', done, total });
  };
}
