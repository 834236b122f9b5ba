#!/usr/bin/env node
/**
 * Checks what `npm publish` would send, from an `npm pack --dry-run --json` of the built package: everything that
 * package.json points to is there, nothing that belongs to the repository only is, and the size stays small.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..');
/** Packed, in bytes; the examples are a fifth of a megabyte. */
const MAXIMUM_SIZE = 3_000_000;

const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
// --ignore-scripts: `prepare` would build again what has just been built and tested.
const packed = spawnSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
  cwd: ROOT,
  encoding: 'utf8',
  shell: process.platform === 'win32',
});
if (packed.status !== 0) {
  process.stderr.write(packed.stderr);
  process.exit(1);
}
const [{ files, size }] = JSON.parse(packed.stdout);
const paths = new Set(files.map((file) => file.path));

/** All file names in a value of the exports map. */
function targetsOf(value) {
  return typeof value === 'string' ? [value] : Object.values(value).flatMap(targetsOf);
}

const promised = [
  ...targetsOf(manifest.exports),
  ...Object.values(manifest.bin),
  'LICENSE',
  'README.md',
  'bench/README.md',
  'examples/visits.csv',
  'examples/cells/matrix.mtx.gz',
  // Threads that fit and that read load these by their names.
  'dist/worker.js',
  'dist/reader.js',
].map((path) => path.replace(/^\.\//, ''));

const problems = [];
for (const path of new Set(promised)) if (!paths.has(path)) problems.push(`missing: ${path}`);
// README says how its speeds were measured.
const explained = 'bench/README.md';
for (const path of paths) {
  if (path !== explained && /^(?:test|src|bench|scripts|\.ci)\//.test(path)) problems.push(`not for users: ${path}`);
}
if (size > MAXIMUM_SIZE) problems.push(`${size} bytes, more than ${MAXIMUM_SIZE}`);
const command = join(ROOT, Object.values(manifest.bin)[0]);
if (existsSync(command) && !readFileSync(command, 'utf8').startsWith('#!/usr/bin/env node')) {
  problems.push(`${command} lacks its #! line`);
}
for (const problem of problems) process.stderr.write(`check-package: ${problem}\n`);
if (problems.length > 0) process.exit(1);
process.stdout.write(`check-package: ${paths.size} files, ${Math.round(size / 1000)} kB packed\n`);
