import type { InputFiles } from './data/input-files.ts';
import { type CountedRows, rowTotals, withMinCounts } from './data/min-counts.ts';
import { applyColumnOptions, type ColumnOptions } from './data/table/column-options.ts';
import { joinObs, rowIdentifiers } from './data/table/join.ts';
import { matchBulk } from './data/table/match-bulk.ts';
import { parseCommaNumber, parseNumberText, type TextOptions } from './data/table/number-text.ts';
import { selectResponses } from './data/table/response-selection.ts';
import { columnTexts, selectRows, tableColumn } from './data/table/table-rows.ts';
import { mayNameSamples } from './design/roles.ts';
import { FitError, nearestName } from './errors.ts';
import { filterVariables, parseFilter } from './formula/filter.ts';
import { type Formula, formulaVariables, parseFormula } from './formula/parse.ts';
import { collectNames } from './formula/syntax.ts';
import { emptyRowsNote, type Normalisation, normalisationNote } from './moments/normalise.ts';
import { normaliseDense, valueFacts } from './moments/normalise-dense.ts';
import { tableResponses } from './moments/table-moments.ts';
import type { DenseResponses, FactorColumn, MatrixSource, Table } from './types.ts';

/** Which data a run takes: the options of the command line, and what they mean there. */
export interface InputOptions {
  readonly formula: string;
  /** Path of the annotation, where the data do not carry it. */
  readonly obs?: string | undefined;
  readonly weights?: string | undefined;
  /** True when `weights` is a file in the bulk layout, else it is a column. */
  readonly weightsFile?: boolean | undefined;
  readonly offset?: string | undefined;
  readonly totals?: string | undefined;
  readonly splitBy?: string | undefined;
  readonly where?: string | undefined;
  readonly responses?: string | undefined;
  readonly factor?: readonly string[] | undefined;
  readonly ordered?: readonly string[] | undefined;
  readonly normalisation?: Normalisation | undefined;
  readonly layer?: string | undefined;
  readonly featureType?: string | undefined;
  /** Genome of a CellRanger file with several; prefix of the files of a 10x folder with several sets. */
  readonly genome?: string | undefined;
  readonly prefix?: string | undefined;
  /** Precision weights by a trend, with library sizes as they are or scaled by trimmed means. */
  readonly voom?: 'none' | 'tmm' | undefined;
  /** Spelling of numbers and of missing values in text tables. */
  readonly decimal?: ',' | '.' | undefined;
  readonly naStrings?: readonly string[] | undefined;
  /** What becomes of the values of responses in memory: a zero is missing, then a logarithm is taken. */
  readonly zeroIsMissing?: boolean | undefined;
  readonly transform?: Transform | undefined;
  /** Leave out rows with fewer counts over all responses. */
  readonly minCounts?: number | undefined;
}

export const TRANSFORMS = ['none', 'log2', 'log', 'log10', 'log1p', 'sqrt'] as const;
export type Transform = (typeof TRANSFORMS)[number];

/** Data of a run: the model frame and the responses beside it. */
export interface Input {
  readonly formula: Formula;
  readonly table: Table;
  readonly responses: DenseResponses | MatrixSource;
  /** Row of the matrix of each row of the table; null for dense responses. */
  readonly matrixRows: Int32Array | null;
  /** Responses wanted, for a matrix and for counts (other dense ones are selected already); null for all. */
  readonly select: Int32Array | null;
  readonly notes: readonly string[];
  close(): Promise<void>;
}

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
  if (args.voom !== undefined && (isMatrix || args.obs === undefined)) {
    throw new FitError('OptionError', `--weights voom needs counts with responses in rows and --obs; ${path} has not`, {
      option: 'weights',
      path,
      remedy: isMatrix
        ? 'It is for bulk or pseudobulk counts: sum the cells of each sample first, or fit the cells with --normalize.'
        : 'Give the counts one gene a row, one sample a column, and the samples with --obs.',
    });
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
  const wanted = new Set(formulaVariables(formula, { rightOnly: true }));
  if (args.where !== undefined) for (const name of filterVariables(parseFilter(args.where))) wanted.add(name);
  for (const name of [args.splitBy, args.offset, args.totals, args.weightsFile ? undefined : args.weights]) {
    if (name !== undefined) wanted.add(name);
  }
  return wanted;
}

/** Columns whose names are looked at for samples, and those read for it at most. */
const LOOKED_AT = 200;
const MOST_SAMPLE_COLUMNS = 8;

