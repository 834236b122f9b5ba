/** How long the bootstrap of likelihood ratios is going to take, going by the fit. Pure. */

import type { FitOutcome } from '../protocol/protocol.ts';

/**
 * A draw fits both models and tests nothing, and no threads have to be started for it: beside the fit of one model it took from a
 * fourth to a thirtieth of the time (one response to 1,500, linear and generalised, on two threads).
 */
const CHEAPER = 10;

/** Seconds that drawing takes for one pair of models and all responses, about. A graphics card draws nothing: the processor does. */
export function ratioSeconds({ seconds, table }: FitOutcome, draws: number): number {
  return (2 * draws * seconds.fit) / (table.backend === 'webgpu' ? 1 : CHEAPER);
}

/** Pairs of so many models that may lie inside each other, at most. */
export function mostPairs(models: number): number {
  return (models * (models - 1)) / 2;
}
