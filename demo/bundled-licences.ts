import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Plugin } from 'vite';

/** Package folder in the path of a module. */
const PACKAGE = /^(.*\/node_modules\/((?:@[^/]+\/)?[^/]+))\//;
const LICENCE = /^(licen[cs]e|copying|notice)/i;

/**
 * Writes the licences of all packages that are bundled, in the page or in its workers, into one file: their comments are
 * left out of the code. The plugin that `collect` gives belongs into every bundle, the one of `write` into the last.
 */
export function bundledLicences(fileName: string): { collect(): Plugin; write(): Plugin } {
  const packages = new Map<string, string>();
  return {
    collect: () => ({
      name: 'collect-licences',
      moduleParsed({ id }) {
        const found = PACKAGE.exec(id.replaceAll('\\', '/'));
        if (found) packages.set(found[2], found[1]);
      },
    }),
    write: () => ({
      name: 'write-licences',
      generateBundle() {
        // Packages of one author share their text.
        const holders = new Map<string, string[]>();
        for (const [name, folder] of [...packages].sort(([a], [b]) => a.localeCompare(b, 'en'))) {
          const text = licenceText(folder);
          holders.set(text, [...(holders.get(text) ?? []), name]);
        }
        const parts = [...holders].map(([text, names]) => `${names.join(', ')}\n\n${text}\n`);
        this.emitFile({ type: 'asset', fileName, source: parts.join(`\n${'-'.repeat(80)}\n\n`) });
      },
    }),
  };
}

/** The licence files of a package, or what its manifest says. */
function licenceText(folder: string): string {
  const files = readdirSync(folder).filter((file) => LICENCE.test(file));
  if (files.length > 0) return files.map((file) => readFileSync(join(folder, file), 'utf8').trim()).join('\n\n');
  const manifest = join(folder, 'package.json');
  const stated = existsSync(manifest) ? /"license"\s*:\s*"([^"]*)"/.exec(readFileSync(manifest, 'utf8')) : null;
  return `Licence: ${stated?.[1] ?? 'see the package'}`;
}
