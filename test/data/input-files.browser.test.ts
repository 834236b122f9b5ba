import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { isFitError, openFiles, outputBlob } from '../../src/doors/index.ts';
import { diskFiles } from '../../src/doors/node.ts';
import { fitMoments, prepareMoments, readInput, selectMoments } from '../../src/doors/steps.ts';

const blob = (path: string): Blob => new Blob([new Uint8Array(readFileSync(path))]);
const FOLDER = 'examples/cells';
const NAMES = ['matrix.mtx.gz', 'features.tsv.gz', 'barcodes.tsv.gz', 'obs.tsv'];
const files = openFiles([
  ...NAMES.map((name) => [`cells/${name}`, blob(`${FOLDER}/${name}`)] as const),
  ['visits.csv', blob('examples/visits.csv')],
]);

const OPTIONS = { formula: '~ stim + (1 | donor)', normalize: 'log1p-cp10k' } as const;

it('reads blobs to the moments that files give', async () => {
  const here = await readInput(FOLDER, { ...OPTIONS, obs: `${FOLDER}/obs.tsv` }, diskFiles);
  const wanted = await prepareMoments(here, OPTIONS);
  for (const path of ['cells', 'cells/matrix.mtx.gz']) {
    expect(files.isMatrix(path)).toBe(true);
    const input = await readInput(path, { ...OPTIONS, obs: 'cells/obs.tsv' }, files);
    const { moments, parts } = await prepareMoments(input, OPTIONS);
    expect(moments).toEqual(wanted.moments);
    expect(parts.map(({ split, design }) => [split, design.n])).toEqual([[null, 1200]]);
  }
});

it('fits selected moments as all of them', async () => {
  const input = await readInput('cells', { ...OPTIONS, obs: 'cells/obs.tsv' }, files);
  const { moments } = await prepareMoments(input, OPTIONS);
  const all = await fitMoments(moments, { threads: 1 });
  const two = await fitMoments(selectMoments(moments, Int32Array.of(3, 20)), { threads: 1 });
  expect(two.table.responses).toEqual([3, 20].map((model) => all.table.responses[model]));
  expect(Array.from(two.table.criterion)).toEqual([3, 20].map((model) => all.table.criterion[model]));
  expect(two.randomEffects(1)).toEqual(all.randomEffects(20));
});

it('writes blobs', async () => {
  const input = await readInput('visits.csv', { formula: 'y ~ time + (time | subject)' }, files);
  const { moments } = await prepareMoments(input, { formula: 'y ~ time + (time | subject)' });
  const result = await fitMoments(moments, { threads: 1 });
  const text = await (await outputBlob(result, { table: 'glance', container: 'csv', contrast: null })).text();
  expect(text.split('\n')).toHaveLength(3);
  const parquet = await outputBlob(result, { table: 'tidy', container: 'parquet', contrast: null });
  expect(new TextDecoder().decode((await parquet.arrayBuffer()).slice(0, 4))).toBe('PAR1');
});

it('says which files there are', async () => {
  expect(files.exists('cells')).toBe(true);
  expect(files.exists('other')).toBe(false);
  const error: unknown = await files.readTable('absent.csv').catch((reason: unknown) => reason);
  expect(isFitError(error, 'DataError') && error.fields.remedy).toMatch(/visits\.csv/);
  await expect(files.openMatrix('visits.csv')).rejects.toThrow(/no cell x gene matrix/);
});
