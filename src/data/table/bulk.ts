import { FitError } from '../../errors.ts';
import type { Table } from '../../types/table.ts';
import { uniqueNames } from '../unique-names.ts';
import { type BulkOptions, BulkParser, type ParsedBulk } from './bulk-parser.ts';
import { countOf, examples, rowIdentifiers } from './join.ts';
import { openTable } from './preamble.ts';
import type { TextSource } from './text-source.ts';

/** A table of numbers in the usual bulk layout: one response a row, one sample a column. */
export interface BulkTable {
  /** Response names, unique. */
  readonly names: readonly string[];
  /** Sample names, unique. */
  readonly samples: readonly string[];
  /** names x samples, response-major (`values[response * samples.length + sample]`); NaN missing. */
  readonly values: Float64Array;
  readonly path?: string | undefined;
  readonly notes: readonly string[];
}

const encoder = new TextEncoder();
/** Columns that a note names. */
const LISTED = 5;

/**
 * Reads the bulk layout from text: a header of sample names, with or without a name for the first column, then one line a
 * response, its name first. Missing values as in every table. Repeated response names get `-1`, `-2` and a note.
 *
 * @throws FitError DataError for text among the numbers (with line and column), repeated samples, lines of another length
 */
export async function readBulkText(source: TextSource, path?: string, options: BulkOptions = {}): Promise<BulkTable> {
  const { chunks, skipped, delimiter } = await openTable(source, path);
  const parser = new BulkParser(path, { delimiter, ...options, skipped });
  for await (const chunk of chunks) parser.push(typeof chunk === 'string' ? encoder.encode(chunk) : chunk);
  return withUniqueNames(parser.finish(), path);
}

/**
 * A table already read as the bulk layout: row names or first column are the responses, all other columns samples.
 *
 * @throws FitError DataError for a column that is not numeric
 */
export function bulkFromTable(table: Table, options: BulkOptions = {}): BulkTable {
  const { path } = table;
  const names = rowIdentifiers(table);
  const all = [...table.columns].slice(table.rowNames === undefined ? 1 : 0);
  const wanted = options.samples;
  const some = wanted && all.some(([name]) => wanted.has(name));
  const columns = some ? all.filter(([name]) => wanted.has(name)) : all;
  const ignored = some ? all.flatMap(([name]) => (wanted.has(name) ? [] : [name])) : [];
  const where = path ?? 'the table';
  if (columns.length === 0) throw new FitError('DataError', `${where} has no samples`, { path });
  const values = new Float64Array(names.length * columns.length);
  for (const [sample, [name, column]] of columns.entries()) {
    if (column.kind === 'factor') {
      const text = column.levels[0] ?? '';
      throw new FitError('DataError', `${where}: column '${name}' is not numeric (it holds '${text}')`, {
        path,
        remedy: 'one response a row: its name, then a number a sample',
      });
    }
    for (let row = 0; row < names.length; row++) values[row * columns.length + sample] = column.values[row];
  }
  return withUniqueNames({ names, samples: columns.map(([name]) => name), values, ignored }, path);
}

function withUniqueNames({ ignored, ...parsed }: ParsedBulk, path: string | undefined): BulkTable {
  const unique = uniqueNames(parsed.names);
  const notes = unique.note === null ? [] : [unique.note];
  if (ignored.length > 0) {
    notes.push(
      `${countOf(ignored.length, 'column')} that the annotation does not name left out (${examples(ignored, ignored.length, LISTED)})`,
    );
  }
  return {
    ...parsed,
    names: unique.names,
    notes: notes.map((note) => `${path === undefined ? '' : `${path}: `}${note}`),
    path,
  };
}
