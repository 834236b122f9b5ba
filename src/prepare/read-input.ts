import type { InputFiles } from '../data/input-files.ts';
import { FitError } from '../errors.ts';
import { filterVariables, parseFilter } from '../formula/filter.ts';
import { type Formula, formulaVariables, parseFormula } from '../formula/parse.ts';
import { residualColumns } from '../formula/residual.ts';
import { readBulkTable } from './bulk-table.ts';
import { type InputOptions, totalsColumn, weightColumn } from './data-options.ts';
import { type Input, misplaced } from './input.ts';
import { readMatrix } from './matrix.ts';
import { readModelTable } from './model-table.ts';

/** Reads what a run needs of its files, and no other columns. */
export async function readInput(path: string, args: InputOptions, files: InputFiles): Promise<Input> {
  const formula = parseFormula(args.formula);
  const wanted = neededColumns(formula, args);
  if (!files.exists(path)) {
    throw new FitError('DataError', `${path}: no such file or folder`, {
      path,
      unreadable: true,
      remedy: 'Check the name and the folder you are in.',
    });
  }
  const isMatrix = files.isMatrix(path);
  if (args.weights === 'voom' && (isMatrix || args.obs === undefined)) {
    throw new FitError(
      'OptionError',
      `“weights: voom” needs counts with responses in rows and “obs”; ${path} has not`,
      {
        option: 'weights',
        path,
        remedy: isMatrix
          ? 'It is for counts of samples: webgpu-lmm pseudobulk adds up the cells of each sample into a table, or fit the cells with “normalisation”.'
          : 'Give the counts one gene a row, one sample a column, and the samples with “obs”.',
      },
    );
  }
  if (isMatrix) {
    misplaced(args, ['transform', 'zeroIsMissing'], path, 'tables');
    return readMatrix(path, formula, wanted, args, files);
  }
  misplaced(args, ['layer', 'featureType', 'genome', 'prefix'], path);
  if (args.obs === undefined) misplaced(args, ['normalisation', 'totals', 'minCounts'], path);
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
