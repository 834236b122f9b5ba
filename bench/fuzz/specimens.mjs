/**
 * The undamaged files of each kind, and how a run reads them. A specimen is
 *
 *     name      for the report
 *     files     bytes by name inside the folder of an attack
 *     targets   which of them are damaged
 *     read      'table' | 'matrix' | 'bulk' | 'moments' | 'fit'
 *     data      what the command is given, with `options` of the command line behind it
 *     covered   by target: 'whole' when a checksum covers the file, or the ranges that it covers
 *     hot       by target: ranges that half of the damage goes to
 *     edit      how the target is damaged where that is not plain bytes ('text', 'gzip', 'moments')
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { deserialize, serialize } from 'node:v8';
import { gunzipSync, gzipSync } from 'node:zlib';
import { cellAnnotation, cellRangerFile, h5adFile, tenxFolder } from './matrix-files.mjs';
import { CODECS, parquetFile, parquetWithChecksums } from './parquet-files.mjs';
import { bulkColumns, delimited, trialColumns } from './trial-table.mjs';

const FIXTURES = new URL('../../test/data/matrix/fixtures/', import.meta.url);
const bytesOf = (text) => new Uint8Array(Buffer.from(text));
const packed = (text) => new Uint8Array(gzipSync(text));
const fixture = (name) => new Uint8Array(readFileSync(new URL(name, FIXTURES)));

const TRIAL = { formula: 'y ~ time * arm + (time | subject)', weights: 'w' };
const CELLS = { formula: '~ stim + age + (1 | donor)' };
const SMALL = { formula: '~ age + (1 | donor)' };
const BULK = { formula: '~ stim + age + (1 | donor)' };

const table = (name, bytes, more = {}) => ({
  name,
  files: { [name]: bytes },
  targets: [name],
  read: 'table',
  data: name,
  options: TRIAL,
  ...more,
});

function textTables() {
  const columns = trialColumns();
  return [
    table('trial.csv', bytesOf(delimited(columns)), { edit: 'text' }),
    table('trial.tsv', bytesOf(delimited(columns, '\t')), { edit: 'text' }),
    table('quoted.csv', bytesOf(delimited(columns).replaceAll(/S\d\d/g, '"$&"').replaceAll('\n', '\r\n')), {
      edit: 'text',
    }),
  ];
}

function gzipTables() {
  const text = delimited(trialColumns());
  const middle = text.indexOf('\n', text.length >> 1) + 1;
  const members = new Uint8Array(Buffer.concat([packed(text.slice(0, middle)), packed(text.slice(middle))]));
  return [packed(text), members].map((bytes, k) => {
    const name = k === 0 ? 'trial.csv.gz' : 'members.csv.gz';
    return table(name, bytes, { covered: { [name]: 'whole' }, edit: 'gzip' });
  });
}

function parquetTables() {
  const columns = trialColumns();
  const { subject, arm, time, y, w } = columns;
  const made = [
    ...CODECS.map((codec) => [`${codec.toLowerCase()}.parquet`, parquetFile(columns, codec)]),
    ['crc.parquet', parquetWithChecksums({ subject, arm, time, y, w }, false)],
    ['gzip-crc.parquet', parquetWithChecksums({ subject, arm, time, y, w }, true)],
  ];
  return made.map(([name, { bytes, covered, hot }]) =>
    table(name, bytes, { covered: { [name]: covered }, hot: { [name]: hot } }),
  );
}

const matrix = (name, files, targets, data, options, more = {}) => ({
  name,
  files,
  targets,
  read: 'matrix',
  data,
  options,
  ...more,
});

async function h5adFiles({ library, folder }) {
  const rows = join(folder, 'rows.h5ad');
  const cells = library.simulateCells({ genes: 12, cells: 90, donors: 6, seed: 3, density: 0.3 });
  const { names, rowNames, obs } = cells;
  await library.writeH5ad(rows, { rows: 90, names, rowNames, obs, blocks: cells.blocks() });
  const one = (name, bytes, options) => matrix(name, { [name]: bytes }, [name], name, options);
  const annotated = { formula: '~ float32 + (1 | category)' };
  return [
    one('rows.h5ad', new Uint8Array(readFileSync(rows)), { formula: '~ stim + (1 | donor)', normalize: 'log1p-cpm' }),
    one('dense.h5ad', await h5adFile(join(folder, 'dense.h5ad'), 'dense'), CELLS),
    one('genes.h5ad', await h5adFile(join(folder, 'genes.h5ad'), 'genes'), CELLS),
    one('columns.h5ad', fixture('columns.h5ad'), annotated),
    one('layer.h5ad', fixture('columns.h5ad'), { ...annotated, layer: 'csc' }),
    one('legacy.h5ad', fixture('legacy.h5ad'), SMALL),
    one('compound.h5ad', fixture('compound.h5ad'), { formula: '~ 1 + (1 | donor)' }),
    one('lzf.h5ad', fixture('lzf.h5ad'), { formula: '~ 1 + (1 | category)' }),
  ];
}

async function cellRangerFiles({ folder }) {
  const obs = { 'obs.tsv': bytesOf(cellAnnotation()) };
  const small = {
    'obs.tsv': bytesOf('barcode\tdonor\tage\n' + [1, 2, 1, 2, 1, 2].map((d, i) => `cell${i}\tD${d}\t${i}\n`).join('')),
  };
  const one = (name, bytes, options, files) =>
    matrix(name, { [name]: bytes, ...files }, [name], name, { ...options, obs: 'obs.tsv' });
  return [
    one('made.h5', await cellRangerFile(join(folder, 'made.h5')), CELLS, obs),
    one('cellranger3.h5', fixture('cellranger3.h5'), SMALL, small),
    one('cellranger2.h5', fixture('cellranger2.h5'), SMALL, small),
  ];
}

function tenxFolders() {
  return [true, false].map((gzipped) => {
    const files = tenxFolder(gzipped);
    const targets = Object.keys(files).flatMap((name) => (name.startsWith('matrix') ? [name, name, name] : [name]));
    const covered = gzipped ? Object.fromEntries(targets.map((name) => [name, 'whole'])) : {};
    const all = { ...files, 'obs.tsv': bytesOf(cellAnnotation()) };
    return matrix(
      gzipped ? 'tenx-gz' : 'tenx',
      all,
      targets,
      '.',
      { ...CELLS, obs: 'obs.tsv' },
      { covered, edit: gzipped ? 'gzip' : 'text' },
    );
  });
}

function bulkTables(target) {
  const { obs, counts, weights } = bulkColumns();
  const files = {
    'bulk.csv': bytesOf(delimited(counts)),
    'obs.tsv': bytesOf(delimited(obs, '\t')),
    'weights.csv': bytesOf(delimited(weights)),
  };
  const options = { ...BULK, obs: 'obs.tsv', weights: 'weights.csv' };
  const text = {
    name: `${target} text`,
    files,
    targets: [target],
    read: 'bulk',
    data: 'bulk.csv',
    options,
    edit: 'text',
  };
  if (target !== 'obs.tsv') return [text, { ...text, targets: ['bulk.csv'], name: 'bulk text' }];
  const parquet = parquetFile(obs, 'SNAPPY');
  const other = { ...files, 'obs.parquet': parquet.bytes };
  const columnar = {
    ...text,
    name: 'obs.parquet',
    files: other,
    targets: ['obs.parquet'],
    options: { ...options, obs: 'obs.parquet' },
    hot: { 'obs.parquet': parquet.hot },
  };
  const { edit: _, ...plain } = columnar;
  return [text, plain];
}

/** Designs whose moments and fits are stored: slopes, crossed factors, several responses, a split run. */
const STORED = [
  { formula: 'y ~ time * arm + (time | subject)', weights: 'w' },
  { formula: 'cbind(y, y2) ~ sex + visit + (1 | subject) + (1 | site)', offset: 'shift' },
  { formula: 'y ~ poly(time, 2) + arm + (1 | site/subject)' },
  { formula: 'y ~ time + (1 | subject)', splitBy: 'arm' },
];