/** Of the columns wanted those that exist; the others are reported where they are used, with their place in the formula. */
function present(wanted: ReadonlySet<string>, available: readonly string[], args: InputOptions): string[] {
  const options = [...(args.factor ?? []), ...(args.ordered ?? [])];
  // Columns that may name the samples tell whether the rows of the model are replicates (`design/replicates.ts`).
  const samples = new Set(available.slice(0, LOOKED_AT).filter(mayNameSamples).slice(0, MOST_SAMPLE_COLUMNS));
  return available.filter(
    (name) =>
      wanted.has(name) || samples.has(name) || options.some((spec) => spec === name || spec.startsWith(`${name}=`)),
  );
}

async function readModelTable(
  path: string,
  formula: Formula,
  wanted: Set<string>,
  args: InputOptions,
  files: InputFiles,
): Promise<Input> {
  const names = await files.tableColumns(path);
  let columns: string[] = [];
  if (formula.responses.length === 0) {
    if (args.responses === undefined) {
      throw new FitError('FormulaError', `the formula '${args.formula}' names no response`, {
        source: args.formula,
        position: 1,
        remedy: 'Write the response before the ~ (cbind(y1, y2) for several), or name columns with --responses.',
      });
    }
    const spec = await responseSpec(args.responses, files);
    columns = Array.from(selectResponses(names, spec), (i) => names[i]);
    for (const name of columns) wanted.add(name);
  } else for (const name of formulaVariables(formula)) wanted.add(name);
  if (args.weightsFile) {
    throw new FitError('OptionError', `--weights ${args.weights}: a table of weights needs responses in rows`, {
      option: 'weights',
      remedy: 'Name a column of weights, or give the responses one a row and the model frame with --obs.',
    });
  }
  checkOptionColumns(names, args, path);
  const read = {
    ...(await files.readTable(path, {
      ...textOptions(args),
      columns: columnsOrFirst(present(wanted, names, args), names),
    })),
    columnNames: names,
  };
  const table = applyColumnOptions(read, columnOptions(args));
  let responses: DenseResponses;
  if (formula.responses.length > 0) {
    for (const { expression } of formula.responses) {
      const read = new Set<string>();
      collectNames(expression, read);
      for (const name of read) {
        const column = table.columns.get(name);
        if (column?.kind === 'factor') throw textResponse(name, column, path);
      }
    }
    responses = tableResponses(formula, table);
    if (args.responses !== undefined) {
      responses = selectDense(responses, selectResponses(responses.names, await responseSpec(args.responses, files)));
    }
  } else {
    const values = new Float64Array(columns.length * table.rows);
    columns.forEach((name, k) => {
      const column = tableColumn(table, name);
      if (column.kind === 'factor') {
        throw textResponse(name, column, path);
      }
      values.set(column.values, k * table.rows);
    });
    responses = { kind: 'dense', rows: table.rows, names: columns, values };
  }
  responses = transformed(responses, args, path);
  const notes = textNotes(read, new Set(formulaVariables(formula, { rightOnly: true })), args);
  return { formula, table, responses, matrixRows: null, select: null, notes, close: async () => {} };
}

async function readBulkTable(
  path: string,
  obsPath: string,
  formula: Formula,
  wanted: Set<string>,
  args: InputOptions,
  files: InputFiles,
): Promise<Input> {
  noLeftSide(formula, 'the rows of the table are the responses');
  const names = await files.tableColumns(obsPath);
  checkOptionColumns(names, args, obsPath);
  const read = await files.readObsTable(
    obsPath,
    columnsOrFirst(present(wanted, names, args), names),
    textOptions(args),
  );
  const byRow = { ...read, columnNames: names };
  const firstNames = await firstColumn(obsPath, names, files, args);
  const samples = new Set([...rowIdentifiers(byRow), ...firstNames]);
  const text = { ...textOptions(args), samples };
  const bulk = await files.readBulk(path, text);
  const weights = args.weightsFile && args.weights !== undefined ? await files.readBulk(args.weights, text) : undefined;
  const known = new Set(bulk.samples);
  const obs = namedRows(byRow, firstNames, (name) => known.has(name));
  const matched = matchBulk(bulk, rowIdentifiers(obs), weights, obsPath);
  const aligned = selectRows(obs, matched.rows);
  const table = applyColumnOptions(aligned, columnOptions(args));
  const { counts, notes } = await bulkCounts(matched.responses, table, args, path);
  let { responses } = counts;
  let select: Int32Array | null = null;
  if (args.responses !== undefined) {
    select = selectResponses(responses.names, await responseSpec(args.responses, files));
    // Library sizes and the trend of voom need all of them.
    if (args.voom === undefined) {
      responses = selectDense(responses, select);
      select = null;
    }
  }
  return {
    formula,
    table: counts.table,
    responses: transformed(responses, args, path),
    matrixRows: null,
    select,
    notes: [...matched.notes, ...notes],
    close: async () => {},
  };
}

