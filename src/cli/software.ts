import { readFileSync } from 'node:fs';

/** Name and version of the package, from its package.json (two levels up from the sources, one from dist). */
export const SOFTWARE: { readonly name: string; readonly version: string } = readPackage();

function readPackage(): { name: string; version: string } {
  for (const place of ['../package.json', '../../package.json']) {
    try {
      const found: unknown = JSON.parse(readFileSync(new URL(place, import.meta.url), 'utf8'));
      if (isNamed(found)) return { name: found.name, version: found.version };
    } catch {
      // not there: look one level further up
    }
  }
  return { name: 'webgpu-lmm', version: 'unknown' };
}

function isNamed(value: unknown): value is { name: string; version: string } {
  return typeof value === 'object' && value !== null && 'name' in value && value.name === 'webgpu-lmm';
}