async function storedFiles({ library, folder }, kind, mended) {
  const newdata = bytesOf(delimited(trialColumns()));
  const path = join(folder, 'stored.csv');
  writeFileSync(path, newdata);
  const specimens = [];
  for (const [k, options] of STORED.entries()) {
    const input = await library.readInput(path, options, library.diskFiles);
    const { moments } = await library.prepareMoments(input, options);
    const name = `${k + 1}.${kind}`;
    if (kind === 'moments') await library.writeMoments(join(folder, name), moments);
    else
      await library.writeFit(
        join(folder, name),
        await library.fitMoments(moments, { backend: 'cpu', threads: 1, contrasts: {} }),
      );
    const bytes = new Uint8Array(readFileSync(join(folder, name)));
    specimens.push({
      name,
      files: { [name]: bytes, 'new.csv': newdata },
      targets: [name],
      read: kind,
      data: name,
      options: {},
      ...(mended ? { edit: 'moments' } : { covered: { [name]: 'whole' } }),
    });
  }
  return specimens;
}

const MAKERS = {
  text: textTables,
  gzip: gzipTables,
  parquet: parquetTables,
  h5ad: h5adFiles,
  h5: cellRangerFiles,
  tenx: tenxFolders,
  obs: () => bulkTables('obs.tsv'),
  weights: () => bulkTables('weights.csv'),
  moments: (context) => storedFiles(context, 'moments', false),
  'moments-edited': (context) => storedFiles(context, 'moments', true),
  fits: (context) => storedFiles(context, 'fit', false),
  'fits-edited': (context) => storedFiles(context, 'fit', true),
};

/** Kinds of files that are damaged. */
export const FILE_KINDS = Object.keys(MAKERS);

/** The specimens of a kind; made once a campaign, and kept beside its attacks for the next process. */
export async function specimensOf(kind, context) {
  const made = (context.specimens ??= new Map());
  if (made.has(kind)) return made.get(kind);
  const folder = join(context.folder, 'specimens', kind);
  const stored = join(folder, 'all.bin');
  if (!existsSync(stored)) {
    mkdirSync(folder, { recursive: true });
    writeFileSync(stored, serialize(await MAKERS[kind]({ ...context, folder })));
  }
  made.set(kind, deserialize(readFileSync(stored)));
  return made.get(kind);
}

/** Content of a gzip file as text. */
export const unpacked = (bytes) => gunzipSync(bytes).toString();
export { packed };
