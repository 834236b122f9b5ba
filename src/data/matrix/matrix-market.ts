import { FitError } from '../../errors.ts';

/** What the banner and the size line of a MatrixMarket file say. */
export interface MatrixMarketHeader {
  readonly field: 'integer' | 'real' | 'pattern';
  readonly rows: number;
  readonly columns: number;
  readonly entries: number;
}

/** Entries in the order of the file; the arrays may be longer than `count` and are reused by the next call. */
export interface EntryBatch {
  readonly count: number;
  /** Row of each entry, from 0. */
  readonly rows: Int32Array;
  /** Column of each entry, from 0. */
  readonly columns: Int32Array;
  /** Values; 1 for `pattern`. Always finite. */
  readonly values: Float64Array;
}

const NEWLINE = 10;
const RETURN = 13;
const TAB = 9;
const SPACE = 32;
const PERCENT = 37;
const MINUS = 45;
const DOT = 46;
const ZERO = 48;

/** Decimal digits that a double holds exactly; longer numbers go through `Number()`. */
const EXACT_DIGITS = 15;
/** Powers of ten up to 10^15 are doubles, so an exact mantissa divided by one is correctly rounded. */
const TEN = Float64Array.from({ length: EXACT_DIGITS + 1 }, (_, k) => Number(`1e${k}`));
/** A line longer than this is no entry; it keeps a binary file from being gathered in memory. */
const LONGEST_LINE = 1 << 20;
/** The shortest entry line is `1 1` and its end. */
const SHORTEST_ENTRY = 4;

/**
 * Reads MatrixMarket coordinate text (`integer`, `real`, `pattern`; `general`) from chunks of bytes cut anywhere:
 * `push` each chunk, then `end`. Comments, blank lines, CRLF and a missing last line end are fine. Indices become
 * 0-based.
 *
 * @throws FitError `DataError` with the line: `unreadable` for text that is no MatrixMarket, indices out of range or a
 * count of entries other than the header's; without it for values that are NaN or infinite.
 */
export class MatrixMarketParser {
  readonly path: string;
  header: MatrixMarketHeader | undefined;
  /** Entries seen so far. */
  seen = 0;
  private banner: MatrixMarketHeader['field'] | undefined;
  private rest = new Uint8Array(0);
  private line = 0;
  private count = 0;
  private rowsOut = new Int32Array(0);
  private columnsOut = new Int32Array(0);
  private valuesOut = new Float64Array(0);

  constructor(path: string) {
    this.path = path;
  }

  /** Entries of the lines that end in this chunk. */
  push(chunk: Uint8Array): EntryBatch {
    let bytes = chunk;
    if (this.rest.length > 0) {
      bytes = new Uint8Array(this.rest.length + chunk.length);
      bytes.set(this.rest);
      bytes.set(chunk, this.rest.length);
    }
    const end = bytes.lastIndexOf(NEWLINE) + 1;
    if (bytes.length - end > LONGEST_LINE) throw this.corrupt('is longer than a line of MatrixMarket can be', 1);
    this.rest = bytes.slice(end);
    return this.parse(bytes, end);
  }

  /** Entries of a last line without end; checks the count against the header. */
  end(): EntryBatch {
    const tail = this.rest;
    this.rest = new Uint8Array(0);
    let batch: EntryBatch;
    const before = this.line;
    try {
      const bytes = new Uint8Array(tail.length + (tail.length > 0 ? 1 : 0));
      bytes.set(tail);
      if (tail.length > 0) bytes[tail.length] = NEWLINE;
      batch = this.parse(bytes, bytes.length);
    } catch (error) {
      // Half a line at the end of the file is a cut, whatever is wrong with that half.
      if (this.header && this.seen < this.header.entries) throw this.truncated(before + 1, this.header.entries, error);
      throw error;
    }
    if (this.header === undefined) {
      throw this.corrupt(this.line === 0 ? 'is missing: the file is empty' : 'ends before the size line', 1);
    }
    if (this.seen < this.header.entries) throw this.truncated(this.line, this.header.entries);
    return batch;
  }

