/** One entrance: any data as a run, for fits, comparisons, calibration, the command line and the page. */
import { withMinCounts } from '../data/min-counts.ts';
import { splitTable } from '../data/table/table-rows.ts';
import { FitError, isFitError } from '../errors.ts';
import type { DesignOptions } from '../formula/design.ts';
import { applyFilter, filterNotes, parseFilter } from '../formula/filter.ts';
import type { StreamOptions } from '../moments/stream.ts';
import { formerNameNotes, withPresentNames } from '../options/former-names.ts';
import type { FamilyChoice } from '../types/family.ts';
import type { Progress } from '../types/fit-result.ts';
import type { DenseResponses, MatrixSource } from '../types/responses.ts';
import type { Table } from '../types/table.ts';
import { droppedRows, givenTotals } from './bulk-table.ts';
import { checkDataOptions, type InputOptions, totalsColumn, voomFactors, weightColumn } from './data-options.ts';
import { familyOf, LIBRARY, noOffsetNote, withLibraryOffset } from './family-responses.ts';
import { type GivenOptions, givenInput, type ResponseMatrix } from './given-data.ts';
import type { Input } from './input.ts';

/** Options of data read from files, or of data at hand. */
export type PrepareOptions = InputOptions | GivenOptions;

/** Rows of a table of one level of the column that splits the data; `split` is null where nothing does, all rows undefined. */
export interface RowSet {
  readonly split: string | null;
  readonly rows: Int32Array | undefined;
}

/** Data of a run: the model frame, the responses beside it, and how designs and moments are made of them. */
export interface Run {
  readonly table: Table;
  readonly responses: DenseResponses | MatrixSource;
  /** Row of the matrix of each row of the table; null for responses held in memory. */
  readonly matrixRows: Int32Array | null;
  /** Responses wanted, for a matrix and for counts (other dense ones are selected already); null for all. */
  readonly select: Int32Array | null;
  readonly parts: readonly RowSet[];
  /** What `buildDesign` takes, rows apart. */
  readonly frame: Omit<DesignOptions, 'rows'>;
  readonly stream: StreamOptions;
  /** Responses seen in fewer rows are left out. */
  readonly minCells: number;
  /** Factors of normalisation of precision weights by a trend; undefined without them. */
  readonly voom: 'none' | 'tmm' | undefined;
  /** Null for gaussian responses. */
  readonly family: FamilyChoice | null;
  readonly options: PrepareOptions;
  readonly notes: readonly string[];
}

/**
 * Takes what `fit` takes, or what `readInput` read of files.
 *
 * Rejects with FormulaError, OptionError or DataError for misuse, AbortError when the signal fires.
 */
export async function prepare(
  data: Table | ResponseMatrix | Input,
  asked: PrepareOptions,
  onProgress?: Progress,
  signal?: AbortSignal,
): Promise<Run> {
  const options = withPresentNames(asked);
  checkDataOptions(options);
  // Options of files belong to data that were read from them.
  const given = 'close' in data && 'formula' in data ? data : await givenInput(data, options as GivenOptions);
  const { input, notes: counted } = await enoughCounts(given, options, signal);
  const { responses, matrixRows, select } = input;
  const choice = familyOf(options);
  refuseBeside(choice, options);
  const table = await tableWithOffset(input, options, signal);
  const offsetNote = noOffsetNote(choice, responses, input.formula, options.offset);
  const sets = rowSets(table, options);
  return {
    table,
    responses,
    matrixRows,
    select,
    parts: sets.parts,
    frame: frameOptions(responses, options),
    stream: {
      normalize: options.normalize,
      totals: matrixRows ? matrixTotals(table, options.totals, matrixRows, responses.rows) : undefined,
      select: select ?? undefined,
      memory: options.memory,
      threads: options.threads,
      onProgress,
      signal,
    },
    minCells: options.minCells ?? 0,
    voom: voomFactors(options),
    options,
    family: choice,
    notes: [
      ...formerNameNotes(asked),
      ...input.notes,
      ...counted,
      ...sets.notes,
      ...(offsetNote === null ? [] : [offsetNote]),
    ],
  };
}

/**
 * What is built of each split; one that cannot be modelled (one level left, say) does not stop the others.
 *
 * @throws what `build` throws where nothing splits the data, and DataError where no split is left
 */
export function buildSplits<T>(
  parts: readonly RowSet[],
  build: (part: RowSet) => T,
): { readonly built: T[]; readonly notes: string[] } {
  const built: T[] = [];
  const notes: string[] = [];
  let first: unknown;
  for (const part of parts) {
    try {
      built.push(build(part));
    } catch (error) {
      if (part.split === null || !isFitError(error, 'DataError')) throw error;
      first ??= error;
      notes.push(`split '${part.split}' is left out: ${error.message}`);
    }
  }
  if (built.length > 0) return { built, notes };
  throw first instanceof Error ? first : new FitError('DataError', 'no split has rows', { option: 'splitBy' });
}

