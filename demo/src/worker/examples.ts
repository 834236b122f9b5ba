/** The data sets that come with the page. */

import { simulateCells } from 'webgpu-lmm';
import { SIMULATED_CELLS } from '../protocol/examples.ts';
import type { NamedFile } from '../protocol/named-files.ts';
import { type DataSet, memoryDataSet, openDataSet } from './data-set.ts';
import { memoryMatrix } from './memory-matrix.ts';

/** @param files what the page fetched for the example; none for one that is simulated */
export async function openExample(id: string, files: readonly NamedFile[]): Promise<DataSet> {
  if (id === 'cells') return memoryDataSet(memoryMatrix(simulateCells(SIMULATED_CELLS), 'example.h5ad'));
  return openDataSet(files, null);
}
