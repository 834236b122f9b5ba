import { FitError } from '../errors.ts';
import type { MatrixSource } from '../types/responses.ts';
import type { Table } from '../types/table.ts';
import type { BulkTable } from './table/bulk.ts';
import type { BulkOptions } from './table/bulk-parser.ts';
import type { TextOptions } from './table/number-text.ts';

/** What a matrix can be read from, for messages and help. */
export const MATRIX_FORMATS =
  ".h5ad, .h5mu, .zarr, CellRanger's .h5, or a 10x folder (matrix.mtx, features.tsv, barcodes.tsv; plain or .gz)";

/** Which matrix of a file or folder is meant. */
export interface MatrixOptions {
  /** A layer of AnnData, or `raw`. */
  readonly layer?: string;
  /** Modality of MuData that holds several. */
  readonly modality?: string;
  /** Feature type of a 10x folder or a CellRanger file. */
  readonly featureType?: string;
  /** Genome of a CellRanger file that holds several. */
  readonly genome?: string;
  /** What precedes the names of the three files of a 10x folder, where it holds several sets. */
  readonly prefix?: string;
}

/** The files of a run and how they are read: those of a disk, by path, or those that a browser was handed, by name. */
export interface InputFiles {
  /** Whether there is a file or folder of that path. */
  exists(path: string): boolean;
  /** True when a path names a cell x gene matrix, by its extension or as a folder; nothing is opened. */
  isMatrix(path: string): boolean;
  /** A cell x gene matrix, to be read in blocks; the caller closes it. */
  openMatrix(path: string, options?: MatrixOptions): Promise<MatrixSource>;
  /** Only the columns asked for; all of them without `columns`. */
  readTable(path: string, options?: { readonly columns?: readonly string[] } & TextOptions): Promise<Table>;
  /** The annotation of cells or samples: texts of its first column in `rowNames`. */
  readObsTable(path: string, columns?: readonly string[], text?: TextOptions): Promise<Table>;
  /** Names of the columns of a table, without reading its rows. */
  tableColumns(path: string): Promise<string[]>;
  /** A table in the bulk layout: one response a row, one sample a column. */
  readBulk(path: string, options?: BulkOptions): Promise<BulkTable>;
  /** Names that a file lists, one a line. */
  readNameList(path: string): Promise<string[]>;
}

/** Layers and modalities are AnnData's and MuData's alone. @throws FitError OptionError when one is asked for elsewhere */
export function refuseLayer(path: string, { layer, modality }: MatrixOptions): void {
  if (layer !== undefined) throw misplaced('layer', layer, path, 'only .h5ad, .h5mu and .zarr have layers');
  if (modality !== undefined) throw misplaced('modality', modality, path, 'only .h5mu files have modalities');
}

/** Feature types are 10x's alone. @throws FitError OptionError when one is asked for elsewhere */
export function refuseFeatureType(path: string, { featureType }: MatrixOptions): void {
  if (featureType === undefined) return;
  const remedy = 'only 10x folders and CellRanger files have feature types; subset an .h5ad file where it is made';
  throw misplaced('feature-type', featureType, path, remedy);
}

function misplaced(option: string, value: string, path: string, remedy: string): FitError {
  return new FitError('OptionError', `“${option}: ${value}” has no meaning for ${path}`, { path, option, remedy });
}
