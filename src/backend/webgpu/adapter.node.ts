import { FitError } from '../../errors.ts';

/** Kept for as long as the process lives: devices may not outlive the object that they come from. */
let gpu: GPU | undefined;

/**
 * WebGPU in Node, from the optional package `webgpu` (Dawn).
 *
 * @throws FitError DeviceError when the package is not there or does not load on this platform
 */
export async function nodeGpu(): Promise<GPU> {
  if (gpu === undefined) {
    try {
      const { create } = await import('webgpu');
      gpu = create([]);
    } catch (cause) {
      throw new FitError(
        'DeviceError',
        "WebGPU in Node needs the optional package 'webgpu', which does not load here",
        {
          remedy: 'Run npm install webgpu, or use the CPU backend (--backend cpu).',
          cause,
        },
      );
    }
  }
  return gpu;
}
