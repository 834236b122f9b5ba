/** The other tests run the command many times in one process: what a process of its own leaves has to be the same. */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { example, type Outcome, run, runProcess, temporaryFolder } from './command.ts';

const folder = temporaryFolder();
const VISITS = example('visits.csv');
const MODEL = ['--formula', 'y ~ time + (1 | subject)', '--threads', '1'];

/** Without the times, which differ. */
function timeless({ status, stdout, stderr }: Outcome): Outcome {
  return { status, stdout, stderr: stderr.replace(/ in [\d.]+ m?s(?:, [\d.,]+ fits\/s)?/g, '') };
}

describe('a process of its own and one of many runs leave the same', () => {
  it.each([
    ['fit', VISITS, ...MODEL],
    ['design', VISITS],
    [
      'compare',
      VISITS,
      '--formula',
      'y ~ time + (1 | subject)',
      '--formula',
      'y ~ 1 + (1 | subject)',
      '--threads',
      '1',
    ],
    ['fit', VISITS, '--formula', 'y ~ tim + (1 | subject)'],
    ['fit', join(folder, 'none.csv'), ...MODEL],
    ['fit', VISITS, ...MODEL, '--theads', '2'],
    ['simulate', '--kind', 'visit', '--out', join(folder, 'x.csv')],
    ['--version'],
    ['fit', '--help'],
    [],
  ])('%s %s %s %s', async (...args) => {
    const own = timeless(await runProcess(args));
    expect(timeless(await run(args))).toEqual(own);
    // And once more, after itself.
    expect(timeless(await run(args))).toEqual(own);
  });
});
