import { FitError } from '../../errors.ts';

/** Bytes in pieces: an iterable of any kind, or a web stream such as `Blob.stream()` gives. */
export type ByteChunks = Iterable<Uint8Array> | AsyncIterable<Uint8Array> | ReadableStream<Uint8Array>;

/** Text in pieces, cut anywhere. */
export type TextChunks =
  | Iterable<string | Uint8Array>
  | AsyncIterable<string | Uint8Array>
  | ReadableStream<Uint8Array>;

/**
 * What the readers of text tables take: all of the text or its UTF-8 bytes, or a function that opens it. It is a
 * function because a second pass is needed where a column of numbers turns out to be text far down the file.
 */
export type TextSource = string | Uint8Array | (() => TextChunks);

/** Opens a source: its pieces, from the beginning. */
export async function* openChunks(source: TextSource): AsyncGenerator<string | Uint8Array> {
  if (typeof source === 'string' || source instanceof Uint8Array) {
    yield source;
    return;
  }
  const chunks = source();
  // Not every browser can iterate over a ReadableStream.
  if ('getReader' in chunks) yield* streamChunks(chunks);
  else yield* chunks;
}

/** The pieces of a web stream; the stream is cancelled when the reader stops early. */
export async function* streamChunks(stream: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  const reader = stream.getReader();
  let finished = false;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      yield value;
    }
    finished = true;
  } finally {
    if (!finished) await reader.cancel();
    reader.releaseLock();
  }
}

/**
 * Text of a source, decoded from UTF-8 (or UTF-16 after a byte-order mark, as Excel writes it), byte-order mark removed.
 *
 * @throws FitError DataError for bytes that are neither, or for zero bytes (not a text file)
 */
export async function* decodeText(source: TextSource, path?: string): AsyncGenerator<string> {
  let decoder: TextDecoder | undefined;
  let head: Uint8Array | undefined;
  let first = true;
  const decode = (bytes: Uint8Array | undefined): string => {
    try {
      return decoder!.decode(bytes, { stream: bytes !== undefined });
    } catch (cause) {
      throw new FitError('DataError', `${path ?? 'the table'} is not UTF-8 text`, {
        path,
        remedy: 'save it as UTF-8',
        unreadable: true,
        cause,
      });
    }
  };
  for await (const chunk of openChunks(source)) {
    let text: string;
    if (typeof chunk === 'string') {
      text = first && chunk.startsWith('\uFEFF') ? chunk.slice(1) : chunk;
      first &&= chunk === '';
    } else {
      let bytes = chunk;
      if (decoder === undefined) {
        // The encoding shows in the first two bytes.
        bytes = head === undefined ? chunk : joinAll([head, chunk]);
        if (bytes.length < 2) {
          head = bytes.slice();
          continue;
        }
        decoder = new TextDecoder(encodingOf(bytes), { fatal: true });
        head = undefined;
      }
      text = decode(bytes);
    }
    if (text !== '') yield refuseBinary(text, path);
  }
  if (head !== undefined) {
    decoder = new TextDecoder('utf-8', { fatal: true });
    const text = decode(head);
    if (text !== '') yield refuseBinary(text, path);
  }
  const rest = decoder === undefined ? '' : decode(undefined);
  if (rest !== '') yield refuseBinary(rest, path);
}

function encodingOf(bytes: Uint8Array): string {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'utf-16le';
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return 'utf-16be';
  return 'utf-8';
}

function refuseBinary(text: string, path: string | undefined): string {
  if (!text.includes('\0')) return text;
  throw new FitError('DataError', `${path ?? 'the table'} is not a text file: it contains zero bytes`, {
    path,
    remedy: 'check that the extension tells the format',
    unreadable: true,
  });
}

/** Byte arrays as one. */
export function joinAll(pieces: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    joined.set(piece, at);
    at += piece.length;
  }
  return joined;
}
