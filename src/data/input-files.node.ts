import { existsSync } from 'node:fs';
import type { InputFiles } from './input-files.ts';
import { isMatrixPath, openMatrix } from './matrix/open.node.ts';
import { readBulk, readNameList, readObsTable, readTable, tableColumns } from './table/file.node.ts';

/** The files of the disk. */
export const diskFiles: InputFiles = {
  exists: (path) => existsSync(path),
  isMatrix: isMatrixPath,
  openMatrix,
  readTable,
  readObsTable,
  tableColumns,
  readBulk,
  readNameList,
};
