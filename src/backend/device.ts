/**
 * Opens the WebGPU device that fits run on, for those who want to look at it or to hold it open: its adapter, limits and
 * features. Loaded when called. Rejects with DeviceError and a remedy where there is none.
 */
export async function openDevice(options: { readonly signal?: AbortSignal } = {}) {
  const { openWebGpu } = await import('./webgpu/device.ts');
  return openWebGpu(options);
}
