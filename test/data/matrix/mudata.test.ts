import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { openMatrixHere } from '../../../src/data/matrix/open.node.ts';
import { collect, failure, readDense } from './collect.ts';

/** Cells a to e have both modalities but for e (RNA alone) and f (protein alone): fixtures/make_stores.py. */
const FIXTURES = join(dirname(fileURLToPath(import.meta.url)), 'fixtures');
const PATH = join(FIXTURES, 'two.h5mu');

describe('a MuData file', () => {
  it('lists its modalities when none is named, or one that is not there', async () => {
    const error = await failure(() => openMatrixHere(PATH));
    expect(error).toMatchObject({ tag: 'OptionError', fields: { option: 'modality' } });
    expect(error.message).toContain('several modalities (rna, protein)');
    expect(error.fields.remedy).toContain('“modality: rna” or “modality: protein”');
    expect((await failure(() => openMatrixHere(PATH, { modality: 'proteins' }))).fields.remedy).toContain("'protein'?");
  });

  it('gives the matrix of a modality', async () => {
    const rna = await openMatrixHere(PATH, { modality: 'rna' });
    expect(rna).toMatchObject({ rows: 5, names: ['g1', 'g2', 'g3'], entries: 9 });
    expect(await readDense(rna)).toEqual([
      [1, 0, 2],
      [0, 3, 0],
      [4, 0, 5],
      [0, 6, 7],
      [8, 0, 9],
    ]);
    const protein = await openMatrixHere(PATH, { modality: 'protein' });
    expect((await failure(() => collect(protein))).fields).toMatchObject({ missing: true });
    await rna.close();
    await protein.close();
  });

  it('joins the annotation of all cells, whose own columns count less', async () => {
    const rna = await openMatrixHere(PATH, { modality: 'rna' });
    expect(rna.obsColumns.slice(0, 2)).toEqual(['kind', 'depth']);
    const { columns, rowNames } = await rna.readObs(['donor', 'depth', 'kind', 'protein:depth', 'rna:depth']);
    expect(rowNames).toEqual(['a', 'b', 'c', 'd', 'e']);
    expect([...columns.keys()]).toEqual(['donor', 'depth', 'kind', 'protein:depth', 'rna:depth']);
    expect(columns.get('donor')).toMatchObject({ levels: ['d1', 'd2', 'd3'], codes: Int32Array.of(0, 0, 1, 1, 2) });
    expect(columns.get('depth')).toMatchObject({ values: Float64Array.of(3, 3, 9, 13, 17) });
    expect(columns.get('protein:depth')).toMatchObject({ values: Float64Array.of(5, 4, 3, 2, Number.NaN) });
    const protein = await openMatrixHere(PATH, { modality: 'protein' });
    // Its rows are in another order, and 'batch' is a column of all cells that is named after it.
    const joined = await protein.readObs(['donor', 'batch', 'depth'], { rowNames: false });
    expect(joined.rowNames).toBeUndefined();
    expect(joined.columns.get('donor')).toMatchObject({ codes: Int32Array.of(2, 1, 1, 0, 0) });
    expect(joined.columns.get('batch')).toMatchObject({ levels: ['x', 'y'], codes: Int32Array.of(0, 0, 1, 0, -1) });
    expect((await failure(() => protein.readObs(['donr']))).message).toContain("no column 'donr'");
    await rna.close();
    await protein.close();
  });

  it('is where a modality has a meaning', async () => {
    const error = await failure(() => openMatrixHere(join(FIXTURES, 'columns.h5ad'), { modality: 'rna' }));
    expect(error).toMatchObject({ tag: 'OptionError', fields: { option: 'modality' } });
    const other = await failure(() => openMatrixHere(join(FIXTURES, 'cellranger3.h5'), { modality: 'rna' }));
    expect(other.message).toContain('“modality: rna” has no meaning');
  });
});