function textOptions({ decimal, naStrings }: InputOptions): TextOptions {
  return { ...(decimal === undefined ? {} : { decimal }), ...(naStrings === undefined ? {} : { naStrings }) };
}

/** Texts of the first column that has a name: R's write.csv numbers the rows in front of it. */
async function firstColumn(
  path: string,
  names: readonly string[],
  files: InputFiles,
  args: InputOptions,
): Promise<readonly string[]> {
  const [first] = names;
  if (first === undefined) return [];
  const table = await files.readTable(path, { ...textOptions(args), columns: [first] });
  return columnTexts(tableColumn(table, first)).map((text) => text ?? '');
}

/** The annotation with its rows named by the first named column, where its row names match nothing and those do. */
function namedRows(obs: Table, first: readonly string[], matches: (name: string) => boolean): Table {
  if (rowIdentifiers(obs).some(matches) || !first.some(matches)) return obs;
  return { ...obs, rowNames: first };
}

/** Zeros as missing values, and a logarithm or root. */
function transformed(
  responses: DenseResponses,
  { zeroIsMissing, transform = 'none' }: InputOptions,
  path: string,
): DenseResponses {
  if (!zeroIsMissing && transform === 'none') return responses;
  const { rows, names } = responses;
  const take = {
    none: (y: number) => y,
    log2: Math.log2,
    log: Math.log,
    log10: Math.log10,
    log1p: Math.log1p,
    sqrt: Math.sqrt,
  }[transform];
  const values = responses.values.map((value, at) => {
    if (Number.isNaN(value) || (value === 0 && zeroIsMissing)) return Number.NaN;
    const taken = take(value);
    if (Number.isFinite(taken)) return taken;
    throw new FitError(
      'DataError',
      `${path}: '${names[Math.floor(at / rows)]}' holds ${value}, which has no ${transform}`,
      {
        path,
        option: 'transform',
        remedy: 'Add --zero-is-missing where a zero stands for nothing found, or use log1p.',
      },
    );
  });
  return { ...responses, values };
}

/** Counts of a bulk table: rows with too few left out, normalised where that is asked for, and what they look like. */
async function bulkCounts(
  given: DenseResponses,
  table: Table,
  args: InputOptions,
  path: string,
): Promise<{ counts: { table: Table; responses: DenseResponses }; notes: string[] }> {
  const notes: string[] = [];
  let counts: CountedRows & { responses: DenseResponses } = { table, responses: given, matrixRows: null };
  let totals = args.totals === undefined ? await rowTotals(given) : givenTotals(table, args.totals);
  const { minCounts = 0, normalisation = 'none' } = args;
  if (minCounts > 0) {
    const kept = await withMinCounts(counts, minCounts, totals);
    notes.push(...droppedRows(kept.dropped, table.rows, minCounts));
    counts = kept.input;
    totals = totals.filter((total) => total >= minCounts);
  }
  const facts = valueFacts(given);
  const warnings = [
    // voom takes counts as they are.
    args.voom === undefined ? normalisationNote(facts, normalisation) : null,
    emptyRowsNote(facts, totals.filter((total) => total === 0).length, totals.length),
  ];
  notes.push(...warnings.filter((note) => note !== null));
  const responses = normaliseDense(counts.responses, normalisation, totals, path);
  return { counts: { table: counts.table, responses }, notes };
}

/** The note on rows that `--min-counts` left out. */
export function droppedRows(dropped: number, rows: number, least: number): string[] {
  return dropped === 0 ? [] : [`left out ${dropped} of ${rows} rows with fewer than ${least} counts`];
}

/**
 * Totals of `--totals` by row of the table.
 *
 * @throws OptionError for a column that is not numeric, DataError for totals that are not above zero
 */
