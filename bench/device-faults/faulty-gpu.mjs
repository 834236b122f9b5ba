/**
 * A WebGPU that fails on purpose: its calls are counted, and one of them, by its number, does not go as it should. Devices
 * are played on one true device, whose pipelines are kept, so that a run costs no compilation; or they are true ones that are
 * destroyed, to see that the play is true to life.
 */

import { playedDevice } from './played-device.mjs';
import { checkEntries, checkSize, checkWorkgroups, granted, pretend, shaderRefusal } from './pretended-limits.mjs';

/** What can go wrong at a call. */
export const FAULTS = {
  lostBefore: 'the device is lost just before',
  lostAfter: 'the device is lost just after',
  /** What waits is rejected first, as it is where a driver is reset; `lost` says so later. */
  lostUnsaid: 'the device is lost before, and says so later',
  /** Dawn resolves to nothing what is asked of a lost device; Chromium rejects it, once `lost` has told. */
  lostTold: 'the device is lost before, and rejects everything from then on',
  lostRejects: 'the device is lost before, rejects everything from then on, and says so later',
  fails: 'the call throws or rejects, and the device lives',
  outOfMemory: 'the error scope reports that memory is full',
  invalid: 'the error scope reports an invalid call',
};

/** Calls of which a browser or a driver may throw or reject: the others throw for arguments of wrong types only. */
export const FALLIBLE = [
  ...['createBuffer', 'createComputePipelineAsync', 'popErrorScope', 'getCompilationInfo'],
  ...['writeBuffer', 'onSubmittedWorkDone', 'mapAsync', 'getMappedRange'],
];

const ASYNCHRONOUS = new Set([
  ...['createComputePipelineAsync', 'popErrorScope', 'getCompilationInfo', 'onSubmittedWorkDone', 'mapAsync'],
]);
const DEVICE_CALLS = [
  ...['createBuffer', 'createBindGroup', 'createShaderModule', 'createComputePipelineAsync', 'createCommandEncoder'],
  ...['pushErrorScope', 'popErrorScope'],
];
const QUEUE_CALLS = ['writeBuffer', 'submit', 'onSubmittedWorkDone'];
const BUFFER_CALLS = ['mapAsync', 'getMappedRange', 'unmap', 'destroy'];

/**
 * @param gpu the true WebGPU; `stage`: the device that others are played on, without which they are true
 * @param plan `at`: number of the call, from 0; `fault`: a key of FAULTS; `calls`: the names of those that it may strike, the
 *   next from `at` on, where it may not strike any; `every`: on every device, not only the first;
 *   `first` and `next`: what becomes of the first device and of later ones (`given`, `refused`, `absent`: no adapter);
 *   `limits`: what adapters and devices say of their limits, in place of their own values, and are held to; `features`: all
 *   that the adapter has
 */
