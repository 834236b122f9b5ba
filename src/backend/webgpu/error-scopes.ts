import { FitError } from '../../errors.ts';
import { messageOf } from './adapter.ts';
import type { DeviceLoss } from './device-loss.ts';

/**
 * Does something synchronous on the device and waits for the verdict: WebGPU reports failed allocations and invalid use
 * through error scopes, never by an exception, and everything later silently does nothing.
 *
 * @throws FitError DeviceError naming `what`
 */
export async function inScopes<T>(device: GPUDevice, loss: DeviceLoss, what: string, work: () => T): Promise<T> {
  loss.check();
  device.pushErrorScope('validation');
  device.pushErrorScope('out-of-memory');
  let result: T;
  let memory: Promise<GPUError | null>;
  let validation: Promise<GPUError | null>;
  try {
    result = work();
  } catch (cause) {
    // Sizes that no buffer can have are thrown at once (RangeError).
    throw new FitError('DeviceError', `${what}: ${messageOf(cause)}`, { cause });
  } finally {
    // Popped before anything else happens on the device, so that scopes of two callers never interleave.
    memory = device.popErrorScope();
    validation = device.popErrorScope();
    memory.catch(() => {});
    validation.catch(() => {});
  }
  const [full, invalid] = await loss.orLost(what, Promise.all([memory, validation]));
  if (full !== null) {
    throw new FitError('DeviceError', `${what}: the GPU is out of memory (${full.message})`, {
      remedy: 'Lower the memory cap (“memory”), or use the CPU backend (“backend: cpu”).',
    });
  }
  if (invalid !== null) throw new FitError('DeviceError', `${what}: ${invalid.message}`);
  return result;
}
