// @vitest-environment node
import { describe, expect, it } from 'vitest';
import { fitRange } from '../../src/backend/threads/run.ts';
import { requestAdapter } from '../../src/backend/webgpu/adapter.ts';
import { BUFFER_USAGE } from '../../src/backend/webgpu/buffers.ts';
import { openOn, type WebGpu } from '../../src/backend/webgpu/device.ts';
import { link } from '../../src/backend/webgpu/link.ts';
import { searchOnDevice } from '../../src/backend/webgpu/run.ts';
import { SHADERS } from '../../src/backend/webgpu/shaders.gen.ts';
import type { EngineOptions, Fits } from '../../src/lmm/engine.ts';
import { loadEngines } from '../../src/lmm/open-engine.ts';
import type { MomentBatch } from '../../src/moments/moments.ts';
import { CounterNormals } from '../../src/numeric/counter-normals.ts';
import { planBatch } from '../../src/plan/plan.ts';
import { TOLERANCE } from '../tolerance.ts';
import { ML, REML } from './agreement.ts';
import { slopesBatch } from './block-batches.ts';
import { crossedBatches } from './crossed-batches.ts';
import { fitBatch, fitBatches } from './one-batch.ts';
import { findDevice } from './open-device.ts';
import { mixedRatios, simulateBatch } from './spectral-batches.ts';

const { gpu, on, device } = await findDevice();

function drawing(options: EngineOptions, draws: number, intervals = true): EngineOptions {
  return { ...options, bootstrap: { draws, seed: 5, level: intervals ? 0.95 : undefined } };
}

async function onCpu(batch: MomentBatch, options: EngineOptions): Promise<Fits> {
  const engines = await loadEngines([{ design: batch.design, options }]);
  const { path } = planBatch(batch.design, batch.responses.count, 1 + (options.bootstrap?.draws ?? 0));
  return fitRange(engines.open(batch.design, path, options), batch, options, 0, batch.responses.count);
}

function expectSameDraws(fits: Fits, expected: Fits): void {
  const { log10P, width } = TOLERANCE.deviceDraws;
  for (let i = 0; i < expected.bootstrapLog10P.length; i++) {
    const [found, exact] = [fits.bootstrapLog10P[i], expected.bootstrapLog10P[i]];
    if (Number.isNaN(exact)) expect(found).toBeNaN();
    else expect(Math.abs(found - exact)).toBeLessThan(log10P * (1 + Math.abs(exact)));
    const [half, exactHalf] = [fits.bootstrapWidth[i], expected.bootstrapWidth[i]];
    if (Number.isNaN(exactHalf)) expect(half).toBeNaN();
    else expect(Math.abs(half / exactHalf - 1)).toBeLessThan(width);
  }
  // At the edge of the draws that carry a tail single precision may tell otherwise.
  const differ = expected.bootstrapBound.filter((bound, i) => bound !== fits.bootstrapBound[i]).length;
  expect(differ).toBeLessThanOrEqual(TOLERANCE.deviceDraws.bounds * expected.bootstrapBound.length);
  expected.varianceP.forEach((p, k) => {
    if (Number.isNaN(p)) expect(fits.varianceP[k]).toBeNaN();
    else expect(Math.abs(fits.varianceP[k] - p)).toBeLessThan(TOLERANCE.deviceDraws.varianceP);
  });
}

/** Writes number `index` of draw 3 of stream 9 for every index, then a chi-squared number of many degrees of freedom. */
const NORMALS = `//#import num/normal
@group(0) @binding(0) var<storage, read_write> out: array<f32>;
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= arrayLength(&out)) {
    return;
  }
  normal_begin(9u, 3u, 2u, vec2u(7u, 0u));
  out[id.x] = select(normal_at(id.x), chi_squared_at(id.x, 5000.0f) / 5000.0f, id.x >= 1000u);
}`;

