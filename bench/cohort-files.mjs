/** Simulated samples of a cohort as files: donors in two conditions, a sample of each in an .h5ad of its own. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { simulateCells, writeH5ad } from '../dist/node.js';

/**
 * Writes the samples to `folder/data` and their table to `folder/samples.tsv`; paths are relative to the folder. Returns their names
 * and paths. A sample has the genes, about as many cells as asked for, and the columns of `simulateCells`.
 */
export async function writeCohort(folder, { samples, genes, cells, seed = 1 }) {
  const donors = samples / 2;
  const simulated = simulateCells({ genes, cells: samples * cells, donors, seed });
  const { names, rowNames, obs } = simulated;
  const sample = obs.columns.get('sample');
  const rowsOf = sample.levels.map(() => []);
  const countsOf = sample.levels.map(() => ({ pointers: [0], indices: [], values: [] }));
  let row = 0;
  for (const { pointers, indices, values } of simulated.blocks()) {
    for (let i = 0; i + 1 < pointers.length; i++, row++) {
      const code = sample.codes[row];
      const own = countsOf[code];
      rowsOf[code].push(row);
      for (let at = pointers[i]; at < pointers[i + 1]; at++) {
        own.indices.push(indices[at]);
        own.values.push(values[at]);
      }
      own.pointers.push(own.indices.length);
    }
  }
  mkdirSync(join(folder, 'data'), { recursive: true });
  const written = [];
  for (const [code, name] of sample.levels.entries()) {
    const rows = rowsOf[code];
    const { pointers, indices, values } = countsOf[code];
    const path = `data/${name.replace('.', '_')}.h5ad`;
    await writeH5ad(join(folder, path), {
      ...{ rows: rows.length, names, rowNames: rows.map((k) => rowNames[k]) },
      obs: { rows: rows.length, columns: new Map([...obs.columns].map(([key, own]) => [key, part(own, rows)])) },
      ...{ pointers: Int32Array.from(pointers), indices: Int32Array.from(indices), values: Float64Array.from(values) },
    });
    written.push({ sample: name.replace('.', '_'), path });
  }
  const lines = written.map((own) => `${own.sample}\t${own.path}\n`);
  writeFileSync(join(folder, 'samples.tsv'), `sample\tpath\n${lines.join('')}`);
  return written;
}

/** Rows of a column, factors with the levels that they have, as files of one sample do. */
function part(column, rows) {
  if (column.kind !== 'factor') {
    const values = new column.values.constructor(rows.length);
    rows.forEach((row, i) => {
      values[i] = column.values[row];
    });
    return { ...column, values };
  }
  const codes = Int32Array.from(rows, (row) => column.codes[row]);
  const used = [...new Set(codes)].sort((a, b) => a - b);
  return { ...column, levels: used.map((code) => column.levels[code]), codes: codes.map((code) => used.indexOf(code)) };
}
