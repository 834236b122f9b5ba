/** Confidence limits of the covariance parameters of one model. */

import { waldIntervals } from 'webgpu-lmm';
import { fitMoments, selectMoments } from 'webgpu-lmm/steps';
import type { ParameterLimits } from '../protocol/protocol.ts';
import type { FittedRun } from './run.ts';
import { fitOptions } from './run-options.ts';

/** Wald's limits, which structured residuals and dispersion models have; none of other models. */
export async function parameterLimits(run: FittedRun, model: number): Promise<ParameterLimits[]> {
  if (!run.result.table.structured) return [];
  const { bootstrap: _draws, moderate: _prior, ...options } = fitOptions(run.settings);
  // Of the one model: the others of the run are not asked for.
  const one = await fitMoments(selectMoments(run.prepared.moments, Int32Array.of(model)), {
    ...options,
    backend: 'cpu',
    threads: 1,
  });
  const { parameters, low, high } = waldIntervals(one);
  return parameters.flatMap(({ effect, group, term }, k) => {
    if (effect === 'fixed' || Number.isNaN(low[k])) return [];
    return [{ effect, group: group ?? '', term, low: low[k], high: high[k] }];
  });
}
