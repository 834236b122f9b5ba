import { requestAdapter } from '../../src/backend/webgpu/adapter.ts';
import { openOn, openWebGpu, type WebGpu } from '../../src/backend/webgpu/device.ts';
import { isFitError } from '../../src/errors.ts';

/** Where this says so, a machine without an adapter fails the tests instead of skipping them. */
const REQUIRED = process.env['REQUIRE_WEBGPU'] === '1';

/** The device of this process, or null with the reason on stderr: tests that need one are then skipped. */
export async function deviceOrNull(): Promise<WebGpu | null> {
  return orNull(openWebGpu());
}

/** A device of the test's own, or null with the reason in `on`, which stands in the names of the tests. */
export async function findDevice(): Promise<{ gpu: WebGpu | null; on: string; device: () => WebGpu }> {
  const gpu = await orNull(openOn(requestAdapter));
  const on = gpu ? gpu.adapter.description || gpu.adapter.vendor : 'skipped: no WebGPU adapter on this machine';
  const device = (): WebGpu => {
    if (!gpu) throw new Error('no device');
    return gpu;
  };
  return { gpu, on, device };
}

async function orNull(opening: Promise<WebGpu>): Promise<WebGpu | null> {
  try {
    return await opening;
  } catch (error) {
    if (REQUIRED || !isFitError(error, 'DeviceError')) throw error;
    console.warn(`tests on a WebGPU device are skipped: ${error.message}`);
    return null;
  }
}
