import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { example, expectRefusal, reference, run, succeed, temporaryFolder, textOf } from './command.ts';

const folder = temporaryFolder();
const file = (name: string) => join(folder, name);
const CELLS = [
  ...[example('cells'), '--obs', example('cells/obs.tsv'), '--normalize', 'log1p-cp10k', '--min-cells', '30'],
  ...['--formula', '~ stim + (1 | donor)', '--split-by', 'cell_type'],
];
const MOMENTS = file('cells.moments');

/** The three kinds of output of one fit, under names that begin alike. */
function outputs(name: string): string[] {
  return [file(`${name}.tsv`), `glance=${file(`${name}.glance.tsv`)}`, file(`${name}.json`)].flatMap((o) => [
    '--out',
    o,
  ]);
}

function expectSame(a: string, b: string): void {
  for (const extension of ['tsv', 'glance.tsv', 'json']) {
    expect(textOf(file(`${a}.${extension}`)), extension).toBe(textOf(file(`${b}.${extension}`)));
  }
}

describe('moments', () => {
  it('give the fits of the data to the last digit, splits and notes included', async () => {
    const made = await succeed('moments', ...CELLS, '--out', MOMENTS);
    expect(made.stdout).toBe('');
    await succeed('fit', ...CELLS, ...outputs('direct'));
    await succeed('fit', MOMENTS, ...outputs('stored'));
    expectSame('stored', 'direct');
  });

  it('allow what does not shape them to be chosen later', async () => {
    const choice = [
      '--ml',
      '--ddf',
      'asymptotic',
      '--adjust',
      'holm',
      '--contrast',
      'twice=2 * stimstim',
      '--conf-int',
    ];
    await succeed('fit', ...CELLS, ...choice, ...outputs('direct2'));
    await succeed('fit', MOMENTS, '--formula', '~stim+(1|donor)', ...choice, ...outputs('stored2'));
    expectSame('stored2', 'direct2');
  });

  it('keep the responses of several sets of rows apart, and weights by response', async () => {
    const args = [
      ...[reference('batches/sim_weighted.y.tsv'), '--obs', reference('batches/sim_weighted.obs.tsv')],
      ...['--weights', reference('batches/sim_weighted.w.tsv'), '--formula', '~ visit + age + (1 | individual)'],
    ];
    await succeed('moments', ...args, '--out', file('weighted.moments'));
    await succeed('fit', ...args, ...outputs('direct3'));
    await succeed('fit', file('weighted.moments'), ...outputs('stored3'));
    expectSame('stored3', 'direct3');
  });

  it('refuse another model and what would shape them', async () => {
    expectRefusal(await run(['fit', MOMENTS, '--formula', '~ 1 + (1 | donor)']), 2, /~ stim \+ \(1 \| donor\)/);
    expectRefusal(await run(['fit', MOMENTS, '--where', 'age > 50']), 2, /--where/, /webgpu-lmm moments/);
  });

  it('are refused when truncated or damaged', async () => {
    const bytes = readFileSync(MOMENTS);
    writeFileSync(file('short.moments'), bytes.subarray(0, bytes.length - 8));
    expectRefusal(await run(['fit', file('short.moments')]), 1, /short\.moments/, /truncated/);
    const damaged = Uint8Array.from(bytes);
    damaged.fill(0x58, 40, 60);
    writeFileSync(file('damaged.moments'), damaged);
    expectRefusal(await run(['fit', file('damaged.moments')]), 1, /damaged\.moments/);
  });
});
