import { FitError } from '../../errors.ts';

const MATRIX = ['matrix.mtx.gz', 'matrix.mtx'];
const FEATURES = ['features.tsv.gz', 'features.tsv', 'genes.tsv.gz', 'genes.tsv'];
const BARCODES = ['barcodes.tsv.gz', 'barcodes.tsv'];

/** True for the name of the matrix of a 10x folder, also with a prefix (`GSM1_matrix.mtx.gz`). */
export function isTenxMatrix(path: string): boolean {
  return /matrix\.mtx(\.gz)?$/.test(path);
}

/**
 * The names of the three files in a folder that holds the files `present`; `prefix` precedes each.
 *
 * @throws FitError `DataError`, `unreadable` when one is missing
 */
export function tenxNames(
  folder: string,
  prefix: string,
  present: ReadonlySet<string>,
): { readonly matrix: string; readonly features: string; readonly barcodes: string } {
  const find = (names: readonly string[]): string => {
    const name = names.find((candidate) => present.has(prefix + candidate));
    if (name !== undefined) return prefix + name;
    const nested = [...present].filter((entry) => /^(filtered|raw)_(feature|gene)_bc_matri/.test(entry)).sort();
    throw new FitError('DataError', `${folder} has no ${prefix}${names[names.length - 1]}`, {
      path: folder,
      unreadable: true,
      remedy:
        nested.length > 0
          ? `give the folder of the matrix inside it, such as ${folder}/${nested[0]}`
          : `a 10x folder holds matrix.mtx, features.tsv (or genes.tsv) and barcodes.tsv, each plain or .gz`,
    });
  };
  return { matrix: find(MATRIX), features: find(FEATURES), barcodes: find(BARCODES) };
}
