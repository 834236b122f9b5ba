import type { DesignMoments } from '../moments/moments.ts';
import { type ConditionalDraws, logP, tailQuantile } from './conditional-tails.ts';

/** What to draw. */
export interface BootstrapOptions {
  /** Draws of each response. */
  readonly draws: number;
  /** A safe integer, not negative. */
  readonly seed: number;
  /** Level of confidence intervals, say 0.95; none are formed without it. */
  readonly level: number | undefined;
}

/** Uses of a stream of random numbers. */
export const STREAM_FITTED = 1; // draws from a fitted model
export const STREAM_NULL = 2; // draws without random effects

/** Responses of one design from which on its null distribution gets more draws than each of them. */
const WORTH_NULL_DRAWS = 10;
const NULL_DRAWS = 10_000;

/** Draws of the null distribution of the restricted likelihood ratio, which all responses of a design share. */
export function nullDraws(draws: number, responses: number): number {
  return responses >= WORTH_NULL_DRAWS ? Math.max(draws, NULL_DRAWS) : draws;
}

/** Whether the hypothesis that all random effects are absent is that of one term. */
export function hasNullModel({ terms }: DesignMoments): boolean {
  return terms.length === 1;
}

/** Pairs of one column of estimates, space for `draws` of them. */
export function emptyDraws(columns: number, draws: number): ConditionalDraws[] {
  return Array.from({ length: columns }, () => ({ mean: new Float64Array(draws), ratio: new Float64Array(draws) }));
}

/** log10 p of an observed t, and half the width of a confidence interval in standard errors (NaN without a level). */
export function judgeDraws(
  draws: ConditionalDraws,
  t: number,
  level: number | undefined,
): { readonly log10P: number; readonly width: number } {
  if (!Number.isFinite(t)) return { log10P: Number.NaN, width: Number.NaN };
  const log10P = logP(draws, Math.abs(t)) / Math.LN10;
  return { log10P, width: level === undefined ? Number.NaN : tailQuantile(draws, 1 - level) };
}

/** Share of a sorted null distribution at or above `value`, counting `value` itself. */
export function nullTail(sorted: Float64Array, value: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle] >= value) high = middle;
    else low = middle + 1;
  }
  return (1 + sorted.length - low) / (1 + sorted.length);
}
