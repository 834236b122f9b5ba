import Papa from 'papaparse';
import { FitError } from '../../errors.ts';
import { detachText } from './column-builder.ts';
import { delimiterOfPath, guessDelimiter } from './delimited-rows.ts';
import { isMissingText, parseCommaNumber, parseNumberText, type TextOptions } from './number-text.ts';
import { type RowMarks, rowEnd } from './row-end.ts';
import { joinAll } from './text-source.ts';

const NEWLINE = 10;
const RETURN = 13;
const BLANK = 32;
const QUOTE = 34;
const PLUS = 43;
const COMMA = 44;
const SEMICOLON = 59;
const MINUS = 45;
const POINT = 46;
const ZERO = 48;
const NINE = 57;
const LOWER_E = 101;

/** The last byte of a byte-order mark. */
const MARK = 0xbf;
/** Delimiters that a header may have, but for blanks. */
const CANDIDATES = Array.from('\t,;|', (mark) => mark.charCodeAt(0));

/** Integers of up to 15 digits are exact in a double. */
const EXACT_DIGITS = 15;

/** Powers of ten up to 10^22 are exact in a double, so that one multiplication or division rounds once, as it must. */
const POWERS = Float64Array.from({ length: 23 }, (_, i) => Number(`1e${i}`));

/** Values in a block of memory: blocks are joined once at the end, so that growing never copies. */
const BLOCK_VALUES = 1 << 20;

/** A line longer than this is no line of a table of numbers. */
const LONGEST_LINE = 1 << 29;
/** A row longer than this whose quotes are open is taken for one with a quote that was never closed. */
const LONGEST_QUOTED = 1 << 26;

/** How a bulk table is read. */
export interface BulkOptions extends TextOptions {
  /** Columns that are samples, where it is known: others are left unread. All are without it, and where none of them is there. */
  readonly samples?: ReadonlySet<string> | undefined;
  /** The delimiter that the file names. */
  readonly delimiter?: string | undefined;
  /** Lines left out before the header, for messages. */
  readonly skipped?: number | undefined;
}

export interface ParsedBulk {
  /** Row names as they stand in the file, repeats included. */
  readonly names: readonly string[];
  readonly samples: readonly string[];
  /** names x samples, row-major; NaN missing. */
  readonly values: Float64Array;
  /** Columns that are no samples. */
  readonly ignored: readonly string[];
}

/**
 * Parser of delimited numbers with a header line and a name at the start of each line, fed with bytes. Numbers are read
 * from the bytes, without strings, where that is exact; others, and quoted ones, go through `Number()`. Quoted names may hold
 * line breaks, which stay as they are.
 */
export class BulkParser {
  private readonly path: string | undefined;
  private readonly options: BulkOptions;
  private readonly missing: ReadonlySet<string>;
  private readonly decoder = new TextDecoder('utf-8', { fatal: true });
  /** Pieces of a line whose end has not come yet. */
  private pending: Uint8Array[] = [];
  private pendingBytes = 0;
  /** Bytes of a row with open quotes from which on it is worth another look; 0 where no quotes are open. */
  private enough = 0;
  private line = 0;
  private header: string[] | null = null;
  private delimiter = 9;
  /** All columns behind the name, and which of them are kept. */
  private samples: readonly string[] | null = null;
  private kept: Uint8Array = new Uint8Array(0);
  private width = 0;
  /** The header until the line below it tells about the delimiter. */
  private headerBytes: Uint8Array | null = null;
  private decimalCommas = false;
  private readonly names: string[] = [];
  private readonly blocks: Float64Array[] = [];
  private block = new Float64Array(0);
  private filled = 0;
  // Where the parser stands within a line; number parsing advances it.
  private at = 0;

  constructor(path?: string, options: BulkOptions = {}) {
    this.path = path;
    this.options = options;
    this.missing = new Set(options.naStrings ?? []);
    this.line = options.skipped ?? 0;
  }

