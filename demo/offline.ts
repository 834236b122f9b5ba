import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Plugin } from 'vite';

/** What the application needs beside its bundle to be installed, kept offline and served from any folder. */

/** The package that reads HDF5, as a folder of the application: 4 MB that the npm package need not carry twice. */
const HDF5 = 'h5wasm';

/** Leaves the HDF5 package out of a bundle, which loads it from a folder beside its own files. For every bundle. */
export function besideBundle(): Plugin {
  return {
    name: 'beside-bundle',
    enforce: 'pre',
    resolveId: (source) => (source === HDF5 ? { id: `./${HDF5}/hdf5_hl.js`, external: true } : null),
  };
}

/**
 * Writes the files of that package, the headers that servers should send as `headers.json`, and into the service worker which
 * files there are. For the last bundle.
 *
 * @param worker name of the service worker among the entries
 */
export function offlineFiles(worker: string, headers: Readonly<Record<string, string>>): Plugin {
  let publicDir = '';
  return {
    name: 'offline-files',
    configResolved: (config) => {
      publicDir = config.publicDir;
    },
    buildStart() {
      const code = dirname(fileURLToPath(import.meta.resolve(HDF5)));
      for (const name of readdirSync(code)) {
        this.emitFile({ type: 'asset', fileName: `assets/${HDF5}/${name}`, source: readFileSync(join(code, name)) });
      }
      const licence = readFileSync(join(code, '../../LICENSE.txt'));
      this.emitFile({ type: 'asset', fileName: `assets/${HDF5}/LICENSE.txt`, source: licence });
      this.emitFile({ type: 'asset', fileName: 'headers.json', source: `${JSON.stringify(headers, null, 2)}\n` });
    },
    generateBundle: {
      order: 'post',
      handler(_options, bundle) {
        const names = Object.keys(bundle).filter((name) => name !== `${worker}.js` && name !== 'headers.json');
        const files = [...names, ...readdirSync(publicDir)].sort();
        const hash = createHash('sha256');
        for (const name of files) {
          const made = bundle[name];
          hash.update(name).update(made === undefined ? readFileSync(join(publicDir, name)) : contentOf(made));
        }
        const chunk = bundle[`${worker}.js`];
        if (chunk?.type !== 'chunk') throw new Error(`${worker} is no entry of the build`);
        const version = hash.digest('hex').slice(0, 16);
        // The page itself is asked for by its folder.
        const listed = ['./', ...files.filter((name) => name !== 'index.html')];
        chunk.code = chunk.code
          .replaceAll(/\bFILES\b/g, () => JSON.stringify(listed))
          .replaceAll(/\bVERSION\b/g, () => JSON.stringify(version));
      },
    },
  };
}

function contentOf(made: { readonly type: string; readonly code?: string; readonly source?: string | Uint8Array }) {
  return made.code ?? made.source ?? '';
}
