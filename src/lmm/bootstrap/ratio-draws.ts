import type { DesignMoments } from '../../moments/moments.ts';
import type { Embedding, Submodel } from '../../moments/submodel.ts';
import type { EnginePath } from '../engine.ts';

/** Two nested models on one design, as far as draws from the smaller one and fits of both need it. Plain data, which threads can be sent. */
export interface RatioModels {
  readonly large: DesignMoments;
  /** The smaller model, which lies in the larger one by `embedding`. */
  readonly sub: Submodel;
  readonly embedding: Embedding;
  readonly method: 'REML' | 'ML';
  /** Of gaussian models: how each is fitted. */
  readonly paths: readonly [small: EnginePath, large: EnginePath];
  /** Of generalised ones: nodes of quadrature, and whether the smaller one is Poisson's limit of the larger one's family. */
  readonly nodes: readonly [small: number, large: number];
  readonly isLimit: boolean;
  readonly seed: number;
}

/**
 * The likelihood ratio of one draw from the smaller model, by the stream of random numbers and the number of the draw. NaN where it
 * is left out as one of its fits failed, Infinity where it counts as beyond any observed one. A draw depends on nothing else:
 * wherever it is made it is the same.
 */
export type RatioOf = (stream: number, draw: number) => number;

/** Draws from the smaller model with some parameters: theta in its own order of gaussian ones, of generalised ones as a search has them. */
export type RatioDraws = (parameters: Float64Array) => RatioOf;

/** Use of a response's stream of random numbers. */
export const STREAM_RATIO = 3;

/** Some draws of one response. */
export interface RatioPart {
  readonly parameters: Float64Array;
  readonly stream: number;
  readonly from: number;
  readonly to: number;
}

/** Whether the ratio's distribution does not depend on the fitted smaller model: a gaussian one without random terms. */
export function isPivotal({ large, sub }: RatioModels): boolean {
  return !large.family && sub.design.terms.length === 0;
}
