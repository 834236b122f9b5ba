#!/usr/bin/env node
/**
 * Checks what `npm publish` would send, from an `npm pack --dry-run --json` of the built package: everything that
 * package.json points to is there, nothing that belongs to the repository only is, and the size stays small; what an
 * installation brings, and what each entry of the build loads before it does anything.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..');
/** Packed, in bytes; the examples are a fifth of a megabyte. */
const MAXIMUM_SIZE = 3_000_000;
/** Packages of an installation without the optional ones; one more needs a reason, as in CONTRIBUTING.md. */
const MAXIMUM_PACKAGES = 15;
/** Bytes of its files, this package among them. */
const MAXIMUM_INSTALLED = 25_000_000;
/**
 * What the files of the build import at once, those that they import among them: bytes, and packages. The rest is loaded
 * when a file or a command asks for it.
 */
const AT_ONCE = [
  { entry: 'cli.js', bytes: 70_000, packages: ['commander'] },
  { entry: /^fit-command-.*\.js$/, bytes: 1_430_000, packages: [] },
  { entry: 'node.js', bytes: 1_780_000, packages: [] },
  { entry: 'index.js', bytes: 1_680_000, packages: [], browser: true },
  { entry: 'steps.js', bytes: 1_350_000, packages: [], browser: true },
  { entry: 'parts.js', bytes: 1_400_000, packages: [], browser: true },
  { entry: 'statistics.js', bytes: 520_000, packages: [], browser: true },
  { entry: /^fit-work-.*\.js$/, bytes: 570_000, packages: [], browser: true },
  { entry: 'reader.js', bytes: 240_000, packages: [] },
];

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
const [{ files, size, unpackedSize }] = JSON.parse(packed.stdout);
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
  manifest.man,
  'bench/README.md',
  // What webgpu-lmm serve serves.
  'demo/page.zip.br',
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

/** Packages that come with this one, by their folders. */
const { packages } = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8'));
const brought = Object.keys(packages).filter((folder) => {
  const { dev, optional, devOptional } = packages[folder];
  return folder !== '' && !dev && !optional && !devOptional;
});
if (brought.length > MAXIMUM_PACKAGES) {
  problems.push(`${brought.length} packages are installed, more than ${MAXIMUM_PACKAGES}: ${brought.join(', ')}`);
}

/** Bytes of the files in a folder, without packages of its own: those are listed apart. */
function bytesIn(folder) {
  let sum = 0;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) sum += entry.name === 'node_modules' ? 0 : bytesIn(path);
    else sum += statSync(path).size;
  }
  return sum;
}

const missing = brought.filter((folder) => !existsSync(join(ROOT, folder)));
for (const folder of missing) problems.push(`not installed, so that its size is unknown: ${folder}`);
const installed = brought
  .filter((folder) => !missing.includes(folder))
  .reduce((sum, folder) => sum + bytesIn(join(ROOT, folder)), unpackedSize);
if (installed > MAXIMUM_INSTALLED) problems.push(`${installed} bytes installed, more than ${MAXIMUM_INSTALLED}`);

const DIST = join(ROOT, 'dist');
/** Specifiers of the imports and re-exports of a module of the build; those of `import()` stand inside of lines. */
const IMPORTS = /^(?:import|export)\s(?:[^'"`;]*?\sfrom\s*)?["']([^"']+)["']/gm;

/** Everything that a file of the build loads before it runs: files of the build, and what is none. */
function loadedAtOnce(entry) {
  const own = new Set([entry]);
  const others = new Set();
  // A set that grows while it is walked.
  for (const file of own) {
    for (const [, specifier] of readFileSync(join(DIST, file), 'utf8').matchAll(IMPORTS)) {
      if (specifier.startsWith('./')) own.add(specifier.slice(2));
      else others.add(specifier);
    }
  }
  return { bytes: [...own].reduce((sum, file) => sum + statSync(join(DIST, file)).size, 0), others: [...others] };
}

const built = existsSync(DIST) ? readdirSync(DIST) : [];
for (const { entry, bytes: most, packages: allowed, browser } of AT_ONCE) {
  const found = built.filter((file) => (entry instanceof RegExp ? entry.test(file) : file === entry));
  if (found.length === 0) problems.push(`missing in dist: ${entry}`);
  for (const file of found) {
    const { bytes, others } = loadedAtOnce(file);
    if (bytes > most) problems.push(`${file} loads ${bytes} bytes at once, more than ${most}`);
    const wrong = others.filter((name) => !allowed.includes(name) && (browser || !name.startsWith('node:')));
    if (wrong.length > 0) problems.push(`${file} loads at once: ${wrong.join(', ')}`);
  }
}

for (const problem of problems) process.stderr.write(`check-package: ${problem}\n`);
if (problems.length > 0) process.exit(1);
process.stdout.write(
  `check-package: ${paths.size} files, ${Math.round(size / 1000)} kB packed; ` +
    `${brought.length} packages, ${(installed / 1e6).toFixed(1)} MB installed\n`,
);
