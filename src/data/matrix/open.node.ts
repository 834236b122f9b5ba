import { FitError } from '../../errors.ts';
import type { MatrixSource } from '../../types/responses.ts';
import { MATRIX_FORMATS, type MatrixOptions, refuseLayer } from '../input-files.ts';
import { openHdf5 } from './hdf5.node.ts';
import { hdf5Source } from './hdf5-source.ts';
import { HDF5, isFolder, isZarrFolder, ZARR_ZIP } from './matrix-path.node.ts';
import { isTenxMatrix } from './tenx-folder.ts';

/**
 * Opens a cell x gene matrix in any of the formats, told apart by what is in them, and reads it in this thread, whatever the file
 * does to it. Close it when done.
 *
 * @throws FitError `OptionError` for an option that the format does not have, `DataError` for a file that cannot be read or
 *   is none of the formats.
 */
export async function openMatrixHere(path: string, options: MatrixOptions = {}): Promise<MatrixSource> {
  const folder = await isFolder(path);
  if (folder ? isZarrFolder(path) : ZARR_ZIP.test(path)) {
    const { openZarr } = await import('../zarr/zarr-files.node.ts');
    return openZarr(path, options);
  }
  if (folder || isTenxMatrix(path)) {
    refuseLayer(path, options);
    const { openTenx } = await import('./tenx.node.ts');
    return openTenx(path, options);
  }
  if (!HDF5.test(path)) {
    throw new FitError('DataError', `${path} is no cell x gene matrix`, {
      path,
      remedy: `a matrix is ${MATRIX_FORMATS}`,
    });
  }
  const { tree, close } = await openHdf5(path);
  return await hdf5Source(tree, options, close);
}
