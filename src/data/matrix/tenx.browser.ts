import { FitError } from '../../errors.ts';
import type { MatrixSource } from '../../types/responses.ts';
import type { MatrixOptions } from '../input-files.ts';
import { blobBytes, collectBytes } from '../table/gunzip.ts';
import { parseBarcodes, parseFeatures } from './features.ts';
import { tenxSource } from './tenx.ts';
import { isTenxMatrix, tenxNames } from './tenx-folder.ts';

/**
 * Opens a 10x folder among files that a browser was handed. `path` is the folder or the matrix in it; names of files may
 * begin with their folder and a slash.
 *
 * @throws FitError `DataError`, `unreadable` when a file is missing or broken, without it for repeated barcodes
 */
export async function openTenxBlobs(
  path: string,
  files: ReadonlyMap<string, Blob>,
  options: Pick<MatrixOptions, 'featureType' | 'prefix'> = {},
): Promise<MatrixSource> {
  const slash = path.lastIndexOf('/') + 1;
  const folder = isTenxMatrix(path) ? path.slice(0, slash) : `${path.replace(/\/$/, '')}/`;
  const own = /matrix\.mtx(\.gz)?$/.test(path) ? path.slice(slash).replace(/matrix\.mtx(\.gz)?$/, '') : undefined;
  const prefix = options.prefix ?? own;
  const present = new Set(
    [...files.keys()].filter((name) => name.startsWith(folder)).map((name) => name.slice(folder.length)),
  );
  const names = tenxNames(folder === '' ? 'the files given' : folder.slice(0, -1), prefix, present);
  const [matrixPath, featuresPath, barcodesPath] = [names.matrix, names.features, names.barcodes].map(
    (name) => folder + name,
  );
  const blob = (name: string): Blob => {
    const found = files.get(name);
    if (found) return found;
    throw new FitError('DataError', `no file ${name}`, { path: name, unreadable: true });
  };
  const text = async (name: string): Promise<string> =>
    new TextDecoder().decode(await collectBytes(blobBytes(blob(name), name)));
  return tenxSource(
    {
      path,
      matrixPath,
      featuresPath,
      barcodesPath,
      features: parseFeatures(await text(featuresPath), featuresPath),
      barcodes: parseBarcodes(await text(barcodesPath)),
      cellsByGenes: names.cellsByGenes,
      matrix: () => blobBytes(blob(matrixPath), matrixPath),
    },
    options,
  );
}
