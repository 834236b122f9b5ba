// @vitest-environment node
import { describe, expect, it } from 'vitest';
import { create } from 'webgpu';
import { requestAdapter } from '../../src/backend/webgpu/adapter.ts';
import { openOn, type WebGpu } from '../../src/backend/webgpu/device.ts';
import { spectralSearchCode } from '../../src/backend/webgpu/spectral-kernel.ts';
import { FitError } from '../../src/errors.ts';
import type { EngineOptions, Fits } from '../../src/lmm/engine.ts';
import type { MomentBatch } from '../../src/moments/moments.ts';
import { FINISHES, STATUSES } from '../../src/types/fit-table.ts';
import { fitBatch } from './one-batch.ts';
import { findDevice } from './open-device.ts';
import { expectSameFits, ML, onCpu, REFITS, REML } from './spectral-agreement.ts';
import { mixedRatios, type SimulatedShape, severalMinimaBatch, simulateBatch } from './spectral-batches.ts';

const HOST = FINISHES.indexOf('host');

const { gpu, on, device } = await findDevice();
/** Kept for as long as the process lives: devices must not outlive the object that they come from. */
const nullBackend = create(['backend=null']);

function batchOf(shape: Partial<SimulatedShape>): MomentBatch {
  return simulateBatch({ seed: 1, levels: 12, n: 200, responses: 300, ratio: mixedRatios, ...shape });
}

/** All columns that hold results, bit by bit. */
function bits(fits: Fits): number[] {
  const { estimate, standardError, df, theta, sigma, criterion, gradient, evaluations, status, finish } = fits;
  const columns = [estimate, standardError, df, theta, sigma, criterion, gradient, evaluations, status, finish];
  return columns.flatMap((column) => [...column]);
}

describe('the kernel', () => {
  it.each([false, true])("compiles on Dawn's null backend, eigenvalues of its own: %s", async (separateMu) => {
    const nullGpu = await openNull();
    await expect(nullGpu.pipeline('spectral search', spectralSearchCode(separateMu))).resolves.toBeDefined();
    nullGpu.destroy();
  });
});

