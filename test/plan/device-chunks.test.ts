import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type ChunkLimits,
  chunkCapacity,
  MAXIMUM_DISPATCH_SECONDS,
  openCut,
  takeChunk,
  timeChunk,
} from '../../src/plan/device-chunks.ts';

const LIMITS: ChunkLimits = {
  bytesPerModel: [52, 8],
  maximumBinding: 128 * 2 ** 20,
  memoryPerModel: 200,
  maximumMemory: 64 * 2 ** 20,
  workgroup: 64,
  maximumWorkgroups: 65535,
};

describe('chunkCapacity', () => {
  it('is set by the tightest limit, in whole workgroups', () => {
    expect(chunkCapacity(LIMITS)).toBe(Math.floor((64 * 2 ** 20) / 200 / 64) * 64);
    expect(chunkCapacity({ ...LIMITS, maximumMemory: 1e12 })).toBe(Math.floor((128 * 2 ** 20) / 52 / 64) * 64);
    expect(chunkCapacity({ ...LIMITS, maximumWorkgroups: 3 })).toBe(192);
  });

  it('is 0 when a workgroup does not fit', () => {
    expect(chunkCapacity({ ...LIMITS, maximumBinding: 52 * 63 })).toBe(0);
    expect(takeChunk(openCut(10, { ...LIMITS, maximumBinding: 52 * 63 }))).toBeNull();
  });
});

describe('a cut', () => {
  it('covers every model once, in order, within all limits, whatever the times are', () => {
    const shapes = fc.record({
      models: fc.integer({ min: 0, max: 30_000 }),
      binding: fc.integer({ min: 64 * 52, max: 2 ** 22 }),
      workgroups: fc.integer({ min: 1, max: 5000 }),
      seconds: fc.array(fc.double({ min: 0, max: 10, noNaN: true }), { minLength: 1, maxLength: 20 }),
    });
    fc.assert(
      fc.property(shapes, ({ models, binding, workgroups, seconds }) => {
        const limits = { ...LIMITS, maximumBinding: binding, maximumWorkgroups: workgroups };
        let cut = openCut(models, limits);
        let done = 0;
        for (let k = 0; ; k++) {
          const taken = takeChunk(cut);
          if (!taken) break;
          const { from, to } = taken.range;
          expect(from).toBe(done);
          expect(to).toBeGreaterThan(from);
          expect((to - from) * 52).toBeLessThanOrEqual(binding);
          expect(to - from).toBeLessThanOrEqual(64 * workgroups);
          if (to < models) expect((to - from) % 64).toBe(0);
          done = to;
          cut = timeChunk(taken.cut, to - from, seconds[k % seconds.length]);
        }
        expect(done).toBe(models);
      }),
    );
  });

  it('settles below the time that a dispatch may take, on slow and on fast devices', () => {
    for (const secondsPerModel of [1e-8, 1e-6, 1e-5, 1e-3]) {
      let cut = openCut(1e7, LIMITS);
      for (let k = 0; k < 10; k++) cut = timeChunk(cut, cut.size, cut.size * secondsPerModel);
      const filled = cut.size === cut.capacity || cut.size * secondsPerModel > 0.05;
      expect(filled).toBe(true);
      expect(cut.size * secondsPerModel).toBeLessThan(MAXIMUM_DISPATCH_SECONDS);
    }
  });

  it('begins small where a model is large', () => {
    expect(openCut(1e6, { ...LIMITS, numbersPerModel: 500 }).size).toBe(2048);
    expect(openCut(1e6, { ...LIMITS, numbersPerModel: 7000 }).size).toBe(128);
    expect(openCut(1e6, { ...LIMITS, numbersPerModel: 1e9 }).size).toBe(64);
  });

  it('grows by steps and shrinks at once', () => {
    const cut = openCut(1e7, LIMITS);
    expect(timeChunk(cut, cut.size, 0).size).toBe(4 * cut.size);
    expect(timeChunk(cut, cut.size, 20).size).toBe(64);
    // A short last chunk says little: the next is not made tiny by what its start costs.
    expect(timeChunk(cut, 64, 1e-3).size).toBeGreaterThan(cut.size);
  });
});
