import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';
import { bundledLicences } from './bundled-licences.ts';
import { besideBundle, offlineFiles } from './offline.ts';
import { pageAlone } from './page-alone.ts';

/** What a server should send with every file; the page works without, from any static server. */
export const headers = {
  'Content-Security-Policy':
    "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; connect-src 'self'; img-src 'self' blob: data:; style-src 'self'; font-src 'self'; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
};

// Comments with licences are left out of the code, where they weigh a third: the licences go into a file of their own.
const comments = { legal: false } as const;
// The packages that the library depends on only export: what the page does not use of them is left out, CommonJS too.
const treeshake = { moduleSideEffects: [{ test: /node_modules/, sideEffects: false }] };
const licences = bundledLicences('licences.txt');
/** Browsers take it from the folder whose pages it serves. */
const SERVICE_WORKER = 'service-worker';

/** Plug-ins of the HDF5 reader keep their names: an installation may have them. */
const assetName = ({ names }: { readonly names: readonly string[] }): string =>
  names[0]?.endsWith('.so') ? 'assets/h5wasm-plugins/[name][extname]' : 'assets/[name]-[hash][extname]';

const file = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

// Files in dist/ name each other by relative paths, so that they can be served from any folder.
export default defineConfig({
  root: file('.'),
  base: './',
  resolve: {
    alias: [
      { find: /^webgpu-lmm$/, replacement: file('../dist/index.js') },
      { find: /^webgpu-lmm\/(\w+)$/, replacement: `${file('../dist/')}$1.js` },
    ],
  },
  plugins: [pageAlone(), besideBundle(), licences.collect(), licences.write(), offlineFiles(SERVICE_WORKER, headers)],
  worker: {
    format: 'es',
    plugins: () => [besideBundle(), licences.collect()],
    rolldownOptions: { treeshake, output: { comments, assetFileNames: assetName } },
  },
  build: {
    target: 'es2022',
    outDir: 'dist',
    emptyOutDir: true,
    // Without the polyfill, which fetches: browsers that are new enough for the page need none.
    modulePreload: { polyfill: false },
    // As files: the content-security policy allows no code from data URLs.
    assetsInlineLimit: 0,
    rolldownOptions: {
      treeshake,
      input: { index: file('index.html'), [SERVICE_WORKER]: file(`src/${SERVICE_WORKER}.ts`) },
      output: {
        comments,
        assetFileNames: assetName,
        entryFileNames: ({ name }) => (name === SERVICE_WORKER ? '[name].js' : 'assets/[name]-[hash].js'),
      },
    },
    reportCompressedSize: true,
  },
  preview: { port: 4173, headers },
});
