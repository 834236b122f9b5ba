import { conversionAdvice } from '../data/foreign-formats.ts';
import { type BulkTable, bulkFromTable, readBulkText } from '../data/table/bulk.ts';
import type { BulkOptions } from '../data/table/bulk-parser.ts';
import { isStream, readBytes, requireFile, streamBytes } from '../data/table/bytes.node.ts';
import { type DelimitedOptions, readDelimited, readHeader } from '../data/table/csv.ts';
import { collectBytes } from '../data/table/gunzip.ts';
import { rowIdentifiers } from '../data/table/join.ts';
import type { TextOptions } from '../data/table/number-text.ts';
import { parquetColumnsHere, readParquetHere } from '../data/table/parquet-file.node.ts';
import { parseNameList } from '../data/table/response-selection.ts';
import { FitError } from '../errors.ts';
import type { Table } from '../types/table.ts';
import { parquetFileColumns, readParquetFile } from './parquet.node.ts';

/** Options of {@link readTable}; `types` and `rowNames` concern text tables only. */
export type ReadTableOptions = Omit<DelimitedOptions, 'path'>;

type TableFormat = 'delimited' | 'parquet';

/** Format that the extension of a path promises; null for what is no table. */
export function tableFormat(path: string): TableFormat | null {
  if (/\.(csv|tsv|txt|tab)(\.gz)?$/i.test(path)) return 'delimited';
  return /\.(parquet|pq)$/i.test(path) ? 'parquet' : null;
}

/**
 * Reads a table from a file: .csv, .tsv, .txt (also gzipped) or .parquet. Text is read as a stream, Parquet column by
 * column, so that only the columns asked for are held.
 *
 * @throws FitError DataError: unreadable for a missing, truncated or corrupt file; else for what `readDelimited` and
 *   `readParquet` refuse, or an extension that is no table's
 */
export async function readTable(path: string, options: ReadTableOptions = {}): Promise<Table> {
  if ((await requireTable(path)) === 'delimited') return readDelimited(() => readBytes(path), { ...options, path });
  // What a pipe held is in the memory of this thread.
  return ((await isStream(path)) ? readParquetHere : readParquetFile)(path, options.columns);
}

/**
 * Reads the annotation of cells or samples: like {@link readTable}, with the texts of the first column (barcodes, sample
 * names) in `rowNames`, as `joinObs` wants them, whichever columns are asked for.
 */
export async function readObsTable(path: string, columns?: readonly string[], text: TextOptions = {}): Promise<Table> {
  const format = await requireTable(path);
  if (format === 'delimited') {
    return readTable(path, { ...text, rowNames: true, ...(columns === undefined ? {} : { columns }) });
  }
  const table = await readTable(path, columns === undefined ? {} : { columns });
  if (table.rowNames !== undefined) return table;
  const names = await tableColumns(path);
  return { ...table, rowNames: rowIdentifiers(await readTable(path, { columns: names.slice(0, 1) })) };
}

/** Names of the columns of a table file, without reading its rows. */
export async function tableColumns(path: string): Promise<string[]> {
  if ((await requireTable(path)) === 'delimited') return readHeader(() => readBytes(path), { path });
  return ((await isStream(path)) ? parquetColumnsHere : parquetFileColumns)(path);
}

/** Reads a file in the bulk layout (one response a row, one sample a column): delimited text or Parquet. */
export async function readBulk(path: string, options: BulkOptions = {}): Promise<BulkTable> {
  if ((await requireTable(path)) === 'delimited') return readBulkText(() => readBytes(path), path, options);
  return bulkFromTable(await readTable(path), options);
}

/** Names that a file lists, one a line, for `--responses @FILE`. */
export async function readNameList(path: string): Promise<string[]> {
  await requireFile(path);
  return parseNameList(new TextDecoder().decode(await collectBytes(readBytes(path))));
}

async function requireTable(path: string): Promise<TableFormat> {
  await requireFile(path);
  const format = tableFormat(path) ?? ((await isStream(path)) ? streamFormat(path, await streamBytes(path)) : null);
  if (format !== null) return format;
  throw new FitError('DataError', `${path}: the extension is not that of a table`, {
    path,
    remedy: conversionAdvice(path) ?? 'tables are .csv, .tsv, .txt (also .gz) or .parquet',
  });
}

/** A pipe has no extension to tell by: what its bytes begin with. */
function streamFormat(path: string, bytes: Uint8Array): TableFormat {
  const begins = (magic: string) => Buffer.from(bytes.subarray(0, magic.length)).toString('latin1') === magic;
  if (begins('PAR1')) return 'parquet';
  const what = begins('\x89HDF') ? 'an HDF5 file' : begins('PK\x03\x04') ? 'a zip archive or spreadsheet' : null;
  if (what === null) return 'delimited';
  throw new FitError(
    'DataError',
    `${path} brings ${what}, and pipes are read for tables: text (also gzipped) or Parquet`,
    {
      path,
      remedy: 'Name the file itself, or convert it on the way.',
    },
  );
}
