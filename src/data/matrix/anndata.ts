import { FitError, nearestName } from '../../errors.ts';
import { uniqueNames } from '../unique-names.ts';
import { type AnnDataFrame, frameNames, frameTexts, mayRepeatNames, openFrame, readFrame } from './anndata-frame.ts';
import { denseBlocks } from './dense-blocks.ts';
import { checkBarcodes, hasRepeats } from './features.ts';
import { checkSparse, type SparseLayout, sparseBlocks } from './sparse-blocks.ts';
import type { StoredMatrixSource } from './stored-matrix.ts';
import { isGroup, type SparsePart, type SparseShape, type StoredTree } from './stored-tree.ts';

/** Columns of `var` that hold gene symbols, the first one found wins. */
const SYMBOL_COLUMNS = ['gene_symbols', 'gene_name', 'gene_names', 'feature_name', 'symbol'];

/**
 * An open AnnData file or store as a source: `X`, a layer, or `raw`; CSR and dense matrices give blocks of cells, CSC blocks of
 * genes, always whole. `close` closes it.
 *
 * @throws FitError `OptionError` for a layer that is not there; `DataError`, `unreadable`, for a file that is no AnnData or
 *   contradicts itself.
 */
export async function annDataSource(
  tree: StoredTree,
  options: { readonly layer?: string } = {},
  close: () => void | Promise<void> = () => {},
): Promise<StoredMatrixSource> {
  const obs = await openFrame(tree, 'obs');
  const { matrix, frame } = await locate(tree, options.layer);
  const features = await openFrame(tree, frame);
  const entity = await tree.find(matrix);
  if (entity === undefined) throw await noMatrix(tree);
  const { names, note } = uniqueNames(await frameNames(tree, features), 'feature names');
  const genes = await symbols(tree, features);
  const shape = await matrixShape(tree, matrix);
  if (shape[0] !== obs.rows || shape[1] !== features.rows) {
    throw tree.corrupt(
      `'${matrix}' of ${tree.path} is ${shape[0]} x ${shape[1]}, but 'obs' has ${obs.rows} rows and '${frame}' ${features.rows}`,
    );
  }
  const layout = isGroup(entity) ? await sparseLayout(tree, matrix, shape, names) : undefined;
  const describe = (row: number, column: number) => `cell ${row + 1}, feature '${names[column]}'`;
  // A dense matrix does not tell how many entries are not zero.
  const entries = layout === undefined ? undefined : await checkSparse(tree, layout);
  if (layout === undefined) await checkDense(tree, matrix);
  const layers = await layerNames(tree);
  const open = async () => tree.openRows(await tree.dataset(matrix));
  let barcodes: readonly string[] | undefined;
  const rowNames = async (): Promise<readonly string[]> => {
    if (barcodes === undefined) {
      const names = await frameNames(tree, obs);
      checkBarcodes(names, tree.path, 'in Python: adata.obs_names_make_unique(), and save the file again');
      barcodes = names;
    }
    return barcodes;
  };
  return {
    kind: 'matrix',
    path: tree.path,
    rows: obs.rows,
    names,
    ...(genes && { genes }),
    ...(entries !== undefined && { entries }),
    ordered: true,
    divisible: true,
    notes: note === null ? [] : [note],
    layers: (await hasRaw(tree)) ? [...layers, 'raw'] : layers,
    rowNames,
    obsColumns: obs.columns,
    repeatedRowNames: async () => (await mayRepeatNames(tree, obs)) && hasRepeats(await frameNames(tree, obs)),
    readObs: async (columns, options) =>
      readFrame(tree, obs, options?.rowNames === false ? undefined : await rowNames(), columns),
    blocks: (pass) =>
      layout === undefined
        ? denseBlocks(
            { path: tree.path, dataset: matrix, rows: obs.rows, columns: features.rows, describe, open },
            pass,
          )
        : sparseBlocks(layout, pass),
    stored: () => tree.storedMatrix(layout === undefined ? matrix : shapeOf(layout)),
    close: async () => close(),
  };
}

/** What of a layout is plain data. */
function shapeOf({ group, major, majorCount, minorCount }: SparseLayout): SparseShape {
  return { group, major, majorCount, minorCount };
}

