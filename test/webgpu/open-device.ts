import { openWebGpu, type WebGpu } from '../../src/backend/webgpu/device.ts';
import { isFitError } from '../../src/errors.ts';

/** The device of this process, or null with the reason on stderr: tests that need one are then skipped. */
export async function deviceOrNull(): Promise<WebGpu | null> {
  try {
    return await openWebGpu();
  } catch (error) {
    if (!isFitError(error, 'DeviceError')) throw error;
    console.warn(`tests on a WebGPU device are skipped: ${error.message}`);
    return null;
  }
}
