/**
 * The Node entry: everything of the browser entry, and files.
 *
 * @module webgpu-lmm in Node
 */

export { writeH5ad } from '../data/matrix/write-h5ad.node.ts';
export { writeTenx } from '../data/matrix/write-tenx.node.ts';
export { readFit, writeFit } from '../fit/saved-fit.node.ts';
export { readMoments, readPart, writeMoments, writePart } from '../moments/file.node.ts';
export { diskFiles } from '../reading/input-files.node.ts';
export { openMatrix } from '../reading/matrices.node.ts';
export { readBulk, readObsTable, readTable } from '../reading/tables.node.ts';
export { writeOutput } from '../result/output.node.ts';
export { parseOutput } from '../result/output-target.ts';
export * from './index.ts';
