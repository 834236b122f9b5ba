import { FitError } from '../../errors.ts';
import { paceTicks } from './paced-ticks.node.ts';

/** Kept for as long as the process lives: devices may not outlive the object that they come from. */
let gpu: GPU | undefined;

/**
 * WebGPU in Node, from the optional package `webgpu` (Dawn).
 *
 * @throws FitError DeviceError when the package is not there or does not load on this platform
 */
export async function nodeGpu(): Promise<GPU> {
  if (gpu === undefined) {
    if (process.platform === 'linux' && !hasVulkanDriver(process.env)) {
      throw new FitError('DeviceError', 'no WebGPU adapter: no Vulkan driver is installed', {
        remedy:
          'Install the driver of the graphics card (on Debian mesa-vulkan-drivers), or use the CPU (“backend: cpu”).',
      });
    }
    try {
      const { create } = await import('webgpu');
      gpu = await withRuntimeFolder(async () => askQuietly(paceTicks(create([]))));
    } catch (cause) {
      throw new FitError(
        'DeviceError',
        "WebGPU in Node needs the optional package 'webgpu', which does not load here",
        {
          remedy: 'Run npm install webgpu, or use the CPU backend (“backend: cpu”).',
          cause,
        },
      );
    }
  }
  return gpu;
}

/** Asks for adapters with a folder for sockets in the environment. */
function askQuietly(gpu: GPU): GPU {
  const { requestAdapter } = gpu;
  gpu.requestAdapter = (options) => withRuntimeFolder(() => requestAdapter.call(gpu, options));
  return gpu;
}

/**
 * Mesa's Vulkan layer looks for a Wayland display in XDG_RUNTIME_DIR, and where that is not set, as on machines without displays,
 * Wayland's library writes so to standard error. Any folder will do, as there is no display in it; what else drivers have to say is said.
 */
async function withRuntimeFolder<T>(ask: () => Promise<T>): Promise<T> {
  const { env } = process;
  if (env['XDG_RUNTIME_DIR'] || process.platform !== 'linux') return ask();
  env['XDG_RUNTIME_DIR'] = process.getBuiltinModule('node:os').tmpdir();
  try {
    return await ask();
  } finally {
    delete env['XDG_RUNTIME_DIR'];
  }
}

/**
 * Whether a manifest of a Vulkan driver lies where the loader looks (Vulkan-Loader, "Driver Discovery"). Without any the loader
 * would write its complaints, which no option silences, to standard error.
 */
function hasVulkanDriver(environment: NodeJS.ProcessEnv): boolean {
  // Bundlers for browsers meet this file, too, and some refuse imports that browsers lack.
  const { existsSync, readdirSync } = process.getBuiltinModule('node:fs');
  const { homedir } = process.getBuiltinModule('node:os');
  const { join } = process.getBuiltinModule('node:path');
  const named = [environment['VK_DRIVER_FILES'], environment['VK_ICD_FILENAMES'], environment['VK_ADD_DRIVER_FILES']];
  if (named.some((paths) => paths?.split(':').some((path) => path !== '' && existsSync(path)))) return true;
  const home = homedir();
  const bases = [
    environment['XDG_CONFIG_HOME'] ?? join(home, '.config'),
    ...(environment['XDG_CONFIG_DIRS'] ?? '/etc/xdg').split(':'),
    '/etc',
    '/usr/local/etc',
    environment['XDG_DATA_HOME'] ?? join(home, '.local/share'),
    ...(environment['XDG_DATA_DIRS'] ?? '/usr/local/share:/usr/share').split(':'),
    '/usr/share',
  ];
  return bases.some((base) => {
    const folder = join(base, 'vulkan/icd.d');
    return existsSync(folder) && readdirSync(folder).some((name) => name.endsWith('.json'));
  });
}
