import type { DesignTests, TestedModels } from '../../infer/design-tests.ts';
import type { RatioModels, RatioPart } from '../../lmm/bootstrap/ratio-draws.ts';
import type { DeviceStart, EngineOptions, EnginePath, FitChunk } from '../../lmm/engine.ts';
import type { DesignMoments, ResponseMoments } from '../../moments/moments.ts';
import type { DdfMethod } from '../../types/inference.ts';

/** Designs that a worker keeps the engines of. */
export const KEPT_DESIGNS = 4;

/** Responses of one design that a worker is to fit. */
export interface WorkItem {
  readonly batch: number;
  readonly from: number;
  /** The design, where the worker has not had it yet. */
  readonly design: DesignMoments | null;
  readonly path: EnginePath;
  readonly options: EngineOptions;
  readonly responses: ResponseMoments;
  /** Where a device's search of the responses ended; null where they are to be searched here. */
  readonly starts: WorkStarts | null;
}

/** Points of a device (`DeviceStart`) for the responses of an item, one after another. */
export interface WorkStarts {
  /** responses x width. */
  readonly points: Float64Array;
  readonly width: number;
  readonly evaluations: Int32Array;
  /** 1 where the device has searched the response, 2 where it found nothing, 0 where the engine does it all. */
  readonly searched: Uint8Array;
  readonly preview: boolean;
}

/** The start of response k, or null where there is none to finish from. */
export function startOf({ points, width, evaluations, searched, preview }: WorkStarts, k: number): DeviceStart | null {
  if (searched[k] === 0) return null;
  const point = searched[k] === 1 ? points.subarray(k * width, (k + 1) * width) : new Float64Array(0);
  return { point, evaluations: evaluations[k], preview };
}

/** Fitted models of one design whose tests are to be found. */
export interface TestItem {
  readonly batch: number;
  readonly from: number;
  /** The design, where the worker has not had it yet. */
  readonly design: DesignMoments | null;
  readonly path: EnginePath;
  readonly method: 'REML' | 'ML';
  readonly ddf: DdfMethod;
  readonly information?: EngineOptions['information'];
  readonly nodes?: EngineOptions['nodes'];
  readonly responses: ResponseMoments;
  /** models x thetas of the design, in its order. */
  readonly theta: Float64Array;
  readonly sigma: Float64Array;
  /** 1 where a model has a fit. */
  readonly fitted: Uint8Array;
  /** models x p: coefficients without a test (1, else 0); null where all have one. */
  readonly untested: Uint8Array | null;
  readonly tests: DesignTests;
}

/** Tests of models `from` onward of batch number `batch`. */
export interface TestChunk {
  readonly batch: number;
  readonly from: number;
  readonly tested: TestedModels;
}

/** Likelihood ratios of one response that are to be drawn. */
export interface RatioItem extends RatioPart {
  readonly batch: number;
  /** The models, where the worker has not had them yet. */
  readonly models: RatioModels | null;
}

export interface WorkRequest {
  readonly id: number;
  readonly items: readonly WorkItem[];
  readonly tests: readonly TestItem[];
  readonly ratios: readonly RatioItem[];
}

export interface WorkReply {
  readonly id: number;
  readonly chunks: readonly FitChunk[];
  readonly tested: readonly TestChunk[];
  /** One array an item. */
  readonly ratios: readonly Float64Array[];
  /** Set where the work threw, with its message: another thread would throw as well. */
  readonly error?: string | undefined;
}
