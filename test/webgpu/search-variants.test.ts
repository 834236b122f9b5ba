// @vitest-environment node
import { describe, expect, it } from 'vitest';
import { create } from 'webgpu';
import { openOn, type WebGpu } from '../../src/backend/webgpu/device.ts';
import { spectralSearchCode } from '../../src/backend/webgpu/spectral-kernel.ts';
import { FitError } from '../../src/errors.ts';
import type { MomentBatch } from '../../src/moments/moments.ts';
import { SEARCH_MAPPINGS } from '../../src/plan/search-variants.ts';
import { itUnless } from '../requirements.ts';
import { TOLERANCE } from '../tolerance.ts';
import { expectSameFits, ML, onCpu, REML } from './agreement.ts';
import { fitBatch } from './one-batch.ts';
import { findDevice } from './open-device.ts';
import { mixedRatios, type SimulatedShape, severalMinimaBatch, simulateBatch } from './spectral-batches.ts';

const { gpu, lacking, on, device } = await findDevice();
/** Kept for as long as the process lives: devices must not outlive the object that they come from. */
const nullBackend = create(['backend=null']);
const WIDE = ['workgroup', 'subgroup'] as const;

function batchOf(shape: Partial<SimulatedShape>): MomentBatch {
  return simulateBatch({ seed: 1, levels: 70, n: 700, responses: 60, ratio: mixedRatios, ...shape });
}

describe('every way to search a response', () => {
  it.each(SEARCH_MAPPINGS)("compiles on Dawn's null backend: %s", async (mapping) => {
    const nullGpu = await openOn(async () => {
      const adapter = await nullBackend.requestAdapter();
      if (!adapter) throw new Error('no null adapter');
      return adapter;
    });
    expect(nullGpu.features.has('subgroups')).toBe(true);
    for (const separateMu of [true, false]) {
      for (const responses of ['squares', 'signed', 'pairs'] as const) {
        for (const levels of [64, 500, 3000]) {
          const code = spectralSearchCode(separateMu, responses, mapping, levels);
          await expect(nullGpu.pipeline(mapping, code)).resolves.toBeDefined();
        }
      }
    }
    nullGpu.destroy();
  });
});

describe.each(WIDE)(`a response to a workgroup agrees with the CPU engine, %s (${on})`, (mapping) => {
  const shapes: readonly (readonly [string, Partial<SimulatedShape>])[] = [
    ['2 levels', { levels: 2, n: 100 }],
    ['12 levels of a million rows', { levels: 12, n: 1e6 }],
    ['63 levels, fewer eigenvalues than lanes', { levels: 63, n: 700 }],
    ['65 levels, balanced', { levels: 65, n: 650, balanced: true }],
    ['259 levels of 27,500 rows, null data', { levels: 259, n: 27_500, responses: 20, ratio: () => 0 }],
    ['variances far above the residual', { ratio: (random) => 10 ** (3 + 5 * random.uniform()) }],
    ['variances far below the residual', { n: 5000, ratio: (random) => 10 ** (-8 + 6 * random.uniform()) }],
  ];
  for (const [name, shape] of shapes) {
    it.skipIf(!gpu).each([REML, ML])(`${name}, $method`, async (options) => {
      const batch = batchOf(shape);
      const { fits, refits, fallback } = await fitBatch(device(), batch, options, { mapping });
      expect(fallback).toBeNull();
      expect(refits).toBeLessThanOrEqual(Math.max(1, TOLERANCE.device.refits * batch.responses.count));
      expectSameFits(fits, await onCpu(batch, options));
      expect(fits.search.every((code) => code === 1)).toBe(true);
    });
  }

  it.skipIf(!gpu).each([REML, ML])('where the criterion has several minima, $method', async (options) => {
    const batch = severalMinimaBatch(7, 300);
    const { fits, refits, fallback } = await fitBatch(device(), batch, options, { mapping });
    expect(fallback).toBeNull();
    expect(refits).toBeLessThanOrEqual(TOLERANCE.device.refits * 300);
    expectSameFits(fits, await onCpu(batch, options));
  });

  it.skipIf(!gpu)('in more levels than a workgroup keeps', async () => {
    const batch = batchOf({ levels: 530, n: 5000, responses: 3 });
    const { fits, fallback } = await fitBatch(device(), batch, REML, { mapping });
    expect(fallback).toBeNull();
    expectSameFits(fits, await onCpu(batch, REML));
  });

  it.skipIf(!gpu).each([1, 63, 65, 130])('in a batch of %d, whatever the chunks are', async (responses) => {
    const batch = batchOf({ responses });
    const { fits } = await fitBatch(device(), batch, REML, { mapping });
    expectSameFits(fits, await onCpu(batch, REML));
    const cut = await fitBatch(device(), batch, REML, { mapping, maximumChunk: 64 });
    expect([...cut.fits.criterion]).toEqual([...fits.criterion]);
  });
});

