import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { expectRefusal, rowsOf, run, succeed, temporaryFolder, textOf } from './command.ts';

const folder = temporaryFolder();
const file = (name: string) => join(folder, name);

describe('simulate', () => {
  it('makes the same cells from the same seed, as a folder and as .h5ad, which fit alike', async () => {
    const sizes = ['--genes', '60', '--cells', '600', '--donors', '8'];
    const simulate = (seed: string, out: string) =>
      succeed('simulate', '--kind', 'cells', ...sizes, '--seed', seed, '--out', file(out));
    const [said] = await Promise.all([simulate('7', 'a'), simulate('7', 'b'), simulate('8', 'c')]);
    await simulate('7', 'd.h5ad');
    expect(said.stdout).toBe('');
    expect(said.stderr).toMatch(/60 genes x 600 cells/);
    const names = readdirSync(file('a')).sort();
    expect(names).toEqual([...['barcodes.tsv.gz', 'features.tsv.gz', 'matrix.mtx.gz', 'obs.tsv', 'truth.tsv']]);
    for (const name of names) {
      expect(readFileSync(join(file('b'), name)).equals(readFileSync(join(file('a'), name))), name).toBe(true);
    }
    expect(textOf(file('c/truth.tsv'))).not.toBe(textOf(file('a/truth.tsv')));
    expect(textOf(file('d.truth.tsv'))).toBe(textOf(file('a/truth.tsv')));

    const model = ['--formula', '~ stim + (1 | donor)', '--normalize', 'log1p-cp10k', '--format', 'glance'];
    const [tenx, h5ad] = await Promise.all([
      succeed('fit', file('a'), '--obs', file('a/obs.tsv'), ...model),
      succeed('fit', file('d.h5ad'), ...model),
    ]);
    const numbers = (text: string) => rowsOf(text).map((row) => [row['response'], row['status'], row['logLik']]);
    expect(numbers(h5ad.stdout)).toEqual(numbers(tenx.stdout));
  });

  it('makes visits whose truth the fit finds', async () => {
    const out = file('visits.csv');
    await succeed('simulate', '--kind', 'visits', '--subjects', '200', '--visits', '8', '--seed', '3', '--out', out);
    const { stdout } = await succeed('fit', out, '--formula', 'y ~ time * arm + age + (time | subject)');
    const [truth] = rowsOf(textOf(file('visits.truth.tsv')));
    for (const row of rowsOf(stdout).filter((row) => row['effect'] === 'fixed')) {
      const distance = Math.abs(Number(row['estimate']) - Number(truth[row['term']])) / Number(row['std.error']);
      // Chosen once with its seed: five coefficients beyond four standard errors would be a wrong model.
      expect(distance, row['term']).toBeLessThan(4);
    }
  });

  it('names the response of each row of the truth', async () => {
    await succeed('simulate', '--kind', 'visits', '--responses', '3', '--out', file('three.csv'));
    expect(rowsOf(textOf(file('three.truth.tsv'))).map((row) => row['response'])).toEqual(['y1', 'y2', 'y3']);
  });

  it('refuses what it cannot make', async () => {
    expectRefusal(await run(['simulate', '--kind', 'visit', '--out', file('x.csv')]), 2, /--kind visit/, /visits/);
    expectRefusal(await run(['simulate', '--out', file('x.csv')]), 2, /--out .*x\.csv/, /\.h5ad/);
    expectRefusal(await run(['simulate', '--kind', 'visits', '--genes', '5', '--out', file('x.csv')]), 2, /--genes/);
    expect(readdirSync(folder).filter((name) => name.startsWith('x'))).toEqual([]);
  });
});
