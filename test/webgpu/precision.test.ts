// @vitest-environment node
import { describe, expect, it } from 'vitest';
import { fitRange } from '../../src/backend/threads/run.ts';
import { measureCost } from '../../src/backend/webgpu/measure.ts';
import { probeArithmetic } from '../../src/backend/webgpu/probe.ts';
import { fitMoments } from '../../src/fit/fit-moments.ts';
import { loadEngines } from '../../src/lmm/open-engine.ts';
import type { MomentBatch, Moments } from '../../src/moments/moments.ts';
import { planFit } from '../../src/plan/plan.ts';
import { FINISHES, STATUSES } from '../../src/types/fit-table.ts';
import { itUnless } from '../requirements.ts';
import { TOLERANCE } from '../tolerance.ts';
import { expectSameFits, ML, onCpu, REML } from './agreement.ts';
import { slopesBatch } from './block-batches.ts';
import { fitBatch } from './one-batch.ts';
import { findDevice } from './open-device.ts';
import { mixedRatios, severalMinimaBatch, simulateBatch } from './spectral-batches.ts';

const { gpu, lacking, on, device } = await findDevice();

const batchOf = (changes: object = {}): MomentBatch =>
  simulateBatch({ seed: 1, levels: 12, n: 200, responses: 300, ratio: mixedRatios, ...changes });

const finishes = (codes: Uint8Array): Set<string> => new Set([...codes].map((code) => FINISHES[code]));

function momentsOf(batch: MomentBatch): Moments {
  const names = Array.from({ length: batch.responses.count }, (_, k) => `g${k}`);
  return { formula: '', names, batches: [batch], coefficients: batch.design.coefficients, notes: [] };
}

describe(`pairs on the device (${on})`, () => {
  const shapes: readonly (readonly [string, object])[] = [
    ['12 levels', {}],
    ['2 levels', { levels: 2, n: 100 }],
    ['100 levels of 50,000 rows, weighted', { levels: 100, n: 50_000, weighted: true, responses: 100 }],
    ['a million rows', { n: 1e6 }],
    ['variances far above the residual', { ratio: () => 1e6 }],
    ['variances far below the residual', { n: 5000, ratio: () => 1e-6 }],
  ];
  for (const [name, changes] of shapes) {
    it.skipIf(!gpu).each([REML, ML])(`finish as float64 does: ${name}, $method`, async (options) => {
      const { chosen } = await probeArithmetic(device());
      expect(chosen).toMatch(/^df64/);
      const batch = batchOf(changes);
      const { fits, fallback, refits } = await fitBatch(device(), batch, options, { finish: chosen ?? 'f32' });
      expect(fallback).toBeNull();
      expect(refits).toBeLessThanOrEqual(1);
      expectSameFits(fits, await onCpu(batch, options));
      expect(finishes(fits.finish)).toContain('df64');
    });
  }

  it.skipIf(!gpu)('leave to the host what they are not certain of', async () => {
    const batch = severalMinimaBatch(7, 300);
    batch.responses.constant[5] = 1;
    const { fits } = await fitBatch(device(), batch, REML, { finish: 'df64-opaque' });
    expectSameFits(fits, await onCpu(batch, REML));
  });

  it.skipIf(!gpu)('of a variant that is wrong on this device are refused, and the host finishes', async () => {
    const report = await probeArithmetic(device(), { all: true });
    const wrong = report.variants.find(({ name, passed }) => name.startsWith('df64') && !passed);
    if (!wrong) return; // every variant is right here: nothing to refuse
    const batch = batchOf({ responses: 200 });
    const { fits, fallback } = await fitBatch(device(), batch, REML, { finish: wrong.name });
    expect(fallback).toMatch(new RegExp(`float64 refused what ${wrong.name} finished: the host finishes`));
    expect(finishes(fits.finish)).toEqual(new Set(['host']));
    expectSameFits(fits, await onCpu(batch, REML));
  });
});

describe(`a preview (${on})`, () => {
  it.skipIf(!gpu)('takes what the device found, and says so', async () => {
    for (const batch of [
      batchOf(),
      slopesBatch({
        seed: 5,
        formula: '~ x + (x | level)',
        levels: 30,
        rows: 8,
        responses: 50,
        deviations: () => [1, 0.7, 0.5],
      }),
    ]) {
      const { fits } = await fitBatch(device(), batch, REML, { preview: true });
      const path = batch.design.factors[0].q === 1 ? 'spectral' : 'block';
      const engines = await loadEngines([{ design: batch.design, options: REML }]);
      const exact = fitRange(engines.open(batch.design, path, REML), batch, REML, 0, batch.responses.count);
      expect(finishes(fits.finish)).toEqual(new Set(['f32']));
      for (let k = 0; k < fits.count; k++) {
        expect(STATUSES[fits.status[k]]).toBe('ok');
        expect(Math.abs(fits.criterion[k] - exact.criterion[k])).toBeLessThan(TOLERANCE.preview.criterion);
        for (let c = 0; c < fits.columns; c++) {
          const at = k * fits.columns + c;
          const error = Math.abs(fits.estimate[at] - exact.estimate[at]) / exact.standardError[at];
          expect(error).toBeLessThan(TOLERANCE.preview.coefficient);
        }
      }
    }
  });
});

describe('options of arithmetic', () => {
  it('are refused without a device to compute on', async () => {
    for (const precision of ['df64', 'f32'] as const) {
      await expect(fitMoments(momentsOf(batchOf({ responses: 2 })), { precision })).rejects.toMatchObject({
        tag: 'OptionError',
      });
    }
  });

  it.skipIf(!gpu)('reach the device from the library', async () => {
    const moments = momentsOf(batchOf({ responses: 40 }));
    const pairs = await fitMoments(moments, { backend: 'webgpu', precision: 'df64' });
    expect(finishes(pairs.table.finish)).toEqual(new Set(['df64']));
    const preview = await fitMoments(moments, { backend: 'webgpu', precision: 'f32' });
    expect(preview.notes.join()).toMatch(/preview/);
    expect(finishes(preview.table.finish)).toEqual(new Set(['f32']));
  });
});

describe(`measured costs (${on})`, () => {
  it.skipIf(!gpu)('are seconds of a model on either backend', async () => {
    const batch = batchOf({ responses: 500 });
    const moments = momentsOf(batch);
    const plan = planFit(moments, { method: 'REML', threads: 1 });
    const cost = await measureCost(device(), [batch], plan, () => REML);
    for (const seconds of [cost.cpu, cost.device]) {
      expect(seconds).toBeGreaterThan(1e-8);
      expect(seconds).toBeLessThan(1);
    }
  });

  const card = gpu?.adapter.software ? null : 'not on a software adapter';
  itUnless(lacking ?? card, 'never lead to a software adapter', async () => {
    const moments = momentsOf(batchOf({ responses: 30 }));
    const reasons: (string | undefined)[] = [];
    const controller = new AbortController();
    const run = fitMoments(moments, {
      threads: 1,
      bootstrap: { draws: 1e6 }, // worth a graphics card
      signal: controller.signal,
      onPlan({ choice, backend }) {
        reasons.push(backend, choice);
        controller.abort();
      },
    });
    await expect(run).rejects.toMatchObject({ tag: 'AbortError' });
    expect(reasons).toEqual(['cpu', 'the only WebGPU device here is software']);
  });
});
