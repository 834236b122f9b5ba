/** Stores, modalities and annotated copies through the built command, which reads in threads. */
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { unzipSync } from 'fflate';
import { File, ready } from 'h5wasm/node';
import { beforeAll, describe, expect, it } from 'vitest';
import { ROOT, run, temporaryFolder } from './command.ts';

const FIXTURES = join(ROOT, 'test/data/matrix/fixtures');
const folder = temporaryFolder();
const place = (name: string) => join(folder, name);

beforeAll(async () => {
  (await ready).activate_throwing_error_handler();
  copyFileSync(join(FIXTURES, 'columns.h5ad'), place('columns.h5ad'));
  for (const version of ['v2', 'v3']) {
    copyFileSync(join(FIXTURES, `columns-${version}.zarr.zip`), place(`columns-${version}.zarr.zip`));
    for (const [name, bytes] of Object.entries(unzipSync(readFileSync(place(`columns-${version}.zarr.zip`))))) {
      const path = join(folder, `${version}.zarr`, name);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, bytes);
    }
  }
});

async function output(...words: string[]): Promise<string> {
  const { status, stdout, stderr } = await run(words);
  expect(status, stderr).toBe(0);
  return stdout;
}

const MODEL = ['--formula', '~ float32 + (1 | ordered)', '--quiet'];

describe('an AnnData in a zarr store', () => {
  it.each(['v2.zarr', 'v3.zarr', 'columns-v2.zarr.zip', 'columns-v3.zarr.zip'])(
    '%s fits as the .h5ad',
    async (store) => {
      for (const more of [
        [],
        ['--layer', 'dense', '--memory', '1'],
        ['--layer', 'csc', '--where', 'boolean == TRUE | int64 < 4'],
      ]) {
        const expected = await output('fit', place('columns.h5ad'), ...MODEL, ...more);
        expect(expected.split('\n').length).toBeGreaterThan(8);
        expect(await output('fit', place(store), ...MODEL, ...more)).toBe(expected);
      }
    },
  );

  it('is read by the other commands', async () => {
    for (const words of [
      ['compare', '--formula', '~ float32 + (1 | ordered)', '--formula', '~ 1 + (1 | ordered)', '--quiet'],
      ['design', '--condition', 'boolean', '--donor', 'ordered'],
      ['calibrate', ...MODEL, '--simulations', '40', '--tests', 'z', '--term', 'float32'],
    ]) {
      const [command, ...rest] = words;
      const said = async (data: string) =>
        (await output(command, place(data), ...rest)).replaceAll(place(data), 'DATA');
      expect(await said('v3.zarr')).toBe(await said('columns.h5ad'));
    }
    for (const data of ['v2.zarr', 'columns.h5ad']) {
      await output('moments', place(data), ...MODEL, '--out', place(`${data}.moments`));
      await output(
        'pseudobulk',
        place(data),
        '--layer',
        'int64',
        '--by',
        'ordered',
        '--min-cells',
        '1',
        '--where',
        'uint8 != 3',
        '--out',
        place(`${data}.tsv`),
        '--quiet',
      );
    }
    const fitted = (data: string) => output('fit', place(`${data}.moments`), '--quiet');
    expect(await fitted('v2.zarr')).toBe(await fitted('columns.h5ad'));
    expect(readFileSync(place('v2.zarr.tsv'), 'utf8')).toBe(readFileSync(place('columns.h5ad.tsv'), 'utf8'));
  });

  it('is a part among others', async () => {
    const names = ['--sample-column', 'file', '--formula', '~ float32 + (1 | ordered)', '--quiet'];
    copyFileSync(place('columns.h5ad'), place('v3.h5ad'));
    const stores = await output('fit', place('columns-v2.zarr.zip'), place('v3.zarr'), ...names);
    expect(await output('fit', place('columns.h5ad'), place('v3.h5ad'), ...names)).toBe(stores);
  });
});

it('fits a modality of MuData by columns of all cells', async () => {
  copyFileSync(join(FIXTURES, 'two.h5mu'), place('two.h5mu'));
  const words = ['fit', place('two.h5mu'), '--formula', '~ 1 + (1 | donor)', '--quiet'];
  const refused = await run(words);
  expect(refused.status).toBe(2);
  expect(refused.stderr).toContain('holds several modalities (rna, protein)');
  expect(refused.stderr).toContain('--modality');
  const [head, ...rows] = (await output(...words, '--modality', 'rna', '--format', 'glance')).trimEnd().split('\n');
  expect(head).toContain('response');
  expect(rows.map((row) => row.split('\t')[0])).toEqual(['g1', 'g2', 'g3']);
});

describe('--out annotated=FILE.h5ad', () => {
  it('adds the tests to varm and how they were made to uns, and leaves the rest', async () => {
    const path = place('annotated.h5ad');
    const words = ['fit', place('columns.h5ad'), ...MODEL, '--contrast', 'a/b=2*float32'];
    const tidy = await output(...words, '--out', `annotated=${path}`, '--out', 'tidy=-');
    const file = new File(path, 'r');
    const value = (name: string): unknown => (file.get(name) as { value?: unknown } | null)?.value;
    const genes = value('varm/webgpu_lmm/_index') as string[];
    expect(genes).toEqual(['ENSG1', 'ENSG2', 'ENSG3', 'ENSG4']);
    const [head, ...rows] = tidy
      .trimEnd()
      .split('\n')
      .map((line) => line.split('\t'));
    const column = (name: string) => head.indexOf(name);
    for (const [term, stored] of [
      ['float32', 'float32'],
      ['a/b', 'a_b'],
    ]) {
      for (const name of ['estimate', 'p.value', 'log10p']) {
        const values = value(`varm/webgpu_lmm/${stored}.${name}`) as Float64Array;
        for (const [k, gene] of genes.entries()) {
          const row = rows.find((one) => one[column('response')] === gene && one[column('term')] === term);
          const cell = row?.[column(name)];
          expect(values[k]).toBe(cell === undefined || cell === 'NA' ? Number.NaN : Number(cell));
        }
      }
    }
    expect(value('uns/webgpu_lmm/formula')).toBe('~ float32 + (1 | ordered)');
    expect(value('uns/webgpu_lmm/options/contrasts')).toEqual(['a/b=2*float32']);
    expect(value('X/data')).toHaveLength(11);
    file.close();
    // Again, from what it wrote: the name is taken.
    const again = await run(['fit', path, ...MODEL, '--out', place('again.h5ad')]);
    expect(again.status).toBe(0);
    expect(again.stderr).toContain("'webgpu_lmm_2'");
    expect(await output('fit', place('again.h5ad'), ...MODEL)).toBe(
      await output('fit', place('columns.h5ad'), ...MODEL),
    );
    expect(readdirSync(folder).filter((name) => /annotated|again/.test(name))).toHaveLength(2);
  });

  it('is refused where there is no .h5ad to copy, and over it', async () => {
    const path = place('none.h5ad');
    for (const [words, said] of [
      [[place('v2.zarr'), ...MODEL, '--out', path], 'a copy of the one .h5ad file'],
      [[place('columns.h5ad'), ...MODEL, '--out', `tidy=${path}`], 'nothing else, go to an .h5ad file'],
      [[place('columns.h5ad'), ...MODEL, '--out', place('columns.h5ad')], 'would overwrite a file that is read'],
    ] as const) {
      const { status, stderr } = await run(['fit', ...words]);
      expect(status).toBe(2);
      expect(stderr).toContain(said);
    }
    expect(existsSync(path)).toBe(false);
  });
});
