import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { run, succeed, temporaryFolder } from './command.ts';

const folder = temporaryFolder();
const path = join(folder, 'cells.h5ad');
const FIT = [
  '--formula',
  '~ stim + log_size + (1 | sample)',
  '--normalize',
  'log1p-cp10k',
  '--ddf',
  'satterthwaite',
  '--split-by',
  'cell_type',
];

/** Entries enough for two shares (2^22 each). */
beforeAll(() =>
  succeed('simulate', '--kind', 'cells', '--genes', '1500', '--cells', '20000', '--density', '0.3', '--out', path),
);

function runFit(file: string, ...more: string[]) {
  const out = join(folder, 'tidy.tsv');
  return { out, done: run(['fit', file, ...FIT, ...more, '--out', out]) };
}

describe('a matrix that several threads read', () => {
  it('has the numbers of one thread, digit for digit, and of several passes', async () => {
    const outputs: string[] = [];
    for (const more of [
      ['--threads', '1'],
      ['--threads', '2'],
      ['--threads', '2', '--memory', '1', '--explain'],
    ]) {
      const { out, done } = runFit(path, ...more);
      const { status, stderr } = await done;
      expect(status, stderr).toBe(0);
      if (more.includes('--explain')) expect(stderr).toMatch(/\d passes over the file/);
      outputs.push(readFileSync(out, 'utf8'));
    }
    expect(outputs[0].split('\n').length).toBeGreaterThan(1500 * 3);
    expect(outputs[1] === outputs[0]).toBe(true);
    expect(outputs[2] === outputs[0]).toBe(true);
  });

  it('says the same of a damaged file as one thread', async () => {
    const damaged = join(folder, 'damaged.h5ad');
    copyFileSync(path, damaged);
    const bytes = readFileSync(damaged);
    // In the midst of the packed entries, which are most of the file.
    bytes.fill(0x55, Math.floor(bytes.length * 0.7), Math.floor(bytes.length * 0.7) + 40);
    writeFileSync(damaged, bytes);
    const messages: string[] = [];
    for (const threads of ['1', '2']) {
      const { status, stderr } = await runFit(damaged, '--threads', threads).done;
      expect(status).toBe(1);
      messages.push(stderr.replace(/\d+ %.*\r/g, ''));
    }
    expect(messages[0]).toMatch(/'X\/(data|indices)' of .*damaged\.h5ad cannot be read/);
    expect(messages[1]).toBe(messages[0]);
  });
});
