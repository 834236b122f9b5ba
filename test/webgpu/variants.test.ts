// @vitest-environment node
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { create } from 'webgpu';
import { embedShaders, GENERATED } from '../../scripts/embed-shaders.mjs';
import { openOn } from '../../src/backend/webgpu/device.ts';
import { blockCode } from '../../src/backend/webgpu/factor-kernel.ts';
import { link, NUMBER_FORMATS } from '../../src/backend/webgpu/link.ts';
import { SHADERS } from '../../src/backend/webgpu/shaders.gen.ts';
import { BLOCK_COEFFICIENTS, BLOCK_COLUMNS } from '../../src/plan/device-bins.ts';

/** Values for every `//#param` of any kernel: what it compiles with, not what it is used with. */
const EXAMPLE_CONSTANTS: Readonly<Record<string, number>> = { LANES: 64, TERMS: 5, SQUARES: 17, REML: 1, SCATTER: 1 };

/** Entry points: modules with a compute stage. */
const kernels = Object.keys(SHADERS).filter((name) => SHADERS[name].includes('@compute'));

/** Modules that a kernel is linked from, but for the number. */
function modulesOf(kernel: string, found = new Set<string>()): Set<string> {
  found.add(kernel);
  for (const [, name] of SHADERS[kernel].matchAll(/^\s*\/\/#import\s+(\S+)/gm)) {
    if (!found.has(name)) modulesOf(name, found);
  }
  return found;
}

/** Constants that a kernel and its modules ask for. */
function constantsOf(kernel: string): Record<string, number> {
  const texts = [...modulesOf(kernel)].map((name) => SHADERS[name]);
  const names = texts.flatMap((text) => [...text.matchAll(/^\s*\/\/#param\s+(\w+)/gm)].map((match) => match[1]));
  return Object.fromEntries(names.map((name) => [name, EXAMPLE_CONSTANTS[name] ?? 4]));
}

// Kept: devices may not outlive it.
const instance = create(['backend=null']);
const gpu = openOn(async () => {
  const adapter = await instance.requestAdapter();
  if (!adapter) throw new Error('no null adapter');
  return adapter;
});

describe('the generated module', () => {
  it('is what the shaders say', () => {
    expect(readFileSync(GENERATED, 'utf8')).toBe(embedShaders());
  });
});

describe.each(kernels)('%s', (kernel) => {
  const numbers = SHADERS[kernel].includes('//#number') ? NUMBER_FORMATS : (['f32'] as const);
  // The transforms are those of pairs.
  it.each(numbers.filter((number) => kernel !== 'probe/transforms' || number !== 'f32'))(
    'compiles with %s',
    async (number) => {
      const { pipeline } = await gpu;
      const code = link(kernel, { number, constants: constantsOf(kernel) });
      await expect(pipeline(`${kernel} ${number}`, code)).resolves.toBeDefined();
    },
  );
});

describe('every variant of the block search that a plan can ask for', () => {
  const columns = Array.from({ length: BLOCK_COLUMNS }, (_, k) => k + 1);
  it.each(columns)('compiles, %d effects a level', async (q) => {
    const { pipeline } = await gpu;
    for (let p = 1; p <= BLOCK_COEFFICIENTS; p++) {
      for (const parameters of new Set([q, (q * (q + 1)) / 2])) {
        for (const method of ['REML', 'ML'] as const) {
          for (const scatter of [true, false]) {
            const code = blockCode('search', { q, p, parameters, scatter }, method);
            await expect(pipeline('block search', code)).resolves.toBeDefined();
          }
        }
      }
    }
  });
});
