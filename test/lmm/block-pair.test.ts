import { describe, expect, it } from 'vitest';
import { buildDesign } from '../../src/formula/design.ts';
import { sumTypes } from '../../src/lmm/block-derivatives.ts';
import { addBlocks } from '../../src/lmm/block-expected.ts';
import { BlockObjective } from '../../src/lmm/block-objective.ts';
import { addPairs, sumPairs, sweepPairs } from '../../src/lmm/block-pair.ts';
import { type FirstSweep, sweepTypes } from '../../src/lmm/block-sweep.ts';
import { type BlockSums, blockWorkspace } from '../../src/lmm/block-workspace.ts';
import { TOLERANCE } from '../tolerance.ts';
import { sharedBatch } from './engines.ts';
import { dense, frame, label, responseOver } from './frames.ts';
import { TestRandom } from './random.ts';

/** Levels of their own rows, the first with a single one, or groups of levels with the same rows. */
function layout(alike: boolean) {
  const random = new TestRandom(5);
  const g: string[] = [];
  const x: number[] = [];
  const arm: string[] = [];
  for (let i = 0; i < 12; i++) {
    const rows = i === 0 && !alike ? 1 : alike ? 3 + (i % 3) : 2 + random.integer(4);
    for (let k = 0; k < rows; k++) {
      g.push(label('g', i));
      x.push(alike ? k : random.normal());
      arm.push(i % 2 ? 'a' : 'b');
    }
  }
  return { g, arm, x, y: responseOver(random, g, x, 1, 0.4) };
}

const PAIRS = [
  { a: 0, b: 0 },
  { a: 1, b: 0 },
  { a: 1, b: 1 },
];

/**
 * From no variance over ordinary ones to one that takes up nearly everything; the second column leans on the first. Beyond that
 * the Cholesky factor of any number of effects loses digits that the closed form keeps.
 */
const FACTORS = [
  [0, 0, 0, 0],
  [1, 0, 0, 0],
  [0.7, 0, 0.3, 0.5],
  [0.2, -0.4, 1.1, 0.6],
  [30, 0, 30, 1e-2],
];

/** Largest difference over the largest element, or over `least` where all are smaller: sums that are zero but for rounding. */
function apart(one: Float64Array, other: Float64Array, least = 0): number {
  let [size, worst] = [least, 0];
  one.forEach((value, i) => {
    size = Math.max(size, Math.abs(value));
    worst = Math.max(worst, Math.abs(value - other[i]));
  });
  return worst / (size || 1);
}

describe.each([
  [false, 'REML'],
  [false, 'ML'],
  [true, 'REML'],
  [true, 'ML'],
] as const)('the sweeps of two effects a level, alike: %s, %s', (alike, method) => {
  const columns = layout(alike);
  const design = buildDesign('~ x * arm + (x | g)', frame(columns));
  const batch = sharedBatch(design, dense({ y: columns.y }));
  const objective = new BlockObjective(batch.design, method);
  objective.load(batch.responses, 0, batch.design.q);
  const { p, q, types, mean, scatter, reml } = objective;
  const kinds = types.count.length;
  const empty = (): FirstSweep => ({
    p,
    q,
    types,
    mean,
    scatter,
    E: new Float64Array(kinds * q * q),
    Y: new Float64Array(kinds * q * p),
    ym: new Float64Array(kinds * q),
    Wd: new Float64Array(kinds * q * q),
    information: new Float64Array(p * p),
    shift: new Float64Array(p),
    sums: new Float64Array(2),
  });

  it('has levels of the kind', () => {
    if (alike) expect(Math.max(...types.count)).toBeGreaterThan(1);
    else expect(Math.max(...types.count)).toBe(1);
  });

  it.each(FACTORS)('are those of any number of effects at (%d %d; %d %d)', (...factor) => {
    const full = Float64Array.from(factor);
    const [pairs, any] = [empty(), empty()];
    expect(sweepPairs(pairs, full)).toBe(true);
    expect(sweepTypes(any, full, new Float64Array(q * q), new Float64Array(q * q))).toBe(true);
    for (const name of ['E', 'Y', 'ym', 'information', 'shift', 'sums'] as const) {
      expect(apart(any[name], pairs[name], name === 'shift' ? 1 : 0), name).toBeLessThan(TOLERANCE.objectives);
    }
    objective.evaluate(full);
    const { covariance, shift } = objective;
    const space = () => blockWorkspace(q, p, PAIRS);
    const sums = (sweep: FirstSweep): BlockSums => ({
      ...sweep,
      basis: PAIRS,
      reml,
      covariance,
      shift,
      space: space(),
    });
    const [one, other] = [sums(any), sums(pairs)];
    sumTypes(one);
    sumPairs(other);
    for (const name of ['traces', 'products', 'H', 'h'] as const) {
      expect(apart(one.space[name], other.space[name]), name).toBeLessThan(TOLERANCE.objectives);
    }
    // The general sweep fills the lower triangles of sums over pairs.
    for (const name of ['squares', 'quadratic'] as const) {
      const lower = (values: Float64Array) => values.filter((_, at) => at % 3 <= Math.floor(at / 3));
      expect(apart(lower(one.space[name]), lower(other.space[name])), name).toBeLessThan(TOLERANCE.objectives);
    }
  });

  it('weight the blocks as those of any number do', () => {
    const sweep = empty();
    sweepPairs(sweep, Float64Array.of(0.7, 0, 0.3, 0.5));
    const sums = (): BlockSums => ({
      ...sweep,
      basis: PAIRS,
      reml,
      covariance: objective.covariance,
      shift: objective.shift,
      space: blockWorkspace(q, p, PAIRS),
    });
    const map = Float64Array.of(1, 0.5, -0.2, 0.3, 2, 0.1, 0, -0.4, 1.5);
    const [one, other] = [new Float64Array(p * p), new Float64Array(p * p)];
    addBlocks(sums(), map, one);
    addPairs(sums(), map, other);
    expect(Math.max(...one)).toBeGreaterThan(0);
    expect(apart(one, other)).toBeLessThan(TOLERANCE.objectives);
  });

  it('has no value where a factor is out of range', () => {
    expect(sweepPairs(empty(), Float64Array.of(1e200, 0, 0, 1e200))).toBe(false);
    expect(objective.evaluate(Float64Array.of(1e200, 0, 0, 1e200))).toBeNaN();
  });
});
