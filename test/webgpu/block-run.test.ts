// @vitest-environment node
import { describe, expect, it } from 'vitest';
import { create } from 'webgpu';
import { requestAdapter } from '../../src/backend/webgpu/adapter.ts';
import { openOn, type WebGpu } from '../../src/backend/webgpu/device.ts';
import { blockCode } from '../../src/backend/webgpu/factor-kernel.ts';
import { FitError } from '../../src/errors.ts';
import type { EngineOptions, Fits } from '../../src/lmm/engine.ts';
import type { MomentBatch } from '../../src/moments/moments.ts';
import { FINISHES, STATUSES } from '../../src/types/fit-table.ts';
import type { TestRandom } from '../lmm/random.ts';
import { blockOnCpu, expectSameBlockFits } from './block-agreement.ts';
import { type SlopesShape, slopesBatch } from './block-batches.ts';
import { fitBatch } from './one-batch.ts';
import { findDevice } from './open-device.ts';
import { ML, REFITS, REML } from './spectral-agreement.ts';

const HOST = FINISHES.indexOf('host');
/** Share that may be searched again where variances are zero: the factor is degenerate there. */
const SINGULAR_REFITS = 0.03;

const { gpu, on, device } = await findDevice();
/** Kept for as long as the process lives: devices must not outlive the object that they come from. */
const nullBackend = create(['backend=null']);

/** Variances about that of the residual. */
function clearDeviations(random: TestRandom): [number, number, number] {
  const draw = () => 10 ** (random.uniform() - 0.5);
  return [draw(), draw(), draw()];
}

/** Half of the variances zero or too small to be seen. */
function singularDeviations(random: TestRandom): [number, number, number] {
  const draw = () => (random.uniform() < 0.3 ? 0 : 10 ** (2 * random.uniform() - 1.5));
  return [draw(), draw(), draw()];
}

const SLOPES = '~ x + age + (x | level)';

function batchOf(shape: Partial<SlopesShape>): MomentBatch {
  const base = { seed: 5, formula: SLOPES, levels: 30, rows: 8, responses: 130, deviations: clearDeviations };
  return slopesBatch({ ...base, ...shape });
}

function bits(fits: Fits): number[] {
  const { estimate, standardError, df, theta, sigma, criterion, gradient, evaluations, status, finish } = fits;
  const columns = [estimate, standardError, df, theta, sigma, criterion, gradient, evaluations, status, finish];
  return columns.flatMap((column) => [...column]);
}

describe('the kernel', () => {
  it.each([
    { q: 1, p: 1, parameters: 1, scatter: true },
    { q: 2, p: 3, parameters: 2, scatter: false },
    { q: 4, p: 8, parameters: 10, scatter: true },
  ])("compiles on Dawn's null backend, q = $q, p = $p", async (sizes) => {
    const nullGpu = await openNull();
    for (const method of ['REML', 'ML'] as const)
      await expect(nullGpu.pipeline('block search', blockCode('search', sizes, method))).resolves.toBeDefined();
    nullGpu.destroy();
  });
});

