import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { example, expectRefusal, rowsOf, run, succeed, temporaryFolder, textOf } from './command.ts';

const folder = temporaryFolder();
const file = (name: string) => join(folder, name);
const CELLS = [example('cells'), '--obs', example('cells/obs.tsv')];

describe('pseudobulk', () => {
  it('writes a table and its samples, which fit takes with voom', async () => {
    const { stderr } = await succeed('pseudobulk', ...CELLS, '--by', 'donor,stim', '--out', file('counts.tsv'));
    expect(stderr).toContain('so kept: sample, sex, age');
    const samples = rowsOf(textOf(file('counts.samples.tsv')));
    expect(samples).toHaveLength(24);
    const rows = rowsOf(textOf(file('counts.tsv')));
    const [first] = samples;
    const name = String(first['pseudobulk']);
    expect(rows.reduce((sum, row) => sum + Number(row[name]), 0)).toBe(Number(first['counts']));
    const model = ['--formula', '~ stim + (1 | donor)', '--weights', 'voom', '--min-cells', '6'];
    const fitted = await succeed(
      ...['fit', file('counts.tsv'), '--obs', file('counts.samples.tsv'), ...model, '--format', 'glance'],
    );
    expect(rowsOf(fitted.stdout)).toHaveLength(191);
    expect(fitted.stderr).toContain("24 rows of 12 levels of 'donor'");
  });

  it('writes an .h5ad whose counts families take, and which says the same', async () => {
    await succeed('pseudobulk', ...CELLS, '--by', 'donor,stim', '--out', file('counts.h5ad'));
    await succeed('pseudobulk', ...CELLS, '--by', 'donor,stim', '--out', file('again.csv.gz'));
    const model = ['--formula', '~ stim + (1 | donor)', '--family', 'poisson', '--offset', 'library'];
    const [matrix, table] = await Promise.all([
      succeed('fit', file('counts.h5ad'), ...model),
      succeed('fit', file('again.csv.gz'), '--obs', file('again.samples.csv.gz'), ...model),
    ]);
    const estimates = (text: string) => rowsOf(text).map((row) => [row['response'], row['term'], row['df']]);
    expect(estimates(matrix.stdout)).toEqual(estimates(table.stdout));
  });

  it('refuses what it cannot write or read, and leaves nothing behind', async () => {
    const by = ['--by', 'donor,stim'];
    expectRefusal(await run(['pseudobulk', ...CELLS, ...by, '--out', file('x.json')]), 2, /x\.json/, /\.h5ad/);
    expectRefusal(await run(['pseudobulk', ...CELLS, '--out', file('x.tsv')]), 2, /--by/);
    expectRefusal(await run(['pseudobulk', ...CELLS, '--by', 'donr', '--out', file('x.tsv')]), 2, /donr/);
    expectRefusal(
      await run(['pseudobulk', ...CELLS, ...by, '--min-cells', '9999', '--out', file('x.tsv')]),
      2,
      /no sample has 9999 cells/,
    );
    for (const name of ['x.tsv', 'x.samples.tsv', 'x.json']) expect(existsSync(file(name)), name).toBe(false);
  });
});
