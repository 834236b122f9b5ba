import { type AsyncBuffer, type FileMetaData, parquetMetadataAsync, parquetScan, parquetSchema } from 'hyparquet';
import { compressors as unchecked } from 'hyparquet-compressors';
import { FitError, isFitError } from '../../errors.ts';
import type { Column, Table } from '../../types/table.ts';
import { unknownColumn } from './csv.ts';
import { compareCodePoints, factorInOrder } from './level-order.ts';
import { isMissingText } from './number-text.ts';
import { checkGzip, checkPages } from './page-checks.ts';

export interface ParquetOptions {
  readonly path?: string;
  /** Only these columns are read from the file; without it all that are not nested. */
  readonly columns?: readonly string[];
}

/** The codecs, with the checksum of gzip pages looked at. */
const compressors: typeof unchecked = {
  ...unchecked,
  GZIP: (packed, length) => {
    const unpacked = unchecked.GZIP?.(packed, length);
    if (!unpacked) throw new Error('no codec for gzip');
    return checkGzip(packed, unpacked);
  },
};

/** Where pandas puts an index without a name. */
const PANDAS_INDEX = '__index_level_0__';

/**
 * Reads columns of a Parquet file, one at a time. Integers of 64 bits must be safe in a double; booleans are logical;
 * strings are factors with levels sorted by code point, and missing where text tables have it so (empty, `NA`, `NaN`,
 * `nan`); dates and times are factors of their ISO text. The unnamed index of pandas gives the row names.
 *
 * @throws FitError DataError: unreadable for a corrupt file; for unknown or nested columns, integers beyond 2^53
 */
export async function readParquet(file: AsyncBuffer, options: ParquetOptions = {}): Promise<Table> {
  const { path, columns: wanted } = options;
  return guardCorrupt(path, async () => {
    const metadata = await parquetMetadataAsync(file);
    const described = describeColumns(metadata);
    const names = described.map((column) => column.name);
    for (const name of wanted ?? []) {
      const column = described.find((candidate) => candidate.name === name);
      if (column === undefined) throw unknownColumn(name, names, path);
      if (column.nested) throw columnError(name, 'is nested', path);
    }
    const chosen = names.filter((name, i) => (wanted === undefined ? !described[i].nested : wanted.includes(name)));
    const index = names.includes(PANDAS_INDEX) && wanted?.includes(PANDAS_INDEX) !== true;
    await checkPages(file, metadata, (name) => chosen.includes(name) || (index && name === PANDAS_INDEX));
    const scan = await parquetScan({
      file,
      metadata,
      compressors,
      columns: index ? [...chosen, PANDAS_INDEX] : chosen,
    });
    const rows = Number(metadata.num_rows);
    const columns = new Map<string, Column>();
    let rowNames: readonly string[] | undefined;
    for (const name of index ? new Set([...chosen, PANDAS_INDEX]) : chosen) {
      const pieces: ArrayLike<unknown>[] = [];
      for (const range of scan.ranges) pieces.push(await scan.readColumn({ column: name, ...range }));
      const found = pieces.reduce((sum, piece) => sum + piece.length, 0);
      if (found !== rows) throw new Error(`column '${name}' has ${found} values for ${rows} rows`);
      if (index && name === PANDAS_INDEX) rowNames = pieces.flatMap((piece) => Array.from(piece, indexText));
      else columns.set(name, columnOf(name, pieces, rows, path));
    }
    return {
      rows,
      columns,
      ...(rowNames === undefined ? {} : { rowNames }),
      path,
    };
  });
}

/** Names of the columns that are not nested, from the footer alone. */
export async function parquetColumns(file: AsyncBuffer, path?: string): Promise<string[]> {
  return guardCorrupt(path, async () => {
    const described = describeColumns(await parquetMetadataAsync(file));
    return described.filter((column) => !column.nested && column.name !== PANDAS_INDEX).map((column) => column.name);
  });
}

function describeColumns(metadata: FileMetaData): { name: string; nested: boolean }[] {
  return parquetSchema(metadata).children.map(({ element }) => ({
    // Damaged files may have columns without one.
    name: element.name ?? '',
    nested: (element.num_children ?? 0) > 0 || element.repetition_type === 'REPEATED',
  }));
}

function indexText(value: unknown): string {
  return value === null || value === undefined ? '' : String(value);
}

function columnOf(name: string, pieces: readonly ArrayLike<unknown>[], rows: number, path: string | undefined): Column {
  const values = new Float64Array(rows).fill(NaN);
  const codes = new Int32Array(rows).fill(-1);
  const dictionary = new Map<string, number>();
  let kind: Column['kind'] | null = null;
  let row = 0;
  for (const piece of pieces) {
    for (let i = 0; i < piece.length; i++, row++) {
      const value = piece[i];
      if (value === null || value === undefined) continue;
      let valueKind: Column['kind'] = 'numeric';
      if (typeof value === 'number') values[row] = value;
      else if (typeof value === 'bigint') values[row] = safeNumber(value, name, path);
      else if (typeof value === 'boolean') {
        valueKind = 'logical';
        values[row] = value ? 1 : 0;
      } else {
        valueKind = 'factor';
        const text = textOf(value, name, path);
        if (!isMissingText(text)) {
          const code = dictionary.get(text) ?? dictionary.size;
          dictionary.set(text, code);
          codes[row] = code;
        }
      }
      kind ??= valueKind;
      if (kind !== valueKind) throw columnError(name, 'mixes kinds of values', path);
    }
  }
  if (kind === 'factor') {
    const texts = [...dictionary.keys()];
    return factorInOrder(texts, codes, [...texts].sort(compareCodePoints));
  }
  return { kind: kind ?? 'numeric', values };
}

function safeNumber(value: bigint, name: string, path: string | undefined): number {
  const number = Number(value);
  if (!Number.isSafeInteger(number))
    throw columnError(name, `holds ${value}, which a double cannot hold exactly`, path);
  return number;
}

/** Hours, minutes and seconds of a date at midnight, which are not shown. */
const MIDNIGHT = 'T00:00:00.000Z';

function textOf(value: unknown, name: string, path: string | undefined): string {
  if (typeof value === 'string') return value;
  if (value instanceof Date && !Number.isNaN(value.getTime())) return value.toISOString().replace(MIDNIGHT, '');
  throw columnError(name, 'holds values that are neither numbers nor text', path);
}

function columnError(name: string, what: string, path: string | undefined): FitError {
  return new FitError('DataError', `${path ?? 'the table'}: column '${name}' ${what}`, {
    path,
    remedy: 'convert the column to numbers or strings, or leave it out',
  });
}

/** Whatever the Parquet library throws means that the file does not keep to the format. */
async function guardCorrupt<T>(path: string | undefined, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (cause) {
    if (isFitError(cause) && cause.fields.path !== undefined) throw cause;
    // Words of the library about its own variables say nothing to a user.
    const own =
      cause instanceof Error && cause.name === 'Error' && !/undefined|not a function|null/.test(cause.message);
    const reason = own || cause instanceof FitError ? (cause as Error).message : 'its structure is damaged';
    throw new FitError('DataError', `${path ?? 'the table'} is not a readable Parquet file (${reason})`, {
      path,
      remedy: 'write the file again',
      unreadable: true,
      cause,
    });
  }
}