describe(`agrees with the CPU engine (${on})`, () => {
  const shapes: readonly (readonly [string, Partial<SlopesShape>, number])[] = [
    ['a slope', {}, REFITS],
    ['a slope, levels alike', { balanced: true, formula: '~ x + (x | level)' }, REFITS],
    ['two slopes', { formula: '~ x + z + (x + z | level)', levels: 40, rows: 10 }, REFITS],
    ['two uncorrelated terms, weighted', { formula: '~ x + (1 | level) + (0 + x | level)', weighted: true }, REFITS],
    ['mostly singular', { deviations: singularDeviations, responses: 300 }, SINGULAR_REFITS],
    ['so few rows that all starts count', { formula: '~ x + (x | level)', levels: 10, rows: 6 }, SINGULAR_REFITS],
    ['levels of 500 rows', { levels: 20, rows: 500, responses: 40 }, REFITS],
  ];
  for (const [name, shape, share] of shapes) {
    it.skipIf(!gpu).each([REML, ML])(`${name}, $method`, async (options) => {
      const batch = batchOf(shape);
      const { fits, refits, fallback } = await fitBatch(device(), batch, options);
      expect(fallback).toBeNull();
      expect(refits).toBeLessThanOrEqual(Math.max(1, share * batch.responses.count));
      expectSameBlockFits(fits, blockOnCpu(batch, options));
      expect(fits.search.every((code) => code === 1)).toBe(true);
      expect(fits.finish.filter((code) => code !== HOST).length).toBe(refits);
    });
  }

  it.skipIf(!gpu)('in contrasts and without degrees of freedom', async () => {
    const options: EngineOptions = { ...REML, ddf: 'asymptotic', contrasts: Float64Array.of(0, 1, -1, 1, 0.5, 0) };
    const batch = batchOf({ responses: 20 });
    const { fits } = await fitBatch(device(), batch, options);
    expect(fits.columns).toBe(5);
    expectSameBlockFits(fits, blockOnCpu(batch, options));
  });

  it.skipIf(!gpu).each([1, 63, 65])('in a batch of %d', async (responses) => {
    const batch = batchOf({ responses });
    const { fits } = await fitBatch(device(), batch, REML);
    expect(fits.count).toBe(responses);
    expectSameBlockFits(fits, blockOnCpu(batch, REML));
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
    const expected = blockOnCpu(batch, REML);
    expect(new Set([...expected.status].map((code) => STATUSES[code]))).toEqual(
      new Set(['ok', 'constant', 'perfect_fit', 'failed']),
    );
    const { fits } = await fitBatch(device(), batch, REML);
    expectSameBlockFits(fits, expected);
  });

  it.skipIf(!gpu)('in designs beyond the kernel that keeps a model in its thread', async () => {
    const wide = batchOf({ formula: '~ x + z + (x * z + I(x^2) | level)', rows: 30, responses: 10 });
    const { fits, fallback, refits } = await fitBatch(device(), wide, REML);
    expect(fallback).toBeNull();
    expect(refits).toBeLessThanOrEqual(1);
    expectSameBlockFits(fits, blockOnCpu(wide, REML));
  });

  it.skipIf(!gpu)('in designs that the device does not search, on the CPU', async () => {
    const between = batchOf({ formula: '~ 0 + level + x + (x | level)', levels: 7, responses: 3 });
    const many = await fitBatch(device(), between, REML);
    expect(many.fallback).toMatch(/fixed effects take up a column/);
    expect(bits(many.fits)).toEqual(bits(blockOnCpu(between, REML)));
    const long = await fitBatch(device(), batchOf({ levels: 30_000, rows: 3, responses: 1 }), REML);
    expect(long.fallback).toMatch(/types of levels .*take longer than a dispatch may last: 1 of 1/);
    const seven = '~ x + (x + z + age + I(x^2) + I(z^2) + I(x * z) | level)';
    const deep = await fitBatch(device(), batchOf({ formula: seven, rows: 30, responses: 2 }), REML);
    expect(deep.fallback).toMatch(/7 random effects a level, more than the 6 that the device takes: 2 of 2 fits/);
  });
});

describe(`a run (${on})`, () => {
  it.skipIf(!gpu)('does not depend on the size of chunks', async () => {
    const batch = batchOf({ responses: 300 });
    batch.responses.constant[70] = 1;
    const whole = await fitBatch(device(), batch, REML);
    for (const run of [{ maximumChunk: 64 }, { maximumChunk: 192 }, { memory: 2 ** 17 }]) {
      expect(bits((await fitBatch(device(), batch, REML, run)).fits)).toEqual(bits(whole.fits));
    }
  });

  it.skipIf(!gpu)('reports progress, stops at the signal and leaves the device usable', async () => {
    const batch = batchOf({ responses: 300 });
    const seen: number[] = [];
    await fitBatch(device(), batch, REML, {
      maximumChunk: 64,
      onProgress: (_phase, done) => seen.push(done),
    });
    expect(seen).toEqual([64, 128, 192, 256, 300]);
    const controller = new AbortController();
    const aborted = fitBatch(device(), batch, REML, {
      maximumChunk: 64,
      signal: controller.signal,
      onProgress: () => controller.abort(),
    });
    await expect(aborted).rejects.toMatchObject({ tag: 'AbortError' });
    expect((await fitBatch(device(), batch, REML)).fallback).toBeNull();
  });

  it.skipIf(!gpu)('keeps what was finished when the device goes away, and finishes the rest', async () => {
    const batch = batchOf({ responses: 300 });
    const mortal = await openOn(requestAdapter);
    const { fits, fallback } = await fitBatch(mortal, batch, REML, {
      maximumChunk: 64,
      onProgress: (_phase, done) => {
        if (done === 128) mortal.destroy();
      },
    });
    expect(fallback).toMatch(/destroyed.*of 300 fits on the CPU/);
    const searched = fits.search.reduce((sum, code) => sum + code, 0);
    expect(searched).toBeGreaterThanOrEqual(128);
    expect(searched).toBeLessThan(300);
    expectSameBlockFits(fits, blockOnCpu(batch, REML));
  });

  it.skipIf(!gpu)('goes on without the device when an allocation fails', async () => {
    const batch = batchOf({ responses: 30 });
    const full: WebGpu = {
      ...device(),
      createBuffer: async (label) => {
        throw new FitError('DeviceError', `${label}: the GPU is out of memory`);
      },
    };
    const { fits, fallback } = await fitBatch(full, batch, REML);
    expect(fallback).toMatch(/out of memory.*: 30 of 30/);
    expect(bits(fits)).toEqual(bits(blockOnCpu(batch, REML)));
  });
});

describe('a device that computes nonsense', () => {
  it("does not change results: Dawn's null backend returns garbage", async () => {
    const nullGpu = await openNull();
    const batch = batchOf({ responses: 200 });
    const { fits } = await fitBatch(nullGpu, batch, REML, { maximumChunk: 64 });
    expectSameBlockFits(fits, blockOnCpu(batch, REML));
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
