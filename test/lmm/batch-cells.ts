/** Batches of `test/reference/batches` that are counts of cells: their models, matrices and streamed moments. */

import { buildDesign } from '../../src/formula/design.ts';
import { accumulateMoments } from '../../src/moments/accumulate-moments.ts';
import type { Moments } from '../../src/moments/moments.ts';
import type { Normalisation } from '../../src/moments/normalise.ts';
import { openMatrix } from '../../src/reading/matrices.node.ts';
import { readObsTable } from '../../src/reading/tables.node.ts';
import type { Design } from '../../src/types/design.ts';
import type { MatrixSource } from '../../src/types/responses.ts';
import type { Table } from '../../src/types/table.ts';
import { memorySource } from '../moments/memory-source.ts';
import { REFERENCE } from '../reference-fit.ts';
import { readBatch } from './batch-check.ts';

/** A model of cells: R's name of it and its number of genes. */
export interface CellModel {
  readonly name: string;
  readonly genes: number;
  /** Genes, among them, that R tested by Kenward and Roger's method too. */
  readonly adjusted: number;
  readonly formula: string;
  readonly normalisation: Normalisation;
  readonly cellType?: string;
}

export const SINGLE_CELL: CellModel = {
  name: 'sim_singlecell',
  genes: 500,
  adjusted: 50,
  formula: '~ stim + (1 | donor)',
  normalisation: 'log1p-cpm',
};

export const KANG = ['sample', 'donor'].map(
  (group): CellModel => ({
    name: `kang_monocytes_${group}`,
    genes: 1200,
    adjusted: 50,
    formula: `~ condition + (1 | ${group})`,
    normalisation: 'log1p-cp10k',
    cellType: 'CD14+ Monocytes',
  }),
);

export const ONEK1K: readonly CellModel[] = [
  {
    name: 'onek1k_cd4',
    genes: 303,
    adjusted: 20,
    formula: '~ sex + age + (1 | donor)',
    normalisation: 'log1p-cp10k',
    cellType: 'cd4nc',
  },
  {
    name: 'onek1k_celltypes',
    genes: 322,
    adjusted: 0,
    formula: '~ cell_type + sex + (1 | donor)',
    normalisation: 'log1p-cp10k',
  },
];

/** Cells x genes with the annotation of the cells, in the same order. */
export interface Cells {
  readonly source: MatrixSource;
  readonly table: Table;
  /** Counts of each cell over all genes, where the matrix has some of the genes only. */
  readonly totals?: Float64Array;
}

export async function openFolder(folder: string): Promise<Cells> {
  return { source: await openMatrix(folder), table: await readObsTable(`${folder}/obs.tsv`) };
}

/** The genes that R fitted, as `NAME.counts.tsv.gz` holds them. */
export async function openCounts(name: string): Promise<Cells> {
  const { table, responses } = await readBatch(name);
  const { rows, names, values } = responses;
  const total = table.columns.get('total');
  if (total?.kind !== 'numeric') throw new Error(`${name} has no totals`);
  const genes = names.map((_, g) => values.subarray(g * rows, (g + 1) * rows));
  const source = memorySource(genes, { major: 'row', entries: 50_000, whole: true });
  return { source: { ...source, names }, table, totals: total.values };
}

/** The design of a model on its cells, and the streamed moments of every gene. */
export async function cellMoments(cells: Cells, model: CellModel): Promise<{ design: Design; moments: Moments }> {
  const { source, table, totals } = cells;
  const { formula, normalisation, cellType } = model;
  const types = table.columns.get('cell_type');
  const all = Int32Array.from({ length: table.rows }, (_, row) => row);
  const rows = all.filter(
    (row) => cellType === undefined || (types?.kind === 'factor' && types.levels[types.codes[row]] === cellType),
  );
  const design = buildDesign(formula, table, { rows });
  return { design, moments: await accumulateMoments(design, source, { normalize: normalisation, totals }) };
}

/** The batches of cells that a clone has, opened, with the models that R fitted to them. */
export const CELL_BATCHES: readonly (readonly [
  name: string,
  open: () => Promise<Cells>,
  models: readonly CellModel[],
])[] = [
  ['sim_singlecell: counts of 3448 cells', () => openFolder(`${REFERENCE}batches/sim_singlecell`), [SINGLE_CELL]],
  ['kang: monocytes by sample and by donor', () => openCounts('kang_monocytes'), KANG],
  ['onek1k: one cell type, and all', () => openCounts('onek1k'), ONEK1K],
];
