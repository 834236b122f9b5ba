#!/usr/bin/env node
/**
 * Packs the built application into one file, to be unpacked behind any static server:
 *
 *     npm run demo:zip        # writes demo/webgpu-lmm-page.zip
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { zipSync } from 'fflate';

/** The files of a folder and those below it as a zip archive, in one folder named `webgpu-lmm`. */
export function zippedFolder(folder) {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const paths = files.map((entry) => join(entry.parentPath, entry.name)).sort();
  const nameOf = (path) =>
    `webgpu-lmm/${path
      .slice(folder.length + 1)
      .split(sep)
      .join('/')}`;
  return zipSync(Object.fromEntries(paths.map((path) => [nameOf(path), readFileSync(path)])), { mtime: '2020-01-01' });
}

if (process.argv[1] !== undefined && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const demo = fileURLToPath(new URL('../demo', import.meta.url));
  writeFileSync(join(demo, 'webgpu-lmm-page.zip'), zippedFolder(join(demo, 'dist')));
}
