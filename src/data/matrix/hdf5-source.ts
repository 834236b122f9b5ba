import { conversionAdvice } from '../foreign-formats.ts';
import { MATRIX_FORMATS, type MatrixOptions, refuseFeatureType, refuseLayer } from '../input-files.ts';
import { annotatedSource, isAnnotated } from './annotated.ts';
import { hdf5StoredTree } from './hdf5-stored-tree.ts';
import type { Hdf5Tree } from './hdf5-tree.ts';
import type { StoredMatrixSource } from './stored-matrix.ts';

/**
 * The cell x gene matrix in an open HDF5 file: AnnData's, MuData's or CellRanger's, told apart by what is in it. When there is none
 * the file is closed.
 *
 * @throws FitError `OptionError` for an option that the format does not have, `DataError` for a file that is none of them.
 */
export async function hdf5Source(
  tree: Hdf5Tree,
  options: MatrixOptions,
  close: () => void,
): Promise<StoredMatrixSource> {
  const { path } = tree;
  try {
    const stored = hdf5StoredTree(tree);
    if (await isAnnotated(stored)) {
      refuseFeatureType(path, options);
      return await annotatedSource(stored, options, close);
    }
    // Most files are AnnData.
    const { cellRangerGroup, cellRangerSource } = await import('./cellranger-h5.ts');
    if (cellRangerGroup(tree, options.genome) !== undefined) {
      refuseLayer(path, options);
      return await cellRangerSource(tree, options, close);
    }
    throw tree.corrupt(
      `${path} is HDF5, but neither an AnnData, a MuData nor a CellRanger matrix (it has: ${tree.keys(tree.root).join(', ')})`,
      tree.find('col_attrs') !== undefined
        ? `it is a loom file; ${conversionAdvice(path, 'loom')}`
        : `a matrix is ${MATRIX_FORMATS}`,
    );
  } catch (error) {
    close();
    throw error;
  }
}
