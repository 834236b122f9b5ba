#!/usr/bin/env node
/**
 * Bundles the browser entry of the build, with its worker, into docs/public/library/, from where the examples of the
 * documentation site load it. Run after `npm run build`.
 */
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

const DIST = fileURLToPath(new URL('../dist/', import.meta.url));
const OUT = fileURLToPath(new URL('../docs/public/library/', import.meta.url));

const bundle = await rolldown({
  input: { index: `${DIST}index.js`, worker: `${DIST}worker.js` },
  platform: 'browser',
  logLevel: 'silent',
});
await bundle.write({ dir: OUT, format: 'esm', minify: true });
await bundle.close();
