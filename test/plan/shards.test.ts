import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { BatchPlan } from '../../src/plan/plan.ts';
import { parseShard, shardRanges } from '../../src/plan/shards.ts';

const batchPlans = fc.array(
  fc.record({
    path: fc.constant('block' as const),
    reason: fc.constant(''),
    models: fc.nat(40),
    fitCost: fc.double({ min: 1, max: 1e9, noNaN: true }),
    setUpCost: fc.double({ min: 0, max: 1e9, noNaN: true }),
    drawCost: fc.double({ min: 1, max: 1e9, noNaN: true }),
  }),
  { maxLength: 12 },
);

/** Nanoseconds of a range by its plan, the set-up of a design shared out over its responses. */
function costOf(batches: readonly BatchPlan[], { batch, from, to }: { batch: number; from: number; to: number }) {
  const { models, fitCost, setUpCost } = batches[batch];
  return (to - from) * (fitCost + setUpCost / Math.max(1, models));
}

describe('shards', () => {
  it('have each response once and in order, whatever the numbers of responses and shards', () => {
    fc.assert(
      fc.property(batchPlans, fc.integer({ min: 1, max: 50 }), fc.nat(3), (batches, of, draws) => {
        const all = Array.from({ length: of }, (_, k) => shardRanges({ batches }, { number: k + 1, of }, draws));
        batches.forEach(({ models }, batch) => {
          const ranges = all.flat().filter((range) => range.batch === batch);
          expect(ranges[0]?.from).toBe(0);
          expect(ranges.at(-1)?.to).toBe(models);
          for (let i = 1; i < ranges.length; i++) expect(ranges[i].from).toBe(ranges[i - 1].to);
        });
        for (const ranges of all) expect(new Set(ranges.map(({ batch }) => batch)).size).toBe(ranges.length);
      }),
    );
  });

  it('have equal shares of the work, but for one response', () => {
    fc.assert(
      fc.property(batchPlans, fc.integer({ min: 1, max: 20 }), (batches, of) => {
        const whole = batches.reduce(
          (sum, { models }, batch) => sum + costOf(batches, { batch, from: 0, to: models }),
          0,
        );
        const dearest = batches.reduce(
          (most, _, batch) => Math.max(most, costOf(batches, { batch, from: 0, to: 1 })),
          0,
        );
        for (let number = 1; number <= of; number++) {
          const ranges = shardRanges({ batches }, { number, of }, 0);
          const cost = ranges.reduce((sum, range) => sum + costOf(batches, range), 0);
          // One response at either end may lie across the border.
          expect(Math.abs(cost - whole / of)).toBeLessThanOrEqual((1 + 1e-9) * dearest + 1e-6);
        }
      }),
    );
  });

  it.each([
    ['3/16', 3, 16],
    [' 1 / 1 ', 1, 1],
  ])('%s is read', (text, number, of) => {
    expect(parseShard(text)).toEqual({ number, of });
  });

  it.each(['0/3', '4/3', '3', '3/', '1/0', '1.5/3', '-1/3', '1/1000000', 'a/b', ''])("'%s' is refused", (text) => {
    expect(() => parseShard(text)).toThrow('is not the number of a shard');
  });
});
