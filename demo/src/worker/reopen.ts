/** A fit whose table was kept, opened on its data again: read as for a fit, and not fitted. */

import type { FitTable } from 'webgpu-lmm';
import { reopenFit } from 'webgpu-lmm/steps';
import type { Settings } from '../protocol/settings.ts';
import type { DataSet } from './data-set.ts';
import { type AnalysisCall, type FittedRun, type PreparedRun, prepare } from './run.ts';

/** @throws DataError where the table is damaged, or of other data than those that are open */
export async function reopen(
  data: DataSet,
  settings: Settings,
  last: PreparedRun | null,
  { table, notes }: { readonly table: FitTable; readonly notes: readonly string[] },
  { report, signal }: AnalysisCall,
): Promise<FittedRun> {
  const run = await prepare(data, settings, last, report, signal);
  return { ...run, settings, result: await reopenFit(run.prepared.moments, table, notes) };
}
