/** A table with a response a row and a sample a column, and the annotation of the samples. */
import type { InputFiles } from '../data/input-files.ts';
import { type CountedRows, rowTotals, withMinCounts } from '../data/min-counts.ts';
import { applyColumnOptions } from '../data/table/column-options.ts';
import { rowIdentifiers } from '../data/table/join.ts';
import { matchBulk } from '../data/table/match-bulk.ts';
import { selectResponses } from '../data/table/response-selection.ts';
import { columnTexts, selectRows, tableColumn } from '../data/table/table-rows.ts';
import { FitError } from '../errors.ts';
import type { Formula } from '../formula/parse.ts';
import { emptyRowsNote, normalisationNote } from '../moments/normalise.ts';
import { normaliseDense, valueFacts } from '../moments/normalise-dense.ts';
import type { DenseResponses } from '../types/responses.ts';
import type { Table } from '../types/table.ts';
import { type DataOptions, type InputOptions, voomFactors } from './data-options.ts';
import { familyOf, LIBRARY, takesCounts, withLibrary } from './family-responses.ts';
import {
  checkOptionColumns,
  columnOptions,
  columnsOrFirst,
  type Input,
  noLeftSide,
  present,
  responseSpec,
  selectDense,
  textOptions,
} from './input.ts';

export async function readBulkTable(
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
    if (voomFactors(args) === undefined) {
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

/** Counts of a bulk table: rows with too few left out, normalised where that is asked for, and what they look like. */
export async function bulkCounts(
  given: DenseResponses,
  table: Table,
  args: DataOptions,
  path: string,
): Promise<{ counts: { table: Table; responses: DenseResponses }; notes: string[] }> {
  const notes: string[] = [];
  let counts: CountedRows & { responses: DenseResponses } = { table, responses: given, matrixRows: null };
  let totals = args.totals === undefined ? await rowTotals(given) : givenTotals(table, args.totals);
  const { minCounts = 0, normalize: normalisation = 'none' } = args;
  if (minCounts > 0) {
    const kept = await withMinCounts(counts, minCounts, totals);
    notes.push(...droppedRows(kept.dropped, table.rows, minCounts));
    counts = kept.input;
    totals = totals.filter((total) => total >= minCounts);
  }
  const facts = valueFacts(given);
  const warnings = [
    // voom and families of counts take them as they are.
    voomFactors(args) === undefined && !takesCounts(familyOf(args)) ? normalisationNote(facts, normalisation) : null,
    emptyRowsNote(facts, totals.filter((total) => total === 0).length, totals.length),
  ];
  notes.push(...warnings.filter((note) => note !== null));
  const responses = normaliseDense(counts.responses, normalisation, totals, path);
  // Of all responses, before some are chosen.
  const library = args.offset === LIBRARY && takesCounts(familyOf(args)) && !counts.table.columns.has(LIBRARY);
  return { counts: { table: library ? withLibrary(counts.table, totals) : counts.table, responses }, notes };
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
export function givenTotals(table: Table, name: string | Float64Array): Float64Array {
  if (typeof name !== 'string') return name;
  const column = tableColumn(table, name);
  if (column.kind !== 'numeric') {
    throw new FitError('OptionError', `“totals: ${name}”: the column is not numeric`, { option: 'totals' });
  }
  column.values.forEach((total, i) => {
    if (total > 0) return;
    throw new FitError('DataError', `“totals: ${name}”: the total of row ${i + 1} is ${total}`, {
      option: 'totals',
      remedy: 'Totals are above zero.',
    });
  });
  return column.values;
}

/** Zeros as missing values, and a logarithm or root. */
export function transformed(
  responses: DenseResponses,
  { zeroIsMissing, transform = 'none' }: DataOptions,
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
        remedy: 'Add “zeroIsMissing” where a zero stands for nothing found, or use log1p.',
      },
    );
  });
  return { ...responses, values };
}

/** Texts of the first column that has a name: R's write.csv numbers the rows in front of it. */
export async function firstColumn(
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
export function namedRows(obs: Table, first: readonly string[], matches: (name: string) => boolean): Table {
  if (rowIdentifiers(obs).some(matches) || !first.some(matches)) return obs;
  return { ...obs, rowNames: first };
}