/** A device of its own memory of times, whose clock is moved by its dispatches alone: `cost` ms by label. */
function timedDevice(cost: (label: string) => number): { gpu: WebGpu; clock: () => number; labels: string[] } {
  const labels: string[] = [];
  let now = 0;
  const timed: WebGpu = {
    ...device(),
    async dispatch(label, ...rest) {
      labels.push(label);
      now += cost(label);
      await device().dispatch(label, ...rest);
    },
  };
  return { gpu: timed, clock: () => now, labels };
}

describe(`the choice between them (${on})`, () => {
  const batch = batchOf({ responses: 64 * 7 });
  const search = (timed: ReturnType<typeof timedDevice>) =>
    fitBatch(timed.gpu, batch, REML, { clock: timed.clock, maximumChunk: 64 });
  const NAMES = {
    thread: 'spectral search',
    workgroup: 'spectral search, a workgroup a response',
    subgroup: 'spectral search, by subgroups',
  };

  it.skipIf(!gpu).each(SEARCH_MAPPINGS)('follows what was measured: %s', async (fastest) => {
    const timed = timedDevice((label) => (label === NAMES[fastest] ? 5 : 50));
    const { fits, fallback } = await search(timed);
    expect(fallback).toBeNull();
    // Each once to warm up and once for a chunk of its own, then the fastest for what is left.
    const trials = Object.values(NAMES).flatMap((name) => [name, name]);
    expect(timed.labels).toEqual([...trials, ...Array(4).fill(NAMES[fastest])]);
    expectSameFits(fits, await onCpu(batch, REML));
    timed.labels.length = 0;
    await search(timed);
    expect(timed.labels).toEqual(Array(7).fill(NAMES[fastest])); // known for this device
  });

  it.skipIf(!gpu)('leaves out what the device does not compile', async () => {
    const timed = timedDevice((label) => (label === NAMES.thread ? 50 : 5));
    const without: WebGpu = {
      ...timed.gpu,
      pipeline: async (label, ...rest) => {
        if (label !== NAMES.thread) throw new FitError('DeviceError', `shader '${label}' does not compile`);
        return device().pipeline(label, ...rest);
      },
    };
    const { fallback } = await fitBatch(without, batch, REML, { clock: timed.clock, maximumChunk: 64 });
    expect(fallback).toBeNull();
    expect(new Set(timed.labels)).toEqual(new Set([NAMES.thread]));
  });

  it.skipIf(!gpu)('is not measured on designs of few levels', async () => {
    const timed = timedDevice(() => 5);
    await fitBatch(timed.gpu, batchOf({ levels: 20, responses: 200 }), REML, { clock: timed.clock, maximumChunk: 64 });
    expect(timed.labels).toEqual(Array(4).fill(NAMES.thread));
  });

  const card = gpu?.adapter.software ? null : 'a graphics card decides for itself';
  // Which one is the faster is for benches: a busy machine may have it either way.
  itUnless(lacking ?? card, 'tries both on a software adapter and settles on one of them, by the clock', async () => {
    const labels: string[] = [];
    const watched: WebGpu = {
      ...device(),
      dispatch(label, ...rest) {
        labels.push(label);
        return device().dispatch(label, ...rest);
      },
    };
    await fitBatch(watched, batchOf({ levels: 200, n: 4000, responses: 64 * 8 }), REML, { maximumChunk: 64 });
    expect(new Set(labels)).toEqual(new Set(Object.values(NAMES)));
    expect(new Set(labels.slice(-4)).size).toBe(1);
  });
});
