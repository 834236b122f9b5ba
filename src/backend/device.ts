import { FitError } from '../errors.ts';

/**
 * Opens a WebGPU device. This release fits on the CPU in float64 only, so it always rejects with DeviceError: asking for
 * a device that is not there is an error, never a silent fallback.
 */
export async function openDevice(): Promise<never> {
  throw new FitError('DeviceError', 'this release has no WebGPU backend yet', {
    option: 'backend',
    remedy: 'Use the CPU backend (--backend cpu), which is float64 throughout.',
  });
}
