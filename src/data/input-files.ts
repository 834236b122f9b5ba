import type { MatrixSource } from '../types/responses.ts';
import type { Table } from '../types/table.ts';
import type { BulkTable } from './table/bulk.ts';
import type { BulkOptions } from './table/bulk-parser.ts';
import type { TextOptions } from './table/number-text.ts';

/** What a matrix can be read from, for messages and help. */
export const MATRIX_FORMATS =
  ".h5ad, CellRanger's .h5, or a 10x folder (matrix.mtx, features.tsv, barcodes.tsv; plain or .gz)";

/** Which matrix of a file or folder is meant. */
export interface MatrixOptions {
  /** A layer of an `.h5ad` file, or `raw`. */
  readonly layer?: string;
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
