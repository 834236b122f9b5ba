import type { Plugin } from 'vite';

/** Files of the library's build. */
const LIBRARY = /\/dist\/[\w.-]+\.js$/;

/**
 * Leaves out of the page what the library loads on demand. Fits, tables and files are the worker's, which has a bundle of its own;
 * the page takes names, formulas and options of the library, and none of these load anything. Bundlers keep what is loaded on
 * demand even where nothing is left that asks for it, and with it whatever that shares with the page.
 */
export function pageAlone(): Plugin {
  return {
    name: 'page-alone',
    enforce: 'pre',
    resolveDynamicImport: (specifier, importer) =>
      typeof specifier === 'string' && LIBRARY.test(importer?.replaceAll('\\', '/') ?? '')
        ? { id: specifier, external: true }
        : null,
  };
}
