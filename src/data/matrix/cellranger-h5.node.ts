import type { MatrixSource } from '../../types/responses.ts';
import { cellRangerSource } from './cellranger-h5.ts';
import { openHdf5 } from './hdf5.node.ts';

/**
 * Opens CellRanger's `filtered_feature_bc_matrix.h5` (version 3 and later) or `filtered_gene_bc_matrices_h5.h5` (2).
 *
 * @throws FitError as {@link cellRangerSource}; `DataError`, `unreadable`, when the file is missing, truncated or no HDF5.
 */
export async function openCellRangerH5(
  path: string,
  options: { readonly featureType?: string } = {},
): Promise<MatrixSource> {
  const { tree, close } = await openHdf5(path);
  try {
    return cellRangerSource(tree, options, close);
  } catch (error) {
    close();
    throw error;
  }
}
