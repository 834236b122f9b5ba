/** Moments of models with one random intercept. */
import type { CaseRandom } from '../../bench/device-models.mjs';
import type { MomentBatch } from '../../src/moments/moments.ts';
import { batchesOf } from './case-batches.ts';

export interface SimulatedShape {
  readonly seed: number;
  /** Levels of the grouping factor. */
  readonly levels: number;
  readonly n: number;
  readonly responses: number;
  readonly balanced?: boolean;
  /** Prior weights: cells weigh other than their counts. */
  readonly weighted?: boolean;
  /** gamma * n / levels of response k. */
  readonly ratio: (random: CaseRandom, k: number) => number;
}

/** A quarter without variance between levels, the others from far below to far above the variance within. */
export function mixedRatios(random: CaseRandom): number {
  return random.uniform() < 0.25 ? 0 : 10 ** (6 * random.uniform() - 3);
}

/** y ~ stim + age + (1 | level): stim varies within levels, age between them (from 5 levels on). */
export function simulateBatch({ levels, n, balanced, weighted, ratio, ...rest }: SimulatedShape): MomentBatch {
  const [batch] = batchesOf({
    ...rest,
    formula: `~ stim ${levels < 5 ? '' : '+ age '}+ (1 | level)`,
    factors: { level: levels },
    rows: [2, 2],
    cells: n,
    alike: balanced ?? false,
    weights: weighted ? 'row' : undefined,
    deviations: (random, k) => {
      const sd = Math.sqrt((ratio(random, k) * levels) / n);
      return () => sd;
    },
  });
  return batch;
}

/** Responses of which about a third have several minima. */
export function severalMinimaBatch(seed: number, responses: number): MomentBatch {
  const shape = { formula: '~ 1 + (1 | level)', factors: { level: 8 }, rows: [1, 1], deviations: 'none' } as const;
  return batchesOf({ ...shape, wild: true, seed, responses })[0];
}
