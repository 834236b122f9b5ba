/** The design of a data set in files, from their annotation alone: what each of them needs to be processed by itself. */
import type { InputFiles } from '../data/input-files.ts';
import { FitError } from '../errors.ts';
import { parseFormula } from '../formula/parse.ts';
import { designRecipe } from '../formula/recipe.ts';
import { callsFunction } from '../formula/syntax.ts';
import { streamsFamily } from '../moments/family-stream.ts';
import type { DesignSplit, WholeDesign } from '../moments/parts/part.ts';
import { designDigest } from '../moments/parts/part-file.ts';
import { SparseMoments } from '../moments/sparse.ts';
import { entryOf, OPTIONS, type OptionName } from '../options/entries.ts';
import { withPresentNames } from '../options/former-names.ts';
import { columnChecks } from './column-checks.ts';
import type { InputOptions } from './data-options.ts';
import { LIBRARY, withLibrary } from './family-responses.ts';
import type { Input } from './input.ts';
import { type DesignPart, runDesigns } from './prepare-moments.ts';
import { columnsRead, readStack } from './read-input.ts';
import { prepare, type Run } from './run.ts';
import type { StackedFiles } from './stacked-files.ts';

/**
 * Reads the annotation of all files (of tables what the model reads), never the values of a matrix.
 *
 * Rejects as `readInput` and `prepare` do, and with OptionError for models whose parts cannot be joined.
 */
export async function wholeDesign(
  paths: readonly string[],
  asked: InputOptions,
  files: InputFiles,
): Promise<WholeDesign> {
  const args = withPresentNames(asked);
  refuseUnjoinable(args);
  const { input: read, stack } = await readStack(paths, args, files);
  try {
    const run = await prepare(withoutCounts(read, args), args);
    if (run.responses.kind === 'dense' && args.obs !== undefined) {
      throw unjoinable('obs', 'of a table of responses by samples', 'Give all tables to one run: webgpu-lmm fit A B.');
    }
    return await designOf(run, args, paths, stack);
  } finally {
    await read.close();
  }
}

/** The offset that counts make is no part of a design: any will do. */
function withoutCounts(input: Input, { offset }: InputOptions): Input {
  const { table } = input;
  if (offset !== LIBRARY || table.columns.has(LIBRARY)) return input;
  return { ...input, table: withLibrary(table, new Float64Array(table.rows).fill(1)) };
}

async function designOf(
  run: Run,
  args: InputOptions,
  paths: readonly string[],
  stack: StackedFiles,
): Promise<WholeDesign> {
  const { responses, table } = run;
  const { parts: designs, notes } = runDesigns(run, args.formula);
  const kind = travelsAsSums(run, args) ? 'sums' : 'rows';
  const parts = kind === 'sums' ? designs : [];
  const select = run.select ?? Int32Array.from(responses.names.keys());
  const { genes } = responses;
  const fileOf = filesOfRows(run, stack);
  const rowsOf = paths.map((_, k) => Int32Array.from(fileOf.keys()).filter((row) => fileOf[row] === k));
  const matrix = responses.kind === 'matrix' ? responses : null;
  const design: Omit<WholeDesign, 'digest'> = {
    version: 1,
    ...{ kind, matrix: matrix !== null },
    formula: parseFormula(args.formula).source,
    options: shapingOptions(args, matrix === null ? responses.names : null),
    names: kind === 'rows' && !matrix ? [] : Array.from(select, (g) => responses.names[g]),
    ...(genes ? { genes: Array.from(select, (g) => genes[g]) } : {}),
    prefixed: args.obs !== undefined && ((await matrix?.samples?.prefixed?.()) ?? false),
    files: paths.map((path, k) => ({
      name: stack.samples[k],
      path,
      rows: rowsOf[k].length,
      used: parts.map(({ design: { rows } }) => rows.reduce((sum, row) => sum + (fileOf[row] === k ? 1 : 0), 0)),
      columns: columnChecks(table, columnsChecked(args, table.columns.keys()), rowsOf[k]),
    })),
    splits: parts.map(splitOf),
    notes: [...new Set([...run.notes, ...notes])],
  };
  return { ...design, digest: designDigest(design) };
}

