import { describe, expect, it } from 'vitest';
import type { DesignMoments } from '../../src/moments/moments.ts';
import { estimatedWork, planBatch } from '../../src/plan/plan.ts';
import { slopesBatch } from '../webgpu/block-batches.ts';
import { crossedBatches } from '../webgpu/crossed-batches.ts';
import { mixedRatios, simulateBatch } from '../webgpu/spectral-batches.ts';

const spectral = simulateBatch({ seed: 1, levels: 20, n: 200, responses: 1, ratio: mixedRatios }).design;
const slopes = slopesBatch({
  seed: 2,
  formula: '~ x + age + (x | level)',
  levels: 40,
  rows: 6,
  responses: 1,
  deviations: () => [0.8, 0.5, 0.4],
}).design;
const crossed = crossedBatches({
  seed: 3,
  formula: '~ x + (1 | donor) + (1 | batch)',
  rows: 240,
  donors: 12,
  batches: 8,
  sites: 1,
  responses: 1,
  deviations: () => [0.7, 0.9, 0, 0],
})[0].design;

/**
 * Microseconds of one fit of about these designs on one core, the fastest and the slowest record of bench/results; with slopes a
 * fifth of those of 157 and 1450, which are from before the sweeps of two effects were written out.
 */
const RECORDS: readonly (readonly [string, DesignMoments, number, number, number])[] = [
  ['20 donors', spectral, 20_000, 3.0, 22],
  ['slopes of 40 subjects', slopes, 1000, 31, 290],
  ['12 x 8 crossed levels', crossed, 1000, 225, 1130],
];

describe.each(RECORDS)('what the plan expects of %s', (_, design, models, least, most) => {
  it('lies between the records', () => {
    const { fitCost, drawCost } = planBatch(design, models);
    expect(fitCost / 1e3).toBeGreaterThan(least);
    expect(fitCost / 1e3).toBeLessThan(most);
    expect(drawCost).toBeLessThan(fitCost);
    expect(drawCost).toBeGreaterThan(0.3 * fitCost);
  });
});

describe('estimatedWork', () => {
  it('counts the draws of each response and of one without random effects', () => {
    const plan = planBatch(slopes, 3);
    const { setUpCost, fitCost, drawCost } = plan;
    expect(estimatedWork([plan])).toBe(setUpCost + 3 * fitCost);
    expect(estimatedWork([plan, plan], 500)).toBeCloseTo(2 * (setUpCost + 3 * fitCost + 4 * 500 * drawCost), 0);
  });
});
