import { type MatrixOptions, refuseFeatureType } from '../input-files.ts';
import { annotatedSource, isAnnotated } from '../matrix/annotated.ts';
import type { StoredMatrixSource } from '../matrix/stored-matrix.ts';
import type { ZarrFiles } from './zarr-files.ts';
import { ZarrTree } from './zarr-tree.ts';

/**
 * The cell x gene matrix in a zarr store, of AnnData or MuData. When there is none the files are closed.
 *
 * @throws FitError `OptionError` for an option that it does not have, `DataError` for a store that is none of them
 */
export async function zarrSource(files: ZarrFiles, path: string, options: MatrixOptions): Promise<StoredMatrixSource> {
  const close = () => files.close();
  try {
    const tree = await ZarrTree.open(files, path, options);
    refuseFeatureType(path, options);
    if (await isAnnotated(tree)) return await annotatedSource(tree, options, close);
    throw tree.corrupt(
      `${path} is zarr, but neither an AnnData nor a MuData (it has: ${(await files.folders('')).join(', ')})`,
      'write it in Python: adata.write_zarr(path)',
    );
  } catch (error) {
    await close();
    throw error;
  }
}
