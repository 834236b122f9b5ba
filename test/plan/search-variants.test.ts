import { describe, expect, it } from 'vitest';
import { describeBins } from '../../src/plan/device-bins.ts';
import {
  fastestVariant,
  nextVariant,
  searchMappings,
  type VariantTimes,
  withTime,
} from '../../src/plan/search-variants.ts';
import { simulateBatch } from '../webgpu/spectral-batches.ts';

const time = (models: number, seconds: number) => ({ models, seconds });

describe('searchMappings', () => {
  it('lets workgroups share responses of many levels alone', () => {
    expect(searchMappings('spectral', 64)).toEqual(['thread', 'workgroup', 'subgroup']);
    expect(searchMappings('spectral', 63)).toEqual(['thread']);
    expect(searchMappings('block', 1000)).toEqual(['thread']);
    expect(searchMappings('family', 128)).toEqual(['thread', 'workgroup']);
    expect(searchMappings('family', 127)).toEqual(['thread']);
  });

  it('stands in the plan', () => {
    const line = (levels: number): string => {
      const { design } = simulateBatch({ seed: 1, levels, n: 10 * levels, responses: 1, ratio: () => 1 });
      return describeBins([{ batch: 0, design, models: 500, path: 'spectral' }])[0];
    };
    expect(line(100)).toMatch(/100 levels; a thread a response, or a workgroup .*: the faster on the first chunks$/);
    expect(line(20)).toMatch(/20 levels$/);
  });
});

describe('nextVariant', () => {
  it('tries each once, in order, then keeps the fastest a model', () => {
    let times: VariantTimes = [null, null, null];
    const taken = [time(256, 0.1), time(256, 0.02), time(128, 0.05)];
    for (const [v, measured] of taken.entries()) {
      expect(nextVariant(times, 256)).toEqual({ variant: v, trial: true });
      times = withTime(times, v, measured);
    }
    expect(nextVariant(times, 256)).toEqual({ variant: 1, trial: false });
    expect(nextVariant(times, 2000)).toEqual({ variant: 2, trial: true }); // 128 models say little of 2,000
    expect(fastestVariant([time(10, 1), null, time(10, 1)])).toBe(0);
  });

  it('measures anew when the chunks have grown, unless that would take too long', () => {
    const times = [time(256, 0.01), time(256, 0.2)];
    expect(nextVariant(times, 2047)).toEqual({ variant: 0, trial: false });
    expect(nextVariant(times, 2048)).toEqual({ variant: 0, trial: true });
    const again = withTime(times, 0, time(2048, 0.05));
    expect(nextVariant(again, 2048)).toEqual({ variant: 0, trial: false }); // the other: 1.6 s
    expect(nextVariant(withTime(again, 1, time(256, 0.1)), 2048)).toEqual({ variant: 1, trial: true });
  });

  it('has nothing to measure where there is one way', () => {
    expect(nextVariant([null], 100)).toEqual({ variant: 0, trial: false });
  });
});
