#!/usr/bin/env node
/**
 * Finds a Python with what the tests of the Python package need, or installs Debian's, and prints its path.
 *
 *     node scripts/find-python.mjs              find, else install
 *     node scripts/find-python.mjs --no-install find only
 *
 * Only .ci/run calls it: neither the library nor the command needs Python, and elsewhere the tests are skipped without one.
 * Exits 0 in any case; one warning line to stderr says what is missing.
 */
import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { installPackages } from './find-browser.mjs';

/** Debian's packages; those behind the modules are for single tests. */
const PACKAGES = [
  'python3-anndata',
  'python3-pandas',
  'python3-zarr',
  'python3-pytest',
  'python3-pip',
  'python3-venv',
  'python3-wheel',
];
const IMPORTS = 'import sys, anndata, pandas, pytest, ensurepip, setuptools, wheel; print(sys.executable)';

/** Path of a Python (PYTHON before all others) that has the packages, or null. Installs nothing. */
export function findPython() {
  const named = process.env['PYTHON'] ?? '';
  for (const candidate of [...(named === '' ? [] : [named]), 'python3', '/usr/bin/python3', 'python']) {
    const { status, stdout } = spawnSync(candidate, ['-c', IMPORTS], { encoding: 'utf8' });
    if (status === 0) return stdout.trim();
  }
  return null;
}

if (process.argv[1] !== undefined && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  let python = findPython();
  if (python === null && !process.argv.includes('--no-install')) {
    installPackages(PACKAGES, 'find-python');
    python = findPython();
  }
  if (python !== null) process.stdout.write(`${python}\n`);
  else process.stderr.write('find-python: warning: no Python with anndata and pytest: its tests will be skipped\n');
}
