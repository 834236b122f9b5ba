// @vitest-environment node
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { rolldown } from 'rolldown';
import { describe, expect, it } from 'vitest';
import { BUFFER_USAGE } from '../../src/backend/webgpu/buffers.ts';
import { openOn, openWebGpu } from '../../src/backend/webgpu/device.ts';
import { isFitError } from '../../src/errors.ts';
import { describeUnless } from '../requirements.ts';
import { ROOT } from '../structure/source-files.ts';
import { findDevice } from './open-device.ts';

const { storage, copySource, copyTarget, mapRead } = BUFFER_USAGE;

/** Memory that 200 cycles may leave behind, in bytes: a tenth of what would stay if none were given back. */
const LEAK_ALLOWANCE = 80e6;
const CYCLES = 200;
const CYCLE_BYTES = 4 * 2 ** 20;

const DOUBLE = `
@group(0) @binding(0) var<storage, read_write> data: array<u32>;
@compute @workgroup_size(64) fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x < arrayLength(&data)) { data[id.x] *= 2u; }
}`;

/** Tag and message of what a promise rejects with. */
async function rejection(work: Promise<unknown>): Promise<string> {
  try {
    await work;
  } catch (error) {
    return isFitError(error) ? `${error.tag}: ${error.message}` : String(error);
  }
  return 'no error';
}

const { lacking } = await findDevice();

describe('without WebGPU', () => {
  it('says what is missing and what to do', async () => {
    const none = async (): Promise<GPUAdapter> => {
      const refused: Partial<GPUAdapter> = {
        features: new Set<GPUFeatureName>(),
        requestDevice: () => Promise.reject(new Error('refused')),
      };
      // Only what openOn reads before it asks for a device.
      return { ...refused, limits: {} } as GPUAdapter;
    };
    expect(await rejection(openOn(none))).toBe('DeviceError: the WebGPU adapter gave no device: refused');
  });
});

