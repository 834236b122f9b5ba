#!/usr/bin/env node
/**
 * Finds an R with what the tests of the R package need, or installs Debian's, and prints its path. Installs what single tests
 * need as well: limma and SingleCellExperiment.
 *
 *     node scripts/find-r.mjs              find, else install
 *     node scripts/find-r.mjs --no-install find only
 *
 * Only .ci/run calls it: neither the library nor the command needs R, and elsewhere the tests are skipped without one.
 * Exits 0 in any case; one warning line to stderr says what is missing.
 */
import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { installPackages } from './find-browser.mjs';

const PACKAGES = ['r-base-core', 'r-cran-matrix', 'r-bioc-limma', 'r-bioc-singlecellexperiment'];

/** Path of an R (R_COMMAND before all others) that has these packages, or null. Installs nothing. */
export function findR(packages = ['Matrix']) {
  const named = process.env['R_COMMAND'] ?? '';
  const ask = `for (name in commandArgs(TRUE)) if (system.file(package = name) == "") quit(status = 1)`;
  for (const candidate of [...(named === '' ? [] : [named]), 'R', '/usr/bin/R']) {
    const { status } = spawnSync(candidate, ['--vanilla', '--no-echo', '-e', ask, '--args', ...packages]);
    if (status === 0) return candidate;
  }
  return null;
}

if (process.argv[1] !== undefined && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const all = ['Matrix', 'limma', 'SingleCellExperiment'];
  if (findR(all) === null && !process.argv.includes('--no-install')) installPackages(PACKAGES, 'find-r');
  const r = findR();
  if (r !== null) process.stdout.write(`${r}\n`);
  else process.stderr.write('find-r: warning: no R with the package Matrix: its tests will be skipped\n');
}
