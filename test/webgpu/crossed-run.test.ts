// @vitest-environment node
import { describe, expect, it } from 'vitest';
import { create } from 'webgpu';
import { openOn } from '../../src/backend/webgpu/device.ts';
import { crossedCode } from '../../src/backend/webgpu/factor-kernel.ts';
import { FINISHES } from '../../src/types/fit-table.ts';
import type { TestRandom } from '../lmm/random.ts';
import { referenceModels } from '../lmm/reference-models.ts';
import { blockOnCpu, expectSameBlockFits } from './block-agreement.ts';
import { type CrossedShape, crossedBatches } from './crossed-batches.ts';
import { fitBatch, fitBatches } from './one-batch.ts';
import { findDevice } from './open-device.ts';
import { ML, REFITS, REML } from './spectral-agreement.ts';

/** Share that may be searched again where variances are zero: the factor is degenerate there. */
const SINGULAR_REFITS = 0.03;

const { gpu, on, device } = await findDevice();
/** Kept for as long as the process lives: devices must not outlive the object that they come from. */
const nullBackend = create(['backend=null']);

function clearDeviations(random: TestRandom): [number, number, number, number] {
  const draw = () => 10 ** (random.uniform() - 0.5);
  return [draw(), draw(), draw(), draw()];
}

function singularDeviations(random: TestRandom): [number, number, number, number] {
  const draw = () => (random.uniform() < 0.4 ? 0 : 10 ** (2 * random.uniform() - 1.5));
  return [draw(), draw(), draw(), draw()];
}

const CROSSED: CrossedShape = {
  seed: 3,
  formula: '~ x + (1 | donor) + (1 | batch)',
  rows: 300,
  donors: 12,
  batches: 8,
  sites: 4,
  // A workgroup and a little.
  responses: 66,
  deviations: clearDeviations,
};

describe('the kernel', () => {
  it.each([
    { q: 1, parameters: 2, squares: 2, scatter: true },
    { q: 2, parameters: 4, squares: 5, scatter: false },
    { q: 6, parameters: 24, squares: 72, scatter: true },
  ])("compiles on Dawn's null backend, q = $q, parameters = $parameters", async (sizes) => {
    const nullGpu = await openOn(async () => {
      const adapter = await nullBackend.requestAdapter();
      if (!adapter) throw new Error('no null adapter');
      return adapter;
    });
    for (const method of ['REML', 'ML'] as const)
      await expect(nullGpu.pipeline('crossed search', crossedCode('search', sizes, method))).resolves.toBeDefined();
    nullGpu.destroy();
  });
});

