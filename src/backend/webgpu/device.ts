import { orAborted, throwIfAborted } from '../../abort.ts';
import { FitError } from '../../errors.ts';
import { type AdapterFacts, factsOf, messageOf, requestAdapter } from './adapter.ts';
import { type Buffers, openBuffers } from './buffers.ts';
import { type LossReport, watchLoss } from './device-loss.ts';
import { inScopes } from './error-scopes.ts';
import { openPipelines, type PipelineSource } from './pipelines.ts';

const MEBIBYTE = 2 ** 20;
/** Largest buffer and binding asked for: nothing is gained beyond, and advertised maxima cannot always be allocated. */
const MAXIMUM_BINDING = 256 * MEBIBYTE;
/** Below the adapter's own maximum by this much, which drivers need themselves. */
const HEADROOM = 256 * 1024;

/** Limits in force on the device, those that plans and kernels look at. */
export interface DeviceLimits {
  /** Bytes of one buffer and of one storage binding. */
  readonly maxBufferSize: number;
  readonly maxStorageBufferBindingSize: number;
  readonly maxUniformBufferBindingSize: number;
  readonly maxStorageBuffersPerShaderStage: number;
  readonly maxComputeWorkgroupStorageSize: number;
  readonly maxComputeInvocationsPerWorkgroup: number;
  readonly maxComputeWorkgroupSizeX: number;
  readonly maxComputeWorkgroupsPerDimension: number;
  /** Bytes to which offsets of bindings are rounded up. */
  readonly minStorageBufferOffsetAlignment: number;
  readonly minUniformBufferOffsetAlignment: number;
}

/**
 * An open device as users see it. Names no type of WebGPU's own, which programs that have no use for them would have to
 * install.
 */
export interface Device {
  readonly adapter: AdapterFacts;
  readonly limits: DeviceLimits;
  /** Those of `subgroups` and `timestamp-query` that the adapter has. */
  readonly features: ReadonlySet<string>;
  /** Resolves when the device is lost or destroyed, never rejects. */
  readonly lost: Promise<LossReport>;
  /** @throws FitError DeviceError once the device is lost or destroyed */
  check(): void;
  destroy(): void;
}

/** An open device and everything the package does with it. Every method rejects or throws DeviceError once it is lost. */
export interface WebGpu extends Device, Buffers {
  readonly device: GPUDevice;
  readonly pipeline: PipelineSource;
  /**
   * Submits one dispatch with buffers bound in order to group 0 (null leaves a number out), and waits for the verdict
   * of validation, not for the work.
   */
  dispatch(
    label: string,
    pipeline: GPUComputePipeline,
    buffers: readonly (GPUBuffer | null)[],
    workgroups: readonly [number, number?, number?],
  ): Promise<void>;
  /** Waits until everything submitted so far is done. */
  finished(): Promise<void>;
}

export interface OpenOptions {
  readonly signal?: AbortSignal;
}

/** The device of this process, or the promise of it. */
let shared: Promise<WebGpu> | null = null;

/**
 * The WebGPU device, opened at the first call and shared by all until it is lost or destroyed.
 *
 * @throws FitError DeviceError with a remedy when there is none; AbortError when the signal fires while it opens
 */
export async function openWebGpu({ signal }: OpenOptions = {}): Promise<WebGpu> {
  throwIfAborted(signal);
  if (shared === null) {
    const opening = openOn(requestAdapter);
    shared = opening;
    const forget = (): void => {
      if (shared === opening) shared = null;
    };
    opening.then((gpu) => gpu.lost.then(forget), forget);
  }
  if (signal === undefined) return shared;
  return orAborted(shared, signal);
}