/** The table of an input, with the offset that `library` asks for. */
async function tableWithOffset(
  { table, responses, matrixRows }: Input,
  { offset }: PrepareOptions,
  signal: AbortSignal | undefined,
): Promise<Table> {
  if (offset !== LIBRARY || table.columns.has(LIBRARY)) return table;
  return withLibraryOffset(table, responses, matrixRows, signal);
}

/** @throws OptionError for options of gaussian responses beside another family */
function refuseBeside(choice: FamilyChoice | null, options: PrepareOptions): void {
  if (!choice) return;
  const { residual, dispersion, weights, normalize = 'none' } = options;
  const refuse = (option: string, why: string, remedy: string) =>
    new FitError('OptionError', `“${option}” does not go with “family: ${choice.family}”: ${why}`, { option, remedy });
  for (const [option, value] of Object.entries({ residual, dispersion })) {
    if (value === undefined) continue;
    throw refuse(option, 'it is about residuals that are added to the linear predictor', 'Leave one of them out.');
  }
  if (weights === 'voom') throw refuse('weights', 'voom makes counts gaussian', 'Leave one of them out.');
  if (normalize !== 'none') {
    throw refuse(
      'normalize',
      'families of counts take them as they are',
      'Leave “normalize” out, and take the depth of each row in with “offset: library”.',
    );
  }
}

/** Leaves out rows of a matrix that is read in blocks with too few counts; those of dense counts have been. */
async function enoughCounts(
  input: Input,
  { minCounts = 0, totals }: PrepareOptions,
  signal: AbortSignal | undefined,
): Promise<{ input: Input; notes: string[] }> {
  const { matrixRows, table, responses } = input;
  if (minCounts <= 0 || !matrixRows) return { input, notes: [] };
  const kept = await withMinCounts(input, minCounts, matrixTotals(table, totals, matrixRows, responses.rows), signal);
  if (kept.input.table.rows > 0) return { input: kept.input, notes: droppedRows(kept.dropped, table.rows, minCounts) };
  throw new FitError('DataError', `no row has ${minCounts} counts`, {
    option: 'minCounts',
    remedy: 'Lower “minCounts”.',
  });
}

/** Rows that pass the filter, by split; what there is to say of the filter and of rows without a level. */
function rowSets(table: Table, { where, splitBy }: PrepareOptions): { parts: readonly RowSet[]; notes: string[] } {
  const notes: string[] = [];
  let rows: Int32Array | undefined;
  if (where !== undefined) {
    const filter = parseFilter(where);
    const passes = applyFilter(filter, table);
    rows = Int32Array.from(passes.keys()).filter((row) => passes[row] === 1);
    notes.push(...filterNotes(filter, table));
    if (rows.length === 0) {
      throw new FitError('DataError', `no row passes “where: ${where}”`, {
        option: 'where',
        remedy: filterNotes(filter, table)[0] ?? 'Loosen the condition.',
      });
    }
  }
  if (splitBy === undefined) return { parts: [{ split: null, rows }], notes };
  const split = splitTable(table, splitBy);
  notes.push(...split.notes);
  const passing = rows ? new Set(rows) : null;
  const parts = split.parts.flatMap(({ level, rows: members }) => {
    const subset = passing ? members.filter((row) => passing.has(row)) : members;
    return subset.length === 0 ? [] : [{ split: level, rows: subset }];
  });
  return { parts, notes };
}

export function frameOptions(
  responses: DenseResponses | MatrixSource,
  options: PrepareOptions,
): Omit<DesignOptions, 'rows'> {
  const dense = responses.kind === 'dense' ? responses : null;
  const single = dense !== null && dense.names.length === 1 && options.na !== 'per-response' && !dense.weights;
  const together = dense !== null && (options.na === 'omit' || options.na === 'fail');
  return {
    coding: options.coding,
    weights: weightColumn(options as InputOptions), // a file of weights is known to options of files only
    offset: options.offset,
    residual: options.residual,
    dispersion: options.dispersion,
    thresholds: options.family === 'cumulative',
    trials: options.trials,
    na: options.na === 'fail' ? 'fail' : 'omit',
    complete: single || together ? columnsOf(dense) : undefined,
  };
}

function columnsOf(responses: DenseResponses): Float64Array[] {
  return responses.names.map((_, k) => responses.values.subarray(k * responses.rows, (k + 1) * responses.rows));
}

/** Given totals by row of the matrix: those of a column of the table, or as they are. */
function matrixTotals(
  table: Table,
  totals: string | Float64Array | undefined,
  matrixRows: Int32Array,
  rows: number,
): Float64Array | undefined {
  const column = totalsColumn({ totals });
  if (column === undefined) return typeof totals === 'string' ? undefined : totals;
  const given = givenTotals(table, column);
  const byRow = new Float64Array(rows);
  matrixRows.forEach((row, i) => {
    byRow[row] = given[i];
  });
  return byRow;
}
