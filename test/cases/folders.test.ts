import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { expectRefusal, run, succeed, temporaryFolder, textOf } from '../cli/command.ts';
import { CP10K, expectBase, F1, input } from './cases.ts';

const folder = temporaryFolder();
const OBS = input('folders-of-other-tools/cobs.csv');
const args = (path: string, ...rest: readonly string[]) => ['fit', path, '--obs', OBS, ...F1, ...CP10K, ...rest];

describe.concurrent('folders of other tools give the same numbers', () => {
  it.each([
    ['GEO: a prefix before every name', 'geo'],
    ['GEO: features that samples share', 'geoshared'],
    ['kallisto bustools: cells x genes', 'kb'],
    ['alevin-fry', 'alevin'],
  ])('%s', async (_, name) => {
    expectBase(await succeed(...args(input('folders-of-other-tools', name))));
  });

  it('GEO: several sets of files, of which --prefix names one', async () => {
    const several = args(input('folders-of-other-tools/geo_many'));
    expectRefusal(await run(several), 2, /GSM1_a_.*GSM2_b_/, /--prefix GSM1_a_/);
    for (const prefix of ['GSM1_a_', 'GSM2_b_']) expectBase(await succeed(...several, '--prefix', prefix));
    expectRefusal(await run([...several, '--prefix', 'GSM3_']), 1, /GSM3_/, /there are GSM1_a_, GSM2_b_ for --prefix/);
  });

  it('a raw matrix whose droplets are empty says so', async () => {
    const geo = (part: string) => textOf(input('folders-of-other-tools/geo', `GSM1234567_sampleA_${part}.gz`));
    const raw = join(folder, 'raw_feature_bc_matrix');
    mkdirSync(raw);
    const empty = Array.from({ length: 50 }, (_, i) => `EMPTY${i}`);
    writeFileSync(join(raw, 'matrix.mtx'), geo('matrix.mtx').replace('6 200 964', '6 250 964'));
    writeFileSync(join(raw, 'features.tsv'), geo('features.tsv'));
    writeFileSync(join(raw, 'barcodes.tsv'), `${geo('barcodes.tsv').trimEnd()}\n${empty.join('\n')}\n`);
    const obs = join(folder, 'raw.csv');
    const rows = empty.map((name, i) => `${name},D${(i % 8) + 1},${i % 2 === 0 ? 'stim' : 'ctrl'}`);
    // Each donor keeps its condition.
    const condition = new Map(
      textOf(OBS)
        .trimEnd()
        .split('\n')
        .slice(1)
        .map((line) => line.split(',').slice(1) as [string, string]),
    );
    const annotated = rows.map((row) => {
      const [name, donor] = row.split(',');
      return `${name},${donor},${condition.get(donor)}`;
    });
    writeFileSync(obs, `${readFileSync(OBS, 'utf8').trimEnd()}\n${annotated.join('\n')}\n`);
    const withEmpty = ['fit', raw, '--obs', obs, ...F1, ...CP10K];
    expect((await succeed(...withEmpty)).stderr).toMatch(/WARNING: 50 of 250 rows .*no counts.*--min-counts/);
    const without = await succeed(...withEmpty, '--min-counts', '1');
    expect(without.stderr).toMatch(/left out 50 of 250 rows/);
    expectBase(without);
  });
});

describe.concurrent('formats that are not read get a line on how to convert them', () => {
  it.each([
    // Neither is what its name says.
    ['a.h5mu', 1, /neither an AnnData, a MuData nor a CellRanger matrix[\s\S]*read_loom\('a\.h5mu'\)/],
    ['a.loom', 2, /read_loom\('a\.loom'\)\.write_h5ad/],
    ['a.zarr', 1, /a\.zarr has no array 'obs\/_index'[\s\S]*write it again/],
    [
      'loom_as.h5',
      1,
      /loom_as\.h5.*neither an AnnData, a MuData nor a CellRanger matrix[\s\S]*read_loom\('loom_as\.h5'\)/,
    ],
  ] as const)('%s', async (name, status, advice) => {
    expectRefusal(await run(['fit', input('formats-not-read', name), ...F1]), status, advice);
  });

  // An option that a table has not is the lesser fault: the format is said.
  it('a.loom with an option of matrices', async () => {
    const refused = await run(['fit', input('formats-not-read', 'a.loom'), ...F1, ...CP10K]);
    expectRefusal(refused, 2, /read_loom\('a\.loom'\)\.write_h5ad/);
  });

  it.each([
    ['a.rds', /readRDS\('a\.rds'\).*\.csv/],
    ['a.xlsx', /save the sheet as CSV/],
    ['a.feather', /read_feather\('a\.feather'\)\.to_parquet/],
    ['a.h5seurat', /SeuratDisk::Convert\('a\.h5seurat'/],
  ])('%s', async (name, advice) => {
    writeFileSync(join(folder, name), 'x\n');
    expectRefusal(await run(['fit', join(folder, name), ...F1]), 2, advice);
  });
});
