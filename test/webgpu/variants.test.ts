// @vitest-environment node
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { create } from 'webgpu';
import { embedShaders, GENERATED } from '../../scripts/embed-shaders.mjs';
import { openOn } from '../../src/backend/webgpu/device.ts';
import { link, NUMBER_FORMATS } from '../../src/backend/webgpu/link.ts';
import { SHADERS } from '../../src/backend/webgpu/shaders.gen.ts';

/** Values for every `//#param` of any kernel: what it compiles with, not what it is used with. */
const EXAMPLE_CONSTANTS: Readonly<Record<string, number>> = { TERMS: 5 };

/** Entry points: modules with a compute stage. */
const kernels = Object.keys(SHADERS).filter((name) => SHADERS[name].includes('@compute'));

/** Constants that a kernel's own text asks for. */
function constantsOf(kernel: string): Record<string, number> {
  const names = [...SHADERS[kernel].matchAll(/^\s*\/\/#param\s+(\w+)/gm)].map((match) => match[1]);
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
