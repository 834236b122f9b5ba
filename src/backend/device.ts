import { FitError } from '../errors.ts';
import type { Device, WebGpu } from './webgpu/device.ts';
import type { ProbeReport } from './webgpu/probe.ts';

/** Devices that were opened here, with all that the engine does with them. */
const opened = new WeakMap<Device, WebGpu>();

/**
 * Opens the WebGPU device that fits run on, for those who want to look at it or to hold it open: its adapter, limits and
 * features. Loaded when called. Rejects with DeviceError and a remedy where there is none.
 */
export async function openDevice(options: { readonly signal?: AbortSignal } = {}): Promise<Device> {
  const { openWebGpu } = await import('./webgpu/device.ts');
  const gpu = await openWebGpu(options);
  opened.set(gpu, gpu);
  return gpu;
}

/**
 * What the arithmetic of a device was found to do, as `webgpu-lmm devices` prints it: which variants of pairs of f32 are
 * exact there, and facts about its f32. Takes some dispatches; kept per device. Rejects with DeviceError when the device
 * goes away meanwhile, OptionError for one that {@link openDevice} did not open.
 */
export async function probeDevice(device: Device): Promise<ProbeReport> {
  const gpu = opened.get(device);
  if (!gpu) {
    throw new FitError('OptionError', 'this device was not opened here', { remedy: 'Take it from openDevice().' });
  }
  const { probeArithmetic } = await import('./webgpu/probe.ts');
  return probeArithmetic(gpu, { all: true });
}
