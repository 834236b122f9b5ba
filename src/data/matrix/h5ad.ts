import { FitError, nearestName } from '../../errors.ts';
import { TYPE_CLASS } from '../hdf5-storage/datatype.ts';
import { uniqueNames } from '../unique-names.ts';
import { checkBarcodes, hasRepeats } from './features.ts';
import { denseBlocks } from './hdf5-dense.ts';
import { frameNames, frameTexts, type Hdf5Frame, mayRepeatNames, openFrame, readFrame } from './hdf5-frame.ts';
import { isGroup } from './hdf5-objects.ts';
import { openRows } from './hdf5-rows.ts';
import { checkSparse, type SparseLayout, type SparsePart, sparseBlocks } from './hdf5-sparse.ts';
import type { Hdf5Tree } from './hdf5-tree.ts';
import { type Hdf5MatrixSource, storedDense, storedSparse } from './stored-matrix.ts';

/** Columns of `var` that hold gene symbols, the first one found wins. */
const SYMBOL_COLUMNS = ['gene_symbols', 'gene_name', 'gene_names', 'feature_name', 'symbol'];

/**
 * An open AnnData file as a source: `X`, a layer, or `raw`; CSR and dense matrices give blocks of cells, CSC blocks of
 * genes, always whole. `close` closes the file.
 *
 * @throws FitError `OptionError` for a layer that is not there; `DataError`, `unreadable`, for a file that is no AnnData or
 *   contradicts itself.
 */
export function h5adSource(
  tree: Hdf5Tree,
  options: { readonly layer?: string } = {},
  close = (): void => {},
): Hdf5MatrixSource {
  const obs = openFrame(tree, 'obs');
  const { matrix, frame } = locate(tree, options.layer);
  const features = openFrame(tree, frame);
  const entity = tree.find(matrix);
  if (entity === undefined) throw noMatrix(tree);
  const { names, note } = uniqueNames(frameNames(tree, features), 'feature names');
  const genes = symbols(tree, features);
  const shape = matrixShape(tree, matrix);
  if (shape[0] !== obs.rows || shape[1] !== features.rows) {
    throw tree.corrupt(
      `'${matrix}' of ${tree.path} is ${shape[0]} x ${shape[1]}, but 'obs' has ${obs.rows} rows and '${frame}' ${features.rows}`,
    );
  }
  const layout = isGroup(entity) ? sparseLayout(tree, matrix, shape, names) : undefined;
  const describe = (row: number, column: number) => `cell ${row + 1}, feature '${names[column]}'`;
  // A dense matrix does not tell how many entries are not zero.
  const entries = layout === undefined ? undefined : checkSparse(tree, layout);
  if (layout === undefined) checkDense(tree, matrix);
  const open = () => openRows(tree, tree.dataset(matrix));
  let barcodes: readonly string[] | undefined;
  const rowNames = (): readonly string[] => {
    if (barcodes === undefined) {
      const names = frameNames(tree, obs);
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
    layers: layerNames(tree).concat(hasRaw(tree) ? ['raw'] : []),
    rowNames: async () => rowNames(),
    obsColumns: obs.columns,
    repeatedRowNames: async () => mayRepeatNames(tree, obs) && hasRepeats(frameNames(tree, obs)),
    readObs: async (columns, options) =>
      readFrame(tree, obs, options?.rowNames === false ? undefined : rowNames(), columns),
    blocks: (pass) =>
      layout === undefined
        ? denseBlocks(
            { path: tree.path, dataset: matrix, rows: obs.rows, columns: features.rows, describe, open },
            pass,
          )
        : sparseBlocks(layout, pass),
    stored: () => (layout === undefined ? storedDense(tree, matrix) : storedSparse(tree, layout)),
    close: async () => close(),
  };
}

/** Names of the matrix and of the frame of its features. */
function locate(tree: Hdf5Tree, layer: string | undefined): { matrix: string; frame: string } {
  if (layer === undefined) {
    if (tree.find('X') === undefined) throw noMatrix(tree);
    return { matrix: 'X', frame: 'var' };
  }
  if (layer === 'raw') {
    if (tree.find('raw/X') !== undefined) return { matrix: 'raw/X', frame: 'raw/var' };
    // Until anndata 0.7 the group was written flat.
    if (tree.find('raw.X') !== undefined) return { matrix: 'raw.X', frame: 'raw.var' };
  }
  const layers = layerNames(tree);
  if (layers.includes(layer)) return { matrix: `layers/${layer}`, frame: 'var' };
  const choices = tree.find('raw/X') === undefined ? layers : [...layers, 'raw'];
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

function layerNames(tree: Hdf5Tree): string[] {
  const layers = tree.find('layers');
  return layers !== undefined && isGroup(layers) ? tree.keys(layers) : [];
}

/** True for a file with `adata.raw`; until anndata 0.7 the group was written flat. */
function hasRaw(tree: Hdf5Tree): boolean {
  return tree.find('raw/X') !== undefined || tree.find('raw.X') !== undefined;
}

function noMatrix(tree: Hdf5Tree): FitError {
  const layers = layerNames(tree);
  if (tree.find('raw/X') !== undefined) layers.push('raw');
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
function matrixShape(tree: Hdf5Tree, matrix: string): [number, number] {
  const entity = tree.find(matrix);
  if (entity === undefined) throw noMatrix(tree);
  const shape = isGroup(entity)
    ? (tree.attribute(entity, 'shape') ?? tree.attribute(entity, 'h5sparse_shape'))
    : tree.guard(matrix, () => entity.shape);
  if (!Array.isArray(shape) || shape.length !== 2 || !shape.every((n) => typeof n === 'number' && n >= 0)) {
    // anndata writes a missing X as a scalar.
    if (!isGroup(entity) && tree.text(entity, 'encoding-type') === 'null') throw noMatrix(tree);
    throw tree.corrupt(`'${matrix}' of ${tree.path} has no shape of two dimensions`);
  }
  return [Number(shape[0]), Number(shape[1])];
}

function sparseLayout(tree: Hdf5Tree, matrix: string, shape: [number, number], names: readonly string[]): SparseLayout {
  const group = tree.find(matrix);
  const encoding =
    group === undefined ? undefined : (tree.text(group, 'encoding-type') ?? tree.text(group, 'h5sparse_format'));
  const [rows, columns] = shape;
  const file = {
    file: tree,
    group: matrix,
    open: (part: SparsePart) => openRows(tree, tree.dataset(`${matrix}/${part}`)),
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

function checkDense(tree: Hdf5Tree, matrix: string): void {
  const { type } = tree.dataset(matrix).metadata;
  if (type === TYPE_CLASS.integer || type === TYPE_CLASS.float || type === TYPE_CLASS.enumeration) return;
  throw tree.corrupt(`'${matrix}' of ${tree.path} does not hold numbers`);
}

function symbols(tree: Hdf5Tree, features: Hdf5Frame): string[] | undefined {
  const column = SYMBOL_COLUMNS.find((name) => features.columns.includes(name));
  return column === undefined ? undefined : frameTexts(tree, features, column);
}
