/** Folders in which the code of a page runs: examples/, the files that pages take for given, the command, the package. */
import { spawn } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { COMMAND, ROOT, runProcess } from '../cli/command.ts';

/** Files that pages take for given: small simulated cells. */
const GIVEN = ['cells', 'a', 'b', 'c', 's1', 's2', 's3'].map((name) => `${name}.h5ad`);
const CELLS = ['simulate', '--kind', 'cells', '--genes', '40', '--cells', '600', '--donors', '6', '--density', '0.4'];

/** Makes the command and the given files in a folder. */
export async function prepareFolder(folder: string): Promise<void> {
  mkdirSync(join(folder, 'bin'));
  mkdirSync(join(folder, 'given'));
  // A model without a fit (3) may be what a page is about.
  const script = `#!/bin/sh\n'${process.execPath}' '${COMMAND}' "$@"\nstatus=$?\n[ $status -eq 3 ] && exit 0\nexit $status\n`;
  const command = join(folder, 'bin/webgpu-lmm');
  writeFileSync(command, script);
  chmodSync(command, 0o755);
  const made = await Promise.all(
    GIVEN.map((name, k) => runProcess([...CELLS, '--seed', String(k + 1), '--out', join(folder, 'given', name)])),
  );
  for (const { status, stderr } of made) expect(status, stderr).toBe(0);
}

/** A folder for the code of a page, with the given files that it names. */
export function pageFolder(folder: string, page: string, code: string): string {
  const place = join(folder, page.replaceAll(/\W/g, '-'));
  mkdirSync(join(place, 'test'), { recursive: true });
  mkdirSync(join(place, 'node_modules'));
  symlinkSync(join(ROOT, 'examples'), join(place, 'examples'));
  symlinkSync(join(ROOT, 'test/reference'), join(place, 'test/reference'));
  symlinkSync(ROOT, join(place, 'node_modules/webgpu-lmm'), 'dir');
  for (const name of GIVEN) {
    if (code.includes(name) && !code.includes(`--out ${name}`))
      copyFileSync(join(folder, 'given', name), join(place, name));
  }
  if (code.includes('files.txt')) writeFileSync(join(place, 'files.txt'), 'a.h5ad\nb.h5ad\nc.h5ad\n');
  return place;
}

/** Runs a program in such a folder: what it said, and where it failed, how. */
export function runIn(
  folder: string,
  place: string,
  words: readonly [string, ...string[]],
): Promise<{ readonly failure: string; readonly said: string }> {
  const [program, ...rest] = words;
  return new Promise((resolve, reject) => {
    const child = spawn(program, rest, {
      cwd: place,
      env: { ...process.env, PATH: `${join(folder, 'bin')}:${process.env['PATH'] ?? ''}`, NO_COLOR: '1' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let said = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (piece) => (said += String(piece)));
    child.on('error', reject);
    child.on('close', (status) =>
      resolve({ failure: status === 0 ? '' : `exit ${status}\n${rest.at(-1) ?? ''}\n${said}`, said }),
    );
  });
}
