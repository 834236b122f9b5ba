import { FitError } from '../../errors.ts';
import { conversionAdvice } from '../foreign-formats.ts';
import { MATRIX_FORMATS, type MatrixOptions } from '../input-files.ts';
import { cellRangerGroup, cellRangerSource } from './cellranger-h5.ts';
import { h5adSource } from './h5ad.ts';
import type { Hdf5Tree } from './hdf5-tree.ts';
import type { Hdf5MatrixSource } from './stored-matrix.ts';

/**
 * The cell x gene matrix in an open HDF5 file: AnnData's or CellRanger's, told apart by what is in it. When there is none
 * the file is closed.
 *
 * @throws FitError `OptionError` for an option that the format does not have, `DataError` for a file that is none of them.
 */
export function hdf5Source(tree: Hdf5Tree, options: MatrixOptions, close: () => void): Hdf5MatrixSource {
  const { path } = tree;
  try {
    if (tree.find('obs') !== undefined) {
      if (options.featureType !== undefined) {
        const remedy =
          'only 10x folders and CellRanger files have feature types; subset an .h5ad file where it is made';
        throw misplaced('feature-type', options.featureType, path, remedy);
      }
      return h5adSource(tree, options, close);
    }
    if (cellRangerGroup(tree, options.genome) !== undefined) {
      refuseLayer(path, options);
      return cellRangerSource(tree, options, close);
    }
    throw tree.corrupt(
      `${path} is HDF5, but neither an AnnData nor a CellRanger matrix (it has: ${tree.keys(tree.root).join(', ')})`,
      tree.find('col_attrs') !== undefined
        ? `it is a loom file; ${conversionAdvice(path, 'loom')}`
        : `a matrix is ${MATRIX_FORMATS}`,
    );
  } catch (error) {
    close();
    throw error;
  }
}

/** Layers are AnnData's alone. @throws FitError OptionError when one is asked for elsewhere */
export function refuseLayer(path: string, { layer }: MatrixOptions): void {
  if (layer !== undefined) throw misplaced('layer', layer, path, 'only .h5ad files have layers');
}

function misplaced(option: string, value: string, path: string, remedy: string): FitError {
  return new FitError('OptionError', `“${option}: ${value}” has no meaning for ${path}`, { path, option, remedy });
}