describe(`random numbers (${on})`, () => {
  it.skipIf(!gpu)('are those of the CPU but for the rounding of single precision', async () => {
    const { pipeline, createBuffer, dispatch, readBack } = device();
    const code = link('test', { number: 'f32' }, { ...SHADERS, test: NORMALS });
    const size = 4 * 1100;
    const buffer = await createBuffer('normals', size, BUFFER_USAGE.storage | BUFFER_USAGE.copySource);
    await dispatch('normals', await pipeline('normals', code), [buffer], [18]);
    const found = new Float32Array(await readBack(buffer, size));
    buffer.destroy();
    const normals = new CounterNormals(7);
    normals.begin(9, 3, 2);
    for (let i = 0; i < 1100; i++) {
      normals.seek(i);
      const exact = i < 1000 ? normals.next() : normals.chiSquared(5000) / 5000;
      expect(Math.abs(found[i] - exact)).toBeLessThan(3e-6); // AS 241 to 7 digits, a logarithm in single precision
    }
  });
});

describe(`draws on the device are those of the CPU (${on})`, () => {
  const spectral = (changes: object = {}) =>
    simulateBatch({ seed: 1, levels: 12, n: 200, responses: 20, ratio: mixedRatios, ...changes });
  const deviations = () => [0.8, 0.5, 0.4] as const;
  const slopes = (changes: object = {}) =>
    slopesBatch({
      seed: 2,
      formula: '~ x + age + (x | level)',
      levels: 15,
      rows: 7,
      responses: 5,
      deviations,
      ...changes,
    });
  const crossed = (formula: string) =>
    crossedBatches({
      seed: 3,
      formula,
      rows: 150,
      donors: 9,
      batches: 5,
      sites: 3,
      responses: 4,
      deviations: () => [0.7, 0.9, 0.5, 0.3],
    })[0];
  const cases: readonly (readonly [string, MomentBatch, EngineOptions, number])[] = [
    ['a random intercept', spectral(), REML, 200],
    ['a random intercept, ML', spectral(), ML, 130],
    ['few degrees of freedom', spectral({ levels: 5, n: 30, responses: 9 }), REML, 100],
    ['contrasts', spectral(), { ...REML, contrasts: Float64Array.of(0, 1, -1) }, 100],
    ['slopes', slopes(), REML, 60],
    ['slopes, levels alike, ML', slopes({ balanced: true, formula: '~ x + (x | level)' }), ML, 60],
    ['crossed factors', crossed('~ x + (1 | donor) + (1 | batch)'), REML, 50],
    ['nested factors and a slope', crossed('~ x + (x | donor) + (1 | site)'), REML, 40],
  ];
  for (const [name, batch, base, draws] of cases) {
    it.skipIf(!gpu)(name, async () => {
      const options = drawing(base, draws);
      const { fits, fallback } = await fitBatch(device(), batch, options);
      expect(fallback).toBeNull();
      expectSameDraws(fits, await onCpu(batch, options));
    });
  }

  it.skipIf(!gpu)('whatever the chunks are', async () => {
    const batch = spectral({ responses: 40 });
    const options = drawing(REML, 100, false);
    const whole = await fitBatch(device(), batch, options);
    const cut = await fitBatch(device(), batch, options, { memory: 2 ** 18 });
    expect([...cut.fits.bootstrapLog10P]).toEqual([...whole.fits.bootstrapLog10P]);
    expect(whole.fits.bootstrapWidth.every((width) => Number.isNaN(width))).toBe(true);
  });

  it.skipIf(!gpu)('whatever the slices are that the draws of a response are made in', async () => {
    for (const [batch, draws] of [
      [spectral({ responses: 3 }), 500],
      [slopes({ responses: 2, formula: '~ x + (x | level)', balanced: true }), 100],
    ] as const) {
      const options = drawing(REML, draws);
      const found: number[][] = [];
      for (const maximumChunk of [64, 128, 1024]) {
        const { fits, fallback } = await fitBatch(device(), batch, options, { maximumChunk });
        expect(fallback).toBeNull();
        found.push([...fits.bootstrapLog10P, ...fits.bootstrapWidth]);
      }
      expect(found[1]).toEqual(found[0]);
      expect(found[2]).toEqual(found[0]);
    }
  });

  it.skipIf(!gpu)('of many draws, which are judged column by column', async () => {
    const batch = spectral({ responses: 2, levels: 6, n: 60 });
    const options = drawing(REML, 20_000);
    const { fits, fallback } = await fitBatch(device(), batch, options);
    expect(fallback).toBeNull();
    expectSameDraws(fits, await onCpu(batch, options));
  });

  it.skipIf(!gpu)('in designs of a response’s own too, on the CPU', async () => {
    const batches = crossedBatches({
      seed: 3,
      formula: '~ x + (1 | donor)',
      rows: 60,
      donors: 6,
      batches: 1,
      sites: 1,
      missing: 0.1,
      responses: 4,
      deviations: () => [0.7, 0, 0, 0],
    });
    const options = drawing(REML, 50);
    const { fits, fallback } = await fitBatches(device(), batches, options);
    expect(fallback).toMatch(/designs of a response’s own, or large ones: the draws of 4 of 4 fits on the CPU/);
    for (const [b, own] of fits.entries()) expectSameDraws(own, await onCpu(batches[b], options));
  });
});

