import Papa from 'papaparse';
import { FitError } from '../../errors.ts';
import { openTable } from './preamble.ts';
import { rowEnd } from './row-end.ts';
import { decodeText, type TextSource } from './text-source.ts';

/** Rows as they stand in the file, the header among them; `lineOf` gives the line on which a row of the batch begins. */
export interface RowBatch {
  readonly delimiter: string;
  readonly rows: readonly (readonly string[])[];
  lineOf(row: number): number;
}

/** A row longer than this is taken for a quote that was never closed. */
const LONGEST_ROW = 1 << 26;

const DELIMITERS: readonly string[] = ['\t', ',', ';', '|'];

/** Delimiter that the extension of a path promises (.gz set aside); undefined for other extensions. */
export function delimiterOfPath(path: string): string | undefined {
  const extension = /\.([^./\\]+?)(?:\.gz)?$/i.exec(path)?.[1]?.toLowerCase();
  if (extension === 'csv') return ',';
  return extension === 'tsv' || extension === 'txt' || extension === 'tab' ? '\t' : undefined;
}

/**
 * The expected delimiter where the header has it, else the candidate that is most frequent there outside quotes; blanks, as R's
 * write.table has them, where there is none and the line below has as many of them, or one more for its row name.
 */
export function guessDelimiter(header: string, expected?: string, below = ''): string {
  const unquoted = (line: string) => line.replace(/"(?:[^"]|"")*"/g, '');
  const bare = unquoted(header);
  const count = (delimiter: string) => bare.split(delimiter).length - 1;
  if (expected !== undefined && count(expected) > 0) return expected;
  let best = expected ?? ',';
  let most = 0;
  for (const delimiter of DELIMITERS) {
    if (count(delimiter) > most) {
      best = delimiter;
      most = count(delimiter);
    }
  }
  const blanks = count(' ');
  const under = unquoted(below).split(' ').length - 1;
  const named = blanks > 0 || header.startsWith('"');
  if (named && most === 0 && under > 0 && (under === blanks || under === blanks + 1)) return ' ';
  return best;
}

export interface RowOptions {
  readonly path?: string | undefined;
  /** Used as it is; without it the delimiter is guessed from the extension and the header. */
  readonly delimiter?: string | undefined;
}

/**
 * Splits delimited text into rows of fields, a batch at a time. Quoted fields may hold delimiters and line breaks, which
 * stay as they are (RFC 4180); rows end with LF, CRLF or CR. Blank lines come as rows of one empty field.
 *
 * @throws FitError DataError where quotes are malformed or never closed
 */
export async function* delimitedRows(source: TextSource, options: RowOptions): AsyncGenerator<RowBatch> {
  const { path } = options;
  const table = await openTable(source, path);
  let delimiter = options.delimiter ?? table.delimiter;
  let pending = '';
  let line = 1 + table.skipped;
  let enough = 0;

  const parse = (last: boolean): RowBatch => {
    const text = pending;
    delimiter ??= guessDelimiter(
      text.slice(0, headerEnd(text)),
      path === undefined ? undefined : delimiterOfPath(path),
      text.slice(headerEnd(text) + 1).split('\n', 1)[0],
    );
    const config = { delimiter, newline: '\n' } as const;
    const result: Papa.ParseResult<string[]> = new Papa.Parser(config).parse(withMarks(text), 0, !last);
    const begin = line;
    const lineOf = (row: number) => begin + rowLine(delimiter!, text, row);
    // An error in the unfinished last row of a piece may vanish with the next piece.
    const error = result.errors.find((e) => last || (e.row ?? 0) < result.data.length);
    if (error !== undefined) throw quoteError(error.code === 'MissingQuotes', path, lineOf(error.row ?? 0));
    const cursor = last ? text.length : result.meta.cursor;
    line += countNewlines(text, cursor);
    pending = text.slice(cursor);
    if (text.includes('\r')) withoutReturns(result.data, text);
    return { rows: result.data, lineOf, delimiter };
  };

  const texts = decodeText(() => table.chunks, path);
  for await (const chunk of table.endsKnown ? texts : withLineFeeds(texts)) {
    pending += chunk;
    if (pending.length < enough || !pending.includes('\n')) continue;
    const batch = parse(false);
    if (batch.rows.length > 0) {
      enough = 0;
      yield batch;
    } else {
      if (pending.length > LONGEST_ROW) throw quoteError(true, path, line);
      // A long row is tried again only when twice as much has come, or the cost would be quadratic.
      enough = pending.length * 2;
    }
  }
  if (pending !== '') yield parse(true);
}

/** End of the first row that is not blank; of its first line where it has a quote that is never closed. */
function headerEnd(text: string): number {
  const begin = Math.max(text.search(/[^\r\n]/), 0);
  const line = text.indexOf('\n', begin);
  if (line < 0) return text.length;
  const first = text.slice(begin, line);
  const openers = DELIMITERS.some((mark) => first.includes(mark)) ? DELIMITERS : [' '];
  const end = rowEnd(text, begin, line, text.length, { newline: '\n', quote: '"', openers });
  return end < 0 ? line : end;
}

/** Stands for a return that ends a quoted value, which is none of the end of a row; no text has this character. */
const KEPT_RETURN = '\uFFFF';

function withMarks(text: string): string {
  return text.includes('\r"') ? text.replaceAll('\r"', `${KEPT_RETURN}"`) : text;
}

/** Takes the returns of CRLF off the ends of rows. */
function withoutReturns(rows: string[][], text: string): void {
  const marked = text.includes('\r"');
  for (const row of rows) {
    const last = row.length - 1;
    if (row[last].endsWith('\r')) row[last] = row[last].slice(0, -1);
    if (!marked) continue;
    for (const [k, field] of row.entries()) row[k] = field.replaceAll(KEPT_RETURN, '\r');
  }
}

/** Makes returns line feeds in a file that has them alone. */
async function* withLineFeeds(chunks: AsyncIterable<string>): AsyncGenerator<string> {
  let heldReturn = '';
  let loneReturns: boolean | undefined;
  for await (const chunk of chunks) {
    let text = heldReturn + chunk;
    heldReturn = '';
    if (loneReturns === undefined) {
      // Of a return at the end of a chunk the next one tells what it is.
      if (text.endsWith('\r')) {
        heldReturn = '\r';
        text = text.slice(0, -1);
      }
      if (text.includes('\n')) loneReturns = false;
      else if (text.includes('\r')) loneReturns = true;
      if (loneReturns !== undefined) {
        text += heldReturn;
        heldReturn = '';
      }
    }
    yield loneReturns === true ? text.replaceAll('\r', '\n') : text;
  }
  if (heldReturn !== '') yield '\n';
}

/** Lines before the given row of a piece of text. */
function rowLine(delimiter: string, text: string, row: number): number {
  if (row === 0) return 0;
  const parser = new Papa.Parser({ delimiter, newline: '\n', preview: row, fastMode: false });
  const before: Papa.ParseResult<string[]> = parser.parse(withMarks(text), 0, false);
  return countNewlines(text, before.meta.cursor);
}

function countNewlines(text: string, end: number): number {
  let count = 0;
  for (let i = text.indexOf('\n'); i >= 0 && i < end; i = text.indexOf('\n', i + 1)) count++;
  return count;
}

function quoteError(unclosed: boolean, path: string | undefined, line: number): FitError {
  const what = unclosed ? 'a quoted value is never closed' : 'a quoted value goes on after its closing quote';
  return new FitError('DataError', `${path ?? 'the table'}, line ${line}: ${what}`, {
    path,
    line,
    remedy: 'double the quotes inside quoted values, and close each',
  });
}
