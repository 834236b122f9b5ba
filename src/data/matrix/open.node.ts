import { statSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { FitError } from '../../errors.ts';
import type { MatrixSource } from '../../types/responses.ts';
import { conversionAdvice } from '../foreign-formats.ts';
import { MATRIX_FORMATS, type MatrixOptions } from '../input-files.ts';
import { unreadable } from '../table/bytes.node.ts';
import { openHdf5 } from './hdf5.node.ts';
import { hdf5Source, refuseLayer } from './hdf5-source.ts';
import { openTenx } from './tenx.node.ts';
import { isTenxMatrix } from './tenx-folder.ts';

export { MATRIX_FORMATS, type MatrixOptions } from '../input-files.ts';

const HDF5 = /\.(h5ad|h5|hdf5)$/i;

/** True when a path names a matrix by its extension, or is a folder; the file is not opened. */
export function isMatrixPath(path: string): boolean {
  if (conversionAdvice(path) !== undefined && !isTenxMatrix(path)) return false;
  if (HDF5.test(path) || isTenxMatrix(path)) return true;
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

/** Whether a path is an HDF5 file by its name. */
export async function isHdf5File(path: string): Promise<boolean> {
  return HDF5.test(path) && !(await isFolder(path));
}

/**
 * Opens a cell x gene matrix in any of the formats, told apart by what is in them, and reads it in this thread, whatever the file
 * does to it. Close it when done.
 *
 * @throws FitError `OptionError` for an option that the format does not have, `DataError` for a file that cannot be read or
 *   is none of the formats.
 */
export async function openMatrixHere(path: string, options: MatrixOptions = {}): Promise<MatrixSource> {
  const folder = await isFolder(path);
  if (folder || isTenxMatrix(path)) {
    refuseLayer(path, options);
    return openTenx(path, options);
  }
  if (!HDF5.test(path)) {
    throw new FitError('DataError', `${path} is no cell x gene matrix`, {
      path,
      remedy: `a matrix is ${MATRIX_FORMATS}`,
    });
  }
  const { tree, close } = await openHdf5(path);
  return hdf5Source(tree, options, close);
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (error) {
    throw unreadable(path, error);
  }
}
