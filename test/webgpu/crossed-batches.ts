/** Moments of models with two or three grouping factors. */
import type { CaseRandom } from '../../bench/device-models.mjs';
import type { MomentBatch } from '../../src/moments/moments.ts';
import { batchesOf } from './case-batches.ts';

export interface CrossedShape {
  readonly seed: number;
  /** Right-hand side over `x`, `between` (constant in a donor) and the factors `donor`, `batch`, `site` (each donor belongs to one). */
  readonly formula: string;
  /** About so many, unless balanced. */
  readonly rows: number;
  readonly donors: number;
  readonly batches: number;
  readonly sites: number;
  /** Every donor in every batch equally often. */
  readonly balanced?: boolean;
  /** Share of the values of a response that are missing: each response then has a design of its own. */
  readonly missing?: number;
  readonly responses: number;
  /** Standard deviations of donor, batch, site and slope of x by donor, relative to the residual's. */
  readonly deviations: (random: CaseRandom, k: number) => readonly [number, number, number, number];
}

export function crossedBatches(shape: CrossedShape): readonly MomentBatch[] {
  const { rows, donors, batches, sites, balanced, deviations, ...rest } = shape;
  const each = rows / (donors * batches);
  const least = balanced ? each : Math.min(1, Math.floor(each / 2));
  return batchesOf({
    ...rest,
    factors: { donor: donors, batch: batches, site: sites },
    rows: [least, Math.round(2 * each) - least],
    deviations: (random, k) => {
      const [byDonor, byBatch, bySite, slope] = deviations(random, k);
      const intercepts: Readonly<Record<string, number>> = { batch: byBatch, site: bySite };
      return (group, name) => (name === 'x' ? slope : (intercepts[group] ?? byDonor));
    },
  });
}
