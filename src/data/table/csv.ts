import { FitError, nearestName } from '../../errors.ts';
import type { Column, Table } from '../../types/table.ts';
import { ColumnBuilder, detachText } from './column-builder.ts';
import { delimitedRows, type RowBatch } from './delimited-rows.ts';
import type { TextOptions } from './number-text.ts';
import type { TextSource } from './text-source.ts';

export interface DelimitedOptions extends TextOptions {
  /** For messages, and its extension tells the delimiter to expect. */
  readonly path?: string;
  /** Without it: tab for .tsv and .txt, comma for .csv, and another one where the header has none of those. */
  readonly delimiter?: string;
  /** Only these columns are kept; all of them without it. */
  readonly columns?: readonly string[];
  /** Columns that become factors whatever they hold; their levels keep their spelling (`01`). */
  readonly types?: Readonly<Record<string, 'factor'>>;
  /** Takes the texts of the first column for row names also where the header names it (barcodes, samples). */
  readonly rowNames?: boolean;
}

/**
 * Reads a delimited text table with a header.
 *
 * Missing values are empty, `NA`, `NaN` or `nan`. A column is logical when it holds only TRUE/FALSE/true/false, numeric
 * when every value is a number, else a factor with its levels sorted by code point. Nothing is trimmed. A first column
 * without a name, or a header one field shorter than the rows (R's write.table), gives the row names instead of a column;
 * other columns without a name are left out. Blank lines are skipped.
 *
 * @throws FitError DataError for an empty table, repeated or unknown columns, a row of another length (with its line),
 *   malformed quotes, text that is not UTF-8
 */
export async function readDelimited(source: TextSource, options: DelimitedOptions = {}): Promise<Table> {
  const forced = new Set(Object.keys(options.types ?? {}));
  const first = await readPass(source, options, forced, options.columns);
  const late = first.targets.filter((target) => target.builder.late).map((target) => target.name);
  const again = late.length === 0 ? null : await readPass(source, options, new Set(late), late);
  const columns = new Map<string, Column>();
  const better = new Map(again?.targets.map(({ name, builder }) => [name, builder]));
  for (const { name, builder } of first.targets) columns.set(name, (better.get(name) ?? builder).finish());
  return {
    rows: first.rows,
    columns,
    ...(first.rowNames === null ? {} : { rowNames: first.rowNames }),
    path: options.path,
  };
}

/** Names of the columns that {@link readDelimited} would find, from the beginning of the text alone. */
export async function readHeader(source: TextSource, options: DelimitedOptions = {}): Promise<string[]> {
  for await (const { header, width } of headerAndRows(source, options)) {
    return namedColumns(header, width, options.path).map((column) => column.name);
  }
  throw emptyTable(options.path);
}

interface Target {
  readonly name: string;
  readonly index: number;
  readonly builder: ColumnBuilder;
}

interface Pass {
  readonly rows: number;
  readonly targets: readonly Target[];
  readonly rowNames: readonly string[] | null;
}

async function readPass(
  source: TextSource,
  options: DelimitedOptions,
  forced: ReadonlySet<string>,
  wanted: readonly string[] | undefined,
): Promise<Pass> {
  const { path } = options;
  let targets: Target[] | null = null;
  let rowNames: string[] | null = null;
  let rows = 0;
  for await (const { header, width, batch, from } of headerAndRows(source, options)) {
    if (targets === null) {
      // With semicolons between fields commas are free to stand before decimals.
      const commas = options.decimal === ',' || (options.decimal === undefined && batch.delimiter === ';');
      targets = planTargets(
        header,
        width,
        path,
        wanted,
        (name) => new ColumnBuilder(forced.has(name), commas, options.naStrings),
      );
      if (options.rowNames === true || namesRows(header, width)) rowNames = [];
    }
    for (let i = from; i < batch.rows.length; i++) {
      const row = batch.rows[i];
      if (isBlank(row)) continue;
      if (row.length !== width) throw wrongLength(row.length, header, width, path, batch.lineOf(i));
      for (const { index, builder } of targets) builder.add(row[index]);
      rowNames?.push(detachText(row[0]));
      rows += 1;
    }
  }
  if (targets === null) throw emptyTable(path);
  if (rows === 0) throw new FitError('DataError', `${path ?? 'the table'} has a header but no rows`, pathField(path));
  return { rows, targets, rowNames };
}

