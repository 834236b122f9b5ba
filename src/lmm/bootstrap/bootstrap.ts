import type { DesignMoments, MomentBatch } from '../../moments/moments.ts';
import { STATUSES } from '../../types/fit-table.ts';
import { afterEachFit, type Engine, type Fits } from '../engine.ts';
import { type ConditionalDraws, logP, tailQuantile } from './conditional-tails.ts';

/** Uses of a stream of random numbers. */
export const STREAM_FITTED = 1; // draws from a fitted model
export const STREAM_NULL = 2; // draws without random effects

/** Whether the hypothesis that all random effects are absent is that of one term. */
export function hasNullModel({ terms }: DesignMoments): boolean {
  return terms.length === 1;
}

/** Pairs of one column of estimates, space for `draws` of them. */
export function emptyDraws(columns: number, draws: number): ConditionalDraws[] {
  return Array.from({ length: columns }, () => ({ mean: new Float64Array(draws), ratio: new Float64Array(draws) }));
}

/**
 * log10 p of an observed t, whether that is an upper bound, and half the width of a confidence interval in standard
 * errors (NaN without a level).
 */
function judgeDraws(
  draws: ConditionalDraws,
  t: number,
  level: number | undefined,
): { readonly log10P: number; readonly bound: boolean; readonly width: number } {
  if (!Number.isFinite(t)) return { log10P: Number.NaN, bound: false, width: Number.NaN };
  const { log, bound } = logP(draws, Math.abs(t));
  return { log10P: log / Math.LN10, bound, width: level === undefined ? Number.NaN : tailQuantile(draws, 1 - level) };
}

/** Share of a sorted null distribution at or above `value`, counting `value` itself. */
function nullTail(sorted: Float64Array, value: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle] >= value) high = middle;
    else low = middle + 1;
  }
  return (1 + sorted.length - low) / (1 + sorted.length);
}

/** Work that can be left between draws. */
export type Steps = Generator<void, void>;

/** Fills the bootstrap's columns of a row from the fit that stands in it, a draw a step. */
export interface Judge {
  /** p-values and intervals of coefficients and contrasts. */
  judgeEstimates(batch: MomentBatch, k: number, fits: Fits, at: number): Steps;
  /** The test of no random effects, where the model has one. */
  judgeVariance(batch: MomentBatch, k: number, fits: Fits, at: number): Steps;
}

/** Does all steps at once. */
export function doSteps(steps: Steps): void {
  while (!steps.next().done);
}

/** Whether a row has a fit that can be drawn from. */
export function canDraw(fits: Fits, at: number): boolean {
  return STATUSES[fits.status[at]] === 'ok' && fits.converged[at] === 1;
}

/** An engine whose fits are drawn from at once. */
export function withBootstrap(engine: Engine, judge: Judge): Engine {
  return afterEachFit(engine, (batch, k, fits, at) => {
    if (!canDraw(fits, at)) return;
    doSteps(judge.judgeEstimates(batch, k, fits, at));
    doSteps(judge.judgeVariance(batch, k, fits, at));
  });
}

/** Writes what the draws of every column say into row `at`. */
export function writeJudgement(
  draws: readonly ConditionalDraws[],
  level: number | undefined,
  fits: Fits,
  at: number,
): void {
  draws.forEach((column, c) => {
    const to = at * fits.columns + c;
    const { log10P, bound, width } = judgeDraws(column, fits.estimate[to] / fits.standardError[to], level);
    fits.bootstrapLog10P[to] = log10P;
    fits.bootstrapBound[to] = bound ? 1 : 0;
    fits.bootstrapWidth[to] = width;
  });
}

/** Writes the test of no random effects; a ratio that rounding alone makes is none. */
export function writeVarianceTest(nullRatios: Float64Array, ratio: number, fits: Fits, at: number): void {
  const positive = ratio > NO_RATIO * (1 + Math.abs(fits.criterion[at])) ? ratio : 0;
  fits.varianceRatio[at] = positive;
  fits.varianceP[at] = nullTail(nullRatios, positive);
}

/** A likelihood ratio below this share of the criterion is its rounding. */
const NO_RATIO = 1e-12;