  private parse(bytes: Uint8Array, end: number): EntryBatch {
    const capacity = Math.ceil(end / SHORTEST_ENTRY) + 1;
    if (this.rowsOut.length < capacity) {
      this.rowsOut = new Int32Array(capacity);
      this.columnsOut = new Int32Array(capacity);
      this.valuesOut = new Float64Array(capacity);
    }
    this.count = 0;
    let from = 0;
    while (this.header === undefined && from < end) {
      const stop = bytes.indexOf(NEWLINE, from);
      this.line++;
      this.headerLine(text(bytes, from, stop));
      from = stop + 1;
    }
    if (this.header !== undefined) this.entries(bytes, from, end, this.header);
    return { count: this.count, rows: this.rowsOut, columns: this.columnsOut, values: this.valuesOut };
  }

  /** The loop over complete lines; whatever is not `digits blank digits blank number` goes to {@link oddLine}. */
  private entries(bytes: Uint8Array, from: number, end: number, header: MatrixMarketHeader): void {
    const { rows, columns } = header;
    const pattern = header.field === 'pattern';
    const rowsOut = this.rowsOut;
    const columnsOut = this.columnsOut;
    const valuesOut = this.valuesOut;
    const room = header.entries - this.seen;
    let count = 0;
    let line = this.line;
    let i = from;
    while (i < end) {
      const start = i;
      line++;
      let row = 0;
      let byte = bytes[i];
      while (byte >= ZERO && byte <= 57) {
        row = row * 10 + (byte - ZERO);
        byte = bytes[++i];
      }
      let regular = byte === SPACE || byte === TAB;
      while (byte === SPACE || byte === TAB) byte = bytes[++i];
      let column = 0;
      while (byte >= ZERO && byte <= 57) {
        column = column * 10 + (byte - ZERO);
        byte = bytes[++i];
      }
      let value = 1;
      if (!pattern) {
        regular &&= byte === SPACE || byte === TAB;
        while (byte === SPACE || byte === TAB) byte = bytes[++i];
        const negative = byte === MINUS;
        if (negative) byte = bytes[++i];
        const first = i;
        let digits = 0;
        let scale = 0;
        value = 0;
        while (byte >= ZERO && byte <= 57) {
          value = value * 10 + (byte - ZERO);
          digits++;
          byte = bytes[++i];
        }
        if (byte === DOT) {
          byte = bytes[++i];
          while (byte >= ZERO && byte <= 57) {
            value = value * 10 + (byte - ZERO);
            digits++;
            scale++;
            byte = bytes[++i];
          }
        }
        regular &&= digits > 0;
        if (digits > EXACT_DIGITS || byte === 101 || byte === 69) {
          while (byte > SPACE) byte = bytes[++i];
          value = Number(text(bytes, first, i));
        } else if (scale > 0) value /= TEN[scale];
        if (negative) value = -value;
      }
      while (byte === SPACE || byte === TAB) byte = bytes[++i];
      if (byte === RETURN) byte = bytes[++i];
      if (
        !regular ||
        byte !== NEWLINE ||
        !(value - value === 0) ||
        row < 1 ||
        row > rows ||
        column < 1 ||
        column > columns
      ) {
        this.line = line;
        i = bytes.indexOf(NEWLINE, start);
        const odd = this.oddLine(text(bytes, start, i), header);
        i++;
        if (odd === undefined) continue;
        [row, column, value] = odd;
      } else i++;
      if (count >= room) {
        this.line = line;
        throw this.corrupt(`is entry ${header.entries + 1}, but the header announces ${header.entries}`, line);
      }
      rowsOut[count] = row - 1;
      columnsOut[count] = column - 1;
      valuesOut[count++] = value;
    }
    this.count = count;
    this.seen += count;
    this.line = line;
  }

