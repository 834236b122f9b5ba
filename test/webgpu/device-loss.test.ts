// @vitest-environment node
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { attack, attacksOn, nameOf, openPath } from '../../bench/device-faults/campaign.mjs';
import { openStage } from '../../bench/device-faults/faulty-gpu.mjs';
import { nodeGpu } from '../../src/backend/webgpu/adapter.node.ts';
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

/** Calls of each path at which each fault strikes: `node bench/device-faults.mjs` takes them all. */
const SAMPLES: Readonly<Record<string, number>> = {
  spectral: 8,
  weights: 4,
  'several designs': 4,
  slopes: 2,
  crossed: 2,
  bootstrap: 4,
};

async function open(name: string) {
  if (!stage) throw new Error('no device');
  return openPath(library, { gpu: await nodeGpu(), stage }, name);
}

describe.skipIf(!gpu).each(Object.entries(SAMPLES))(`%s on a device that fails (${on})`, (name, samples) => {
  let path: Awaited<ReturnType<typeof open>>;
  beforeAll(async () => {
    path = await open(name);
  });

  it('goes through the device when nothing disturbs it', async () => {
    expect(path.device.table.search.every((code) => code === 1)).toBe(true);
    expect(await attack(path, {})).toMatchObject({ verdict: 'same', message: '', notes: [], devices: 1 });
  });

  it('has the same fits, and says so, whichever call fails', async () => {
    const wrong: string[] = [];
    let struck = 0;
    for (const plan of attacksOn(path, samples).filter(({ first }) => !first)) {
      const outcome = await attack(path, plan);
      struck += outcome.struck;
      if (outcome.verdict !== 'same') wrong.push(`${nameOf(plan, path.calls)}: ${outcome.verdict}: ${outcome.message}`);
    }
    expect(wrong).toEqual([]);
    expect(struck).toBeGreaterThan(4 * samples);
  });
});

describe.skipIf(!gpu)(`a run that is forced onto a device (${on})`, () => {
  it.each(['refused', 'absent'] as const)('says so in an error with a tag when the first is %s', async (first) => {
    const { verdict, message } = await attack(await open('spectral'), { first });
    expect(verdict).toBe('refused');
    expect(message).toMatch(/^DeviceError: .*(no device|no WebGPU adapter)/);
  });

  it('ends on the CPU when every device is lost', async () => {
    const path = await open('spectral');
    const { verdict, notes, devices } = await attack(path, { fault: 'lostBefore', at: 0, every: true });
    expect(verdict).toBe('same');
    expect(devices).toBe(2);
    expect(notes.join('; ')).toMatch(/150 of 150 fits on the CPU/);
  });

  it('goes on to another when a true device is destroyed, at any call', async () => {
    const path = await open('spectral, one chunk');
    for (const name of ['createComputePipelineAsync', 'submit', 'mapAsync']) {
      const at = path.calls.indexOf(name);
      for (const fault of ['lostBefore', 'lostAfter']) {
        const { verdict, notes, devices } = await attack(path, { fault, at, real: true });
        expect({ name, fault, verdict, devices }).toEqual({ name, fault, verdict: 'same', devices: 2 });
        expect(notes.join('; ')).toMatch(/the WebGPU device is gone: it was destroyed: a new one goes on/);
      }
    }
  });
});
