import { tmpdir } from 'node:os';
import { defineConfig } from 'vitest/config';
import { vulkanIcd } from './scripts/find-browser.mjs';

// The browser's software Vulkan driver serves WebGPU in Node too. It has to be in the environment before a process
// starts, hence forks.
const driver = vulkanIcd();

export default defineConfig({
  test: {
    reporters: ['default', './scripts/skipped-tests.mjs'],
    include: ['test/**/*.test.ts'],
    pool: 'forks',
    // Hooks open devices, build and simulate: they get the time of the tests.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    env: driver === null ? {} : { VK_ICD_FILENAMES: driver, XDG_RUNTIME_DIR: tmpdir() },
  },
});
