import { existsSync, lstatSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { reference, rowsOf, run, succeed, temporaryFolder, textOf } from './command.ts';

const folder = temporaryFolder();
const file = (name: string) => join(folder, name);
const SLEEP = ['fit', reference('data/sleepstudy.csv'), '--formula', 'Reaction ~ Days + (Days | Subject)'];

describe('--out', () => {
  it('writes every table in every container from one fit, and nothing else', async () => {
    writeFileSync(file('target.tsv'), 'old');
    symlinkSync('target.tsv', file('link.tsv'));
    const outputs = [
      ...['-', file('tidy.csv'), `glance=${file('glance.tsv.gz')}`, `augment=${file('augment.parquet')}`],
      ...[`augment=${file('augment.csv')}`, `ranef=${file('ranef.csv.gz')}`, `toptable:Days=${file('top.tsv')}`],
      ...[file('all.json.gz'), `tidy=${file('link.tsv')}`],
    ];
    const { stdout, stderr } = await succeed(...SLEEP, '--conf-int', ...outputs.flatMap((out) => ['--out', out]));
    expect(stderr).toMatch(
      /^units of the tests: 'Days' 18 levels of 'Subject'\nfitted 1 of 1 model in [\d.]+ s, [\d.]+ fits\/s\n$/,
    );

    const tidy = rowsOf(stdout);
    expect(tidy.map((row) => row['term'])).toEqual([
      ...['(Intercept)', 'Days', 'sd__(Intercept)', 'cor__(Intercept).Days', 'sd__Days', 'sd__Observation'],
    ]);
    expect(Object.keys(tidy[0]).slice(-3)).toEqual(['conf.low', 'conf.high', 'df.method']);
    expect(rowsOf(textOf(file('tidy.csv')), ',')).toEqual(tidy);
    expect(textOf(file('target.tsv'))).toBe(stdout);
    expect(lstatSync(file('link.tsv')).isSymbolicLink()).toBe(true);

    const [glance] = rowsOf(textOf(file('glance.tsv.gz')));
    expect([glance['status'], glance['nobs'], glance['n.groups'], glance['singular']]).toEqual([
      'ok',
      '180',
      '18',
      'FALSE',
    ]);
    expect(rowsOf(textOf(file('ranef.csv.gz')), ',')).toHaveLength(36);
    expect(Object.keys(rowsOf(textOf(file('top.tsv')))[0])).toEqual([
      ...['response', 'logFC', 'AveExpr', 't', 'P.Value', 'adj.P.Val', 'log10p', 'df.method'],
    ]);

    // 17 significant digits: JSON and tables give the same doubles.
    const json: { schema: number; models: { logLik: number; coefficients: { term: string; p: number }[] }[] } =
      JSON.parse(textOf(file('all.json.gz')));
    expect(json.schema).toBe(1);
    expect(json.models[0].logLik).toBe(Number(glance['logLik']));
    expect(json.models[0].coefficients.map(({ p }) => p)).toEqual(
      tidy.slice(0, 2).map((row) => Number(row['p.value'])),
    );

    // Parquet read back by the program itself: fitted plus residual is the response.
    const back = ['--formula', '~ 1 + (1 | .row)', '--responses', '.fitted,.resid', '--format', 'json', '--quiet'];
    const [parquet, csv] = await Promise.all([
      run(['fit', file('augment.parquet'), ...back]),
      run(['fit', file('augment.csv'), ...back]),
    ]);
    expect(parquet.stdout).toMatch(/"mean"/);
    expect(parquet.stdout).toBe(csv.stdout);

    expect(readdirSync(folder).sort()).toEqual([
      ...['all.json.gz', 'augment.csv', 'augment.parquet', 'glance.tsv.gz', 'link.tsv', 'ranef.csv.gz', 'target.tsv'],
      ...['tidy.csv', 'top.tsv'],
    ]);
  });
});

describe('statuses', () => {
  const batch = reference('data/dyestuff2.csv');

  it('exit 0 for a singular fit, also with --strict', async () => {
    const { stderr } = await succeed('fit', batch, '--formula', 'Yield ~ 1 + (1 | Batch)', '--strict');
    expect(stderr).toMatch(/1 of 1 model \(1 singular\)/);
  });

  it('exit 3 where nothing was fitted, and say why', async () => {
    const args = [
      'fit',
      batch,
      '--formula',
      'Yield ~ 1 + (1 | Batch)',
      '--where',
      "Batch == 'A'",
      '--format',
      'glance',
    ];
    const [lenient, strict] = await Promise.all([run(args), run([...args, '--strict'])]);
    expect([lenient.status, strict.status]).toEqual([3, 3]);
    expect(strict.stdout).toBe(lenient.stdout);
    const [row] = rowsOf(lenient.stdout);
    expect(row['status']).toBe('too_few');
    expect(row['message']).not.toBe('NA');
    expect(lenient.stderr).toMatch(/fitted 0 of 1 model \(1 too few\)/);
    // Nothing was fitted: without the reason the line above leaves its reader in the dark.
    expect(lenient.stderr).toContain(row['message']);
  });

  it('a full device is an I/O error', async () => {
    if (!existsSync('/dev/full')) return;
    const outcome = await run([...SLEEP, '--out', '/dev/full']);
    expect(outcome.status).toBe(1);
    expect(outcome.stderr).toMatch(/^error: .*\/dev\/full/m);
  });
});