  /** Takes the next bytes of the file. @throws FitError DataError with line and column for what is not a number */
  push(chunk: Uint8Array): void {
    let begin = 0;
    if (this.pending.length > 0 && this.enough === 0) {
      begin = chunk.indexOf(NEWLINE) + 1;
      if (begin === 0) {
        this.keep(chunk.slice());
        return;
      }
      this.keep(chunk.subarray(0, begin));
      this.parsePending();
    }
    if (this.pending.length > 0) {
      this.keep(chunk.slice(begin));
      if (this.pendingBytes >= this.enough) this.parsePending();
      return;
    }
    this.parseWhole(chunk, begin);
  }

  /** Ends the file. @throws FitError DataError for a table without rows or samples */
  finish(): ParsedBulk {
    if (this.pending.length > 0) {
      this.keep(Uint8Array.of(NEWLINE));
      this.parsePending();
      if (this.pending.length > 0) throw this.unclosed();
    }
    if (this.header === null && this.headerBytes === null)
      throw this.error('the table is empty', 'a table begins with a line of sample names', false);
    if (this.samples === null) throw this.error('the table has a header but no rows', 'check the file', false);
    const values = new Float64Array(this.names.length * this.width);
    let at = 0;
    for (const block of [...this.blocks, this.block.subarray(0, this.filled)]) {
      values.set(block, at);
      at += block.length;
    }
    const { kept } = this;
    return {
      names: this.names,
      samples: this.samples.filter((_, i) => kept[i] === 1),
      ignored: this.samples.filter((_, i) => kept[i] === 0),
      values,
    };
  }

  private keep(piece: Uint8Array): void {
    if (piece.length === 0) return;
    this.pending.push(piece);
    this.pendingBytes += piece.length;
    if (this.pendingBytes > LONGEST_LINE) throw this.error('the line has no end', 'check the format of the file');
  }

  private parsePending(): void {
    const bytes = joinAll(this.pending);
    this.pending = [];
    this.pendingBytes = 0;
    this.parseWhole(bytes, 0);
  }

  /** Parses the lines that end within some bytes and keeps the rest, of a line or of a row whose quotes are open. */
  private parseWhole(bytes: Uint8Array, begin: number): void {
    const to = bytes.lastIndexOf(NEWLINE) + 1;
    const done = this.parseLines(bytes, begin, to);
    this.keep(bytes.slice(done));
    // Such a row is tried again only when twice as much has come, or the cost would be quadratic.
    this.enough = done < to ? 2 * this.pendingBytes : 0;
    if (done < to && this.pendingBytes > LONGEST_QUOTED) throw this.unclosed();
  }

  /** Returns the end of the last row that ends before `to`, behind a line break. */
  private parseLines(bytes: Uint8Array, from: number, to: number): number {
    let begin = from;
    let quote = bytes.indexOf(QUOTE, begin);
    while (begin < to) {
      let newline = bytes.indexOf(NEWLINE, begin);
      let within = 0;
      if (quote >= 0 && quote < begin) quote = bytes.indexOf(QUOTE, begin);
      if (quote >= 0 && quote < newline) {
        const end = rowEnd(bytes, begin, newline, to, this.marks(bytes, begin, newline));
        if (end < 0) return begin;
        for (; newline < end; newline = bytes.indexOf(NEWLINE, newline + 1)) within += 1;
      }
      this.line += 1;
      let end = newline;
      if (end > begin && bytes[end - 1] === RETURN) end -= 1;
      if (end > begin) {
        if (this.headerBytes === null && this.header === null) this.headerBytes = bytes.slice(begin, end);
        else {
          if (this.header === null) this.readHeader(this.headerBytes ?? bytes, bytes.subarray(begin, end));
          this.readRow(bytes, begin, end);
        }
      }
      this.line += within;
      begin = newline + 1;
    }
    return begin;
  }

