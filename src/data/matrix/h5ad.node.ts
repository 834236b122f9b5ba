import type { MatrixSource } from '../../types/responses.ts';
import { h5adSource } from './h5ad.ts';
import { openHdf5 } from './hdf5.node.ts';

/**
 * Opens an `.h5ad` file: `X`, or with `layer` one of its layers or `raw`.
 *
 * @throws FitError as {@link h5adSource}; `DataError`, `unreadable`, when the file is missing, truncated or no HDF5.
 */
export async function openH5ad(path: string, options: { readonly layer?: string } = {}): Promise<MatrixSource> {
  const { tree, close } = await openHdf5(path);
  try {
    return h5adSource(tree, options, close);
  } catch (error) {
    close();
    throw error;
  }
}
