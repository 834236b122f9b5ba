import { openWebGpu, type WebGpu } from '../../src/backend/webgpu/device.ts';
import { isFitError } from '../../src/errors.ts';
import { type Lacking, lackHardware } from '../requirements.ts';

export interface TestDevice {
  /** Null where there is no adapter. */
  readonly gpu: WebGpu | null;
  /** Why not. */
  readonly lacking: Lacking;
  /** The name of the adapter, or `skipped: REASON`, for the names of tests. */
  readonly on: string;
  /** The device, in tests that are skipped without one. */
  device(): WebGpu;
}

/**
 * The device of this process, which test files that run in one process share: compiling its kernels is most of what they
 * cost. A test that destroys a device opens one of its own.
 */
export async function findDevice(): Promise<TestDevice> {
  const { gpu, lacking } = await openOrLack();
  const device = (): WebGpu => {
    if (!gpu) throw new Error('no device');
    return gpu;
  };
  return { gpu, lacking, on: gpu ? gpu.adapter.description || gpu.adapter.vendor : `skipped: ${lacking}`, device };
}

async function openOrLack(): Promise<{ gpu: WebGpu | null; lacking: Lacking }> {
  try {
    return { gpu: await openWebGpu(), lacking: null };
  } catch (error) {
    if (!isFitError(error, 'DeviceError')) throw error;
    return { gpu: null, lacking: lackHardware(error.message.replaceAll(/[()]/g, '')) };
  }
}
