import { existsSync } from 'node:fs';
import type { InputFiles } from '../data/input-files.ts';
import { isMatrixPath } from '../data/matrix/matrix-path.node.ts';
import { STANDARD_INPUT } from '../options/option.ts';
import { openMatrix } from './matrices.node.ts';
import { readBulk, readNameList, readObsTable, readTable, tableColumns } from './tables.node.ts';

/** The files of the disk. */
export const diskFiles: InputFiles = {
  exists: (path) => path === STANDARD_INPUT || existsSync(path),
  isMatrix: isMatrixPath,
  openMatrix,
  readTable,
  readObsTable,
  tableColumns,
  readBulk,
  readNameList,
};