describeUnless(lacking, 'the device', () => {
  const copy = storage | copySource | copyTarget;

  it('is opened once for the process, and anew after it was destroyed', async () => {
    const gpu = await openWebGpu();
    expect(await openWebGpu()).toBe(gpu);
    gpu.destroy();
    expect((await gpu.lost).reason).toBe('destroyed');
    const next = await openWebGpu();
    expect(next).not.toBe(gpu);
    expect(next.limits.maxStorageBufferBindingSize).toBeGreaterThanOrEqual(2 ** 27);
  });

  it('uploads, computes and reads back', async () => {
    const gpu = await openWebGpu();
    const buffer = await gpu.createBuffer('numbers', 400, copy);
    gpu.upload(
      buffer,
      Uint32Array.from({ length: 100 }, (_, k) => k),
    );
    await gpu.dispatch('double', await gpu.pipeline('double', DOUBLE), [buffer], [2]);
    await gpu.finished();
    const result = new Uint32Array(await gpu.readBack(buffer, 400));
    expect(result).toEqual(Uint32Array.from({ length: 100 }, (_, k) => 2 * k));
    expect(new Uint32Array(await gpu.readBack(buffer, 8, 40))).toEqual(Uint32Array.of(20, 22));
    const both = await Promise.all([gpu.readBack(buffer, 4, 4), gpu.readBack(buffer, 4, 8)]);
    expect(both.map((bytes) => new Uint32Array(bytes)[0])).toEqual([2, 4]);
    buffer.destroy();
  });

  it('compiles a text once', async () => {
    const gpu = await openWebGpu();
    const one = gpu.pipeline('double', `${DOUBLE} // once`);
    expect(gpu.pipeline('double again', `${DOUBLE} // once`)).toBe(one);
    await one;
  });

  it('names module and line of an error in a shader', async () => {
    const gpu = await openWebGpu();
    const code =
      '//#source kernels/broken.wgsl\nfn a() -> f32 {\n  return 1u;\n}\n@compute @workgroup_size(1) fn main() {}';
    expect(await rejection(gpu.pipeline('broken', code))).toMatch(
      /^DeviceError: shader 'broken' does not compile: kernels\/broken\.wgsl:2:\d+: .*: return 1u;$/,
    );
    // Not remembered as a success.
    expect(await rejection(gpu.pipeline('broken', code))).toMatch(/^DeviceError/);
    expect(await rejection(gpu.pipeline('double', DOUBLE, 'absent'))).toMatch(/^DeviceError: pipeline 'double'/);
  });

  it('reports buffers that cannot be had, and invalid calls, as errors', async () => {
    const gpu = await openWebGpu();
    expect(await rejection(gpu.createBuffer('huge', gpu.limits.maxBufferSize + 4, storage))).toMatch(
      /^DeviceError: buffer 'huge'/,
    );
    expect(await rejection(gpu.createBuffer('odd', 6, storage))).toMatch(/^DeviceError: buffer 'odd': 6 bytes/);
    expect(await rejection(gpu.createBuffer('mixed', 64, storage | mapRead))).toMatch(/^DeviceError: buffer 'mixed'/);
    const buffer = await gpu.createBuffer('small', 16, storage | copyTarget);
    expect(await rejection(gpu.readBack(buffer, 16))).toMatch(/^DeviceError: read-back of 'small'/);
    const pipeline = await gpu.pipeline('double', DOUBLE);
    expect(await rejection(gpu.dispatch('unbound', pipeline, [null], [1]))).toMatch(/^DeviceError: dispatch 'unbound'/);
    buffer.destroy();
  });

  it('rejects instead of hanging when it is destroyed in the middle of work, and ever after', async () => {
    const gpu = await openWebGpu();
    const buffer = await gpu.createBuffer('numbers', 2 ** 20, copy);
    const pending = [gpu.readBack(buffer, 2 ** 20), gpu.finished(), gpu.pipeline('late', `${DOUBLE} // late`)];
    const outcomes = Promise.all(pending.map(rejection));
    gpu.destroy();
    for (const outcome of await outcomes) expect(outcome).toMatch(/^DeviceError: the WebGPU device is gone/);
    expect(await rejection(gpu.readBack(buffer, 16))).toMatch(/^DeviceError: the WebGPU device is gone/);
    expect(await rejection(gpu.createBuffer('late', 16, storage))).toMatch(/^DeviceError/);
    expect(await rejection(gpu.pipeline('later', `${DOUBLE} // later`))).toMatch(/^DeviceError/);
    expect(() => gpu.upload(buffer, new Uint32Array(1))).toThrow(/gone/);
  });

  it('stops waiting when the caller cancels', async () => {
    const controller = new AbortController();
    controller.abort();
    expect(await rejection(openWebGpu({ signal: controller.signal }))).toMatch(/^AbortError/);
    const late = new AbortController();
    const opening = rejection(openWebGpu({ signal: late.signal }));
    late.abort();
    expect(await opening).toMatch(/^AbortError/);
    await openWebGpu();
  });

  it(`gives the memory of ${CYCLES} buffers back`, async () => {
    const gpu = await openWebGpu();
    const data = new Uint32Array(CYCLE_BYTES / 4).fill(7);
    const cycle = async (): Promise<void> => {
      const buffer = await gpu.createBuffer('cycle', CYCLE_BYTES, copy);
      gpu.upload(buffer, data);
      expect(new Uint32Array(await gpu.readBack(buffer, 16, CYCLE_BYTES - 16))[3]).toBe(7);
      buffer.destroy();
    };
    for (let k = 0; k < 10; k++) await cycle();
    const before = process.memoryUsage().rss;
    for (let k = 0; k < CYCLES; k++) await cycle();
    expect(process.memoryUsage().rss - before).toBeLessThan(LEAK_ALLOWANCE);
  });

  it('lets the process end by itself', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'device-'));
    try {
      const bundle = await rolldown({ input: join(ROOT, 'src/backend/webgpu/device.ts'), external: ['webgpu'] });
      const { output } = await bundle.generate({ format: 'esm', codeSplitting: false });
      await bundle.close();
      const place = pathToFileURL(join(ROOT, 'node_modules/webgpu/index.js')).href;
      writeFileSync(join(folder, 'device.mjs'), output[0].code.replaceAll('"webgpu")', `"${place}")`));
      const script =
        "const { openWebGpu } = await import('./device.mjs'); const gpu = await openWebGpu();" +
        "const b = await gpu.createBuffer('b', 64, 0x84); await gpu.readBack(b, 64); console.log('done');";
      writeFileSync(join(folder, 'main.mjs'), script);
      const child = spawn(process.execPath, [join(folder, 'main.mjs')], { timeout: 30_000 });
      let printed = '';
      for (const stream of [child.stdout, child.stderr]) stream.on('data', (part) => (printed += String(part)));
      const status = await new Promise((resolve) => child.on('close', resolve));
      expect({ printed, status }).toEqual({ printed: 'done\n', status: 0 });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