export function givenTotals(table: Table, name: string): Float64Array {
  const column = tableColumn(table, name);
  if (column.kind !== 'numeric') {
    throw new FitError('OptionError', `--totals ${name}: the column is not numeric`, { option: 'totals' });
  }
  column.values.forEach((total, i) => {
    if (total > 0) return;
    throw new FitError('DataError', `--totals ${name}: the total of row ${i + 1} is ${total}`, {
      option: 'totals',
      remedy: 'Totals are above zero.',
    });
  });
  return column.values;
}

async function readMatrix(
  path: string,
  formula: Formula,
  wanted: Set<string>,
  args: InputOptions,
  files: InputFiles,
): Promise<Input> {
  noLeftSide(formula, 'the genes of the matrix are the responses');
  if (args.weightsFile) {
    throw new FitError('OptionError', `--weights ${args.weights}: weights by gene and cell need a table of responses`, {
      option: 'weights',
      remedy: 'For a matrix name a column of the annotation.',
    });
  }
  const source = await files.openMatrix(path, {
    ...(args.layer === undefined ? {} : { layer: args.layer }),
    ...(args.featureType === undefined ? {} : { featureType: args.featureType }),
    ...(args.genome === undefined ? {} : { genome: args.genome }),
    ...(args.prefix === undefined ? {} : { prefix: args.prefix }),
  });
  try {
    let table: Table;
    let matrixRows: Int32Array;
    let notes: readonly string[] = [];
    if (args.obs !== undefined) {
      const names = await files.tableColumns(args.obs);
      checkOptionColumns(names, args, args.obs);
      const columns = columnsOrFirst(present(wanted, names, args), names);
      const read = await files.readObsTable(args.obs, columns, textOptions(args));
      const byRow = { ...read, columnNames: names };
      const rowNames = await source.rowNames();
      const known = new Set(rowNames);
      const matches = (name: string) => known.has(name);
      const first = rowIdentifiers(byRow).some(matches) ? [] : await firstColumn(args.obs, names, files, args);
      const joined = joinObs(rowNames, namedRows(byRow, first, matches));
      table = joined.table;
      matrixRows = joined.rows;
      notes = joined.notes;
    } else {
      if (source.obsColumns.length === 0) {
        throw new FitError('OptionError', `${path} has no annotation of its cells`, {
          option: 'obs',
          path,
          remedy: 'Give a table with --obs FILE: barcodes in the first column, then donor, condition and so on.',
        });
      }
      if ((await source.repeatedRowNames?.()) === true) {
        notes = [`barcodes repeat in ${path}: rows are told apart by their place, which is all that a fit needs`];
      }
      checkOptionColumns(source.obsColumns, args, path);
      table = {
        ...(await source.readObs(present(wanted, source.obsColumns, args), { rowNames: false })),
        path,
        columnNames: source.obsColumns,
      };
      matrixRows = Int32Array.from({ length: source.rows }, (_, i) => i);
    }
    table = applyColumnOptions(table, columnOptions(args));
    const select =
      args.responses === undefined
        ? null
        : selectResponses(source.names, await responseSpec(args.responses, files), source.genes);
    return {
      formula,
      table,
      responses: source,
      matrixRows,
      select,
      notes: [...(source.notes ?? []), ...notes],
      close: () => source.close(),
    };
  } catch (error) {
    await source.close();
    throw error;
  }
}

/** Columns that options name must be there; the message names the option. */
function checkOptionColumns(names: readonly string[], args: InputOptions, path: string): void {
  const named = {
    'split-by': args.splitBy,
    offset: args.offset,
    totals: args.totals,
    weights: args.weightsFile ? undefined : args.weights,
  };
  for (const [option, name] of Object.entries(named)) {
    if (name === undefined || names.includes(name)) continue;
    const near = nearestName(name, names);
    throw new FitError(
      'OptionError',
      `--${option} ${name}: no such column in ${path}${near === undefined ? '' : `; did you mean '${near}'?`}`,
      { option, path, remedy: `Its columns are ${names.slice(0, 15).join(', ')}${names.length > 15 ? ', ...' : ''}.` },
    );
  }
}

/** The first text among numbers of a column, with its line; null for a column that is text throughout. */
function strayText(column: FactorColumn): { text: string; line: number } | null {
  const numbers = column.levels.map((level) => !Number.isNaN(parseNumberText(level)));
  const stray = numbers.filter((isNumber) => !isNumber).length;
  if (stray === 0 || 2 * stray >= column.levels.length) return null;
  const row = column.codes.findIndex((code) => code >= 0 && !numbers[code]);
  return { text: column.levels[column.codes[row]], line: row + 2 };
}

