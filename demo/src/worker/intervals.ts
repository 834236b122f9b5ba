/** Confidence intervals of one model for the page to show, and of all models as a file. */

import {
  bootstrapIntervals,
  INTERVAL_REASONS,
  type IntervalTable,
  type MomentFit,
  outputBlob,
  outputRows,
  profileIntervals,
  tidy,
  waldIntervals,
} from 'webgpu-lmm';
import { fitMoments, selectMoments } from 'webgpu-lmm/steps';
import type {
  IntervalAnswer,
  IntervalFile,
  IntervalQuestion,
  ParameterInterval,
} from '../protocol/analysis-protocol.ts';
import { phased } from './analysis-options.ts';
import type { AnalysisCall, FittedRun } from './run.ts';
import { fitOptions } from './run-options.ts';

/** Intervals of all parameters of one model, with reasons where a limit is missing. */
export async function modelIntervals(
  run: FittedRun,
  model: number,
  question: IntervalQuestion,
  call: AnalysisCall,
): Promise<IntervalAnswer> {
  const { bootstrap, ...options } = fitOptions(run.settings);
  const moments = selectMoments(run.prepared.moments, Int32Array.of(model));
  const one = await fitMoments(moments, {
    ...options,
    backend: 'cpu',
    threads: 1,
    // Draws depend on the names of responses alone: these are those of the whole run.
    ...(bootstrap === undefined ? {} : { bootstrap: { ...bootstrap, level: question.level } }),
    signal: call.signal,
  });
  const intervals = await intervalsOf(one, question, 1, call);
  const key = (group: unknown, term: unknown): string => JSON.stringify([group, term]);
  const reasons = new Map(
    intervals.parameters.map(({ group, term }, i) => [key(group, term), INTERVAL_REASONS[intervals.reason[i]]]),
  );
  const rows = [...outputRows(tidy({ ...one, intervals }))].map((row): ParameterInterval => {
    const number = (name: string): number => (typeof row[name] === 'number' ? row[name] : Number.NaN);
    const [group, term] = [row['group'] === null ? null : String(row['group']), String(row['term'])];
    return {
      effect: String(row['effect']),
      group,
      term,
      estimate: number('estimate'),
      low: number('conf.low'),
      high: number('conf.high'),
      reason: reasons.get(key(group, term)) ?? (row['effect'] === 'threshold' ? thresholdReason(question.method) : ''),
      drawn: Number.isNaN(number('p.bootstrap'))
        ? null
        : {
            p: number('p.bootstrap'),
            bound: row['p.bootstrap.bound'] === true,
            low: number('conf.low.bootstrap'),
            high: number('conf.high.bootstrap'),
          },
    };
  });
  return { question, rows, draws: one.table.bootstrap?.draws ?? 0 };
}

/** Why thresholds of grades, which are no parameters of the intervals, have none. */
function thresholdReason(method: IntervalQuestion['method']): string {
  const known = INTERVAL_REASONS.find((reason) => reason.includes('thresholds'));
  if (method === 'profile' && known !== undefined) return known;
  return 'thresholds have no intervals by this method; their standard errors are in the saved table of coefficients';
}

/** The coefficients of all models with their intervals as a file, byte for byte as the command writes it. */
export async function intervalFile(
  { result, settings }: FittedRun,
  { container, question }: IntervalFile,
  call: AnalysisCall,
): Promise<Blob> {
  const intervals = await intervalsOf(result, question, settings.threads, call);
  return outputBlob({ ...result, intervals }, { table: 'tidy', container, contrast: null });
}

function intervalsOf(
  result: MomentFit,
  { method, level, draws }: IntervalQuestion,
  threads: number,
  { report, signal }: AnalysisCall,
): Promise<IntervalTable> | IntervalTable {
  const options = { level, ...(threads > 0 ? { threads } : {}), onProgress: phased(report), signal };
  if (method === 'wald') return waldIntervals(result, options);
  if (method === 'profile') return profileIntervals(result, options);
  return bootstrapIntervals(result, { ...options, kind: method === 'bca' ? 'bca' : 'percentile', draws, seed: 1 });
}
