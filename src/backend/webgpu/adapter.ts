import { FitError } from '../../errors.ts';

/** What the adapter says about itself; empty strings where it says nothing. */
export interface AdapterFacts {
  readonly vendor: string;
  readonly architecture: string;
  readonly device: string;
  readonly description: string;
  /** A CPU that plays GPU (SwiftShader, llvmpipe, WARP): right, but slower than our own CPU path. */
  readonly software: boolean;
}

const SOFTWARE = /swiftshader|llvmpipe|lavapipe|microsoft basic render|\bwarp\b/i;

const REMEDY = 'Use the CPU backend (“backend: cpu”), or auto, which takes a GPU only where there is one.';

/**
 * A fresh adapter: each serves one device only.
 *
 * @throws FitError DeviceError when there is no WebGPU or no adapter
 */
export async function requestAdapter(): Promise<GPUAdapter> {
  const gpu = await findGpu();
  let adapter: GPUAdapter | null;
  try {
    adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' });
  } catch (cause) {
    throw new FitError('DeviceError', `WebGPU gave no adapter: ${messageOf(cause)}`, { remedy: REMEDY, cause });
  }
  if (!adapter) {
    throw new FitError('DeviceError', 'no WebGPU adapter: no GPU with a driver that WebGPU can use was found', {
      remedy: `Install or update the graphics driver (on Linux a Vulkan driver). ${REMEDY}`,
    });
  }
  return adapter;
}

export function factsOf(info: GPUAdapterInfo): AdapterFacts {
  const { vendor, architecture, device, description } = info;
  const named = SOFTWARE.test(`${vendor} ${architecture} ${device} ${description}`);
  return { vendor, architecture, device, description, software: named || info.isFallbackAdapter === true };
}

/** What a fit calls the device that searched it. Firefox says nothing of an adapter. */
export function adapterName({ vendor, architecture, description }: AdapterFacts): string {
  return [vendor, architecture, description].filter((text) => text !== '').join(' ') || 'unnamed adapter';
}

/** The browser's WebGPU, or in Node that of the optional package. */
async function findGpu(): Promise<GPU> {
  // Typed as always there, but absent on insecure pages, in old browsers and in Node.
  const own: GPU | undefined = globalThis.navigator?.gpu;
  if (own) return own;
  if (globalThis.process?.versions?.node === undefined) {
    throw new FitError('DeviceError', 'this browser or page has no WebGPU', {
      remedy: `WebGPU needs a recent browser and a secure page (https, or localhost). ${REMEDY}`,
    });
  }
  const { nodeGpu } = await import('./adapter.node.ts');
  return nodeGpu();
}

/** Text of something thrown. */
export function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message || cause.name : String(cause);
}
