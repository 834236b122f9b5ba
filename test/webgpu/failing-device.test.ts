// @vitest-environment node
/** A run of every engine on devices that go away, have no memory or compute nonsense, and what compiles anywhere. */
import { describe, expect, it } from 'vitest';
import { requestAdapter } from '../../src/backend/webgpu/adapter.ts';
import { openOn, type WebGpu } from '../../src/backend/webgpu/device.ts';
import { blockCode, crossedCode } from '../../src/backend/webgpu/factor-kernel.ts';
import { spectralSearchCode } from '../../src/backend/webgpu/spectral-kernel.ts';
import { FitError } from '../../src/errors.ts';
import { bits, expectSameFits, onCpu, REML } from './agreement.ts';
import { openNull } from './backends.ts';
import { PLAIN, plainBatch } from './case-batches.ts';
import { fitBatch } from './one-batch.ts';
import { findDevice } from './open-device.ts';
import { simulateBatch } from './spectral-batches.ts';

const { gpu, on, device } = await findDevice();

describe("Dawn's null backend compiles", () => {
  const methods = ['REML', 'ML'] as const;
  const block = [
    { q: 1, p: 1, parameters: 1, scatter: true },
    { q: 2, p: 3, parameters: 2, scatter: false },
    { q: 4, p: 8, parameters: 10, scatter: true },
  ];
  const crossed = [
    { q: 1, parameters: 2, squares: 2, scatter: true },
    { q: 2, parameters: 4, squares: 5, scatter: false },
    { q: 6, parameters: 24, squares: 72, scatter: true },
  ];
  const text = (sizes: object) => JSON.stringify(sizes);
  it.each([
    ...[false, true].map(
      (own) => [`spectral search, eigenvalues of its own: ${own}`, spectralSearchCode(own)] as const,
    ),
    ...methods.flatMap((method) => [
      ...block.map((sizes) => [`block search, ${method}, ${text(sizes)}`, blockCode('search', sizes, method)] as const),
      ...crossed.map(
        (sizes) => [`crossed search, ${method}, ${text(sizes)}`, crossedCode('search', sizes, method)] as const,
      ),
    ]),
  ])('the %s', async (label, code) => {
    const nullGpu = await openNull();
    await expect(nullGpu.pipeline(label, code)).resolves.toBeDefined();
    nullGpu.destroy();
  });
});

describe.each(PLAIN)(`a run, $engine (${on})`, ({ engine, plain, many }) => {
  it.skipIf(!gpu)('keeps what was finished when the device goes away, and finishes the rest', async () => {
    const batch = plainBatch(plain, many);
    const expected = await onCpu(batch, REML);
    const mortal = await openOn(requestAdapter);
    const { fits, fallback } = await fitBatch(mortal, batch, REML, {
      maximumChunk: 64,
      onProgress: (_phase, done) => {
        if (done === 64) mortal.destroy();
      },
    });
    const searched = fits.search.reduce((sum, code) => sum + code, 0);
    expect(searched).toBeGreaterThanOrEqual(64);
    expect(searched).toBeLessThan(many);
    expect(fallback).toMatch(new RegExp(`destroyed.*: ${many - searched} of ${many} fits on the CPU`));
    expectSameFits(fits, expected, engine);
    const later = await fitBatch(mortal, batch, REML);
    expect(later.fallback).toMatch(new RegExp(`${many} of ${many} fits on the CPU`));
    expect(bits(later.fits)).toEqual(bits(expected));
  });

  it.skipIf(!gpu)('goes on without the device when an allocation fails', async () => {
    const batch = plainBatch(plain, 30);
    const full: WebGpu = {
      ...device(),
      createBuffer: async (label) => {
        throw new FitError('DeviceError', `${label}: the GPU is out of memory`);
      },
    };
    const { fits, fallback } = await fitBatch(full, batch, REML);
    expect(fallback).toMatch(/out of memory.*: 30 of 30/);
    expect(bits(fits)).toEqual(bits(await onCpu(batch, REML)));
  });

  it("is not misled by garbage, as Dawn's null backend returns", async () => {
    const nullGpu = await openNull();
    const given = { seed: 1, levels: 12, n: 200, responses: 400 };
    // Every level differs, so that no fit is right by chance.
    const batch = engine === 'spectral' ? simulateBatch({ ...given, ratio: () => 5 }) : plainBatch(plain, 200);
    const { fits, fallback } = await fitBatch(nullGpu, batch, REML, { maximumChunk: 64 });
    if (engine === 'spectral') expect(fallback).toMatch(/float64 refused/);
    expectSameFits(fits, await onCpu(batch, REML), engine);
    nullGpu.destroy();
  });
});
