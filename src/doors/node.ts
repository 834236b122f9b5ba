/** The Node entry: everything of the browser entry, and files. */

export { diskFiles } from '../data/input-files.node.ts';
export { openMatrix } from '../data/matrix/open.node.ts';
export { writeH5ad } from '../data/matrix/write-h5ad.node.ts';
export { writeTenx } from '../data/matrix/write-tenx.node.ts';
export { readBulk, readObsTable, readTable } from '../data/table/file.node.ts';
export { readFit, writeFit } from '../fit/saved-fit.node.ts';
export { readMoments, writeMoments } from '../moments/file.node.ts';
export { writeOutput } from '../result/output.node.ts';
export { parseOutput } from '../result/output-target.ts';
export * from './index.ts';
