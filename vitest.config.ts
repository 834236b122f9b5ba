import { availableParallelism, tmpdir } from 'node:os';
import { configDefaults, defineConfig } from 'vitest/config';
import { vulkanIcd } from './scripts/find-browser.mjs';

// The browser's software Vulkan driver serves WebGPU in Node too. It has to be in the environment before a process
// starts, hence forks.
const driver = vulkanIcd();

const DEVICE = ['test/webgpu/**/*.test.ts'];
// They put devices of their own in the place of the shared one.
const FAULTS = ['device-loss', 'minimal-limits'].map((name) => `test/webgpu/${name}.test.ts`);
const BROWSER = [
  'test/browser/**/*.test.ts',
  // What starts a browser.
  ...`page open plots firefox webkit offline serve look access analyses gene-page keep models model-choice expressed stories stores one-words attack-page
    rough-edges report response-kind sessions session-kinds widths reference-levels places shown-tests ordinary-variances kept-analyses
    report-analyses not-loaded design-advice`
    .split(/\s+/)
    .map((name) => `test/demo/${name}.test.ts`),
  'test/docs/site.test.ts',
];

const COMMAND = [
  ...['cli', 'cases', 'python', 'r', 'workflow'].map((folder) => `test/${folder}/**/*.test.ts`),
  ...['code', 'outputs'].map((name) => `test/docs/${name}.test.ts`),
];
const LONG = ['test/fuzz/**/*.test.ts', 'test/lmm/optima.test.ts'];

export default defineConfig({
  test: {
    reporters: ['default', './scripts/skipped-tests.mjs'],
    // One less than there are processors, vitest's number, would leave one of two idle.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    pool: 'forks',
    // Hooks open devices, build and simulate: they get the time of the tests.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    env: driver === null ? {} : { VK_ICD_FILENAMES: driver, XDG_RUNTIME_DIR: tmpdir() },
    // Files of a project that is not isolated share their processes, and with them what is costly: the modules, the kernels
    // that the device of a process has compiled, the process that runs the command.
    projects: [
      {
        extends: true,
        test: { name: 'device', include: DEVICE, exclude: [...configDefaults.exclude, ...FAULTS], isolate: false },
      },
      { extends: true, test: { name: 'faults', include: FAULTS } },
      { extends: true, test: { name: 'browser', include: BROWSER, globalSetup: 'test/demo/build-page.ts' } },
      { extends: true, test: { name: 'command', include: COMMAND, isolate: false } },
      { extends: true, test: { name: 'long', include: LONG, isolate: false } },
      {
        extends: true,
        test: {
          name: 'processor',
          include: ['test/**/*.test.ts'],
          exclude: [...configDefaults.exclude, ...DEVICE, ...BROWSER, ...COMMAND, ...LONG],
          isolate: false,
        },
      },
    ],
  },
});
