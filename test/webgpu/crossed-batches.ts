/** Moments of models with two or three grouping factors, from drawn rows. */
import { buildDesign } from '../../src/formula/design.ts';
import type { MomentBatch } from '../../src/moments/moments.ts';
import { denseMoments } from '../../src/moments/table-moments.ts';
import type { DenseResponses } from '../../src/types/responses.ts';
import type { Column, Table } from '../../src/types/table.ts';
import { TestRandom } from '../lmm/random.ts';

export interface CrossedShape {
  readonly seed: number;
  /** Right-hand side over `x`, `between` (constant in a donor) and the factors `donor`, `batch`, `site` (each donor belongs to one). */
  readonly formula: string;
  readonly rows: number;
  readonly donors: number;
  readonly batches: number;
  readonly sites: number;
  /** Every donor in every batch equally often. */
  readonly balanced?: boolean;
  readonly weighted?: boolean;
  /** Share of the values of a response that are missing: each response then has a design of its own. */
  readonly missing?: number;
  readonly responses: number;
  /** Standard deviations of donor, batch, site and slope of x by donor, relative to the residual's. */
  readonly deviations: (random: TestRandom, k: number) => readonly [number, number, number, number];
}

export function crossedBatches(shape: CrossedShape): readonly MomentBatch[] {
  const { rows: n, donors, batches, sites, responses: count } = shape;
  const random = new TestRandom(shape.seed);
  const pick = (levels: number, i: number, stride: number) =>
    shape.balanced ? Math.floor(i / stride) % levels : i < levels ? i : random.integer(levels);
  const donor = Int32Array.from({ length: n }, (_, i) => pick(donors, i, 1));
  const batch = Int32Array.from({ length: n }, (_, i) => pick(batches, i, donors));
  const site = donor.map((level) => level % sites);
  const x = Float64Array.from({ length: n }, () => random.normal());
  const weights = Float64Array.from({ length: n }, () => (shape.weighted ? 20 * (0.5 + random.uniform()) : 1));
  const factor = (name: string, levels: number, codes: Int32Array): [string, Column] => [
    name,
    { kind: 'factor', levels: Array.from({ length: levels }, (_, i) => `${name}${i}`), codes, ordered: false },
  ];
  const columns = new Map<string, Column>([
    ['x', { kind: 'numeric', values: x }],
    ['between', { kind: 'numeric', values: Float64Array.from(donor, (level) => Math.sin(3 * level)) }],
    ['w', { kind: 'numeric', values: weights }],
    factor('donor', donors, donor),
    factor('batch', batches, batch),
    factor('site', sites, site),
  ]);
  const table: Table = { rows: n, columns };
  const values = new Float64Array(count * n);
  for (let k = 0; k < count; k++) {
    const [byDonor, byBatch, bySite, slope] = shape.deviations(random, k);
    const scale = 10 ** (4 * random.uniform() - 2);
    const share = random.uniform();
    const donorEffect = random.normals(donors);
    const batchEffect = random.normals(batches);
    const siteEffect = random.normals(sites);
    const slopeEffect = random.normals(donors).map((value, i) => share * donorEffect[i] + (1 - share) * value);
    for (let i = 0; i < n; i++) {
      const mean = 1 + 0.3 * x[i] + byDonor * donorEffect[donor[i]] + byBatch * batchEffect[batch[i]];
      const more = bySite * siteEffect[site[i]] + slope * slopeEffect[donor[i]] * x[i];
      const value = scale * (mean + more + random.normal() / Math.sqrt(weights[i]));
      values[k * n + i] = random.uniform() < (shape.missing ?? 0) ? Number.NaN : value;
    }
  }
  const names = Array.from({ length: count }, (_, k) => `g${k}`);
  const responses: DenseResponses = { kind: 'dense', rows: n, names, values };
  const design = buildDesign(shape.formula, table, { weights: shape.weighted ? 'w' : undefined });
  return denseMoments(design, responses).batches;
}
