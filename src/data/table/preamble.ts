/**
 * What stands before the header of a text table: comments (`#`, as featureCounts and cellxgene write them), Excel's `sep=;`,
 * the two lines of a GCT file; and encodings that the parsers of bytes do not take, UTF-16 and line ends of CR alone.
 */
import { decodeText, openChunks, type TextSource } from './text-source.ts';

/** A text table from its header on. */
export interface TableText {
  /** Bytes in UTF-8 or text, lines ended by LF or CRLF where they were. */
  readonly chunks: AsyncIterable<string | Uint8Array>;
  /** Lines left out before the header. */
  readonly skipped: number;
  /** The delimiter that the file itself names. */
  readonly delimiter: string | undefined;
  /** False where the first bytes have no line end: what ends lines is not known. */
  readonly endsKnown: boolean;
}

/** Bytes that are looked at for the preamble; one that is longer is no preamble. */
const LOOKED_AT = 1 << 16;
const HASH = 35;
const NEWLINE = 10;
const RETURN = 13;

const encoder = new TextEncoder();

/** Opens a text table behind its preamble. */
export async function openTable(source: TextSource, path?: string): Promise<TableText> {
  const iterator = openChunks(source)[Symbol.asyncIterator]();
  const head: (string | Uint8Array)[] = [];
  let size = 0;
  let ended = false;
  while (size < LOOKED_AT && !ended) {
    const next = await iterator.next();
    if (next.done) ended = true;
    else {
      head.push(next.value);
      size += next.value.length;
    }
  }
  async function* rest(): AsyncGenerator<string | Uint8Array> {
    try {
      yield* head;
      if (!ended) for (let next = await iterator.next(); !next.done; next = await iterator.next()) yield next.value;
    } finally {
      await iterator.return?.(undefined);
    }
  }
  const first = bytesOf(head);
  const wide = (first[0] === 0xff && first[1] === 0xfe) || (first[0] === 0xfe && first[1] === 0xff);
  const chunks = wide ? decodeText(rest, path) : rest();
  const text = wide ? new TextDecoder(first[0] === 0xff ? 'utf-16le' : 'utf-16be').decode(first) : undefined;
  const bytes = text === undefined ? first : encoder.encode(text);
  const mark = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
  const newlines = bytes.includes(NEWLINE);
  // Of a return at the end the next bytes tell what it is.
  const loneReturns = !newlines && bytes.subarray(0, -1).includes(RETURN);
  const preamble = measurePreamble(loneReturns ? bytes.map((byte) => (byte === RETURN ? NEWLINE : byte)) : bytes, mark);
  const lines = loneReturns ? withNewlines(chunks) : chunks;
  return {
    ...preamble,
    endsKnown: newlines || loneReturns,
    chunks: preamble.skipped === 0 ? lines : behindLines(lines, preamble.skipped),
  };
}

function bytesOf(pieces: readonly (string | Uint8Array)[]): Uint8Array {
  const parts = pieces.map((piece) => (typeof piece === 'string' ? encoder.encode(piece) : piece));
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

/** Lines before the header. A `#` line with as many fields as the line below it is a header (`#chrom pos`), no comment. */
function measurePreamble(bytes: Uint8Array, from: number): Pick<TableText, 'skipped' | 'delimiter'> {
  let skipped = 0;
  let delimiter: string | undefined;
  let at = from;
  const lineAt = (begin: number): string => {
    const end = bytes.indexOf(NEWLINE, begin);
    return new TextDecoder().decode(bytes.subarray(begin, end < 0 ? bytes.length : end)).replace(/\r$/, '');
  };
  const next = (begin: number): number => {
    const end = bytes.indexOf(NEWLINE, begin);
    return end < 0 ? bytes.length : end + 1;
  };
  while (at < bytes.length) {
    const line = lineAt(at);
    const named = /^"?sep=(.)"?$/i.exec(line);
    if (named && skipped === 0) delimiter = named[1];
    else if (bytes[at] !== HASH || isHeader(line, lineAt(next(at)))) break;
    else if (/^#1\.[23]$/.test(line)) {
      // GCT: the line below counts rows and columns.
      at = next(at);
      skipped += 1;
    }
    at = next(at);
    skipped += 1;
  }
  return at >= bytes.length ? { skipped: 0, delimiter: undefined } : { skipped, delimiter };
}

function isHeader(line: string, below: string): boolean {
  if (below.startsWith('#')) return false;
  return ['\t', ',', ';'].some((mark) => {
    const fields = line.split(mark).length;
    return fields > 1 && (fields === below.split(mark).length || fields + 1 === below.split(mark).length);
  });
}

/** Leaves out the first lines. */
async function* behindLines(
  chunks: AsyncIterable<string | Uint8Array>,
  lines: number,
): AsyncGenerator<string | Uint8Array> {
  let left = lines;
  for await (const chunk of chunks) {
    let at = 0;
    while (left > 0 && at < chunk.length) {
      const end = typeof chunk === 'string' ? chunk.indexOf('\n', at) : chunk.indexOf(NEWLINE, at);
      if (end < 0) at = chunk.length;
      else {
        at = end + 1;
        left -= 1;
      }
    }
    if (at < chunk.length) yield typeof chunk === 'string' ? chunk.slice(at) : chunk.subarray(at);
  }
}

/** Lone returns as line feeds. */
async function* withNewlines(chunks: AsyncIterable<string | Uint8Array>): AsyncGenerator<string | Uint8Array> {
  for await (const chunk of chunks) {
    yield typeof chunk === 'string'
      ? chunk.replaceAll('\r', '\n')
      : chunk.map((byte) => (byte === RETURN ? NEWLINE : byte));
  }
}
