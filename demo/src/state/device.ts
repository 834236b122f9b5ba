/** What WebGPU the browser has, asked without opening a device: that is for the fit. */

import type { DeviceReport } from './store.ts';

const SOFTWARE = /swiftshader|llvmpipe|lavapipe|microsoft basic render|\bwarp\b/i;

export async function describeDevice(): Promise<DeviceReport> {
  const threads = navigator.hardwareConcurrency;
  const none = { available: false, name: '', software: false, threads };
  // Typed as always there, but absent on insecure pages and in old browsers.
  const gpu: GPU | undefined = navigator.gpu;
  if (!gpu)
    return { ...none, reason: 'This browser or page has no WebGPU: it needs a recent browser and https or localhost.' };
  try {
    const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' });
    if (!adapter) return { ...none, reason: 'WebGPU found no graphics card that it can use.' };
    const { vendor, architecture, device, description, isFallbackAdapter } = adapter.info;
    const name = description || [vendor, architecture || device].filter(Boolean).join(' ') || 'unnamed adapter';
    const software = SOFTWARE.test(`${vendor} ${architecture} ${device} ${description}`) || isFallbackAdapter === true;
    return { available: true, name, software, reason: '', threads };
  } catch (error) {
    return { ...none, reason: error instanceof Error ? error.message : String(error) };
  }
}
