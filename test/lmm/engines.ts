/** The engines called directly, past the plan, so that each can be asked to fit what the plan would give the other. */

import { fitRange } from '../../src/backend/threads/run.ts';
import { covarianceEngine } from '../../src/lmm/covariance-engine.ts';
import { type EngineOptions, type Fits, REASONS } from '../../src/lmm/engine.ts';
import { ScalarEngine } from '../../src/lmm/scalar-engine.ts';
import { spectralEngine } from '../../src/lmm/spectral.ts';
import type { DesignMoments, MomentBatch } from '../../src/moments/moments.ts';
import { denseMoments } from '../../src/moments/table-moments.ts';
import type { Design } from '../../src/types/design.ts';
import { STATUSES } from '../../src/types/fit-table.ts';
import type { DenseResponses } from '../../src/types/responses.ts';

const ENGINES = {
  spectral: spectralEngine,
  scalar: (design: DesignMoments, options: EngineOptions) => new ScalarEngine(design, options),
  covariance: covarianceEngine,
};
export type EngineName = keyof typeof ENGINES;

export interface DirectOptions {
  readonly method?: 'REML' | 'ML';
  readonly contrasts?: Float64Array;
}

function engineOptions(options: DirectOptions): EngineOptions {
  return {
    method: options.method ?? 'REML',
    ddf: 'satterthwaite',
    contrasts: options.contrasts ?? new Float64Array(0),
  };
}

/** Fits every response of a batch with the engine named. */
export function fitBatchWith(name: EngineName, batch: MomentBatch, options: DirectOptions = {}): Fits {
  const full = engineOptions(options);
  return fitRange(ENGINES[name](batch.design, full), batch, full, 0, batch.responses.count);
}

/** The same from a design and its responses, which must share the design (no missing values, no weights of their own). */
export function fitWith(
  name: EngineName,
  design: Design,
  responses: DenseResponses,
  options: DirectOptions = {},
): Fits {
  return fitBatchWith(name, sharedBatch(design, responses), options);
}

/** The one batch of responses that share a design. */
export function sharedBatch(design: Design, responses: DenseResponses): MomentBatch {
  const { batches } = denseMoments(design, responses);
  if (batches.length !== 1) throw new Error(`${batches.length} batches where one was expected`);
  return batches[0];
}

/** Status and reason of row k in words. */
export function outcome(fits: Fits, k = 0): string {
  const reason = REASONS[fits.reason[k]];
  return reason === '' ? STATUSES[fits.status[k]] : `${STATUSES[fits.status[k]]}: ${reason}`;
}
