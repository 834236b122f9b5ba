// @vitest-environment node
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { create } from 'webgpu';
import { embedShaders, GENERATED } from '../../scripts/embed-shaders.mjs';
import { openOn } from '../../src/backend/webgpu/device.ts';
import { BLOCK_COLUMNS } from '../../src/plan/device-bins.ts';
import { blockSearches, familySearches, KERNELS, kernelCode, numbersOf, patternSearches } from './kernel-variants.ts';

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

describe.each(KERNELS)('%s', (kernel) => {
  it.each(numbersOf(kernel))('compiles with %s', async (number) => {
    const { pipeline } = await gpu;
    await expect(pipeline(`${kernel} ${number}`, kernelCode(kernel, number))).resolves.toBeDefined();
  });
});

describe('every variant of the block search that a plan can ask for', () => {
  const columns = Array.from({ length: BLOCK_COLUMNS }, (_, k) => k + 1);
  it.each(columns)('compiles, %d effects a level', async (q) => {
    const { pipeline } = await gpu;
    for (const code of blockSearches(q)) await expect(pipeline('block search', code)).resolves.toBeDefined();
  });
});

describe('the pattern search', () => {
  it('compiles with every structure', async () => {
    const { pipeline } = await gpu;
    for (const code of patternSearches()) await expect(pipeline('pattern search', code)).resolves.toBeDefined();
  });
});

describe('the search of generalised models', () => {
  it('compiles with every family', async () => {
    const { pipeline } = await gpu;
    for (const code of familySearches()) await expect(pipeline('family search', code)).resolves.toBeDefined();
  });
});