describe(`agrees with the CPU engine (${on})`, () => {
  const shapes: readonly (readonly [string, Partial<SimulatedShape>])[] = [
    ['2 levels', { levels: 2, n: 100 }],
    ['3 levels', { levels: 3, n: 100, responses: 1000 }],
    ['12 levels, balanced', { n: 240, balanced: true, responses: 1000 }],
    ['12 levels of 24,000 rows, weighted', { n: 24_000, weighted: true, responses: 1000 }],
    ['12 levels of a million rows', { n: 1e6, responses: 1000 }],
    ['20 levels of 102 rows', { levels: 20, n: 102, responses: 1000 }],
    ['20 levels of a million rows, null data', { levels: 20, n: 1e6, responses: 1000, ratio: () => 0 }],
    ['100 levels of 50,000 rows', { levels: 100, n: 50_000 }],
    ['variances far above the residual', { ratio: (random) => 10 ** (3 + 5 * random.uniform()) }],
    ['variances far below the residual', { n: 5000, ratio: (random) => 10 ** (-8 + 6 * random.uniform()) }],
  ];
  for (const [name, shape] of shapes) {
    it.skipIf(!gpu).each([REML, ML])(`${name}, $method`, async (options) => {
      const batch = batchOf(shape);
      const { fits, refits, fallback } = await fitBatch(device(), batch, options);
      expect(fallback).toBeNull();
      expect(refits).toBeLessThanOrEqual(Math.max(1, REFITS * batch.responses.count));
      expectSameFits(fits, onCpu(batch, options));
      expect(fits.search.every((code) => code === 1)).toBe(true);
      expect(fits.finish.filter((code) => code !== HOST).length).toBe(refits);
    });
  }

  it.skipIf(!gpu).each([REML, ML])('where the criterion has several minima, $method', async (options) => {
    const batch = severalMinimaBatch(7, 1000);
    const { fits, refits, fallback } = await fitBatch(device(), batch, options);
    expect(fallback).toBeNull();
    expect(refits).toBeLessThanOrEqual(REFITS * 1000);
    expectSameFits(fits, onCpu(batch, options));
  });

  it.skipIf(!gpu)('in contrasts and without degrees of freedom', async () => {
    const options: EngineOptions = { ...REML, ddf: 'asymptotic', contrasts: Float64Array.of(0, 1, -1, 1, 0.5, 0) };
    const batch = batchOf({});
    const { fits } = await fitBatch(device(), batch, options);
    expect(fits.columns).toBe(5);
    expectSameFits(fits, onCpu(batch, options));
  });

  it.skipIf(!gpu).each([1, 63, 64, 65, 1000])('in a batch of %d', async (responses) => {
    const batch = batchOf({ responses, levels: 6 });
    const { fits } = await fitBatch(device(), batch, REML);
    expectSameFits(fits, onCpu(batch, REML));
  });

  it.skipIf(!gpu)('in a batch of none', async () => {
    expect((await fitBatch(device(), batchOf({ responses: 0 }), REML)).fits.count).toBe(0);
  });

  it.skipIf(!gpu)('in responses of any scale, and in those that cannot be fitted', async () => {
    const batch = batchOf({ responses: 130 });
    const { responses, design } = batch;
    for (let k = 0; k < 130; k++) {
      const scale = 10 ** (2 * (k - 65));
      responses.rss[k] *= scale * scale;
      for (let i = 0; i < design.p; i++) responses.qty[k * design.p + i] *= scale;
      for (let i = 0; i < design.q; i++) responses.ztr[k * design.q + i] *= scale;
    }
    responses.constant[3] = 1;
    responses.rss[5] = 0;
    responses.rss[64] = Number.NaN;
    responses.rss[100] *= 1e-3; // below what the levels explain
    const expected = onCpu(batch, REML);
    expect(new Set([...expected.status].map((code) => STATUSES[code]))).toEqual(
      new Set(['ok', 'constant', 'perfect_fit', 'failed']),
    );
    const { fits } = await fitBatch(device(), batch, REML);
    expectSameFits(fits, expected);
  });

  it.skipIf(!gpu)('in a design whose levels and fixed effects leave no rows over', async () => {
    const batch = batchOf({ levels: 6, responses: 50 });
    const tight = { ...batch, design: { ...batch.design, n: 7 } };
    const { fits, fallback } = await fitBatch(device(), tight, REML);
    expect(fallback).toMatch(/no rows .*: 50 of 50 fits on the CPU/);
    expect(bits(fits)).toEqual(bits(onCpu(tight, REML)));
  });

  it.skipIf(!gpu)('in a design that has no fits', async () => {
    const batch = batchOf({ responses: 5 });
    const few = { ...batch, design: { ...batch.design, n: 10 } };
    const { fits, fallback } = await fitBatch(device(), few, REML);
    expect(fallback).toBeNull();
    expect([...fits.status].map((code) => STATUSES[code])).toEqual(Array(5).fill('too_few'));
  });
});

describe(`results do not depend (${on})`, () => {
  it.skipIf(!gpu)('on the size of chunks', async () => {
    const batch = batchOf({ responses: 1000 });
    batch.responses.constant[70] = 1;
    const whole = await fitBatch(device(), batch, REML);
    for (const maximumChunk of [64, 192, 448]) {
      const cut = await fitBatch(device(), batch, REML, { maximumChunk });
      expect(bits(cut.fits)).toEqual(bits(whole.fits));
    }
    const little = await fitBatch(device(), batch, REML, { memory: 2 ** 16 });
    expect(bits(little.fits)).toEqual(bits(whole.fits));
  });

  it.skipIf(!gpu)('on the order of responses', async () => {
    const batch = batchOf({ responses: 300 });
    const { responses, design } = batch;
    const reversed: MomentBatch = {
      ...batch,
      responses: {
        ...responses,
        qty: reverseRows(responses.qty, design.p),
        ztr: reverseRows(responses.ztr, design.q),
        rss: responses.rss.slice().reverse(),
      },
    };
    const forwards = await fitBatch(device(), batch, REML);
    const backwards = await fitBatch(device(), reversed, REML, { maximumChunk: 128 });
    expect([...backwards.fits.criterion].reverse()).toEqual([...forwards.fits.criterion]);
    expect([...reverseRows(backwards.fits.estimate, 3)]).toEqual([...forwards.fits.estimate]);
  });
});