export function openFaultyGpu({ gpu, stage = null }, plan = {}) {
  const {
    at = -1,
    fault = 'none',
    calls = null,
    every = false,
    next = 'given',
    first = 'given',
    limits = {},
    features = null,
  } = plan;
  /** Names of the calls of the first device, devices asked for, times that the fault struck, and all devices. */
  const record = { calls: [], asked: 0, struck: 0, devices: [] };

  const requestAdapter = async (options) => {
    const fate = record.asked === 0 ? first : next;
    record.asked++;
    if (fate === 'absent') return null;
    const adapter = stage ? stage.playAdapter() : await gpu.requestAdapter(options);
    if (adapter === null) return null;
    const { limits: own } = adapter;
    const requestDevice = adapter.requestDevice.bind(adapter);
    override(adapter, 'limits', pretend(own, limits));
    if (features) override(adapter, 'features', new Set(features));
    override(adapter, 'requestDevice', async (descriptor) => {
      if (fate === 'refused') throw new DOMException('injected: no device', 'OperationError');
      const device = await requestDevice(granted(descriptor, own));
      const number = record.devices.push(device);
      watch(device, number === 1, number === 1 || every);
      return device;
    });
    return adapter;
  };

  function watch(device, counted, struck) {
    let count = 0;
    let done = false;
    /** Injected errors by open scope. */
    const scopes = [];
    const codes = new Map();
    const { queue, limits: own } = device;
    override(device, 'limits', pretend(own, limits));

    /** Makes a call, and what is to happen at it. */
    const wrap = (target, name, around = (call) => call()) => {
      const original = target[name].bind(target);
      override(target, name, (...parameters) => {
        const number = count++;
        if (counted) record.calls.push(name);
        const call = () => around(() => original(...parameters), parameters);
        if (!struck || done || at < 0 || number < at || calls?.includes(name) === false) return call();
        done = true;
        record.struck++;
        if (fault.startsWith('lost') && fault !== 'lostAfter') lose(device, fault);
        if (fault === 'fails') return fail(name);
        if (fault === 'outOfMemory' || fault === 'invalid') {
          const filter = fault === 'invalid' ? 'validation' : 'out-of-memory';
          const scope = scopes.findLast((open) => open.filter === filter);
          if (scope) scope.error = { message: `injected: ${FAULTS[fault]}` };
        }
        const result = call();
        if (fault === 'outOfMemory' && name === 'createBuffer') result.destroy();
        if (fault === 'lostAfter') lose(device, fault);
        return result;
      });
    };

    for (const name of DEVICE_CALLS) {
      wrap(device, name, (call, [argument]) => {
        if (name === 'pushErrorScope') scopes.push({ filter: argument, error: null });
        if (name === 'popErrorScope') {
          const scope = scopes.pop();
          return call().then((error) => scope?.error ?? error);
        }
        if (name === 'createBuffer') checkSize(argument.size, 'maxBufferSize', limits);
        if (name === 'createBindGroup') checkEntries(argument.entries, limits);
        if (name === 'createComputePipelineAsync') {
          const refusal = shaderRefusal(codes.get(argument.compute.module), limits);
          if (refusal) return Promise.reject(refusal);
        }
        const made = call();
        if (name === 'createCommandEncoder') checkWorkgroups(made, limits);
        if (name === 'createBuffer') for (const method of BUFFER_CALLS) wrap(made, method);
        if (name === 'createShaderModule') {
          codes.set(made, argument.code);
          wrap(made, 'getCompilationInfo');
        }
        return made;
      });
    }
    for (const name of QUEUE_CALLS) wrap(queue, name);
  }

  return { gpu: { requestAdapter, getPreferredCanvasFormat: () => 'bgra8unorm' }, record };
}

/** Opens the device that others are played on. */
export async function openStage(gpu) {
  const adapter = await gpu.requestAdapter();
  const { limits } = adapter;
  const features = ['subgroups', 'timestamp-query'].filter((name) => adapter.features.has(name));
  const device = await adapter.requestDevice({
    requiredFeatures: features,
    requiredLimits: { maxStorageBuffersPerShaderStage: Math.min(10, limits.maxStorageBuffersPerShaderStage) },
  });
  device.onuncapturederror = (event) => event.preventDefault();
  const pipelines = new Map();
  return {
    playAdapter: () => ({
      info: adapter.info,
      limits,
      features: new Set(features),
      requestDevice: async () => playedDevice(device, pipelines),
    }),
    close: () => device.destroy(),
  };
}

/** True devices know one way to be lost. */
function lose(device, fault) {
  if (device.lose) device.lose(fault);
  else device.destroy();
}

function fail(name) {
  const error = new DOMException(`injected: ${name} failed`, 'OperationError');
  if (ASYNCHRONOUS.has(name)) return Promise.reject(error);
  throw error;
}

function override(target, name, value) {
  Object.defineProperty(target, name, { value, configurable: true, writable: true });
}
