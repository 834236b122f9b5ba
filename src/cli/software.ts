import { readFileSync } from 'node:fs';

/** Name and version of the package, from its package.json (two levels up from the sources, one from dist). */
export const SOFTWARE: { readonly name: string; readonly version: string } = readPackage();

function readPackage(): { name: string; version: string } {
  const { name, version } = ownManifest() ?? { name: 'webgpu-lmm', version: 'unknown' };
  return { name, version };
}

/** Versions of the packages that this one uses, as they are installed; null for those that are not. */
export function installedVersions(): Readonly<Record<string, string | null>> {
  const { dependencies, optionalDependencies } = ownManifest() ?? {};
  const names = Object.keys({ ...dependencies, ...optionalDependencies });
  return Object.fromEntries(names.map((name) => [name, installedVersion(name)]));
}

function installedVersion(name: string): string | null {
  // As Node looks for packages: in this folder and in all above it.
  for (let folder = new URL('./', import.meta.url); ; folder = new URL('../', folder)) {
    const found = readManifest(new URL(`node_modules/${name}/package.json`, folder));
    if (found) return found.version;
    if (folder.pathname === new URL('../', folder).pathname) return null;
  }
}

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

function ownManifest(): Manifest | null {
  const found = ['../package.json', '../../package.json'].map((place) => readManifest(new URL(place, import.meta.url)));
  return found.find((manifest) => manifest?.name === 'webgpu-lmm') ?? null;
}

/** What a package says of itself; null where there is none. */
function readManifest(place: URL): Manifest | null {
  try {
    return JSON.parse(readFileSync(place, 'utf8')) as Manifest; // npm checks the kinds of these fields
  } catch {
    return null;
  }
}
