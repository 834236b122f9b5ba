/** Moments of models with random intercepts and slopes. */
import type { CaseRandom } from '../../bench/device-models.mjs';
import type { MomentBatch } from '../../src/moments/moments.ts';
import { batchesOf } from './case-batches.ts';

export interface SlopesShape {
  readonly seed: number;
  /** Right-hand side over `x`, `z` (within levels), `age` (between levels) and the factor `level`. */
  readonly formula: string;
  readonly levels: number;
  /** Rows of a level; with `balanced` all levels have the same x and z. */
  readonly rows: number;
  readonly balanced?: boolean;
  readonly responses: number;
  /** Standard deviations of the intercepts and of the slopes of x and of others, relative to the residual's. */
  readonly deviations: (random: CaseRandom, k: number) => readonly [number, number, number];
}

export function slopesBatch({ levels, rows, balanced = false, deviations, ...rest }: SlopesShape): MomentBatch {
  const [batch] = batchesOf({
    ...rest,
    factors: { level: levels },
    rows: balanced ? [rows, rows] : [2, 2 * rows - 2],
    alike: balanced,
    deviations: (random, k) => {
      const [intercept, x, others] = deviations(random, k);
      return (_, name) => (name === '(Intercept)' ? intercept : name === 'x' ? x : others);
    },
  });
  return batch;
}