  /** A line that the fast loop did not take: nothing (comment, blank), an unusual entry, or a mistake. */
  private oddLine(content: string, header: MatrixMarketHeader): [number, number, number] | undefined {
    const fields = content.trim().split(/[ \t]+/);
    if (fields[0] === '' || fields[0].startsWith('%')) return undefined;
    const width = header.field === 'pattern' ? 2 : 3;
    if (fields.length !== width) throw this.corrupt(`has ${fields.length} fields instead of ${width}`);
    const [row, column] = [this.index(fields[0], 'row', header.rows), this.index(fields[1], 'column', header.columns)];
    if (width === 2) return [row, column, 1];
    if (/^[+-]?(nan?|inf(inity)?)$/i.test(fields[2])) {
      throw new FitError('DataError', `line ${this.line} of ${this.path} has the value '${fields[2]}'`, {
        path: this.path,
        line: this.line,
        remedy: 'values must be finite: leave missing entries out or mend them where the matrix was made',
      });
    }
    // Number() alone would take '' and '0x1F'.
    const value = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(fields[2]) ? Number(fields[2]) : Number.NaN;
    if (!Number.isFinite(value)) throw this.corrupt(`has '${fields[2]}' where a number should be`);
    return [row, column, value];
  }

  private index(field: string, what: string, limit: number): number {
    const index = /^\d+$/.test(field) ? Number(field) : Number.NaN;
    if (Number.isNaN(index)) throw this.corrupt(`has '${field}' where a ${what} number should be`);
    if (index < 1 || index > limit) throw this.corrupt(`has ${what} ${field}, outside 1 to ${limit}`);
    return index;
  }

  private headerLine(content: string): void {
    if (this.banner === undefined) {
      this.banner = this.parseBanner(content);
      return;
    }
    const line = content.trim();
    if (line === '' || line.charCodeAt(0) === PERCENT) return;
    const fields = line.split(/[ \t]+/);
    const [rows, columns, entries] = fields.map(Number);
    if (fields.length !== 3 || ![rows, columns, entries].every((n) => Number.isSafeInteger(n) && n >= 0)) {
      throw this.corrupt('should be the size line: rows, columns, entries');
    }
    if (Math.max(rows, columns) > 0x7fffffff || entries > rows * columns) {
      throw this.corrupt(`announces ${entries} entries in ${rows} x ${columns}`);
    }
    this.header = { field: this.banner, rows, columns, entries };
  }

  private parseBanner(content: string): MatrixMarketHeader['field'] {
    const words = content.trim().toLowerCase().split(/\s+/);
    if (words[0] !== '%%matrixmarket' || words[1] !== 'matrix') {
      throw this.corrupt("should begin with '%%MatrixMarket matrix coordinate'");
    }
    const [format, field, symmetry] = [words[2], words[3] === 'double' ? 'real' : words[3], words[4] ?? 'general'];
    if (format !== 'coordinate' || symmetry !== 'general' || !isField(field)) {
      throw new FitError('DataError', `${this.path} is MatrixMarket '${words.slice(2).join(' ')}', which is not read`, {
        path: this.path,
        line: 1,
        remedy: "write it as 'matrix coordinate integer general' or 'matrix coordinate real general'",
      });
    }
    return field;
  }

  private truncated(line: number, entries: number, cause?: unknown): FitError {
    return new FitError(
      'DataError',
      `${this.path} is truncated: it ends at line ${line} after ${this.seen} of the ${entries} entries that its header announces`,
      { path: this.path, line, unreadable: true, remedy: 'fetch or write the file again', cause },
    );
  }

  private corrupt(what: string, line = this.line): FitError {
    return new FitError('DataError', `line ${line} of ${this.path} ${what}`, {
      path: this.path,
      line,
      unreadable: true,
      remedy: 'the file must be MatrixMarket coordinate text, genes x cells, as CellRanger writes it; write it again',
    });
  }
}

function isField(word: string): word is MatrixMarketHeader['field'] {
  return word === 'integer' || word === 'real' || word === 'pattern';
}

/** Latin-1 text of bytes; for numbers it beats a TextDecoder, whose calls are dear. */
function text(bytes: Uint8Array, from: number, to: number): string {
  let result = '';
  const stop = Math.min(to, from + LONGEST_LINE);
  for (let i = from; i < stop; i++) result += String.fromCharCode(bytes[i]);
  return result;
}