describe(`a run (${on})`, () => {
  it.skipIf(!gpu)('reports progress to the end', async () => {
    const seen: number[] = [];
    await fitBatch(device(), batchOf({ responses: 300 }), REML, {
      maximumChunk: 64,
      onProgress: (_phase, done, total) => {
        expect(total).toBe(300);
        seen.push(done);
      },
    });
    expect(seen).toEqual([64, 128, 192, 256, 300]);
  });

  it.skipIf(!gpu)('stops at the signal and leaves the device usable', async () => {
    const batch = batchOf({ responses: 1000 });
    const controller = new AbortController();
    const aborted = fitBatch(device(), batch, REML, {
      maximumChunk: 64,
      signal: controller.signal,
      onProgress: () => controller.abort(),
    });
    await expect(aborted).rejects.toMatchObject({ tag: 'AbortError' });
    await expect(fitBatch(device(), batch, REML, { signal: AbortSignal.abort() })).rejects.toMatchObject({
      tag: 'AbortError',
    });
    expect((await fitBatch(device(), batch, REML)).fallback).toBeNull();
  });

  it.skipIf(!gpu)('keeps what was finished when the device goes away, and finishes the rest', async () => {
    const batch = batchOf({ responses: 1000 });
    const mortal = await openOn(requestAdapter);
    const { fits, fallback } = await fitBatch(mortal, batch, REML, {
      maximumChunk: 64,
      onProgress: (_phase, done) => {
        if (done === 256) mortal.destroy();
      },
    });
    expect(fallback).toMatch(/destroyed.*: 7\d\d of 1000 fits on the CPU/);
    const searched = fits.search.reduce((sum, code) => sum + code, 0);
    expect(searched).toBeGreaterThanOrEqual(256);
    expect(searched).toBeLessThan(1000);
    expectSameFits(fits, onCpu(batch, REML));
    const later = await fitBatch(mortal, batch, REML);
    expect(later.fallback).toMatch(/1000 of 1000 fits on the CPU/);
    expect(bits(later.fits)).toEqual(bits(onCpu(batch, REML)));
  });

  it.skipIf(!gpu)('goes on without the device when an allocation fails', async () => {
    const batch = batchOf({ responses: 100 });
    const full: WebGpu = {
      ...device(),
      createBuffer: async (label) => {
        throw new FitError('DeviceError', `${label}: the GPU is out of memory`);
      },
    };
    const { fits, fallback } = await fitBatch(full, batch, REML);
    expect(fallback).toMatch(/out of memory.*: 100 of 100/);
    expect(bits(fits)).toEqual(bits(onCpu(batch, REML)));
  });
});

describe('a device that computes nonsense', () => {
  it("does not change results: Dawn's null backend returns garbage", async () => {
    const nullGpu = await openNull();
    const batch = batchOf({ responses: 400, ratio: () => 5 });
    const { fits, fallback } = await fitBatch(nullGpu, batch, REML, { maximumChunk: 64 });
    expect(fallback).toMatch(/float64 refused/);
    expectSameFits(fits, onCpu(batch, REML));
    nullGpu.destroy();
  });
});

async function openNull(): Promise<WebGpu> {
  return openOn(async () => {
    const adapter = await nullBackend.requestAdapter();
    if (!adapter) throw new Error('no null adapter');
    return adapter;
  });
}

function reverseRows(values: Float64Array, width: number): Float64Array {
  const rows = values.length / width;
  return Float64Array.from(values, (_, at) => values[(rows - 1 - Math.floor(at / width)) * width + (at % width)]);
}