  /** Quotes open a value behind the delimiter, or behind what may be it where the header has not told yet. */
  private marks(bytes: Uint8Array, begin: number, end: number): RowMarks<number> {
    const marks = { newline: NEWLINE, quote: QUOTE };
    if (this.header !== null) return { ...marks, openers: [this.delimiter] };
    const { delimiter } = this.options;
    const start = this.headerBytes === null ? MARK : undefined;
    if (delimiter !== undefined) return { ...marks, openers: [delimiter.charCodeAt(0)], start };
    const line = bytes.subarray(begin, end);
    return { ...marks, openers: CANDIDATES.some((mark) => line.includes(mark)) ? CANDIDATES : [BLANK], start };
  }

  private readHeader(bytes: Uint8Array, below: Uint8Array): void {
    const hasMark = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
    const text = this.decode(hasMark ? bytes.subarray(3) : bytes);
    const expected = this.path === undefined ? undefined : delimiterOfPath(this.path);
    const delimiter = this.options.delimiter ?? guessDelimiter(text, expected, this.decode(below));
    const result = Papa.parse<string[]>(text, { delimiter, newline: '\n' });
    if (result.errors.length > 0) throw this.error('malformed quotes', 'close each quote');
    this.delimiter = delimiter.charCodeAt(0);
    const { decimal } = this.options;
    this.decimalCommas = decimal === ',' || (decimal === undefined && this.delimiter === SEMICOLON);
    this.header = result.data[0];
  }

  private readRow(bytes: Uint8Array, begin: number, end: number): void {
    this.at = begin;
    const name = this.field(bytes, end);
    const samples = (this.samples ??= this.samplesOf(this.header!, 1 + this.countFields(bytes, this.at, end)));
    const { kept, width } = this;
    if (this.filled + width > this.block.length) {
      if (this.filled > 0) this.blocks.push(this.block.subarray(0, this.filled));
      this.block = new Float64Array(Math.max(width, BLOCK_VALUES));
      this.filled = 0;
    }
    const { block, filled } = this;
    let column = 0;
    for (let sample = 0; sample < samples.length; sample++) {
      if (this.at >= end || bytes[this.at] !== this.delimiter) throw this.wrongLength(sample + 1, samples.length + 1);
      this.at += 1;
      if (kept[sample] === 1) block[filled + column++] = this.number(bytes, end, sample);
      else this.field(bytes, end);
    }
    if (this.at < end) {
      throw this.wrongLength(1 + samples.length + this.countFields(bytes, this.at, end), samples.length + 1);
    }
    this.filled += width;
    this.names.push(name);
  }

  /** Sample names of a header whose rows have `fields` fields: with or without a name for the first column. */
  private samplesOf(header: readonly string[], fields: number): readonly string[] {
    if (header.length !== fields && header.length !== fields - 1) throw this.wrongLength(fields, header.length);
    const samples = header.slice(header.length - (fields - 1)).map(detachText);
    if (samples.length === 0) {
      throw this.error('there is one column only', 'one response a line: its name, then a number a sample');
    }
    const wanted = this.options.samples;
    const some = wanted && samples.some((sample) => wanted.has(sample));
    this.kept = Uint8Array.from(samples, (sample) => (!some || wanted.has(sample) ? 1 : 0));
    this.width = this.kept.reduce((sum, value) => sum + value, 0);
    const seen = new Set<string>();
    for (const [i, sample] of samples.entries()) {
      if (this.kept[i] === 1 && seen.has(sample)) {
        const what = sample === '' ? 'several samples have no name' : `sample '${sample}' appears twice in the header`;
        throw this.error(what, 'give each sample one column and a name of its own', false);
      }
      seen.add(sample);
    }
    return samples;
  }

