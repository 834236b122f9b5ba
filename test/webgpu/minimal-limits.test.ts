// @vitest-environment node
import { afterAll, describe, expect, it } from 'vitest';
import { create } from 'webgpu';
import { attack, openPath } from '../../bench/device-faults/campaign.mjs';
import { openStage } from '../../bench/device-faults/faulty-gpu.mjs';
import { DEFAULT_LIMITS, LIMITS, pretend } from '../../bench/device-faults/pretended-limits.mjs';
import { nodeGpu } from '../../src/backend/webgpu/adapter.node.ts';
import { openOn } from '../../src/backend/webgpu/device.ts';
import { blockCode, crossedCode } from '../../src/backend/webgpu/factor-kernel.ts';
import { familyCode } from '../../src/backend/webgpu/family-kernel.ts';
import { link } from '../../src/backend/webgpu/link.ts';
import { spectralSearchCode } from '../../src/backend/webgpu/spectral-kernel.ts';
import * as node from '../../src/doors/node.ts';
import * as steps from '../../src/doors/steps.ts';
import { findDevice } from './open-device.ts';

const { gpu, on } = await findDevice();
const library = { ...node, ...steps };

// Shared with nobody: the library is to open one that fails.
gpu?.destroy();
const stage = gpu ? await openStage(await nodeGpu()) : null;
afterAll(() => {
  stage?.close();
});
/** Kept for as long as the process lives: devices must not outlive the object that they come from. */
const nullBackend = create(['backend=null']);

/** A device with the limits that every device has, and no features. */
async function openLeast() {
  return openOn(async () => {
    const adapter = await nullBackend.requestAdapter();
    if (!adapter) throw new Error('no null adapter');
    const { limits } = adapter;
    Object.defineProperty(adapter, 'limits', { value: pretend(limits, DEFAULT_LIMITS) });
    Object.defineProperty(adapter, 'features', { value: new Set() });
    return adapter;
  });
}

describe("a device with WebGPU's default limits (Dawn's null backend)", () => {
  const number = 'f32' as const;
  const block = { q: 4, p: 8, parameters: 10, scatter: true };
  const crossed = { q: 6, parameters: 24, squares: 72, scatter: true };
  const factor = { Q_LEVEL: 6, PARAMETERS: 24, SQUARES: 72, SCATTER: 1 };
  const programs: readonly (readonly [string, string])[] = [
    ['spectral search', spectralSearchCode(true, 'signed')],
    ['spectral search, a workgroup a response', spectralSearchCode(true, 'squares', 'workgroup', 2000)],
    ['spectral finish', link('kernels/spectral-finish', { number: 'df64-opaque' })],
    ['block search', blockCode('search', block, 'REML')],
    ['block statistics', blockCode('statistics', block, 'REML')],
    ['crossed search', crossedCode('search', crossed, 'REML')],
    ['crossed statistics', crossedCode('statistics', crossed, 'REML')],
    ['nbinom2 search', familyCode({ family: 'nbinom2', p: 16, random: 1 })],
    ['nbinom2 search, a workgroup a response', familyCode({ family: 'nbinom2', p: 16, random: 1 }, 'workgroup')],
    ['spectral draw', link('kernels/spectral-draw', { number })],
    ['factor draw', link('kernels/factor-draw', { number, constants: factor })],
    ['spectral statistics', link('kernels/spectral-statistics', { number })],
    ['tails of many draws', link('kernels/bootstrap-tails', { number, constants: { LANES: 256 } })],
    ['dense moments', link('kernels/dense-moments', { number: 'df64-opaque' })],
  ];

  it('has no more than those', async () => {
    const least = await openLeast();
    for (const [name, value] of Object.entries(DEFAULT_LIMITS)) {
      expect([name, Object.entries(least.limits).find(([key]) => key === name)?.[1]]).toEqual([name, value]);
    }
    expect([...least.features]).toEqual([]);
    least.destroy();
  });

  it.each(programs)('builds the largest pipeline of %s', async (label, code) => {
    const least = await openLeast();
    await expect(least.pipeline(label, code)).resolves.toBeDefined();
    least.destroy();
  });
});

/** Who fits, by path and limits: the device all, or the CPU what the note says. */
const PATHS: Readonly<Record<string, Readonly<Record<string, RegExp>>>> = {
  spectral: {
    '1 KiB': /a model exceeds the buffers of the device: 150 of 150 fits on the CPU/,
    '2 storage buffers': /cannot be built.*: 150 of 150 fits on the CPU/,
    '32 threads': /cannot be built.*: 150 of 150 fits on the CPU/,
  },
  weights: {
    '16 KiB': /a model exceeds the buffers of the device: 150 of 150 fits on the CPU/,
    '4 KiB': /a model exceeds/,
    '1 KiB': /a model exceeds/,
    'bindings of 32 KiB': /a model exceeds/,
    'buffers of 32 KiB': /a model exceeds/,
    '2 storage buffers': /cannot be built/,
    '32 threads': /cannot be built/,
  },
  poisson: {
    '16 KiB': /a model exceeds/,
    '4 KiB': /a model exceeds/,
    '1 KiB': /a model exceeds/,
    compatibility: /cannot be built/,
    '2 storage buffers': /cannot be built/,
    '32 threads': /cannot be built/,
  },
  bootstrap: {
    '1 KiB': /a model exceeds/,
    '1 workgroup': /maxComputeWorkgroupsPerDimension.*: the draws of 12 of 12 fits on the CPU/,
    compatibility: /cannot be built.*: the draws of 12 of 12 fits on the CPU/,
    '2 storage buffers': /cannot be built/,
    '32 threads': /cannot be built/,
  },
};

describe.skipIf(!gpu).each(Object.entries(PATHS))(`%s within small limits (${on})`, (name, notes) => {
  it('has the same fits, and says what was left to the CPU', async () => {
    if (!stage) throw new Error('no device');
    const path = await openPath(library, { gpu: await nodeGpu(), stage }, name);
    for (const [set, limits] of Object.entries(LIMITS)) {
      const { verdict, message } = await attack(path, { limits, features: [] });
      expect({ set, verdict }).toEqual({ set, verdict: 'same' });
      if (notes[set]) expect(message).toMatch(notes[set]);
      else expect({ set, message }).toEqual({ set, message: '' });
    }
  });
});

it.skipIf(!gpu)(`a true device without features (${on}) has the same fits within the least limits`, async () => {
  if (!stage) throw new Error('no device');
  const path = await openPath(library, { gpu: await nodeGpu(), stage }, 'spectral');
  const outcome = await attack(path, { limits: DEFAULT_LIMITS, features: [], real: true });
  expect(outcome).toMatchObject({ verdict: 'same', notes: [], devices: 1 });
});
