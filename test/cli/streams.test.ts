import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { itUnless } from '../requirements.ts';
import { example, ROOT, reference, runProcess as run, runShell, succeed, temporaryFolder, textOf } from './command.ts';

const folder = temporaryFolder();
const file = (name: string) => join(folder, name);
const SLOPES = [
  ...['fit', reference('batches/sim_slopes.y.tsv'), '--obs', reference('batches/sim_slopes.obs.tsv')],
  ...['--formula', '~ time + (time | subject)'],
];

const quoted = (args: readonly string[]) => args.map((arg) => `'${arg}'`).join(' ');

describe('streams', () => {
  it('stdout carries results only; --quiet keeps notes alone, --no-notes nothing; --explain does not touch the results', async () => {
    const [quiet, explained, silent] = await Promise.all([
      succeed(...SLOPES, '--quiet'),
      succeed(...SLOPES, '--explain'),
      succeed(...SLOPES, '--quiet', '--no-notes'),
    ]);
    expect(quiet.stderr).toMatch(/^units of the tests: .*\n$/);
    expect(silent).toEqual({ ...quiet, stderr: '' });
    expect(quiet.stdout).toMatch(/^response\teffect\t/);
    expect(quiet.stdout.trimEnd().split('\n')).toHaveLength(1 + 200 * 6);
    expect(explained.stdout).toBe(quiet.stdout);
    expect(explained.stderr).toMatch(/backend: cpu \(little work\), float64/);
    expect(explained.stderr).toMatch(/block path for 200 responses/);
    expect(explained.stderr).toMatch(/\nfitted 200 of 200 models \(\d+ singular\) in [\d.]+ s, [\d.]+ fits\/s\n$/);
  });

  it('a reader that goes away ends the output quietly', async () => {
    const piped = await runShell(
      `$CLI ${quoted([...SLOPES, '--format', 'json', '--quiet', '--no-notes'])} | head -c 20`,
    );
    expect(piped).toEqual({ status: 0, stdout: '{"schema":1,"softwar', stderr: '' });
    const both = await runShell(`$CLI ${quoted([...SLOPES, '--explain'])} 2>&1 | head -n 1`);
    expect(both.status).toBe(0);
    expect(both.stdout).toMatch(/^backend: .*\n$/);
  });

  it('any number of threads gives the same bytes', async () => {
    await Promise.all(
      ['1', '2'].map((threads) => succeed(...SLOPES, '--threads', threads, '--out', file(`${threads}.json`))),
    );
    expect(textOf(file('2.json'))).toBe(textOf(file('1.json')));
  });

  it('an interrupted run leaves no file behind and says that it was stopped', async () => {
    await succeed('simulate', '--genes', '2000', '--cells', '10000', '--donors', '40', '--out', file('big.h5ad'));
    const before = readdirSync(folder).sort();
    const args = [
      'fit',
      file('big.h5ad'),
      '--formula',
      '~ stim + (stim | donor)',
      '--normalize',
      'log1p-cpm',
      '--bootstrap',
      '500',
    ];
    // --explain speaks once the matrix is read: then the fits are under way.
    const outputs = ['--out', file('big.tsv'), '--out', file('big.out.json')];
    const outcome = await run([...args, '--explain', ...outputs], { interruptAt: 'backend: cpu' });
    expect(outcome.status).toBe(130);
    expect(outcome.stderr).toMatch(/^error: .*(interrupted|cancelled)/m);
    expect(outcome.stdout).toBe('');
    expect(readdirSync(folder).sort()).toEqual(before);
  });

  itUnless(
    process.platform === 'linux' ? null : '/dev/full and /dev/stdout are for Linux',
    'a full device or a closed pipe ends any command without a trace',
    async () => {
      for (const args of ['design examples/visits.csv', '--help', 'fit --help', '--version']) {
        const full = await runShell(`cd '${ROOT}' && $CLI ${args} > /dev/full`);
        expect(full.status, args).toBe(1);
        expect(full.stderr).toMatch(/^error: cannot write 'standard output': the disk is full\nMake room/);
        const closed = await runShell(`cd '${ROOT}' && { $CLI ${args}; echo "status $?" >&2; } | true`);
        expect(closed.stderr, args).toBe('status 0\n');
      }
    },
  );

  itUnless(
    process.platform === 'linux' ? null : '/dev/full and /dev/stdout are for Linux',
    '/dev/stdout is standard output, and keeps what a file holds already',
    async () => {
      const log = file('log.tsv');
      const line = `$CLI fit '${example('visits.csv')}' --formula 'y ~ time + (1 | subject)' --out /dev/stdout`;
      const { status } = await runShell(`echo old > '${log}' && ${line} >> '${log}'`);
      expect(status).toBe(0);
      expect(textOf(log)).toMatch(/^old\nresponse\teffect/);
      const twice = await runShell(`${line} --out -`);
      expect(twice.status).toBe(2);
      expect(twice.stderr).toMatch(/two outputs go to standard output/);
    },
  );
});
