#!/usr/bin/env node
/**
 * Packs the built application: `demo/webgpu-lmm-page.zip` whole, to be unpacked behind any static server, and `demo/page.zip.br` for
 * the npm package, without what an installation has already (`src/cli/page-server.ts`).
 *
 *     npm run demo:zip
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, constants } from 'node:zlib';
import { zipSync } from 'fflate';

/** Files of packages that an installation has, or may have. */
const INSTALLED = /^assets\/h5wasm(-plugins)?\/.*\.(js|so)$/;

function filesIn(folder) {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const paths = entries.map((entry) => join(entry.parentPath, entry.name)).sort();
  return paths.map((path) => [
    path
      .slice(folder.length + 1)
      .split(sep)
      .join('/'),
    readFileSync(path),
  ]);
}

/** The files of a folder and those below it as a zip archive, in one folder named `webgpu-lmm`. */
export function zippedPage(folder) {
  const files = filesIn(folder).map(([name, bytes]) => [`webgpu-lmm/${name}`, bytes]);
  return zipSync(Object.fromEntries(files), { mtime: '2020-01-01' });
}

/** The same for the npm package. Its page and workers hold much of the library each: compressed whole, that costs little. */
export function packedPage(folder) {
  const files = filesIn(folder).filter(([name]) => !INSTALLED.test(name));
  const stored = zipSync(Object.fromEntries(files), { level: 0, mtime: '2020-01-01' });
  const params = { [constants.BROTLI_PARAM_LGWIN]: 24, [constants.BROTLI_PARAM_SIZE_HINT]: stored.length };
  return brotliCompressSync(stored, { params });
}

if (process.argv[1] !== undefined && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const demo = fileURLToPath(new URL('../demo', import.meta.url));
  writeFileSync(join(demo, 'webgpu-lmm-page.zip'), zippedPage(join(demo, 'dist')));
  writeFileSync(join(demo, 'page.zip.br'), packedPage(join(demo, 'dist')));
}
