import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { File, ready } from 'h5wasm/node';
import { describe, expect, it } from 'vitest';
import { isMatrixPath } from '../../../src/data/matrix/matrix-path.node.ts';
import { openMatrixHere as openCellRangerH5 } from '../../../src/data/matrix/open.node.ts';
import { openMatrix } from '../../../src/reading/matrices.node.ts';
import type { MatrixSource } from '../../../src/types/responses.ts';
import { itUnless, realData } from '../../requirements.ts';
import { failure, readDense, temporaryFolder } from './collect.ts';

/** Written by anndata and h5py: fixtures/make_fixtures.py. */
const FIXTURES = join(dirname(fileURLToPath(import.meta.url)), 'fixtures');
const CELLRANGER3 = join(FIXTURES, 'cellranger3.h5');
const CELLRANGER2 = join(FIXTURES, 'cellranger2.h5');
const COUNTS = [
  [1, 0, 2, 0],
  [0, 0, 0, 3],
  [4, 5, 6, 7],
  [0, 0, 0, 0],
  [0, 1, 0, 8],
  [9, 0, 0, 0],
];
const root = temporaryFolder();

describe('openCellRangerH5', () => {
  it('reads version 3 and its feature types', async () => {
    const source = await openCellRangerH5(CELLRANGER3);
    expect(source.names).toEqual(['G1', 'G1-1', 'G3']);
    expect(source.genes).toEqual(['A', 'B', 'C']);
    expect(source.notes).toHaveLength(2);
    expect((await source.rowNames())[5]).toBe('cell5');
    for (const maxEntries of [1, 3, 100]) {
      expect(await readDense(source, maxEntries)).toEqual(COUNTS.map((row) => row.slice(0, 3)));
    }
    expect((await source.readObs()).rowNames).toHaveLength(6);
    await source.close();
    const antibodies = await openCellRangerH5(CELLRANGER3, { featureType: 'Antibody Capture' });
    expect(antibodies.genes).toEqual(['CD3']);
    expect(await readDense(antibodies)).toEqual(COUNTS.map((row) => row.slice(3)));
    await antibodies.close();
    expect((await failure(() => openCellRangerH5(CELLRANGER3, { featureType: 'CRISPR' }))).tag).toBe('OptionError');
  });

  it('reads version 2', async () => {
    const source = await openCellRangerH5(CELLRANGER2);
    expect(source.names).toEqual(['G1', 'G2', 'G3', 'G4']);
    expect(source.genes).toEqual(['A', 'B', 'C', 'D']);
    expect(await readDense(source)).toEqual(COUNTS);
    await source.close();
  });

  it('refuses a shape that disagrees', async () => {
    await ready;
    const path = join(root, 'shape.h5');
    const file = new File(path, 'w');
    const group = file.create_group('matrix');
    group.create_dataset({ name: 'barcodes', data: ['a', 'b'] });
    group.create_dataset({ name: 'shape', data: Int32Array.of(3, 3) });
    group.create_dataset({ name: 'indptr', data: Int32Array.of(0, 0, 0) });
    group.create_group('features').create_dataset({ name: 'id', data: ['x', 'y', 'z'] });
    file.close();
    const error = await failure(() => openCellRangerH5(path));
    expect(error.message).toMatch(/'matrix\/shape' .*3 x 3, but there are 3 features and 2 barcodes/);
    expect(error.fields.unreadable).toBe(true);
  });
});

describe('openMatrix', () => {
  it('tells the formats apart by their content', async () => {
    for (const [path, rows] of [
      [CELLRANGER3, 6],
      [CELLRANGER2, 6],
      [join(FIXTURES, 'columns.h5ad'), 6],
      ['test/reference/batches/sim_singlecell', 3448],
      ['test/reference/batches/sim_singlecell/matrix.mtx.gz', 3448],
      ['test/reference/batches/sim_singlecell.h5ad', 3448],
    ] as const) {
      const source = await openMatrix(path);
      expect(source.rows).toBe(rows);
      await source.close();
    }
  });

  it('refuses options that the format does not have', async () => {
    const folder = 'test/reference/batches/sim_singlecell';
    for (const path of [folder, CELLRANGER3]) {
      const error = await failure(() => openMatrix(path, { layer: 'counts' }));
      expect(error).toMatchObject({ tag: 'OptionError', fields: { option: 'layer' } });
    }
    const error = await failure(() => openMatrix(join(FIXTURES, 'columns.h5ad'), { featureType: 'x' }));
    expect(error).toMatchObject({ tag: 'OptionError', fields: { option: 'feature-type' } });
  });

  it('lists what it reads when it is given something else', async () => {
    const table = join(root, 'table.csv');
    writeFileSync(table, 'a,b\n1,2\n');
    expect((await failure(() => openMatrix(table))).fields.remedy).toContain('.h5ad');
    const other = join(root, 'other.h5');
    await ready;
    const file = new File(other, 'w');
    file.create_dataset({ name: 'temperature', data: Float32Array.of(1) });
    file.close();
    const error = await failure(() => openMatrix(other));
    expect(error.message).toContain('temperature');
    expect(error.fields).toMatchObject({ unreadable: true });
    expect((await failure(() => openMatrix(join(root, 'none.h5ad')))).fields.unreadable).toBe(true);
    mkdirSync(join(root, 'empty'));
    expect((await failure(() => openMatrix(join(root, 'empty')))).fields.remedy).toContain('matrix.mtx');
  });

  it('knows the names of matrices', () => {
    expect(['a.h5ad', 'b.h5', 'x/matrix.mtx', 'GSM1_matrix.mtx.gz', root].map(isMatrixPath)).toEqual(
      Array(5).fill(true),
    );
    expect(['a.csv', 'b.tsv.gz', 'c.parquet', join(root, 'nothing'), 'm.moments'].map(isMatrixPath)).toEqual(
      Array(5).fill(false),
    );
  });
});

/** The matrix row by row; entries that come twice are added. */
async function flat(source: MatrixSource, maxEntries: number): Promise<Float64Array> {
  const matrix = new Float64Array(source.rows * source.names.length);
  for await (const { major, majors, pointers, indices, values } of source.blocks({ maxEntries })) {
    expect(major).toBe('row');
    for (let k = 0; k < majors.length; k++) {
      for (let e = pointers[k]; e < pointers[k + 1]; e++)
        matrix[majors[k] * source.names.length + indices[e]] += values[e];
    }
  }
  return matrix;
}

/** The 10x folder and the .h5ad file of one data set. */
async function comparePair(folder: string): Promise<void> {
  const [tenx, h5ad] = [await openMatrix(folder), await openMatrix(`${folder}.h5ad`)];
  expect(tenx.names).toEqual(h5ad.names);
  expect(await tenx.rowNames()).toEqual(await h5ad.rowNames());
  const [first, second] = [await flat(tenx, 250_000), await flat(h5ad, 90_000)];
  // Compared as bytes: toEqual() takes a minute for some million numbers.
  expect(Buffer.compare(Buffer.from(first.buffer), Buffer.from(second.buffer))).toBe(0);
  expect(first.some((value) => value !== 0)).toBe(true);
  await h5ad.close();
}

describe('reference data in two formats', () => {
  it('gives the same matrix for the simulated batch', async () => {
    await comparePair('test/reference/batches/sim_singlecell');
  });

  const { path: real, lacking } = realData('');
  itUnless(lacking, 'gives the same matrices for the real data', async () => {
    const pairs = readdirSync(real).filter((name) => existsSync(join(real, `${name}.h5ad`)));
    expect(pairs).not.toEqual([]);
    for (const name of pairs) await comparePair(join(real, name));
  });
});
