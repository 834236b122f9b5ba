/**
 * Limits that a device only pretends to have, and is held to: what a true one would report is thrown, so that nothing passes
 * in silence.
 */

/** The least that every WebGPU device has: the defaults of the specification. */
export const DEFAULT_LIMITS = {
  maxBufferSize: 2 ** 28,
  maxStorageBufferBindingSize: 2 ** 27,
  maxUniformBufferBindingSize: 2 ** 16,
  maxStorageBuffersPerShaderStage: 8,
  maxComputeWorkgroupStorageSize: 2 ** 14,
  maxComputeInvocationsPerWorkgroup: 256,
  maxComputeWorkgroupSizeX: 256,
  maxComputeWorkgroupsPerDimension: 65535,
  minStorageBufferOffsetAlignment: 256,
  minUniformBufferOffsetAlignment: 256,
};

const bytes = (size) => ({ ...DEFAULT_LIMITS, maxBufferSize: size, maxStorageBufferBindingSize: size });

/** By name: the defaults, and less than any device has. */
export const LIMITS = {
  defaults: DEFAULT_LIMITS,
  ...Object.fromEntries([1024, 64, 16, 4, 1].map((size) => [`${size} KiB`, bytes(1024 * size)])),
  'bindings of 32 KiB': { ...DEFAULT_LIMITS, maxStorageBufferBindingSize: 2 ** 15 },
  'buffers of 32 KiB': { ...DEFAULT_LIMITS, maxBufferSize: 2 ** 15 },
  '8 workgroups': { ...DEFAULT_LIMITS, maxComputeWorkgroupsPerDimension: 8 },
  '1 workgroup': { ...DEFAULT_LIMITS, maxComputeWorkgroupsPerDimension: 1 },
  // As in compatibility mode, and what no device has.
  compatibility: { ...DEFAULT_LIMITS, maxStorageBuffersPerShaderStage: 4, maxComputeInvocationsPerWorkgroup: 128 },
  '2 storage buffers': { ...DEFAULT_LIMITS, maxStorageBuffersPerShaderStage: 2 },
  '32 threads': { ...DEFAULT_LIMITS, maxComputeInvocationsPerWorkgroup: 32, maxComputeWorkgroupSizeX: 32 },
};

/** Limits of a platform object with some replaced. */
export function pretend(own, limits) {
  return new Proxy(own, { get: (target, name) => limits[name] ?? target[name] });
}

/** What is asked for, but for what lies beyond the true adapter where the limits are a pretence. */
export function granted(descriptor, own) {
  const asked = Object.entries(descriptor?.requiredLimits ?? {});
  const requiredLimits = Object.fromEntries(asked.map(([name, value]) => [name, Math.min(value, own[name])]));
  return { ...descriptor, requiredLimits };
}

export function checkSize(size, name, limits) {
  check(size, name, limits);
}

/** Bindings of a bind group. */
export function checkEntries(entries, limits) {
  for (const { resource } of entries) {
    const { buffer, size = buffer.size } = resource;
    check(size, isUniform(buffer) ? 'maxUniformBufferBindingSize' : 'maxStorageBufferBindingSize', limits);
  }
}

const isUniform = ({ usage }) => (usage & 0x40) !== 0;

/** Why no pipeline is made of a shader: its storage buffers, or the threads of its workgroup. */
export function shaderRefusal(code, limits) {
  const [, group] = code.match(/@workgroup_size\((\w+)/) ?? [];
  const constant = new RegExp(`const ${group}\\b[^=]*= (\\d+)`);
  const threads = Number(/^\d/.test(group) ? group : code.match(constant)?.[1]);
  if (!(threads > 0)) throw new TypeError(`no workgroup size found in ${group}`);
  try {
    check([...code.matchAll(/var<storage/g)].length, 'maxStorageBuffersPerShaderStage', limits);
    check(threads, 'maxComputeInvocationsPerWorkgroup', limits);
    check(threads, 'maxComputeWorkgroupSizeX', limits);
  } catch (error) {
    return error;
  }
  return null;
}

/** Workgroups of every dispatch of an encoder. */
export function checkWorkgroups(encoder, limits) {
  const begin = encoder.beginComputePass.bind(encoder);
  encoder.beginComputePass = (descriptor) => {
    const pass = begin(descriptor);
    const dispatch = pass.dispatchWorkgroups.bind(pass);
    pass.dispatchWorkgroups = (...counts) => {
      for (const count of counts) check(count, 'maxComputeWorkgroupsPerDimension', limits);
      dispatch(...counts);
    };
    return pass;
  };
}

function check(value, name, limits) {
  const most = limits[name] ?? Number.POSITIVE_INFINITY;
  if (value > most) throw new RangeError(`injected: ${value} exceeds ${name} ${most}`);
}
