/** A folder that takes no files is refused before a long run, not behind it. The superuser may write anywhere: the answer of the system is replaced. */
import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { example, expectRefusal, runProcess, temporaryFolder } from './command.ts';

const folder = temporaryFolder();
const closed = join(folder, 'closed');
mkdirSync(closed);
const answer = (code: string) => `
  import fs from 'node:fs';
  import { syncBuiltinESMExports } from 'node:module';
  const real = fs.accessSync;
  fs.accessSync = (path, mode) => {
    if (path !== fs.realpathSync(${JSON.stringify(closed)})) return real(path, mode);
    throw Object.assign(new Error('${code}'), { code: '${code}', syscall: 'access', errno: -1 });
  };
  syncBuiltinESMExports();`;
const preload = (code: string) => `data:text/javascript,${encodeURIComponent(answer(code))}`;
const FIT = ['fit', example('visits.csv'), '--formula', 'y ~ time + (1 | subject)'];

describe.concurrent('a folder that takes no files', () => {
  it.each([
    ['a table', ['--out', join(closed, 'a.tsv')], 'a.tsv'],
    ['one table of several', ['--out', join(folder, 'b.tsv'), '--out', `glance=${join(closed, 'b.tsv')}`], 'b.tsv'],
    ['a saved fit', ['--save', join(closed, 'a.fit')], 'a.fit'],
    ['the part of a shard', ['--shard', '1/2', '--save-part', join(closed, 'a.part')], 'a.part'],
    ['the log of the run', ['--log-json', join(closed, 'a.json')], 'a.json'],
  ] as const)('%s', async (_, outputs, name) => {
    const refused = await runProcess([...FIT, ...outputs], {
      environment: { NODE_OPTIONS: `--import=${preload('EACCES')}` },
    });
    expectRefusal(refused, 1, new RegExp(`cannot write '.*${name}': no permission`), /folder that you may write to/);
    expect(refused.stderr).not.toContain('fitted');
    expect(readdirSync(closed)).toEqual([]);
  });

  it('a file system that is read-only', async () => {
    const refused = await runProcess([...FIT, '--out', join(closed, 'a.tsv')], {
      environment: { NODE_OPTIONS: `--import=${preload('EROFS')}` },
    });
    expectRefusal(refused, 1, /the file system is read-only/, /another folder/);
  });
});