/** A device of its own on an adapter; for tests, and for {@link openWebGpu}. */
export async function openOn(adapterSource: () => Promise<GPUAdapter>): Promise<WebGpu> {
  const adapter = await adapterSource();
  const wanted = (['subgroups', 'timestamp-query'] as const).filter((name) => adapter.features.has(name));
  let device: GPUDevice;
  try {
    device = await adapter.requestDevice({
      label: 'webgpu-lmm',
      requiredFeatures: [...wanted],
      requiredLimits: limitsToAsk(adapter.limits),
    });
  } catch (cause) {
    throw new FitError('DeviceError', `the WebGPU adapter gave no device: ${messageOf(cause)}`, {
      remedy: 'Use the CPU backend (“backend: cpu”).',
      cause,
    });
  }
  // Everything of ours runs in error scopes; what reaches here is a leak of the scopes, and stays quiet for users.
  device.onuncapturederror = (event) => event.preventDefault();
  const loss = watchLoss(device);
  return {
    device,
    adapter: factsOf(adapter.info),
    limits: limitsInForce(device.limits),
    features: new Set<string>(wanted),
    lost: loss.lost,
    check: loss.check,
    pipeline: openPipelines(device, loss),
    ...openBuffers(device, loss),
    dispatch(label, pipeline, buffers, [x, y = 1, z = 1]) {
      return inScopes(device, loss, `dispatch '${label}'`, () => {
        const entries = buffers.flatMap((buffer, binding) => {
          return buffer === null ? [] : [{ binding, resource: { buffer } }];
        });
        const bindGroup = device.createBindGroup({ label, layout: pipeline.getBindGroupLayout(0), entries });
        const encoder = device.createCommandEncoder({ label });
        const pass = encoder.beginComputePass({ label });
        pass.setPipeline(pipeline);
        pass.setBindGroup(0, bindGroup);
        pass.dispatchWorkgroups(x, y, z);
        pass.end();
        device.queue.submit([encoder.finish()]);
      });
    },
    async finished() {
      await loss.orLost('waiting for the device failed', device.queue.onSubmittedWorkDone());
    },
    destroy() {
      device.destroy();
      loss.declare({ reason: 'destroyed', message: '' });
    },
  };
}

/** Limits to ask for: what the adapter has, up to what we use. Whatever is not asked for stays at the small default. */
function limitsToAsk(has: GPUSupportedLimits): Record<string, number> {
  const binding = Math.min(has.maxStorageBufferBindingSize - HEADROOM, has.maxBufferSize - HEADROOM, MAXIMUM_BINDING);
  // A binding of storage ends on a multiple of 4.
  const bytes = Math.floor(binding / 256) * 256;
  return {
    maxBufferSize: Math.max(bytes, 0),
    maxStorageBufferBindingSize: Math.max(bytes, 0),
    maxStorageBuffersPerShaderStage: Math.min(has.maxStorageBuffersPerShaderStage, 10),
    maxComputeWorkgroupStorageSize: Math.min(has.maxComputeWorkgroupStorageSize, 32768),
    maxComputeInvocationsPerWorkgroup: Math.min(has.maxComputeInvocationsPerWorkgroup, 1024),
    maxComputeWorkgroupSizeX: Math.min(has.maxComputeWorkgroupSizeX, 1024),
  };
}

function limitsInForce(limits: GPUSupportedLimits): DeviceLimits {
  return {
    maxBufferSize: limits.maxBufferSize,
    maxStorageBufferBindingSize: limits.maxStorageBufferBindingSize,
    maxUniformBufferBindingSize: limits.maxUniformBufferBindingSize,
    maxStorageBuffersPerShaderStage: limits.maxStorageBuffersPerShaderStage,
    maxComputeWorkgroupStorageSize: limits.maxComputeWorkgroupStorageSize,
    maxComputeInvocationsPerWorkgroup: limits.maxComputeInvocationsPerWorkgroup,
    maxComputeWorkgroupSizeX: limits.maxComputeWorkgroupSizeX,
    maxComputeWorkgroupsPerDimension: limits.maxComputeWorkgroupsPerDimension,
    minStorageBufferOffsetAlignment: limits.minStorageBufferOffsetAlignment,
    minUniformBufferOffsetAlignment: limits.minUniformBufferOffsetAlignment,
  };
}
