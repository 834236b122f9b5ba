import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type * as NodeDoor from '../../src/doors/node.ts';
import type * as StepsDoor from '../../src/doors/steps.ts';
import type { Moments } from '../../src/moments/moments.ts';
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

/** The library as it is built: readers are threads there. */
async function builtLibrary(): Promise<typeof NodeDoor & typeof StepsDoor> {
  const doors = ['node', 'steps'].map((door) => import(new URL(`../../dist/${door}.js`, import.meta.url).href));
  return Object.assign({}, ...(await Promise.all(doors)));
}

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

describe('an open matrix in a reader', () => {
  const small = new URL('../reference/batches/sim_singlecell.h5ad', import.meta.url).pathname;
  const sumsOf = ({ batches: [{ responses }] }: Moments) => [responses.qty, responses.ztr, responses.rss];

  it('forms the sums of two passes that begin at once as of one after the other', async () => {
    const { openMatrix, buildDesign, accumulateMoments } = await builtLibrary();
    const source = await openMatrix(small);
    const obs = await source.readObs();
    const passes = [
      () => accumulateMoments(buildDesign('~ stim + (1 | donor)', obs), source),
      () => accumulateMoments(buildDesign('~ 1 + (1 | donor)', obs), source, { normalize: 'log1p-cp10k' }),
    ];
    const alone = [];
    for (const pass of passes) alone.push(sumsOf(await pass()));
    const together = await Promise.all(passes.map((pass) => pass()));
    expect(together.map(sumsOf)).toEqual(alone);
    await source.close();
  });

  it('cancels its passes when it is closed, answers nothing afterwards, and leaves the next file alone', async () => {
    const { openMatrix, buildDesign, accumulateMoments, isFitError } = await builtLibrary();
    const first = await openMatrix(path);
    const design = buildDesign('~ stim + (1 | sample)', await first.readObs());
    const running = accumulateMoments(design, first).catch((error: unknown) => error);
    await first.close();
    expect(isFitError(await running)).toBe(true);
    const next = await openMatrix(small);
    await expect(first.readObs()).rejects.toThrow(/cells\.h5ad is closed/);
    expect((await next.readObs()).columns.has('donor')).toBe(true);
    await next.close();
  });
});