function textResponse(name: string, column: FactorColumn, path: string): FitError {
  const stray = strayText(column);
  const what = stray ? `'${stray.text}' in line ${stray.line}` : `text, such as '${column.levels[0]}'`;
  return new FitError('DataError', `${path}: the response '${name}' holds ${what}`, {
    path,
    ...(stray ? { line: stray.line } : {}),
    remedy: stray
      ? `Responses are numbers; mend the value, or add --na-strings '${stray.text}' where it means missing.`
      : 'Responses are numbers; mend the values, or write NA where they are missing.',
  });
}

/** A note on each covariate that is a factor only because of a stray text. */
function textNotes(table: Table, variables: ReadonlySet<string>, args: InputOptions): string[] {
  const asked = [...(args.factor ?? []), ...(args.ordered ?? [])].map((spec) => spec.split('=')[0]);
  const notes: string[] = [];
  for (const [name, column] of table.columns) {
    if (column.kind !== 'factor' || !variables.has(name) || asked.includes(name)) continue;
    const commas = column.levels.length > 1 && column.levels.every((level) => !Number.isNaN(parseCommaNumber(level)));
    if (commas) {
      notes.push(
        `WARNING: column '${name}' is a factor of ${column.levels.length} levels, yet its values look like numbers with decimal commas, such as '${column.levels[0]}'; --decimal , reads them as numbers`,
      );
      continue;
    }
    const stray = strayText(column);
    if (!stray) continue;
    notes.push(
      `WARNING: column '${name}' is a factor of ${column.levels.length} levels because of '${stray.text}' in line ${stray.line}; mend the value if numbers are meant`,
    );
  }
  return notes;
}

/** The option itself, or the names in the file behind an @. */
async function responseSpec(spec: string, files: InputFiles): Promise<string | readonly string[]> {
  return spec.startsWith('@') ? files.readNameList(spec.slice(1)) : spec;
}

/** Some of the responses. */
export function selectDense(responses: DenseResponses, select: Int32Array): DenseResponses {
  const { rows, names, genes, values, weights } = responses;
  const gather = (from: Float64Array) => {
    const out = new Float64Array(select.length * rows);
    select.forEach((g, k) => {
      out.set(from.subarray(g * rows, (g + 1) * rows), k * rows);
    });
    return out;
  };
  return {
    kind: 'dense',
    rows,
    names: Array.from(select, (g) => names[g]),
    ...(genes ? { genes: Array.from(select, (g) => genes[g]) } : {}),
    values: gather(values),
    ...(weights ? { weights: gather(weights) } : {}),
  };
}

function columnOptions({ factor = [], ordered = [] }: InputOptions): ColumnOptions {
  return { factor, ordered };
}

/** Reading no column at all still has to give the number of rows. */
function columnsOrFirst(columns: string[], names: readonly string[]): readonly string[] {
  return columns.length > 0 ? columns : names.slice(0, 1);
}

function noLeftSide(formula: Formula, reason: string): void {
  if (formula.responses.length === 0) return;
  throw new FitError('FormulaError', `the formula has a left side, '${formula.responses[0].name}', but ${reason}`, {
    source: formula.source,
    position: 1,
    remedy: 'Begin the formula with ~; choose responses with --responses.',
  });
}

const OPTION_NAMES = {
  normalisation: 'normalize',
  layer: 'layer',
  featureType: 'feature-type',
  totals: 'totals',
  genome: 'genome',
  prefix: 'prefix',
  minCounts: 'min-counts',
  transform: 'transform',
  zeroIsMissing: 'zero-is-missing',
} as const;

/** Options that mean nothing for this kind of data are misuse, not ignored. */
function misplaced(
  args: InputOptions,
  names: readonly (keyof typeof OPTION_NAMES)[],
  path: string,
  where: 'matrices of counts' | 'tables' = 'matrices of counts',
): void {
  for (const name of names) {
    const value = args[name];
    if (value === undefined || value === 'none' || value === 0 || value === false) continue;
    throw new FitError(
      'OptionError',
      `--${OPTION_NAMES[name]} applies to ${where}; ${path} is a ${where === 'tables' ? 'matrix' : 'table'}`,
      {
        option: OPTION_NAMES[name],
        remedy:
          'Leave the option out; a matrix is an .h5ad file, an .h5 file, a 10x folder, or a table of genes x samples with --obs.',
      },
    );
  }
}