/** Whether moments are sums over rows, for which a part needs to know no more than the design. */
function travelsAsSums({ responses, family, frame }: Run, { formula, residual, dispersion }: InputOptions): boolean {
  const { random, responses: left } = parseFormula(formula);
  const joinsRows =
    residual !== undefined || dispersion !== undefined || random.some(({ structure }) => structure !== undefined);
  if (joinsRows) return false;
  if (responses.kind === 'matrix') return !family || streamsFamily(family);
  // Each response of a table on the rows that it has; what a left side learns, it learns of all rows.
  const trained = left.some(({ expression }) => LEARNING.some((name) => callsFunction(expression, name)));
  return !family && !trained && (frame.complete !== undefined || !responses.values.some(Number.isNaN));
}

/** Functions that learn from all rows. */
const LEARNING = ['scale', 'poly', 'ns', 'bs', 'cut', 'factor', 'within', 'between'];

function splitOf({ split, design }: DesignPart): DesignSplit {
  const recipe = designRecipe(design);
  if (!recipe) throw new RangeError('a design without its recipe');
  const { terms } = new SparseMoments(design).moments;
  return { split, recipe, transforms: terms.map(({ transform }) => [...transform]), notes: design.notes };
}

/** Columns that the model reads, without the responses of a table and what is made of counts. */
function columnsChecked(args: InputOptions, there: Iterable<string>): string[] {
  const read = columnsRead(args);
  return [...there].filter((name) => read.has(name) && name !== args.sampleColumn && name !== LIBRARY).sort();
}

/** The file of each row of the table. */
function filesOfRows({ responses, matrixRows, table }: Run, { rows }: StackedFiles): Int32Array {
  if (responses.kind === 'matrix' && responses.samples && matrixRows) {
    const { of } = responses.samples;
    return matrixRows.map((row) => of[row]);
  }
  const files = new Int32Array(table.rows);
  let from = 0;
  rows.forEach((count, k) => {
    files.fill(k, from, from + count);
    from += count;
  });
  return files;
}

/** Options that shape moments, but for those that say where things lie; `responses` are those of a table. */
function shapingOptions(args: InputOptions, responses: readonly string[] | null): Record<string, unknown> {
  const elsewhere: readonly string[] = ['obs', 'matchGenes', 'responses'];
  const given = Object.entries(args).filter(([name, value]) => {
    if (value === undefined || elsewhere.includes(name)) return false;
    return name in OPTIONS && entryOf(name as OptionName).shapes === true;
  });
  const named = responses && args.responses !== undefined ? { responses: responses.map(csvField).join() } : {};
  return { ...Object.fromEntries(given), ...named };
}

function csvField(text: string): string {
  return `"${text.replaceAll('"', '""')}"`;
}

/** @throws OptionError for models whose moments are not sums over rows, and for rows that only their counts choose */
function refuseUnjoinable(args: InputOptions): void {
  const run = 'Give all files to one run: webgpu-lmm fit A B.';
  const { weights, weightsFile, minCounts = 0, totals } = args;
  if (weights === 'voom') throw unjoinable('weights', 'with voom, whose trend is that of all samples,', run);
  if (weightsFile) throw unjoinable('weights', 'with weights by response', run);
  if (minCounts > 0) {
    throw unjoinable(
      'minCounts',
      'of rows that are chosen by their counts',
      'Keep them with “where” by a column of the annotation that holds the counts.',
    );
  }
  if (totals !== undefined && typeof totals !== 'string')
    throw unjoinable('totals', 'with totals by row', 'Name a column.');
}

function unjoinable(option: string, what: string, remedy: string): FitError {
  return new FitError('OptionError', `moments ${what} cannot be joined from parts`, { option, remedy });
}