describe(`the draws of a response (${on})`, () => {
  const batch = simulateBatch({ seed: 4, levels: 8, n: 100, responses: 2, ratio: mixedRatios });
  /** A device on which a workgroup of draws takes `cost` ms by its own clock; `taken` has the ms of each search. */
  const slowDevice = (cost: number) => {
    let now = 0;
    const taken: number[] = [];
    const slow: WebGpu = {
      ...device(),
      async dispatch(label, pipeline, buffers, workgroups) {
        if (label === 'spectral search of draws') {
          now += cost * workgroups[0];
          taken.push(cost * workgroups[0]);
        }
        await device().dispatch(label, pipeline, buffers, workgroups);
      },
    };
    return { slow, taken, clock: () => now };
  };

  it.skipIf(!gpu)('are cut by the time that a dispatch takes', async () => {
    for (const cost of [2, 40]) {
      const { slow, taken, clock } = slowDevice(cost);
      const { fallback } = await fitBatch(slow, batch, drawing(REML, 1000), { clock });
      expect(fallback).toBeNull();
      expect(Math.max(...taken)).toBeLessThanOrEqual(100); // what chunks of models aim at
      expect(taken.reduce((sum, ms) => sum + ms, 0) / cost).toBeGreaterThanOrEqual(2000 / 64);
    }
  });

  it.skipIf(!gpu)('stop at the signal, within a slice', async () => {
    const { slow, taken, clock } = slowDevice(40);
    const controller = new AbortController();
    const watched: WebGpu = {
      ...slow,
      async finished() {
        await slow.finished();
        if (taken.length === 3) controller.abort();
      },
    };
    const options = drawing(REML, 4000);
    const aborted = fitBatch(watched, batch, options, { clock, signal: controller.signal });
    await expect(aborted).rejects.toMatchObject({ tag: 'AbortError' });
    await device().finished();
    expect(taken.length).toBe(3); // of more than 60
    expect((await fitBatch(device(), batch, drawing(REML, 100))).fallback).toBeNull();
  });
});

describe(`a device that fails (${on})`, () => {
  // Of a variance of zero the draws of any seed are much the same.
  const batch = simulateBatch({ seed: 4, levels: 8, n: 100, responses: 30, ratio: () => 5 });
  const options = drawing(REML, 64);

  it.skipIf(!gpu)('in the middle of the draws loses nothing', async () => {
    const mortal = await openOn(requestAdapter);
    let tails = 0;
    const dying: WebGpu = {
      ...mortal,
      dispatch(...parameters) {
        if (parameters[0] === 'bootstrap tails' && ++tails === 2) mortal.destroy();
        return mortal.dispatch(...parameters);
      },
    };
    const { fits, fallback } = await fitBatch(dying, batch, options, { memory: 2 ** 15 });
    expect(fallback).toMatch(/destroyed.*: the draws of \d+ of 30 fits on the CPU/);
    expectSameDraws(fits, await onCpu(batch, options));
  });

  it.skipIf(!gpu)('by computing nonsense is found out by the draws made in float64', async () => {
    const wrong: WebGpu = {
      ...device(),
      upload(buffer, data, offset) {
        // Another seed than the one asked for.
        if (buffer.label === 'bootstrap draws' && data instanceof Uint32Array) data[4] ^= 1;
        device().upload(buffer, data, offset);
      },
    };
    const { notes, undrawn } = await searchOnDevice(wrong, [batch], () => options);
    expect(notes.join()).toMatch(/float64 refused what the device drew/);
    expect(undrawn).toEqual([{ batch: 0, from: 0, to: 30 }]);
  });
});
