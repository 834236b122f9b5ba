import { statSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { FitError } from '../../errors.ts';
import type { MatrixSource } from '../../types.ts';
import { unreadable } from '../table/bytes.node.ts';
import { cellRangerGroup, cellRangerSource } from './cellranger-h5.ts';
import { h5adSource } from './h5ad.ts';
import { openHdf5 } from './hdf5.node.ts';
import { isTenxMatrix, openTenx } from './tenx.node.ts';

/** What a matrix can be read from, for messages and help. */
export const MATRIX_FORMATS =
  ".h5ad, CellRanger's .h5, or a 10x folder (matrix.mtx, features.tsv, barcodes.tsv; plain or .gz)";

export interface MatrixOptions {
  /** A layer of an `.h5ad` file, or `raw`. */
  readonly layer?: string;
  /** Feature type of a 10x folder or a CellRanger file. */
  readonly featureType?: string;
}

/** True when a path names a matrix by its extension, or is a folder; the file is not opened. */
export function isMatrixPath(path: string): boolean {
  if (/\.(h5ad|h5|hdf5)$/i.test(path) || isTenxMatrix(path)) return true;
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

/**
 * Opens a cell x gene matrix in any of the formats, told apart by what is in them. Close it when done.
 *
 * @throws FitError `OptionError` for an option that the format does not have, `DataError` for a file that cannot be read or
 *   is none of the formats.
 */
export async function openMatrix(path: string, options: MatrixOptions = {}): Promise<MatrixSource> {
  const folder = await isFolder(path);
  if (folder || isTenxMatrix(path)) {
    if (options.layer !== undefined) throw misplaced('layer', options.layer, path, 'only .h5ad files have layers');
    return openTenx(path, options);
  }
  if (!/\.(h5ad|h5|hdf5)$/i.test(path)) {
    throw new FitError('DataError', `${path} is no cell x gene matrix`, {
      path,
      remedy: `a matrix is ${MATRIX_FORMATS}`,
    });
  }
  const { tree, close } = await openHdf5(path);
  try {
    if (tree.find('obs') !== undefined) {
      if (options.featureType !== undefined) {
        const remedy =
          'only 10x folders and CellRanger files have feature types; subset an .h5ad file where it is made';
        throw misplaced('feature-type', options.featureType, path, remedy);
      }
      return h5adSource(tree, options, close);
    }
    if (cellRangerGroup(tree) !== undefined) {
      if (options.layer !== undefined) throw misplaced('layer', options.layer, path, 'only .h5ad files have layers');
      return cellRangerSource(tree, options, close);
    }
    throw tree.corrupt(
      `${path} is HDF5, but neither an AnnData nor a CellRanger matrix (it has: ${tree.keys(tree.root).join(', ')})`,
      `a matrix is ${MATRIX_FORMATS}`,
    );
  } catch (error) {
    close();
    throw error;
  }
}

function misplaced(option: string, value: string, path: string, remedy: string): FitError {
  return new FitError('OptionError', `--${option} '${value}' has no meaning for ${path}`, { path, option, remedy });
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (error) {
    throw unreadable(path, error);
  }
}
