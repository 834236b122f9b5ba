import type { InputFiles } from '../data/input-files.ts';
import { FitError } from '../errors.ts';
import { filterVariables, parseFilter } from '../formula/filter.ts';
import { type Formula, formulaVariables, parseFormula } from '../formula/parse.ts';
import { residualColumns } from '../formula/residual.ts';
import { withPresentNames } from '../options/former-names.ts';
import { readBulkTable } from './bulk-table.ts';
import { type InputOptions, totalsColumn, weightColumn } from './data-options.ts';
import { type Input, misplaced } from './input.ts';
import { readMatrix } from './matrix.ts';
import { readModelTable } from './model-table.ts';
import type { StackedFiles, StackingOptions } from './stacked-files.ts';

/**
 * Reads what a run needs of its files, and no other columns. Several paths are parts of one data set: their rows follow each
 * other.
 */
export async function readInput(
  data: string | readonly string[],
  given: InputOptions,
  files: InputFiles,
): Promise<Input> {
  const args = withPresentNames(given);
  const paths = typeof data === 'string' ? [data] : data;
  for (const path of paths) requireFile(path, files);
  if (paths.length === 1 && args.sampleColumn === undefined) return readOne(paths[0], args, files);
  if (args.obs !== undefined && !files.isMatrix(paths[0])) refuseSampleColumn(args);
  return (await readStack(paths, args, files)).input;
}

/** Reads files as parts of one data set, and says what it found of them. */
export async function readStack(
  paths: readonly string[],
  args: InputOptions,
  files: InputFiles,
  part?: StackingOptions['part'],
): Promise<{ readonly input: Input; readonly stack: StackedFiles }> {
  // Most runs are of one file.
  const { stackFiles } = await import('./stacked-files.ts');
  const stack = stackFiles(paths, files, { ...args, needed: columnsRead(args), part });
  const input = await readOne(stack.path, args, stack.files);
  return { input: { ...input, notes: [...stack.notes, ...input.notes] }, stack };
}

/** All columns that formula and options name, responses of a table among them. */
export function columnsRead(args: InputOptions): Set<string> {
  const formula = parseFormula(args.formula);
  return new Set([...neededColumns(formula, args), ...formulaVariables(formula)]);
}

/** @throws DataError for a path at which nothing is */
export function requireFile(path: string, files: InputFiles): void {
  if (files.exists(path)) return;
  throw new FitError('DataError', `${path}: no such file or folder`, {
    path,
    unreadable: true,
    remedy: 'Check the name and the folder you are in.',
  });
}

/** @throws OptionError for a column of files where these have a sample a column */
export function refuseSampleColumn({ sampleColumn }: Pick<InputOptions, 'sampleColumn'>): void {
  if (sampleColumn === undefined) return;
  throw new FitError('OptionError', '“sampleColumn” says which file a row is of, and these have a sample a column', {
    option: 'sampleColumn',
    remedy: 'Put the column into the table of samples, “obs”.',
  });
}

async function readOne(path: string, args: InputOptions, files: InputFiles): Promise<Input> {
  const formula = parseFormula(args.formula);
  const wanted = neededColumns(formula, args);
  const isMatrix = files.isMatrix(path);
  if (args.weights === 'voom' && (isMatrix || args.obs === undefined)) {
    throw new FitError(
      'OptionError',
      `“weights: voom” needs counts with responses in rows and “obs”; ${path} has not`,
      {
        option: 'weights',
        path,
        remedy: isMatrix
          ? 'It is for counts of samples: webgpu-lmm pseudobulk adds up the cells of each sample into a table, or fit the cells with “normalize”.'
          : 'Give the counts one gene a row, one sample a column, and the samples with “obs”.',
      },
    );
  }
  if (isMatrix) {
    misplaced(args, ['transform', 'zeroIsMissing'], path, 'tables');
    return readMatrix(path, formula, wanted, args, files);
  }
  misplaced(args, ['layer', 'modality', 'featureType', 'genome', 'prefix'], path);
  if (args.obs === undefined) misplaced(args, ['matchGenes', 'normalize', 'totals', 'minCounts'], path);
  if (args.obs !== undefined) return readBulkTable(path, args.obs, formula, wanted, args, files);
  return readModelTable(path, formula, wanted, args, files);
}

/** Columns that formula and options name. */
function neededColumns(formula: Formula, args: InputOptions): Set<string> {
  const wanted = new Set([...formulaVariables(formula, { rightOnly: true }), ...residualColumns(args)]);
  if (args.where !== undefined) for (const name of filterVariables(parseFilter(args.where))) wanted.add(name);
  for (const name of [args.splitBy, args.offset, args.trials, totalsColumn(args), weightColumn(args)]) {
    if (name !== undefined) wanted.add(name);
  }
  return wanted;
}