/** Names of the matrix and of the frame of its features. */
async function locate(tree: StoredTree, layer: string | undefined): Promise<{ matrix: string; frame: string }> {
  if (layer === undefined) {
    if ((await tree.find('X')) === undefined) throw await noMatrix(tree);
    return { matrix: 'X', frame: 'var' };
  }
  if (layer === 'raw') {
    if ((await tree.find('raw/X')) !== undefined) return { matrix: 'raw/X', frame: 'raw/var' };
    // Until anndata 0.7 the group was written flat.
    if ((await tree.find('raw.X')) !== undefined) return { matrix: 'raw.X', frame: 'raw.var' };
  }
  const layers = await layerNames(tree);
  if (layers.includes(layer)) return { matrix: `layers/${layer}`, frame: 'var' };
  const choices = (await tree.find('raw/X')) === undefined ? layers : [...layers, 'raw'];
  const near = nearestName(layer, choices);
  throw new FitError('OptionError', `${tree.path} has no layer '${layer}'`, {
    path: tree.path,
    option: 'layer',
    remedy:
      choices.length === 0
        ? 'it has no layers: leave the option out to read X'
        : near === undefined
          ? `it has: ${choices.join(', ')}`
          : `did you mean '${near}'?`,
  });
}

async function layerNames(tree: StoredTree): Promise<string[]> {
  const layers = await tree.find('layers');
  return layers !== undefined && isGroup(layers) ? tree.keys(layers) : [];
}

/** True for a file with `adata.raw`; until anndata 0.7 the group was written flat. */
async function hasRaw(tree: StoredTree): Promise<boolean> {
  return (await tree.find('raw/X')) !== undefined || (await tree.find('raw.X')) !== undefined;
}

async function noMatrix(tree: StoredTree): Promise<FitError> {
  const layers = await layerNames(tree);
  if ((await tree.find('raw/X')) !== undefined) layers.push('raw');
  return new FitError('DataError', `${tree.path} has no matrix X`, {
    path: tree.path,
    unreadable: layers.length === 0,
    remedy:
      layers.length === 0
        ? 'save it from Python with a matrix: adata.X must not be None'
        : `read one of its layers: ${layers.map((layer) => `“layer: ${layer}”`).join(' or ')}`,
  });
}

/** Rows and columns, from the attribute of a sparse group or the dataset itself. */
async function matrixShape(tree: StoredTree, matrix: string): Promise<[number, number]> {
  const entity = await tree.find(matrix);
  if (entity === undefined) throw await noMatrix(tree);
  const shape = isGroup(entity)
    ? ((await tree.attribute(entity, 'shape')) ?? (await tree.attribute(entity, 'h5sparse_shape')))
    : tree.shape(entity);
  if (!Array.isArray(shape) || shape.length !== 2 || !shape.every((n) => typeof n === 'number' && n >= 0)) {
    // anndata writes a missing X as a scalar.
    if (!isGroup(entity) && (await tree.text(entity, 'encoding-type')) === 'null') throw await noMatrix(tree);
    throw tree.corrupt(`'${matrix}' of ${tree.path} has no shape of two dimensions`);
  }
  return [Number(shape[0]), Number(shape[1])];
}

async function sparseLayout(
  tree: StoredTree,
  matrix: string,
  shape: [number, number],
  names: readonly string[],
): Promise<SparseLayout> {
  const group = await tree.find(matrix);
  const encoding =
    group === undefined
      ? undefined
      : ((await tree.text(group, 'encoding-type')) ?? (await tree.text(group, 'h5sparse_format')));
  const [rows, columns] = shape;
  const file = {
    file: tree,
    group: matrix,
    open: async (part: SparsePart) => tree.openRows(await tree.dataset(`${matrix}/${part}`)),
  };
  if (encoding === 'csr_matrix' || encoding === 'csr') {
    const describe = (cell: number, feature: number) => `cell ${cell + 1}, feature '${names[feature]}'`;
    return { ...file, major: 'row', majorCount: rows, minorCount: columns, describe };
  }
  if (encoding === 'csc_matrix' || encoding === 'csc') {
    const describe = (feature: number, cell: number) => `cell ${cell + 1}, feature '${names[feature]}'`;
    return { ...file, major: 'response', majorCount: columns, minorCount: rows, describe };
  }
  throw tree.corrupt(
    `'${matrix}' of ${tree.path} has the encoding '${encoding ?? 'none'}', not csr_matrix, csc_matrix or array`,
  );
}

async function checkDense(tree: StoredTree, matrix: string): Promise<void> {
  if (!['text', 'other'].includes(tree.element(await tree.dataset(matrix)))) return;
  throw tree.corrupt(`'${matrix}' of ${tree.path} does not hold numbers`);
}

async function symbols(tree: StoredTree, features: AnnDataFrame): Promise<string[] | undefined> {
  const column = SYMBOL_COLUMNS.find((name) => features.columns.includes(name));
  return column === undefined ? undefined : frameTexts(tree, features, column);
}