interface HeadedBatch {
  readonly header: readonly string[];
  /** Fields of a row: those of the header, or one more for row names. */
  readonly width: number;
  readonly batch: RowBatch;
  /** First row of the batch after the header. */
  readonly from: number;
}

/** Tells the header from the rows below it; waits for the first row, which shows the width. */
async function* headerAndRows(source: TextSource, options: DelimitedOptions): AsyncGenerator<HeadedBatch> {
  let header: readonly string[] | null = null;
  let width = -1;
  let headerBatch: RowBatch | null = null;
  for await (const batch of delimitedRows(source, { path: options.path, delimiter: options.delimiter })) {
    let from = 0;
    if (header === null) {
      while (from < batch.rows.length && isBlank(batch.rows[from])) from++;
      if (from === batch.rows.length) continue;
      header = batch.rows[from].map(detachText);
      headerBatch = batch;
      from++;
    }
    if (width < 0) {
      while (from < batch.rows.length && isBlank(batch.rows[from])) from++;
      if (from === batch.rows.length) continue;
      width = batch.rows[from].length === header.length + 1 ? header.length + 1 : header.length;
    }
    yield { header, width, batch, from };
  }
  if (header !== null && width < 0) {
    yield { header, width: header.length, batch: headerBatch!, from: headerBatch!.rows.length };
  }
}

/** True where the first field of the rows is a name rather than a value of a column. */
function namesRows(header: readonly string[], width: number): boolean {
  return width > header.length || (header[0] === '' && header.length > 1);
}

function namedColumns(header: readonly string[], width: number, path: string | undefined): NamedColumn[] {
  const shift = width - header.length;
  const columns = header.map((name, i) => ({ name, index: i + shift })).filter((column) => column.name !== '');
  const seen = new Map<string, number>();
  for (const { name, index } of columns) {
    const before = seen.get(name);
    if (before !== undefined) {
      const message = `${path ?? 'the table'}: columns ${before + 1} and ${index + 1} are both named '${name}'`;
      throw new FitError('DataError', message, { ...pathField(path), line: 1, remedy: 'rename one of them' });
    }
    seen.set(name, index);
  }
  return columns;
}

interface NamedColumn {
  readonly name: string;
  readonly index: number;
}

function planTargets(
  header: readonly string[],
  width: number,
  path: string | undefined,
  wanted: readonly string[] | undefined,
  builderOf: (name: string) => ColumnBuilder,
): Target[] {
  const columns = namedColumns(header, width, path);
  const names = new Set(columns.map((column) => column.name));
  for (const name of wanted ?? []) if (!names.has(name)) throw unknownColumn(name, [...names], path);
  // A set: tables of methylation sites have half a million columns.
  const kept = wanted && new Set(wanted);
  return columns
    .filter((column) => kept?.has(column.name) ?? true)
    .map((column) => ({ ...column, builder: builderOf(column.name) }));
}

/** The error for a column that is not there, with the nearest name that is. */
export function unknownColumn(name: string, names: readonly string[], path: string | undefined): FitError {
  const near = nearestName(name, names);
  const few = names.slice(0, 8).map((candidate) => `'${candidate}'`);
  const remedy =
    near === undefined
      ? `the columns are ${few.join(', ')}${names.length > 8 ? ', ...' : ''}`
      : `did you mean '${near}'?`;
  const where = path === undefined ? '' : ` in ${path}`;
  return new FitError('DataError', `no column '${name}'${where}; ${remedy}`, { ...pathField(path), remedy });
}

function isBlank(row: readonly string[]): boolean {
  return row.length === 1 && row[0] === '';
}

function wrongLength(
  length: number,
  header: readonly string[],
  width: number,
  path: string | undefined,
  line: number,
): FitError {
  const expected = width > header.length ? `${width} (${header.length} columns and a row name)` : `${width}`;
  const message = `${path ?? 'the table'}, line ${line}: ${length} ${length === 1 ? 'field' : 'fields'} where the header asks for ${expected}`;
  const remedy = 'check the delimiter and the quotes of that line';
  return new FitError('DataError', message, { ...pathField(path), line, remedy });
}

function emptyTable(path: string | undefined): FitError {
  return new FitError('DataError', `${path ?? 'the table'} is empty`, {
    ...pathField(path),
    remedy: 'a table begins with a line of column names',
  });
}

function pathField(path: string | undefined): { path?: string } {
  return path === undefined ? {} : { path };
}