  /** A number (or missing value) at `this.at`, which moves to the delimiter or end after it. */
  private number(bytes: Uint8Array, end: number, sample: number): number {
    const begin = this.at;
    let i = begin;
    let c = bytes[i];
    const negative = c === MINUS;
    if (negative || c === PLUS) c = bytes[++i];
    let mantissa = 0;
    let digits = 0;
    let exponent = 0;
    let some = false;
    while (i < end && c >= ZERO && c <= NINE) {
      mantissa = mantissa * 10 + (c - ZERO);
      if (mantissa > 0) digits += 1;
      some = true;
      c = bytes[++i];
    }
    if (i < end && (c === POINT || (c === COMMA && this.decimalCommas))) {
      c = bytes[++i];
      while (i < end && c >= ZERO && c <= NINE) {
        mantissa = mantissa * 10 + (c - ZERO);
        if (mantissa > 0) digits += 1;
        exponent -= 1;
        some = true;
        c = bytes[++i];
      }
    }
    if (some && i < end && (c | 32) === LOWER_E) {
      c = bytes[++i];
      const down = c === MINUS;
      if (down || c === PLUS) c = bytes[++i];
      let power = 0;
      some = false;
      while (i < end && c >= ZERO && c <= NINE) {
        power = power * 10 + (c - ZERO);
        some = true;
        c = bytes[++i];
      }
      exponent += down ? -power : power;
    }
    if (some && digits <= EXACT_DIGITS && exponent <= 22 && exponent >= -22 && (i >= end || c === this.delimiter)) {
      this.at = i;
      const value = exponent < 0 ? mantissa / POWERS[-exponent] : mantissa * POWERS[exponent];
      return negative ? -value : value;
    }
    const text = this.field(bytes, end);
    if (isMissingText(text) || this.missing.has(text)) return NaN;
    const value = this.decimalCommas ? parseCommaNumber(text) : parseNumberText(text);
    if (!Number.isNaN(value)) return value;
    const column = this.samples![sample];
    const short = text.length > 40 ? text.slice(0, 40) + '...' : text;
    throw this.error(
      `'${short}' in column '${column}' is not a number`,
      'one response a line: its name, then a number a sample',
    );
  }

  /** Text of the field at `this.at`, quotes undone; moves to the delimiter or end after it. */
  private field(bytes: Uint8Array, end: number): string {
    const begin = this.at;
    if (begin < end && bytes[begin] === QUOTE) {
      let i = begin + 1;
      for (; ; i++) {
        i = bytes.indexOf(QUOTE, i);
        if (i < 0 || i >= end) throw this.unclosed(0);
        if (i + 1 < end && bytes[i + 1] === QUOTE) i += 1;
        else break;
      }
      this.at = i + 1;
      if (this.at < end && bytes[this.at] !== this.delimiter) {
        throw this.error('a quoted value goes on after its closing quote', 'double the quotes inside quoted values');
      }
      return this.decode(bytes.subarray(begin + 1, i)).replaceAll('""', '"');
    }
    let i = begin;
    while (i < end && bytes[i] !== this.delimiter) i++;
    this.at = i;
    return this.decode(bytes.subarray(begin, i));
  }

  /** Fields from `this.at`, a delimiter or the end of the line, to the end; leaves `this.at` there as it was. */
  private countFields(bytes: Uint8Array, from: number, end: number): number {
    let count = 0;
    while (this.at < end) {
      this.at += 1;
      this.field(bytes, end);
      count += 1;
    }
    this.at = from;
    return count;
  }

  private decode(bytes: Uint8Array): string {
    try {
      return this.decoder.decode(bytes);
    } catch (cause) {
      throw this.error('the bytes are not UTF-8 text', 'save the file as UTF-8', true, cause);
    }
  }

  /** The error of the row that begins behind `behind` line breaks from here. */
  private unclosed(behind = 1): FitError {
    this.line += behind;
    return this.error('a quoted value is not closed', 'close each quote');
  }

  private wrongLength(fields: number, expected: number): FitError {
    const what = `${fields} ${fields === 1 ? 'field' : 'fields'} where ${expected} are expected`;
    return this.error(what, 'check the delimiter and the quotes of that line');
  }

  private error(what: string, remedy: string, atLine = true, cause?: unknown): FitError {
    const where = (this.path ?? 'the table') + (atLine ? `, line ${this.line}` : '');
    return new FitError('DataError', `${where}: ${what}`, {
      path: this.path,
      ...(atLine ? { line: this.line } : {}),
      remedy,
      ...(cause === undefined ? {} : { cause }),
    });
  }
}
