/**
 * Cell x gene matrices to damage, of 60 cells and 10 genes: `.h5ad` dense and by columns, CellRanger's `.h5`, and a 10x
 * folder. Files by rows come from the library's own writer, and those of other programs from the fixtures of the tests.
 */
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { File, ready } from 'h5wasm/node';
import { randomStream } from './random.mjs';
import { delimited } from './trial-table.mjs';

const CELLS = 60;
const GENES = 10;
const DONORS = 6;

/** Counts (cell-major), names and annotation of the experiment. */
export function cellExperiment() {
  const random = randomStream('cells');
  const counts = Int32Array.from({ length: CELLS * GENES }, () => (random.chance(0.5) ? random.integer(1, 40) : 0));
  const donors = Array.from({ length: DONORS }, (_, i) => `D${i + 1}`);
  return {
    counts,
    cells: Array.from({ length: CELLS }, (_, i) => `cell${String(i + 1).padStart(3, '0')}`),
    genes: Array.from({ length: GENES }, (_, i) => `ENSG${i + 1}`),
    symbols: Array.from({ length: GENES }, (_, i) => `SYM${i + 1}`),
    donors,
    donorCodes: Int8Array.from({ length: CELLS }, (_, i) => i % DONORS),
    stims: ['ctrl', 'stim'],
    stimCodes: Int8Array.from({ length: CELLS }, (_, i) => (i >> 1) % 2),
    age: Float64Array.from({ length: CELLS }, () => random.integer(20, 80)),
  };
}

/** Compressed by the major axis: cells, or genes. */
function compressed(counts, byGenes) {
  const [majors, minors] = byGenes ? [GENES, CELLS] : [CELLS, GENES];
  const pointers = [0];
  const indices = [];
  const data = [];
  for (let a = 0; a < majors; a++) {
    for (let b = 0; b < minors; b++) {
      const value = byGenes ? counts[b * GENES + a] : counts[a * GENES + b];
      if (value === 0) continue;
      indices.push(b);
      data.push(value);
    }
    pointers.push(indices.length);
  }
  return { data: Float64Array.from(data), indices: Int32Array.from(indices), indptr: Int32Array.from(pointers) };
}

function encoded(entity, type, version = '0.1.0') {
  entity.create_attribute('encoding-type', type);
  entity.create_attribute('encoding-version', version);
  return entity;
}

const packed = (name, data, shape = [data.length]) => ({
  name,
  data,
  shape,
  chunks: shape,
  compression: 'gzip',
  compression_opts: 4,
});
const texts = (name, data) => ({ name, data: [...data], shape: [data.length], dtype: 'S' });

function frame(file, name, index, columns) {
  const group = encoded(file.create_group(name), 'dataframe', '0.2.0');
  group.create_attribute('_index', '_index');
  group.create_attribute('column-order', columns, [columns.length], 'S');
  group.create_dataset(texts('_index', index));
  return group;
}

function category(group, name, levels, codes) {
  const made = encoded(group.create_group(name), 'categorical', '0.2.0');
  made.create_attribute('ordered', 0);
  made.create_dataset(texts('categories', levels));
  made.create_dataset({ name: 'codes', data: codes });
}

/** Bytes of an HDF5 file that `write` fills; `path` is where it may lie meanwhile. */
async function hdf5(path, write) {
  await ready;
  const file = new File(path, 'w');
  write(file);
  file.flush();
  file.close();
  return new Uint8Array(readFileSync(path));
}

/** An `.h5ad` file with X dense or compressed by genes. */
export function h5adFile(path, layout) {
  const made = cellExperiment();
  return hdf5(path, (file) => {
    encoded(file, 'anndata');
    const obs = frame(file, 'obs', made.cells, ['donor', 'stim', 'age']);
    category(obs, 'donor', made.donors, made.donorCodes);
    category(obs, 'stim', made.stims, made.stimCodes);
    obs.create_dataset({ name: 'age', data: made.age });
    frame(file, 'var', made.genes, ['gene_symbols']).create_dataset(texts('gene_symbols', made.symbols));
    if (layout === 'dense') {
      encoded(file.create_dataset(packed('X', Float64Array.from(made.counts), [CELLS, GENES])), 'array', '0.2.0');
      return;
    }
    const group = encoded(file.create_group('X'), 'csc_matrix');
    group.create_attribute('shape', BigInt64Array.of(BigInt(CELLS), BigInt(GENES)), [2], '<q');
    for (const [name, data] of Object.entries(compressed(made.counts, true))) group.create_dataset(packed(name, data));
  });
}

/** A file as CellRanger 3 writes it: features x barcodes, compressed by barcodes. */
export function cellRangerFile(path) {
  const made = cellExperiment();
  return hdf5(path, (file) => {
    const group = file.create_group('matrix');
    for (const [name, data] of Object.entries(compressed(made.counts, false))) {
      group.create_dataset(packed(name, name === 'data' ? Int32Array.from(data) : data));
    }
    group.create_dataset({ name: 'shape', data: Int32Array.of(GENES, CELLS) });
    group.create_dataset(texts('barcodes', made.cells));
    const features = group.create_group('features');
    features.create_dataset(texts('id', made.genes));
    features.create_dataset(texts('name', made.symbols));
    features.create_dataset(
      texts(
        'feature_type',
        made.genes.map(() => 'Gene Expression'),
      ),
    );
  });
}

/** Annotation of the cells as a table for --obs. */
export function cellAnnotation() {
  const made = cellExperiment();
  const columns = {
    barcode: made.cells,
    donor: [...made.donorCodes].map((code) => made.donors[code]),
    stim: [...made.stimCodes].map((code) => made.stims[code]),
    age: [...made.age],
  };
  return delimited(columns, '\t');
}

/** Bytes of the files of a 10x folder by name, gzipped as CellRanger 3 has them or plain as CellRanger 2. */
export function tenxFolder(gzipped) {
  const { counts, cells, genes, symbols } = cellExperiment();
  const entries = [];
  counts.forEach((value, i) => {
    if (value !== 0) entries.push(`${(i % GENES) + 1} ${Math.floor(i / GENES) + 1} ${value}`);
  });
  const header = '%%MatrixMarket matrix coordinate integer general\n%made for tests';
  const matrix = `${header}\n${GENES} ${CELLS} ${entries.length}\n${entries.join('\n')}\n`;
  const features = genes.map((id, i) => `${id}\t${symbols[i]}${gzipped ? '\tGene Expression' : ''}\n`).join('');
  const barcodes = `${cells.join('\n')}\n`;
  const plain = gzipped
    ? { 'matrix.mtx.gz': matrix, 'features.tsv.gz': features, 'barcodes.tsv.gz': barcodes }
    : { 'matrix.mtx': matrix, 'genes.tsv': features, 'barcodes.tsv': barcodes };
  return Object.fromEntries(
    Object.entries(plain).map(([name, text]) => [name, new Uint8Array(gzipped ? gzipSync(text) : Buffer.from(text))]),
  );
}
