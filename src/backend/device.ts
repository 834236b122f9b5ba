import type { WebGpu } from './webgpu/device.ts';
import type { ProbeReport } from './webgpu/probe.ts';

/**
 * Opens the WebGPU device that fits run on, for those who want to look at it or to hold it open: its adapter, limits and
 * features. Loaded when called. Rejects with DeviceError and a remedy where there is none.
 */
export async function openDevice(options: { readonly signal?: AbortSignal } = {}) {
  const { openWebGpu } = await import('./webgpu/device.ts');
  return openWebGpu(options);
}

/**
 * What the arithmetic of a device was found to do, as `webgpu-lmm devices` prints it: which variants of pairs of f32 are
 * exact there, and facts about its f32. Takes some dispatches; kept per device. Rejects with DeviceError when the device
 * goes away meanwhile.
 */
export async function probeDevice(gpu: WebGpu): Promise<ProbeReport> {
  const { probeArithmetic } = await import('./webgpu/probe.ts');
  return probeArithmetic(gpu, { all: true });
}
