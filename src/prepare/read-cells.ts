import type { InputFiles } from '../data/input-files.ts';
import { FitError } from '../errors.ts';
import { parseFormula } from '../formula/parse.ts';
import { readBulkTable } from './bulk-table.ts';
import type { InputOptions } from './data-options.ts';
import type { Input } from './input.ts';
import { readMatrix } from './matrix.ts';
import { refuseSampleColumn, requireFile } from './read-input.ts';

/** Columns of an annotation that are read at most, beside those that are named. */
const MOST_COLUMNS = 200;

/**
 * Reads a matrix of cells (or a table of responses x cells, or several of one kind) with all columns of its annotation, for what
 * does not say which it needs.
 *
 * Rejects with OptionError for a table that has no annotation, else as `readInput`.
 */
export async function readCells(
  data: string | readonly string[],
  options: Omit<InputOptions, 'formula'>,
  named: readonly string[],
  files: InputFiles,
): Promise<Input> {
  const paths = typeof data === 'string' ? [data] : data;
  for (const path of paths) requireFile(path, files);
  if (paths.length === 1 && options.sampleColumn === undefined) return readOne(paths[0], options, named, files);
  if (!files.isMatrix(paths[0])) refuseSampleColumn(options);
  const { stackFiles } = await import('./stacked-files.ts');
  const stack = stackFiles(paths, files, { ...options, needed: new Set(named) });
  const input = await readOne(stack.path, options, named, stack.files);
  return { ...input, notes: [...stack.notes, ...input.notes] };
}

async function readOne(
  path: string,
  options: Omit<InputOptions, 'formula'>,
  named: readonly string[],
  files: InputFiles,
): Promise<Input> {
  const formula = parseFormula('~ 1');
  const args = { ...options, formula: formula.source };
  const isMatrix = files.isMatrix(path);
  if (!isMatrix && options.obs === undefined) {
    throw new FitError('OptionError', `${path} is a table, and cells are read from a matrix`, {
      option: 'obs',
      path,
      remedy: 'For a table of genes x cells give the annotation of the cells with “obs: FILE”.',
    });
  }
  const names =
    options.obs === undefined ? await columnsInside(path, options, files) : await files.tableColumns(options.obs);
  const wanted = new Set([...names.slice(0, MOST_COLUMNS), ...names.filter((name) => named.includes(name))]);
  return isMatrix
    ? readMatrix(path, formula, wanted, args, files)
    : readBulkTable(path, options.obs ?? '', formula, wanted, args, files);
}

async function columnsInside(
  path: string,
  { layer, modality, featureType, genome, prefix }: Omit<InputOptions, 'formula'>,
  files: InputFiles,
): Promise<readonly string[]> {
  const given = Object.entries({ layer, modality, featureType, genome, prefix }).filter(
    ([, value]) => value !== undefined,
  );
  const source = await files.openMatrix(path, Object.fromEntries(given));
  try {
    return source.obsColumns;
  } finally {
    await source.close();
  }
}
