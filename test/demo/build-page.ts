/** Builds the application, once for all files of tests that open it, from dist/ into a folder of its own. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  interface ProvidedContext {
    /** Folder of the built application. */
    readonly builtPage: string;
  }
}

/** What vitest runs before the tests; it returns what runs after them. */
export default async function buildPage(project: TestProject): Promise<() => void> {
  const outDir = mkdtempSync(join(tmpdir(), 'webgpu-lmm-demo-'));
  const configFile = fileURLToPath(new URL('../../demo/vite.config.ts', import.meta.url));
  await build({ configFile, logLevel: 'error', build: { outDir } });
  project.provide('builtPage', outDir);
  return () => rmSync(outDir, { recursive: true, force: true });
}
