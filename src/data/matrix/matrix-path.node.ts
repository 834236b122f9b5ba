/** What kind of matrix a path names, without opening it. */
import { existsSync, statSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { conversionAdvice } from '../foreign-formats.ts';
import { unreadable } from '../table/bytes.node.ts';
import { isTenxMatrix } from './tenx-folder.ts';

export const HDF5 = /\.(h5ad|h5mu|h5|hdf5)$/i;
export const ZARR_ZIP = /\.zip$/i;

/** True when a path names a matrix by its extension, or is a folder; the file is not opened. */
export function isMatrixPath(path: string): boolean {
  if (conversionAdvice(path) !== undefined && !isTenxMatrix(path)) return false;
  if (HDF5.test(path) || ZARR_ZIP.test(path) || isTenxMatrix(path)) return true;
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

/** Whether a path is an HDF5 file by its name, or a zarr store. */
export async function isHdf5OrZarr(path: string): Promise<boolean> {
  return (await isFolder(path)) ? isZarrFolder(path) : HDF5.test(path) || ZARR_ZIP.test(path);
}

/** A folder is a store by its name, or by what is in it: 10x folders have neither. */
export function isZarrFolder(path: string): boolean {
  return /\.zarr[/\\]*$/i.test(path) || ['zarr.json', '.zgroup'].some((name) => existsSync(join(path, name)));
}

export async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (error) {
    throw unreadable(path, error);
  }
}
