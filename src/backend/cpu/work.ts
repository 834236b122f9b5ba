import type { DesignMoments, ResponseMoments } from '../../moments/moments.ts';
import type { BatchPlan } from '../../plan/plan.ts';
import type { EngineOptions, FitChunk } from '../backend.ts';

/** Responses of one design that a worker is to fit. */
export interface WorkItem {
  readonly batch: number;
  readonly from: number;
  /** The design, where the worker has not had it yet. */
  readonly design: DesignMoments | null;
  readonly path: BatchPlan['path'];
  readonly options: EngineOptions;
  readonly responses: ResponseMoments;
}

export interface WorkRequest {
  readonly id: number;
  readonly items: readonly WorkItem[];
}

export interface WorkReply {
  readonly id: number;
  readonly chunks: readonly FitChunk[];
}

/** Responses `from` to `to`, copied out. */
export function sliceResponses(responses: ResponseMoments, from: number, to: number): ResponseMoments {
  const { count, qty, ztr } = responses;
  const p = count === 0 ? 0 : qty.length / count;
  const q = count === 0 ? 0 : ztr.length / count;
  return {
    count: to - from,
    qty: qty.slice(from * p, to * p),
    ztr: ztr.slice(from * q, to * q),
    rss: responses.rss.slice(from, to),
    mean: responses.mean.slice(from, to),
    constant: responses.constant.slice(from, to),
    expressed: responses.expressed.slice(from, to),
    streams: responses.streams?.slice(from, to),
  };
}
