import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { MatrixSource } from '../../types/responses.ts';
import type { MatrixOptions } from '../input-files.ts';
import { readBytes, unreadable } from '../table/bytes.node.ts';
import { parseBarcodes, parseFeatures } from './features.ts';
import { tenxSource } from './tenx.ts';
import { isTenxMatrix, tenxNames } from './tenx-folder.ts';

/**
 * Opens a 10x folder: `matrix.mtx[.gz]`, `features.tsv|genes.tsv[.gz]`, `barcodes.tsv[.gz]`, as CellRanger 2 and later
 * write them. A path to the matrix itself stands for its folder; what precedes `matrix.mtx` in its name is expected before
 * the other names too. `featureType` picks among several feature types, `Gene Expression` by default.
 *
 * @throws FitError `DataError`, `unreadable` when a file is missing or broken, without it for repeated barcodes.
 */
export async function openTenx(
  path: string,
  options: Pick<MatrixOptions, 'featureType' | 'prefix'> = {},
): Promise<MatrixSource> {
  let folder = path;
  let { prefix } = options;
  let matrix: string | undefined;
  if (isTenxMatrix(path) && !(await isFolder(path))) {
    folder = dirname(path);
    matrix = path;
    if (/matrix\.mtx(\.gz)?$/.test(path)) prefix = basename(path).replace(/matrix\.mtx(\.gz)?$/, '');
  }
  const present = new Set(await listFolder(folder));
  const names = tenxNames(folder, prefix, present);
  const matrixPath = matrix ?? join(folder, names.matrix);
  const featuresPath = join(folder, names.features);
  const barcodesPath = join(folder, names.barcodes);
  return tenxSource(
    {
      path,
      matrixPath,
      featuresPath,
      barcodesPath,
      features: parseFeatures(await readText(featuresPath), featuresPath),
      barcodes: parseBarcodes(await readText(barcodesPath)),
      cellsByGenes: names.cellsByGenes,
      matrix: () => readBytes(matrixPath),
    },
    options,
  );
}

/** A whole text file (UTF-8), unpacked when it is gzip. */
async function readText(path: string): Promise<string> {
  const decoder = new TextDecoder('utf-8');
  const parts: string[] = [];
  for await (const chunk of readBytes(path)) parts.push(decoder.decode(chunk, { stream: true }));
  parts.push(decoder.decode());
  return parts.join('');
}

async function listFolder(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    throw unreadable(folder, error);
  }
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (error) {
    throw unreadable(path, error);
  }
}
