import { FitError } from '../../errors.ts';
import type { MatrixOptions } from '../input-files.ts';
import { checkBarcodes, type Features, selectFeatures } from './features.ts';
import { isGroup } from './hdf5-objects.ts';
import { openRows } from './hdf5-rows.ts';
import { hdf5StoredTree } from './hdf5-stored-tree.ts';
import type { Hdf5Tree } from './hdf5-tree.ts';
import { checkSparse, type SparseLayout, sparseBlocks } from './sparse-blocks.ts';
import { type StoredMatrixSource, storedSparse } from './stored-matrix.ts';
import { noObs } from './tenx.ts';

/**
 * Name of the group that holds a CellRanger matrix: `matrix` (version 3 and later) or the genome (version 2).
 *
 * @throws FitError OptionError for a genome that is not there, DataError where several are and none is named
 */
export function cellRangerGroup(tree: Hdf5Tree, genome?: string): string | undefined {
  const groups = tree.keys(tree.root).filter((name) => tree.find(`${name}/barcodes`) && tree.find(`${name}/indptr`));
  if (groups.length === 0) return undefined;
  if (genome !== undefined) {
    if (groups.includes(genome)) return genome;
    throw new FitError('OptionError', `${tree.path} has no matrix of the genome '${genome}'`, {
      path: tree.path,
      option: 'genome',
      remedy: `it has: ${groups.join(', ')}`,
    });
  }
  if (groups.length === 1) return groups[0];
  throw new FitError('DataError', `${tree.path} holds matrices of several genomes (${groups.join(', ')})`, {
    path: tree.path,
    option: 'genome',
    remedy: `name one: ${groups.map((group) => `“genome: ${group}”`).join(' or ')}`,
  });
}

/**
 * An open CellRanger matrix as a source of whole blocks of cells. Of several feature types `Gene Expression` is read unless
 * `featureType` says otherwise. `close` closes the file.
 *
 * @throws FitError `DataError`: `unreadable` for a file without a matrix or one that contradicts itself; without it for
 *   repeated barcodes.
 */
export async function cellRangerSource(
  tree: Hdf5Tree,
  options: Pick<MatrixOptions, 'featureType' | 'genome'> = {},
  close = (): void => {},
): Promise<StoredMatrixSource> {
  const group = cellRangerGroup(tree, options.genome);
  if (group === undefined) throw tree.corrupt(`${tree.path} has no CellRanger matrix`);
  const features = readFeatures(tree, group);
  const barcodes = tree.strings(tree.dataset(`${group}/barcodes`));
  checkBarcodes(barcodes, tree.path, 'make the barcodes unique, for example by a suffix per sample');
  const selection = selectFeatures(features, tree.path, options.featureType);
  const shape = tree.numbers(tree.dataset(`${group}/shape`), 0, 2);
  if (shape[0] !== features.ids.length || shape[1] !== barcodes.length) {
    throw tree.corrupt(
      `'${group}/shape' of ${tree.path} is ${shape.join(' x ')}, but there are ${features.ids.length} features and ${barcodes.length} barcodes`,
    );
  }
  const layout: SparseLayout = {
    file: tree,
    group,
    major: 'row',
    majorCount: barcodes.length,
    minorCount: features.ids.length,
    ...(selection.position && { position: selection.position }),
    describe: (cell, feature) => `cell '${barcodes[cell]}', feature '${features.ids[feature]}'`,
    open: (part) => openRows(tree, tree.dataset(`${group}/${part}`)),
  };
  const { major, majorCount, minorCount, position } = layout;
  const entries = await checkSparse(hdf5StoredTree(tree), layout);
  return {
    kind: 'matrix',
    path: tree.path,
    rows: barcodes.length,
    names: selection.names,
    ...(selection.genes && { genes: selection.genes }),
    entries,
    ordered: true,
    divisible: true,
    notes: selection.notes,
    rowNames: async () => barcodes,
    obsColumns: [],
    readObs: async (columns = []) => noObs(tree.path, barcodes, columns),
    blocks: (pass) => sparseBlocks(layout, pass),
    stored: () => storedSparse(tree, { group, major, majorCount, minorCount, ...(position && { position }) }),
    close: async () => close(),
  };
}

function readFeatures(tree: Hdf5Tree, group: string): Features {
  const later = tree.find(`${group}/features`);
  const [ids, genes, types] =
    later !== undefined && isGroup(later)
      ? [`${group}/features/id`, `${group}/features/name`, `${group}/features/feature_type`]
      : [`${group}/genes`, `${group}/gene_names`, undefined];
  const optional = (name: string | undefined) =>
    name === undefined || tree.find(name) === undefined ? undefined : tree.strings(tree.dataset(name));
  const [symbols, kinds] = [optional(genes), optional(types)];
  const names = tree.strings(tree.dataset(ids));
  for (const column of [symbols, kinds]) {
    if (column !== undefined && column.length !== names.length) {
      throw tree.corrupt(`the columns of the features of ${tree.path} differ in length`);
    }
  }
  return { ids: names, ...(symbols && { genes: symbols }), ...(kinds && { types: kinds }) };
}