describe(`agrees with the CPU engine (${on})`, () => {
  const shapes: readonly (readonly [string, Partial<CrossedShape>, number])[] = [
    ['12 x 8 crossed', {}, REFITS],
    ['crossed, weighted', { weighted: true }, REFITS],
    ['crossed, in levels alike', { balanced: true, formula: '~ (1 | donor) + (1 | batch)', rows: 288 }, REFITS],
    ['nested', { formula: '~ x + (1 | site / donor)', donors: 20 }, REFITS],
    ['three factors', { formula: '~ x + (1 | donor) + (1 | batch) + (1 | site)', rows: 500 }, REFITS],
    ['slopes of both', { formula: '~ x + (x | donor) + (x | batch)', rows: 500, responses: 34 }, REFITS],
    ['a slope beside a crossed factor', { formula: '~ x + (x || donor) + (1 | batch)' }, REFITS],
    ['one factor, no fixed effects', { formula: '~ 0 + (0 + x | donor) + (1 | donor)' }, REFITS],
    ['mostly singular', { deviations: singularDeviations, responses: 200 }, SINGULAR_REFITS],
    ['so few rows that all starts count', { rows: 60, donors: 6, batches: 5, responses: 65 }, SINGULAR_REFITS],
  ];
  for (const [name, shape, share] of shapes) {
    it.skipIf(!gpu).each([REML, ML])(`${name}, $method`, async (options) => {
      const [batch] = crossedBatches({ ...CROSSED, ...shape });
      const { fits, refits, fallback } = await fitBatch(device(), batch, options);
      expect(fallback).toBeNull();
      expect(refits).toBeLessThanOrEqual(Math.max(1, share * batch.responses.count));
      expectSameBlockFits(fits, blockOnCpu(batch, options));
      expect(fits.search.every((code) => code === 1)).toBe(true);
    });
  }

  it.skipIf(!gpu)('where a search takes several dispatches', async () => {
    // About 70 x 2 x 40^2 + 40^3 operations an evaluation, over the bound of one dispatch.
    const shape = { formula: '~ x + (x | donor) + (1 | batch)', donors: 70, batches: 38, rows: 700, responses: 6 };
    const [batch] = crossedBatches({ ...CROSSED, ...shape });
    let searches = 0;
    const counting = {
      ...device(),
      dispatch: (...parameters: Parameters<ReturnType<typeof device>['dispatch']>) => {
        searches++;
        return device().dispatch(...parameters);
      },
    };
    const { fits, refits, fallback } = await fitBatch(counting, batch, REML);
    expect(fallback).toBeNull();
    expect(searches).toBeGreaterThan(4);
    expect(refits).toBe(0);
    expectSameBlockFits(fits, blockOnCpu(batch, REML));
  });

  it.skipIf(!gpu)('in chunks of any size, bit by bit', async () => {
    const [batch] = crossedBatches({ ...CROSSED, responses: 130 });
    const whole = await fitBatch(device(), batch, REML);
    for (const run of [{ maximumChunk: 64 }, { memory: 2 ** 20 }]) {
      const { fits } = await fitBatch(device(), batch, REML, run);
      expect([...fits.criterion]).toEqual([...whole.fits.criterion]);
      expect([...fits.theta]).toEqual([...whole.fits.theta]);
    }
  });
});

describe(`designs of a response's own (${on})`, () => {
  const shapes: readonly (readonly [string, Partial<CrossedShape>])[] = [
    ['one scalar term, few levels', { formula: '~ x + (1 | donor)' }],
    ['one scalar term, many levels', { formula: '~ x + (1 | donor)', donors: 40, rows: 200 }],
    ['a slope', { formula: '~ x + (x | donor)', donors: 25, rows: 250 }],
    ['crossed factors', { missing: 0.1 }],
  ];
  for (const [name, shape] of shapes) {
    it.skipIf(!gpu).each([REML, ML])(`${name}, $method`, async (options) => {
      const batches = crossedBatches({ ...CROSSED, responses: 70, missing: 0.05, ...shape });
      expect(batches.length).toBeGreaterThan(60);
      let dispatches = 0;
      const counting = {
        ...device(),
        dispatch: (...parameters: Parameters<ReturnType<typeof device>['dispatch']>) => {
          dispatches++;
          return device().dispatch(...parameters);
        },
      };
      const { fits, refits, fallback } = await fitBatches(counting, batches, options);
      expect(fallback).toBeNull();
      // Together, not one after another.
      expect(dispatches).toBeLessThan(10);
      expect(refits).toBeLessThanOrEqual(2);
      for (const [b, own] of fits.entries()) expectSameBlockFits(own, blockOnCpu(batches[b], options));
    });
  }
});

const models = referenceModels().filter(({ batch: { design } }) => design.factors.length > 1);

describe(`reference data with several factors on the device (${on})`, () => {
  it('has models', () => expect(models.length).toBeGreaterThan(10));

  it.skipIf(!gpu).each(models.map((model) => [model.reference.id, model] as const))('%s', async (_, model) => {
    const options = model.reference.method === 'ML' ? ML : REML;
    const { fits, fallback } = await fitBatch(device(), model.batch, options);
    expect(fallback).toBeNull();
    expect(FINISHES[fits.finish[0]]).toBe('host');
    expectSameBlockFits(fits, blockOnCpu(model.batch, options));
  });
});
