import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { LIMMA } from '../infer/limma-values.ts';
import { example, run, temporaryFolder } from './command.ts';

const folder = temporaryFolder();
const runCli = (...args: string[]) => run(args);
const cells = example('cells');
const fitCells = (...rest: string[]) =>
  runCli('fit', cells, '--obs', join(cells, 'obs.tsv'), '--normalize', 'log1p-cp10k', ...rest);
const rowsOf = (text: string) =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => line.split('\t'));

describe('genomics on the command line', () => {
  it('moderates: a toptable with B, a note, columns of tidy, glance and JSON', async () => {
    const out = (name: string) => join(folder, name);
    const { status, stdout, stderr } = await fitCells(
      ...[
        '--formula',
        '~ stim + (1 | donor) + (1 | sample)',
        '--moderate',
        'robust',
        '--format',
        'toptable',
        '--out',
        '-',
      ],
      ...['--out', `tidy=${out('tidy.tsv')}`, '--out', `glance=${out('glance.tsv')}`, '--out', out('all.json')],
    );
    expect(status).toBe(0);
    expect(stderr).toMatch(/moderated variances of 199 models: /);
    const [head, first] = rowsOf(stdout);
    expect(head).toEqual([
      'response',
      'gene',
      'logFC',
      'AveExpr',
      't',
      'P.Value',
      'adj.P.Val',
      'log10p',
      'B',
      'df.method',
    ]);
    const tidy = rowsOf(readFileSync(out('tidy.tsv'), 'utf8'));
    const own = tidy.find((row) => row[0] === first[0] && row.includes('stimstim')) ?? [];
    expect(own[tidy[0].indexOf('statistic.moderated')]).toBe(first[4]);
    expect(own[tidy[0].indexOf('p.moderated')]).toBe(first[5]);
    expect(rowsOf(readFileSync(out('glance.tsv'), 'utf8'))[0].slice(-5)).toEqual([
      'df.hat',
      'sigma.posterior',
      'sigma.prior',
      'df.prior',
      'df.method',
    ]);
    const json = JSON.parse(readFileSync(out('all.json'), 'utf8'));
    expect(json.moderated).toEqual({ robust: true, trend: false });
    expect(json.models[0].moderation.residualDf).toBeGreaterThan(1100);
    expect(json.models[0].coefficients[1]).toHaveProperty('pModerated');
  });

  it('tests several coefficients at once, with q-values, and warns of few donors', async () => {
    const { status, stdout, stderr } = await fitCells(
      ...['--formula', '~ sex + cell_type + (1 | donor)', '--format', 'toptable:cell_typeB,cell_typeC'],
      ...['--adjust', 'storey', '--where', "donor %in% c('D01', 'D02', 'D03', 'D04', 'D05', 'D06')"],
    );
    expect(status).toBe(0);
    expect(stderr).toMatch(/'sexM' compares levels of 'donor', 3 against 3/);
    expect(stderr).not.toMatch(/'cell_typeB' compares/);
    expect(rowsOf(stdout)[0].slice(2)).toEqual([
      'cell_typeB',
      'cell_typeC',
      'AveExpr',
      'F',
      'P.Value',
      'adj.P.Val',
      'log10p',
      'df.method',
    ]);
    const refused = await fitCells(...['--formula', '~ stim + (1 | donor)', '--format', 'toptable:stimstim,stimstam']);
    expect(refused.status).toBe(2);
    expect(refused.stderr).toMatch(/no coefficient or contrast 'stimstam'/);
  });

  it('writes variance fractions by term and by coefficient', async () => {
    const { status, stdout } = await fitCells(
      ...['--formula', '~ stim + cell_type + (1 | donor)', '--format', 'variance:coefficient'],
    );
    expect(status).toBe(0);
    const [head, first] = rowsOf(stdout);
    expect(head.slice(2)).toEqual(['stimstim', 'cell_typeB', 'cell_typeC', 'donor', 'Residuals']);
    expect(
      first
        .slice(2)
        .map(Number)
        .reduce((sum, value) => sum + value, 0),
    ).toBeCloseTo(1, 12);
  });

  it('weighs counts by voom, the trend over all genes whatever is selected', async () => {
    const { counts, group } = LIMMA.voom;
    const samples = group.map((_, i) => `s${i}`);
    const text = [['gene', ...samples], ...counts.map((row, g) => [`g${g}`, ...row.map(String)])];
    const file = join(folder, 'counts.tsv');
    const obs = join(folder, 'samples.tsv');
    writeFileSync(file, `${text.map((row) => row.join('\t')).join('\n')}\n`);
    const rows = group.map((value, i) => `${samples[i]}\t${value}\tp${i >> 1}`);
    writeFileSync(obs, `sample\tgroup\tpair\n${rows.join('\n')}\n`);
    const voom = ['fit', file, '--obs', obs, '--formula', '~ group + (1 | pair)', '--weights', 'voom'];
    const all = await runCli(...voom, '--norm-factors', 'tmm', '--min-cells', '2');
    expect(all.status).toBe(0);
    const some = await runCli(...voom, '--norm-factors', 'tmm', '--min-cells', '2', '--responses', 'g3,g40');
    const of = (text: string, gene: string) => text.split('\n').filter((line) => line.startsWith(`${gene}\t`));
    expect(of(all.stdout, 'g9')).not.toEqual([]);
    // Gene 9 (row 8) has no counts at all.
    expect(of(all.stdout, 'g8')).toEqual([]);
    for (const gene of ['g3', 'g40']) {
      const estimates = (lines: string[]) =>
        lines.filter((line) => line.includes('fixed')).map((line) => line.split('\t')[4]);
      expect(estimates(of(some.stdout, gene))).toEqual(estimates(of(all.stdout, gene)));
    }
    const refused = await runCli('fit', cells, '--formula', '~ stim + (1 | donor)', '--weights', 'voom');
    expect(refused.status).toBe(2);
    expect(refused.stderr).toMatch(/pseudobulk/);
  });
});
